package storage

import (
	"context"
	"fmt"

	"cailiao/intake"
)

// CasesAfter lists cases of a site or, with an empty code, of all, in the order of the
// candidates' ids behind one, so that any number can be gone through in steps. Four round trips,
// whatever limit is.
func (q Q) CasesAfter(ctx context.Context, site string, after int64, limit int) ([]intake.Case, error) {
	query, params := "SELECT id FROM candidates WHERE id > ? ORDER BY id LIMIT ?", []any{after, limit}
	if site != "" {
		query, params = "SELECT id FROM candidates WHERE site = ? AND id > ? ORDER BY id LIMIT ?", []any{site, after, limit}
	}
	ids, err := list(ctx, q, value[int64], query, params...)
	if err != nil || len(ids) == 0 {
		return nil, within("cases in order", err)
	}
	cases, err := q.readCases(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("cases in order: %w", err)
	}
	all := make([]intake.Case, 0, len(ids))
	for _, id := range ids {
		if c, found := cases[id]; found { // else erased at this moment
			all = append(all, c)
		}
	}
	return all, nil
}

// CandidateCount counts the candidates of a site or, with an empty code, of all, behind an id; on
// an index.
func (q Q) CandidateCount(ctx context.Context, site string, after int64) (int, error) {
	query, params := "SELECT COUNT(*) FROM candidates WHERE id > ?", []any{after}
	if site != "" {
		query, params = "SELECT COUNT(*) FROM candidates WHERE site = ? AND id > ?", []any{site, after}
	}
	n, err := one(ctx, q, value[int], query, params...)
	return n, within("count candidates", err)
}

// UnboundAfter lists candidates of a site who may bind and have not, in the order of their ids
// behind one.
func (q Q) UnboundAfter(ctx context.Context, site string, after int64, limit int) ([]intake.Candidate, error) {
	all, err := list(ctx, q, readCandidate, "SELECT "+candidateColumns+` FROM candidates c
		WHERE c.site = ? AND c.id > ? AND c.openid IS NULL AND c.withdrawn_at = 0 ORDER BY c.id LIMIT ?`, site, after, limit)
	return all, within("unbound candidates", err)
}
