package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cailiao/intake"
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

// Happened says whether an actor has done one of several things about a candidate from a time on;
// of the search only these three count.
func (q Q) Happened(ctx context.Context, s EventSearch, actions ...string) (bool, error) {
	args := []any{s.CandidateID, s.Actor, micros(s.From)}
	for _, action := range actions {
		args = append(args, action)
	}
	_, err := one(ctx, q, value[int64], "SELECT id FROM events"+q.home.dialect.eventIndex(s)+` WHERE candidate_id = ? AND actor = ?
		AND happened_at >= ? AND action IN `+marks(1, len(actions))+" ORDER BY id DESC LIMIT 1", args...)
	if errors.Is(err, intake.ErrNotFound) {
		return false, nil
	}
	return err == nil, within(fmt.Sprintf("events of candidate %d", s.CandidateID), err)
}

func readEvent(r row) (e Event, err error) {
	err = r.Scan(&e.ID, moment{&e.At}, &e.Actor, &e.Action, &e.CandidateID, &e.Detail)
	return e, err
}
