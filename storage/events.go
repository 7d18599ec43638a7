package storage

import (
	"context"
	"fmt"
	"time"
)

// Event is one line of the history: who did what when. Rows are never changed.
type Event struct {
	ID          int64
	At          time.Time
	Actor       string // "candidate", "staff:3", "system"
	Action      string
	CandidateID int64  // 0: concerns no candidate
	Detail      string // JSON without personal data; empty: nothing to add
}

// Log appends an event.
func (q Q) Log(ctx context.Context, e Event) error {
	_, err := q.exec(ctx, "INSERT INTO events (happened_at, actor, action, candidate_id, detail) VALUES (?, ?, ?, ?, ?)",
		micros(e.At), e.Actor, e.Action, e.CandidateID, e.Detail)
	return within("log event", err)
}

// Events lists the latest events about a candidate, newest first, at most limit.
func (q Q) Events(ctx context.Context, candidateID int64, limit int) ([]Event, error) {
	events, err := list(ctx, q, readEvent, `SELECT id, happened_at, actor, action, candidate_id, detail
		FROM events WHERE candidate_id = ? ORDER BY id DESC LIMIT ?`, candidateID, limit)
	return events, within(fmt.Sprintf("events of candidate %d", candidateID), err)
}

func readEvent(r row) (e Event, err error) {
	err = r.Scan(&e.ID, moment{&e.At}, &e.Actor, &e.Action, &e.CandidateID, &e.Detail)
	return e, err
}
