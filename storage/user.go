package storage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"cailiao/intake"
)

// User is all that is known of a WeChat user when a message comes.
type User struct {
	Talk intake.Talk
	Case intake.Case // of the candidate the user is bound to; zero when not bound
	Owed bool        // notices failed and have not been told in chat, see FailedUnheaded
}

// User returns what is known of a user. Callers who ask together share the statements.
func (db *DB) User(ctx context.Context, openID string) (User, error) {
	s, err := db.shared.users.ask(ctx, openID)
	return s, within("user", err)
}

// head is a user before the case is read, and which state of the case that is.
type head struct {
	User
	stamp stamp
}

// readHead reads headColumns, and before them what else is asked for.
func readHead(r row, before ...any) (h head, err error) {
	s := &h.stamp
	err = r.Scan(slices.Concat(before, []any{&h.Owed, (*whole64)(&s.candidate), (*whole64)(&s.boundAt), (*whole64)(&s.candidateVersion),
		(*whole64)(&s.submission), (*whole64)(&s.version), (*whole64)(&s.photos)}, talkDest(&h.Talk))...)
	s.openID, h.Talk.CandidateID = h.Talk.OpenID, s.candidate
	return h, err
}

const (
	headColumns = `EXISTS (SELECT 1 FROM notices n WHERE n.candidate_id = c.id AND n.state = 'failed' AND n.headed = 0),
		c.id, c.bound_at, c.version, s.id, s.version, s.photos_version, ` + talkColumns
	headJoins = ` LEFT JOIN candidates c ON c.openid = t.openid LEFT JOIN submissions s ON s.candidate_id = c.id `
)

func (db *DB) users(ctx context.Context, openIDs []string) ([]User, error) {
	if len(openIDs) == 0 {
		return nil, nil
	}
	heads, err := list(ctx, db.Q, func(r row) (head, error) { return readHead(r) },
		"SELECT "+headColumns+" FROM talks t"+headJoins+"WHERE t.openid IN "+marks(1, len(openIDs)), args(openIDs)...)
	if err != nil {
		return nil, err
	}
	return db.complete(ctx, openIDs, heads)
}

// complete reads the cases that belong to heads: not at all when all are familiar, else in three round trips, and one or two
// more for each user without a head, who was never heard of.
func (db *DB) complete(ctx context.Context, openIDs []string, heads []head) ([]User, error) {
	known := make(map[string]User, len(heads))
	var bound []head
	for _, h := range heads {
		known[h.Talk.OpenID] = h.User
		if h.Talk.CandidateID != 0 {
			bound = append(bound, h)
		}
	}
	cases, unknown := db.familiar.recall(bound)
	read, err := db.readCases(ctx, unknown)
	if err != nil {
		return nil, err
	}
	db.familiar.keep(bound, read)
	maps.Copy(cases, read)
	all := make([]User, len(openIDs))
	for i, openID := range openIDs {
		s, ok := known[openID]
		if !ok {
			if s, err = db.newcomer(ctx, openID); err != nil {
				return nil, err
			}
		}
		if c, ok := cases[s.Talk.CandidateID]; ok {
			if s.Case = c; c.Candidate.OpenID != openID { // unbound a moment ago
				if s, err = db.newcomer(ctx, openID); err != nil {
					return nil, err
				}
			}
		}
		all[i] = s
	}
	return all, nil
}

// newcomer is somebody without a talk, who may be bound all the same.
func (db *DB) newcomer(ctx context.Context, openID string) (s User, err error) {
	if s.Talk, err = db.Talk(ctx, openID); err != nil || s.Talk.CandidateID == 0 {
		return s, err
	}
	s.Owed = true // nobody has looked
	s.Case, err = db.Case(ctx, s.Talk.CandidateID)
	if errors.Is(err, intake.ErrNotFound) {
		return s, nil
	}
	return s, err
}

// readCases returns everything about candidates, by their ids, in three round trips however many they are.
func (q Q) readCases(ctx context.Context, ids []int64) (map[int64]intake.Case, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	heads, err := list(ctx, q, readCaseHead, "SELECT "+candidateColumns+", "+submissionColumns+`
		FROM candidates c LEFT JOIN submissions s ON s.candidate_id = c.id WHERE c.id IN `+marks(1, len(ids)), args(ids)...)
	if err != nil {
		return nil, err
	}
	return q.fillCases(ctx, heads)
}

// fillCases returns cases by their candidates' ids, with items and photos, in two round trips.
func (q Q) fillCases(ctx context.Context, heads []intake.Case) (map[int64]intake.Case, error) {
	if len(heads) == 0 {
		return nil, nil
	}
	cases := make(map[int64]intake.Case, len(heads))
	of := make(map[int64]int64, len(heads)) // candidates by submission
	for _, c := range heads {
		id := c.Candidate.ID
		if c.Submission.ID == 0 {
			c.Submission = intake.Submission{CandidateID: id, State: intake.Collecting, Round: 1}
		}
		cases[id] = c
		if c.Submission.ID != 0 {
			of[c.Submission.ID] = id
		}
	}
	if err := q.addItems(ctx, cases, of); err != nil {
		return nil, fmt.Errorf("items: %w", err)
	}
	if err := q.addPhotos(ctx, cases); err != nil {
		return nil, fmt.Errorf("photos: %w", err)
	}
	return cases, nil
}
