package storage

// What differs between the engines about the log of events.

func (sqliteDialect) countTrigger() string {
	return "SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND name = ?"
}

func (sqliteDialect) refuse(trigger, what string) string {
	return "CREATE TRIGGER IF NOT EXISTS " + trigger + " BEFORE " + what + " ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END"
}

func (sqliteDialect) eventIndex(s EventSearch) string {
	if index := s.index(); index != "" {
		return " INDEXED BY " + index
	}
	return ""
}

func (mysqlDialect) countTrigger() string {
	return "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND trigger_name = ?"
}

func (mysqlDialect) refuse(trigger, what string) string {
	return "CREATE TRIGGER " + trigger + " BEFORE " + what + " ON events FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'events are never changed'"
}

// eventIndex: the server likes to merge two indexes and sort, which reads all there is of both.
func (mysqlDialect) eventIndex(s EventSearch) string {
	if index := s.index(); index != "" {
		return " FORCE INDEX (" + index + ")"
	}
	return " FORCE INDEX (PRIMARY)"
}
