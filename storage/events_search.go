package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cailiao/intake"
)

// EventSearch says which events are wanted; zero fields do not matter.
type EventSearch struct {
	Actor       string
	Action      string
	CandidateID int64
	From, Until time.Time // from From on, before Until
	Before      int64     // events with smaller ids than this: the page after the one that ended there
	Limit       int
}

// clockSlack is how far the order of ids may be from the order of times: instances read the clock
// before they write.
const clockSlack = 5 * time.Minute

// SearchEvents lists events, newest first, at most Limit. Whatever is asked for, it walks down
// one index by id; a span of time is first turned into a span of ids.
func (q Q) SearchEvents(ctx context.Context, s EventSearch) ([]Event, error) {
	var where []string
	var args []any
	only := func(condition string, arg any) {
		where, args = append(where, condition), append(args, arg)
	}
	if s.Actor != "" {
		only("actor = ?", s.Actor)
	}
	if s.Action != "" {
		only("action = ?", s.Action)
	}
	if s.CandidateID != 0 {
		only("candidate_id = ?", s.CandidateID)
	}
	if s.Before > 0 {
		only("id < ?", s.Before)
	}
	if !s.From.IsZero() {
		first, err := q.eventAfter(ctx, s.From.Add(-clockSlack))
		if errors.Is(err, intake.ErrNotFound) {
			return nil, nil // nothing is that young
		}
		if err != nil {
			return nil, err
		}
		only("id >= ?", first)
		only("happened_at >= ?", micros(s.From))
	}
	if !s.Until.IsZero() {
		beyond, err := q.eventAfter(ctx, s.Until.Add(clockSlack))
		if err != nil && !errors.Is(err, intake.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			only("id < ?", beyond)
		}
		only("happened_at < ?", micros(s.Until))
	}
	query := "SELECT id, happened_at, actor, action, candidate_id, detail FROM events" + q.home.dialect.eventIndex(s)
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	events, err := list(ctx, q, readEvent, query+" ORDER BY id DESC LIMIT ?", append(args, s.Limit)...)
	return events, within("search events", err)
}

// eventAfter is the id of the first event at or after a time, or intake.ErrNotFound.
func (q Q) eventAfter(ctx context.Context, at time.Time) (int64, error) {
	id, err := one(ctx, q, value[int64], "SELECT id FROM events WHERE happened_at >= ? ORDER BY happened_at LIMIT 1", micros(at))
	return id, within(fmt.Sprintf("first event after %s", at.Format(time.DateTime)), err)
}

// index is the index a search walks, so that neither engine prefers to sort.
func (s EventSearch) index() string {
	switch {
	case s.CandidateID != 0:
		return "events_candidate"
	case s.Actor != "" && s.Action != "":
		return "events_actor_action"
	case s.Actor != "":
		return "events_actor"
	case s.Action != "":
		return "events_action"
	}
	return ""
}
