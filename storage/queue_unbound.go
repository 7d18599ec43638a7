package storage

import (
	"context"

	"cailiao/intake"
)

// Candidates who are not bound: most have no submission yet, so they stand in no queue, and are listed in the
// order of their ids.

// unboundPage picks the page on an index alone, where nobody who is bound is met.
func unboundPage(f QueueFilter) (string, []any) {
	where, args := unbound(f.Site)
	order := "id"
	switch {
	case f.Behind != nil:
		where, args = where+" AND id > ?", append(args, f.Behind.Candidate)
	case f.Before != nil:
		where, args, order = where+" AND id < ?", append(args, f.Before.Candidate), "id DESC"
	}
	return "SELECT " + queueColumns + " FROM (SELECT id FROM candidates" + where + " ORDER BY " + order + ` LIMIT ?) page
		JOIN candidates c ON c.id = page.id LEFT JOIN submissions s ON s.candidate_id = c.id ORDER BY c.` + order + " LIMIT ?",
		append(args, f.limit(), f.limit())
}

func unbound(site string) (where string, args []any) {
	if site == "" {
		return " WHERE openid IS NULL", nil
	}
	return " WHERE site = ? AND openid IS NULL", []any{site}
}

// UnboundCount counts candidates who are not bound, of one site or, with an empty code, of all, up to most.
func (q Q) UnboundCount(ctx context.Context, site string, most int) (int, error) {
	where, args := unbound(site)
	n, err := one(ctx, q, value[int], "SELECT COUNT(*) FROM (SELECT id FROM candidates"+where+" LIMIT ?) found", append(args, most)...)
	return n, within("count unbound candidates", err)
}

// nextUnbound is nextInQueue among those who are not bound.
func (q Q) nextUnbound(ctx context.Context, f QueueFilter, after int64) (int64, error) {
	f.Behind, f.Before, f.Limit = &Place{Candidate: after}, nil, 1
	rows, err := q.queueRows(ctx, f)
	if err == nil && len(rows) == 0 {
		f.Behind = nil
		rows, err = q.queueRows(ctx, f)
	}
	if err == nil && (len(rows) == 0 || rows[0].CandidateID == after) {
		err = intake.ErrNotFound
	}
	return first(rows), err
}
