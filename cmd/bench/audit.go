package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

const (
	auditPage  = 51 // lines a page of the log asks for
	auditSpan  = 200 * 24 * time.Hour
	auditStaff = 200
	auditGoal  = 50 * time.Millisecond // a search, median
	// auditFlat is looser than flatGoal: fifty lines of one candidate lie in fifty places of a long log,
	// and in one of a short one.
	auditFlat = 3.0
)

// auditLog is a log of some length, full of what a season writes.
type auditLog struct {
	*storagetest.Scratch
	db    *storage.DB
	rows  int64
	end   time.Time
	times map[string][]time.Duration
}

// audit measures searching the log, with many lines and with few, in turns.
func audit(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("audit", flag.ContinueOnError)
	dsn := flags.String("dsn", "", "a MySQL or MariaDB server whose user may create databases, user:password@tcp(host:port)/; two are made and dropped")
	many := flags.Int64("rows", 10_000_000, "lines of the log; ten million take about 4 GB of disk")
	few := flags.Int64("few", 20_000, "lines to compare with: enough for a full page of every search")
	rounds := flags.Int("rounds", 200, "how often each search is measured on either side")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dsn == "" {
		return errors.New("audit: -dsn is missing")
	}
	end := time.Now().UTC().Truncate(time.Second)
	var logs []*auditLog
	for _, n := range []int64{*few, *many} {
		l, err := openAuditLog(ctx, *dsn, n, end)
		if l != nil {
			defer l.close()
		}
		if err != nil {
			return err
		}
		logs = append(logs, l)
	}
	for round := range *rounds {
		for i := range logs { // who begins changes, so that drift meets both
			if err := logs[(i+round)%len(logs)].round(ctx, uint64(round)); err != nil {
				return err
			}
		}
	}
	return compareLogs(logs[0], logs[1])
}

func openAuditLog(ctx context.Context, dsn string, rows int64, end time.Time) (*auditLog, error) {
	scratch, err := storagetest.NewScratch(ctx, dsn)
	if err != nil {
		return nil, err
	}
	l := &auditLog{Scratch: scratch, rows: rows, end: end, times: map[string][]time.Duration{}}
	if l.db, err = storage.Open(ctx, scratch.Config, nil); err != nil {
		return l, err
	}
	if err := l.db.Migrate(ctx); err != nil {
		return l, err
	}
	began := time.Now()
	if err := l.fill(ctx); err != nil {
		return l, err
	}
	fmt.Printf("%d lines: filled in %.0f s\n", rows, time.Since(began).Seconds())
	return l, nil
}

func (l *auditLog) close() {
	var err error
	if l.db != nil {
		err = l.db.Close()
	}
	if err = errors.Join(err, l.Drop()); err != nil {
		fmt.Fprintln(os.Stderr, "bench: clean up:", err)
	}
}

// auditActions are what is done and how often, in a hundred lines of a season.
var auditActions = map[string]int{"photo": 62, "sheet.open": 12, "decide": 8, "submit": 6, "bind": 3, "phone": 3, "answer": 3, "login": 2, "photo.look": 1}

// fill doubles the log until it is long enough. Its indexes are made last, which is many times faster.
func (l *auditLog) fill(ctx context.Context) error {
	pool, err := sql.Open("mysql", l.Config.DSN)
	if err != nil {
		return err
	}
	defer pool.Close()
	indexes, err := dropIndexes(ctx, pool)
	if err != nil {
		return err
	}
	var actions []string
	for _, action := range []string{"photo", "sheet.open", "decide", "submit", "bind", "phone", "answer", "login", "photo.look"} {
		for range auditActions[action] {
			actions = append(actions, "'"+action+"'")
		}
	}
	// The n-th line follows from n alone, so that both logs are of the same make. One line in 50,000 is
	// something rare.
	line := fmt.Sprintf(`SELECT n, %d - (%d - n) * %d,
		IF(n * 48271 %% 100 < 75, 'candidate', CONCAT('staff:', 1 + n * 69621 %% %d)),
		IF(n %% 50000 = 777, 'staff.role', ELT(1 + n * 16807 %% 100, %s)),
		1 + n * 40692 %% %d, IF(n %% 3 = 0, '{"photo":123456,"kind":"copy"}', '')`,
		l.end.UnixMicro(), l.rows, auditSpan.Microseconds()/l.rows, auditStaff, strings.Join(actions, ", "), l.candidates())
	const head = "INSERT INTO events (id, happened_at, actor, action, candidate_id, detail) "
	if _, err := pool.ExecContext(ctx, head+line+" FROM (SELECT 1 AS n) first"); err != nil {
		return err
	}
	const step = 200_000 // lines a transaction
	for have := int64(1); have < l.rows; {
		more := min(have, step, l.rows-have)
		if _, err := pool.ExecContext(ctx, head+line+" FROM (SELECT id + ? AS n FROM events WHERE id <= ?) more", have, more); err != nil {
			return err
		}
		have += more
	}
	for _, index := range append(indexes, "ANALYZE TABLE events") {
		if _, err := pool.ExecContext(ctx, index); err != nil {
			return err
		}
	}
	return nil
}

// candidates is how many there are: about a hundred lines for each.
func (l *auditLog) candidates() int64 { return max(l.rows/100, 1) }

// dropIndexes takes all indexes but the primary key from the log, and returns what makes them again.
func dropIndexes(ctx context.Context, pool *sql.DB) (again []string, err error) {
	rows, err := pool.QueryContext(ctx, `SELECT index_name, GROUP_CONCAT(column_name ORDER BY seq_in_index) FROM information_schema.statistics
		WHERE table_schema = DATABASE() AND table_name = 'events' AND index_name <> 'PRIMARY' GROUP BY index_name`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var drops []string
	for rows.Next() {
		var name, columns string
		if err := rows.Scan(&name, &columns); err != nil {
			return nil, err
		}
		drops = append(drops, "DROP INDEX "+name+" ON events")
		again = append(again, "CREATE INDEX "+name+" ON events ("+columns+")")
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, drop := range drops {
		if _, err := pool.ExecContext(ctx, drop); err != nil {
			return nil, err
		}
	}
	return again, nil
}

// auditSearches are what an admin asks for, in the order they are printed.
var auditSearches = []struct {
	name string
	of   func(l *auditLog, r *rand.Rand) storage.EventSearch
}{
	{"the newest", func(*auditLog, *rand.Rand) storage.EventSearch { return storage.EventSearch{} }},
	{"a page somewhere behind", func(l *auditLog, r *rand.Rand) storage.EventSearch {
		return storage.EventSearch{Before: 1 + r.Int64N(l.rows)}
	}},
	{"who", func(_ *auditLog, r *rand.Rand) storage.EventSearch { return storage.EventSearch{Actor: someStaff(r)} }},
	{"who, further back", func(l *auditLog, r *rand.Rand) storage.EventSearch {
		return storage.EventSearch{Actor: someStaff(r), Before: 1 + r.Int64N(l.rows)}
	}},
	{"what", func(*auditLog, *rand.Rand) storage.EventSearch { return storage.EventSearch{Action: "decide"} }},
	{"what is rare", func(*auditLog, *rand.Rand) storage.EventSearch { return storage.EventSearch{Action: "staff.role"} }},
	{"what never was", func(*auditLog, *rand.Rand) storage.EventSearch { return storage.EventSearch{Action: "nothing"} }},
	{"a candidate", func(l *auditLog, r *rand.Rand) storage.EventSearch {
		return storage.EventSearch{CandidateID: l.someone(r)}
	}},
	{"a day", func(l *auditLog, r *rand.Rand) storage.EventSearch { return l.someDay(r, storage.EventSearch{}) }},
	{"who and what", func(_ *auditLog, r *rand.Rand) storage.EventSearch {
		return storage.EventSearch{Actor: someStaff(r), Action: "decide"}
	}},
	{"who on a day", func(l *auditLog, r *rand.Rand) storage.EventSearch {
		return l.someDay(r, storage.EventSearch{Actor: someStaff(r)})
	}},
	{"what on a day", func(l *auditLog, r *rand.Rand) storage.EventSearch {
		return l.someDay(r, storage.EventSearch{Action: "phone"})
	}},
	{"what is rare, on a day", func(l *auditLog, r *rand.Rand) storage.EventSearch {
		return l.someDay(r, storage.EventSearch{Action: "staff.role"})
	}},
	{"a candidate, who and what", func(l *auditLog, r *rand.Rand) storage.EventSearch {
		return storage.EventSearch{CandidateID: l.someone(r), Actor: someStaff(r), Action: "sheet.open"}
	}},
	{"a candidate on a day", func(l *auditLog, r *rand.Rand) storage.EventSearch {
		return l.someDay(r, storage.EventSearch{CandidateID: l.someone(r)})
	}},
	{"who and what on a day", func(l *auditLog, r *rand.Rand) storage.EventSearch {
		return l.someDay(r, storage.EventSearch{Actor: someStaff(r), Action: "decide"})
	}},
}

func someStaff(r *rand.Rand) string { return fmt.Sprint("staff:", 1+r.IntN(auditStaff)) }

func (l *auditLog) someone(r *rand.Rand) int64 { return 1 + r.Int64N(l.candidates()) }

func (l *auditLog) someDay(r *rand.Rand, s storage.EventSearch) storage.EventSearch {
	s.From = l.end.Add(-auditSpan).AddDate(0, 0, r.IntN(199)).Truncate(24 * time.Hour)
	s.Until = s.From.AddDate(0, 0, 1)
	return s
}

// round measures every search once.
func (l *auditLog) round(ctx context.Context, n uint64) error {
	r := rand.New(rand.NewPCG(n, 1))
	for _, search := range auditSearches {
		s := search.of(l, r)
		s.Limit = auditPage
		began := time.Now()
		if _, err := l.db.SearchEvents(ctx, s); err != nil {
			return err
		}
		l.times[search.name] = append(l.times[search.name], time.Since(began))
	}
	return nil
}

// compareLogs prints both sides of every search and says whether the goals were met.
func compareLogs(few, many *auditLog) error {
	fmt.Printf("\n%-26s %21s %21s\n", "", fmt.Sprint(few.rows, " lines"), fmt.Sprint(many.rows, " lines"))
	fmt.Printf("%-26s %10s %10s %10s %10s  %s\n", "", "p50", "p99", "p50", "p99", "medians")
	missed := 0
	for _, search := range auditSearches {
		a, b := slices.Sorted(slices.Values(few.times[search.name])), slices.Sorted(slices.Values(many.times[search.name]))
		at := func(sorted []time.Duration, percent int) time.Duration {
			return sorted[len(sorted)*percent/100].Round(time.Microsecond)
		}
		ratio, verdict := at(b, 50).Seconds()/at(a, 50).Seconds(), ""
		if ratio > auditFlat || at(b, 50) > auditGoal {
			verdict, missed = " MISSED", missed+1
		}
		fmt.Printf("%-26s %10s %10s %10s %10s  %.2f×%s\n", search.name, at(a, 50), at(a, 99), at(b, 50), at(b, 99), ratio, verdict)
	}
	fmt.Printf("goals: %.1f× and %s at most\n\n", auditFlat, auditGoal)
	if missed > 0 {
		return fmt.Errorf("%d goals missed", missed)
	}
	return nil
}
