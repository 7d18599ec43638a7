package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cailiao/intake"
)

// RosterState is where a roster that is brought in from the page stands.
type RosterState string

const (
	RosterMapping   RosterState = "mapping"   // somebody must say what the columns are
	RosterChecking  RosterState = "checking"  // being read and compared
	RosterChecked   RosterState = "checked"   // somebody must confirm, or mend the file
	RosterImporting RosterState = "importing" // step by step
	RosterDone      RosterState = "done"
	RosterFailed    RosterState = "failed"
	RosterDropped   RosterState = "dropped" // given up by staff, or for too long by nobody
)

// Running says that a worker has it, or should.
func (s RosterState) Running() bool { return s == RosterChecking || s == RosterImporting }

// RosterJob is one roster that is brought in from the page.
type RosterJob struct {
	ID        int64
	StaffID   int64
	Site      string // of the account; empty: every site's candidates may come
	State     RosterState
	Title     string // the file's name
	Bytes     int
	FileKey   string // blobs; empty: deleted
	ReportKey string
	Fields    []string // what each column is read as
	Withdraw  bool     // who is not in the file is marked as no longer on the roster
	Erased    bool     // who was erased comes in again
	Done      int      // rows, at the present step
	Total     int
	Counts    RosterCounts
	Fault     string // code of why it failed
	Owner     string // the worker
	Lease     time.Time
	CreatedAt time.Time
	Version   int64
}

// RosterCounts is what a roster changes, or has changed.
type RosterCounts struct {
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Same      int `json:"same"`
	Vanished  int `json:"vanished"`  // on record, but not in the file
	Withdrawn int `json:"withdrawn"` // of these, marked
	Problems  int `json:"problems"`
	Erased    int `json:"erased"` // were erased before, and are left out
	Back      int `json:"back"`   // were erased before, and came in again because somebody said so
}

const rosterJobColumns = `id, staff_id, site, state, title, bytes, file_key, report_key, fields, withdraw, erased, done, total, counts,
	fault, owner, lease_until, created_at, version`

func readRosterJob(r row) (j RosterJob, err error) {
	return j, r.Scan(&j.ID, &j.StaffID, &j.Site, &j.State, &j.Title, &j.Bytes, &j.FileKey, &j.ReportKey, asJSON{&j.Fields}, &j.Withdraw, &j.Erased,
		&j.Done, &j.Total, asJSON{&j.Counts}, &j.Fault, &j.Owner, moment{&j.Lease}, moment{&j.CreatedAt}, &j.Version)
}

// AddRosterJob stores a new job and returns it with its ID.
func (q Q) AddRosterJob(ctx context.Context, j RosterJob) (RosterJob, error) {
	j.Version, j.CreatedAt = 1, stored(j.CreatedAt)
	var err error
	j.ID, err = q.insert(ctx, `INSERT INTO roster_jobs (staff_id, site, state, title, bytes, file_key, report_key, fields, withdraw, erased,
			done, total, counts, fault, owner, lease_until, created_at, version)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		j.StaffID, j.Site, j.State, j.Title, j.Bytes, j.FileKey, j.ReportKey, asJSON{j.Fields}, j.Withdraw, j.Erased,
		j.Done, j.Total, asJSON{j.Counts}, j.Fault, j.Owner, micros(j.Lease), micros(j.CreatedAt), j.Version)
	return j, within("add roster job", err)
}

// RosterJob returns one job, or intake.ErrNotFound.
func (q Q) RosterJob(ctx context.Context, id int64) (RosterJob, error) {
	j, err := one(ctx, q, readRosterJob, "SELECT "+rosterJobColumns+" FROM roster_jobs WHERE id = ?", id)
	return j, within(fmt.Sprintf("roster job %d", id), err)
}

// RosterJobs lists the latest jobs, newest first: those of accounts of a site or, with an empty
// code, all.
func (q Q) RosterJobs(ctx context.Context, site string, limit int) ([]RosterJob, error) {
	where, args := "", []any{limit}
	if site != "" {
		where, args = " WHERE site = ?", []any{site, limit}
	}
	jobs, err := list(ctx, q, readRosterJob, "SELECT "+rosterJobColumns+" FROM roster_jobs"+where+" ORDER BY id DESC LIMIT ?", args...)
	return jobs, within("roster jobs", err)
}

// SaveRosterJob stores how a job stands and returns it with its new version; intake.ErrConflict
// when somebody else stored it meanwhile.
func (q Q) SaveRosterJob(ctx context.Context, j RosterJob) (RosterJob, error) {
	err := q.execOne(ctx, intake.ErrConflict, `UPDATE roster_jobs SET state = ?, file_key = ?, report_key = ?, fields = ?, withdraw = ?, erased = ?,
			done = ?, total = ?, counts = ?, fault = ?, owner = ?, lease_until = ?, version = version + 1
		WHERE id = ? AND version = ?`,
		j.State, j.FileKey, j.ReportKey, asJSON{j.Fields}, j.Withdraw, j.Erased, j.Done, j.Total, asJSON{j.Counts}, j.Fault, j.Owner, micros(j.Lease),
		j.ID, j.Version)
	j.Version++
	return j, within(fmt.Sprintf("save roster job %d", j.ID), err)
}

// ClaimRosterJob gives the oldest job that wants work and that nobody works on to owner until a
// time; intake.ErrNotFound: there is none.
func (q Q) ClaimRosterJob(ctx context.Context, owner string, now, until time.Time) (RosterJob, error) {
	for {
		var due []RosterJob
		for _, state := range []RosterState{RosterChecking, RosterImporting} { // an IN would leave the index at the first range
			some, err := list(ctx, q, readRosterJob, "SELECT "+rosterJobColumns+` FROM roster_jobs
				WHERE state = ? AND lease_until < ? ORDER BY lease_until LIMIT 1`, state, micros(now))
			if err != nil {
				return RosterJob{}, fmt.Errorf("claim roster job: %w", err)
			}
			due = append(due, some...)
		}
		if len(due) == 0 {
			return RosterJob{}, fmt.Errorf("claim roster job: %w", intake.ErrNotFound)
		}
		j := due[0]
		j.Owner, j.Lease = owner, stored(until)
		j, err := q.SaveRosterJob(ctx, j)
		if !errors.Is(err, intake.ErrConflict) {
			return j, err
		}
	}
}

// RosterJobsBefore lists jobs made before a time that still have bytes in the blob store, oldest
// first; after is where to go on.
func (q Q) RosterJobsBefore(ctx context.Context, after, before time.Time, limit int) ([]RosterJob, error) {
	jobs, err := list(ctx, q, readRosterJob, "SELECT "+rosterJobColumns+` FROM roster_jobs
		WHERE created_at > ? AND created_at < ? AND (file_key <> '' OR report_key <> '') ORDER BY created_at LIMIT ?`,
		micros(after), micros(before), limit)
	return jobs, within("old roster jobs", err)
}

// RosterColumns returns what the columns of a set of headers were read as the last time, or
// intake.ErrNotFound.
func (q Q) RosterColumns(ctx context.Context, headers string) (fields []string, err error) {
	fields, err = one(ctx, q, func(r row) (f []string, err error) { return f, r.Scan(asJSON{&f}) },
		"SELECT fields FROM roster_columns WHERE headers = ?", headers)
	return fields, within("roster columns", err)
}

// SaveRosterColumns remembers them.
func (q Q) SaveRosterColumns(ctx context.Context, headers string, fields []string, now time.Time) error {
	const update = "UPDATE roster_columns SET fields = ?, changed_at = ? WHERE headers = ?"
	n, err := q.exec(ctx, update, asJSON{fields}, micros(now), headers)
	if err != nil || n > 0 {
		return within("save roster columns", err)
	}
	_, err = q.exec(ctx, "INSERT INTO roster_columns (headers, fields, changed_at) VALUES (?, ?, ?)", headers, asJSON{fields}, micros(now))
	if isConflict(err) { // somebody else, just now
		_, err = q.exec(ctx, update, asJSON{fields}, micros(now), headers)
	}
	return within("save roster columns", err)
}

// Rostered returns the candidates with these numbers, by number, as the roster left them.
func (q Q) Rostered(ctx context.Context, numbers []string) (map[string]intake.Candidate, error) {
	known := make(map[string]intake.Candidate, len(numbers))
	for start := 0; start < len(numbers); start += importStep {
		some := numbers[start:min(start+importStep, len(numbers))]
		found, err := list(ctx, q, readRostered, "SELECT "+candidateColumns+" FROM candidates c WHERE c.number IN "+
			marks(1, len(some)), args(some)...)
		if err != nil {
			return nil, fmt.Errorf("candidates by number: %w", err)
		}
		for _, c := range found {
			known[c.Number] = c
		}
	}
	return known, nil
}

// CandidatesAfter lists candidates of a site or, with an empty code, of all, in the order of
// their ids behind one.
func (q Q) CandidatesAfter(ctx context.Context, site string, after int64, limit int) ([]intake.Candidate, error) {
	where, args := "c.id > ?", []any{after, limit}
	if site != "" {
		where, args = "c.site = ? AND c.id > ?", []any{site, after, limit}
	}
	all, err := list(ctx, q, readCandidate, "SELECT "+candidateColumns+" FROM candidates c WHERE "+where+" ORDER BY c.id LIMIT ?", args...)
	return all, within("candidates in order", err)
}

// Withdraw marks candidates as no longer on the roster and returns how many were not yet. Their
// bindings and photos stay.
func (q Q) Withdraw(ctx context.Context, ids []int64, now time.Time) (int, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	n, err := q.exec(ctx, "UPDATE candidates SET withdrawn_at = ?, version = version + 1 WHERE withdrawn_at = 0 AND id IN "+
		marks(1, len(ids)), append([]any{micros(now)}, args(ids)...)...)
	return int(n), within("withdraw", err)
}
