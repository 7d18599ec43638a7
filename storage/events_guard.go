package storage

import (
	"context"
	"errors"
	"fmt"
)

// The log of events is only ever added to: this package has no statement that changes or removes
// one, and triggers refuse such statements of anybody else's. What a database's owner can do all
// the same, docs/security/grants.sql takes from the program's user.

// ErrNotGuarded says that the triggers are missing.
var ErrNotGuarded = errors.New("the log of events is not guarded by triggers")

// eventGuards are the triggers' names and what they are before.
var eventGuards = map[string]string{"events_no_update": "UPDATE", "events_no_delete": "DELETE"}

// guardEvents makes the triggers that are missing. A server that does not let us is not an error:
// CheckEventGuards tells.
func (db *DB) guardEvents(ctx context.Context) error {
	for name, what := range eventGuards {
		var have int
		if err := db.pool.GetContext(ctx, &have, db.dialect.countTrigger(), name); err != nil {
			return fmt.Errorf("trigger %s: %w", name, db.dialect.printable(err))
		}
		if have > 0 {
			continue
		}
		_, err := db.pool.ExecContext(ctx, db.dialect.refuse(name, what))
		if err == nil {
			continue
		}
		switch db.dialect.classify(err) {
		case faultDenied, faultDuplicate: // or another instance was faster
		default:
			return fmt.Errorf("trigger %s: %w", name, db.dialect.printable(err))
		}
	}
	return nil
}

// CheckEventGuards says whether the database itself refuses changes to the log: nil or ErrNotGuarded.
func (db *DB) CheckEventGuards(ctx context.Context) error {
	for name := range eventGuards {
		var have int
		if err := db.pool.GetContext(ctx, &have, db.dialect.countTrigger(), name); err != nil {
			return fmt.Errorf("trigger %s: %w", name, db.dialect.printable(err))
		}
		if have == 0 {
			return fmt.Errorf("%w, or this user may not see them: let the database's owner run docs/security/grants.sql", ErrNotGuarded)
		}
	}
	return nil
}
