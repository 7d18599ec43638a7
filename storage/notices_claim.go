package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cailiao/intake"
)

// DueCandidates lists the candidates who have notices of some kinds that are due and that nobody
// works on, the longest due first, at most limit of them. Each kind is looked up by itself, so
// that a kind that is paused or piles up costs the others nothing.
func (q Q) DueCandidates(ctx context.Context, kinds []intake.NoticeKind, now time.Time, limit int) ([]int64, error) {
	if len(kinds) == 0 {
		return nil, nil
	}
	const ofKind = `SELECT * FROM (SELECT candidate_id, due_at FROM notices
		WHERE state = ? AND kind = ? AND due_at <= ? AND lease_until <= ? ORDER BY due_at LIMIT ?) page`
	var all []any
	for _, kind := range kinds {
		all = append(all, intake.NoticeWaiting, kind, micros(now), micros(now), limit)
	}
	due, err := list(ctx, q, readDue, strings.Repeat(ofKind+" UNION ALL ", len(kinds)-1)+ofKind, all...)
	if err != nil {
		return nil, within("due notices", err)
	}
	slices.SortStableFunc(due, func(a, b dueRow) int { return cmp.Compare(a.at, b.at) })
	var ids []int64
	seen := make(map[int64]bool, limit)
	for _, d := range due {
		if !seen[d.candidate] && len(ids) < limit {
			seen[d.candidate] = true
			ids = append(ids, d.candidate)
		}
	}
	return ids, nil
}

type dueRow struct{ candidate, at int64 }

func readDue(r row) (d dueRow, err error) { return d, r.Scan(&d.candidate, &d.at) }

// Claim is what somebody takes to work on.
type Claim struct {
	Owner string // unlike any other claim's, at most 64 characters
	Kinds []intake.NoticeKind
	Now   time.Time
	Until time.Time // the lease; then others may take it
}

// ClaimNotices takes a candidate's due notices of some kinds, all in one statement: nobody else
// works on the same person meanwhile. None: somebody else has them, or they are no longer due.
func (q Q) ClaimNotices(ctx context.Context, candidateID int64, c Claim) ([]intake.Notice, error) {
	var claimed int64
	claim := func(q Q) (err error) {
		claimed, err = q.exec(ctx, `UPDATE notices SET lease_until = ?, owner = ?
			WHERE candidate_id = ? AND state = ? AND due_at <= ? AND lease_until <= ? AND kind IN `+marks(1, len(c.Kinds)),
			append([]any{micros(c.Until), c.Owner, candidateID, intake.NoticeWaiting, micros(c.Now), micros(c.Now)}, args(c.Kinds)...)...)
		return err
	}
	err := claim(q)
	if q.home.dialect.classify(err) == faultBusy { // a decision on the same person at this moment
		err = q.atomic(ctx, claim)
	}
	if err != nil || claimed == 0 {
		return nil, within(fmt.Sprintf("claim notices of candidate %d", candidateID), err)
	}
	notices, err := list(ctx, q, readNotice, "SELECT "+noticeColumns+` FROM notices
		WHERE candidate_id = ? AND state = ? AND owner = ? ORDER BY due_at, id`, candidateID, intake.NoticeWaiting, c.Owner)
	return notices, within(fmt.Sprintf("claimed notices of candidate %d", candidateID), err)
}

// ReleaseNotices gives back what is left of a claim: others need not wait for the end of its lease.
func (q Q) ReleaseNotices(ctx context.Context, candidateID int64, owner string) error {
	_, err := q.exec(ctx, "UPDATE notices SET lease_until = 0, owner = '' WHERE candidate_id = ? AND state = ? AND owner = ?",
		candidateID, intake.NoticeWaiting, owner)
	return within(fmt.Sprintf("release notices of candidate %d", candidateID), err)
}

// NoticeDefer puts a claimed notice off without counting a try: its time has not come.
func (q Q) NoticeDefer(ctx context.Context, id int64, due time.Time) error {
	_, err := q.exec(ctx, "UPDATE notices SET due_at = ?, lease_until = 0, owner = '' WHERE id = ? AND state = ?",
		micros(due), id, intake.NoticeWaiting)
	return within(fmt.Sprintf("defer notice %d", id), err)
}

// NoticePutBack puts a claimed notice off because its kind is stopped; the try is not counted, but
// what WeChat said is kept for staff.
func (q Q) NoticePutBack(ctx context.Context, id int64, due time.Time, code int, problem string) error {
	_, err := q.exec(ctx, `UPDATE notices SET due_at = ?, err_code = ?, problem = ?, lease_until = 0, owner = ''
		WHERE id = ? AND state = ?`, micros(due), code, problem, id, intake.NoticeWaiting)
	return within(fmt.Sprintf("put notice %d back", id), err)
}
