package storage

import (
	"context"
	"fmt"
	"time"

	"cailiao/intake"
)

// Hold is a reviewer's claim on a candidate. It ends by itself at Until.
type Hold struct {
	CandidateID int64
	StaffID     int64
	Name        string // of the account; not stored
	Token       string // tells two claims of one account apart
	Since       time.Time
	Until       time.Time
}

// LockSubmission locks a candidate's submission until the end of the transaction and returns its
// version; 0: there is none yet.
func (q Q) LockSubmission(ctx context.Context, candidateID int64) (version int64, err error) {
	found, err := list(ctx, q, value[int64], "SELECT version FROM submissions WHERE candidate_id = ?"+q.home.dialect.forUpdate(), candidateID)
	for _, v := range found {
		version = v
	}
	return version, within(fmt.Sprintf("lock submission of %d", candidateID), err)
}

// Held returns who holds a candidate now, or intake.ErrNotFound.
func (q Q) Held(ctx context.Context, candidateID int64, now time.Time) (Hold, error) {
	h, err := one(ctx, q, readHold, holds+" WHERE claims.candidate_id = ? AND claims.until_at > ?", candidateID, micros(now))
	return h, within(fmt.Sprintf("held %d", candidateID), err)
}

// HeldAmong lists the claims on these candidates.
func (q Q) HeldAmong(ctx context.Context, candidates []int64, now time.Time) ([]Hold, error) {
	if len(candidates) == 0 {
		return nil, nil
	}
	found, err := list(ctx, q, readHold, holds+" WHERE claims.candidate_id IN "+marks(1, len(candidates))+" AND claims.until_at > ?",
		append(args(candidates), micros(now))...)
	return found, within("held", err)
}

// HeldBy lists the candidates an account holds.
func (q Q) HeldBy(ctx context.Context, staffID int64, now time.Time) ([]int64, error) {
	ids, err := list(ctx, q, value[int64], "SELECT candidate_id FROM claims WHERE staff_id = ? AND until_at > ?", staffID, micros(now))
	return ids, within(fmt.Sprintf("held by staff %d", staffID), err)
}

const holds = `SELECT claims.candidate_id, claims.staff_id, staff.name, claims.token, claims.since_at, claims.until_at
	FROM claims JOIN staff ON staff.id = claims.staff_id AND staff.disabled = 0`

func readHold(r row) (h Hold, err error) {
	return h, r.Scan(&h.CandidateID, &h.StaffID, &h.Name, &h.Token, moment{&h.Since}, moment{&h.Until})
}

// PutHold stores a claim in place of any earlier one on the candidate, under LockSubmission.
func (q Q) PutHold(ctx context.Context, h Hold) error {
	_, err := q.exec(ctx, "REPLACE INTO claims (candidate_id, staff_id, token, since_at, until_at) VALUES (?, ?, ?, ?, ?)",
		h.CandidateID, h.StaffID, h.Token, micros(h.Since), micros(h.Until))
	return within(fmt.Sprintf("hold %d", h.CandidateID), err)
}

// Release ends a claim of an account, if it is still that one.
func (q Q) Release(ctx context.Context, candidateID, staffID int64, token string) error {
	_, err := q.exec(ctx, "DELETE FROM claims WHERE candidate_id = ? AND staff_id = ? AND token = ?", candidateID, staffID, token)
	return within(fmt.Sprintf("release %d", candidateID), err)
}

// Free ends whatever claim there is on a candidate.
func (q Q) Free(ctx context.Context, candidateID int64) error {
	_, err := q.exec(ctx, "DELETE FROM claims WHERE candidate_id = ?", candidateID)
	return within(fmt.Sprintf("free %d", candidateID), err)
}

// Undo is what it takes to take a decision back.
type Undo struct {
	CandidateID int64
	StaffID     int64     // who decided
	Version     int64     // of the submission after the decision
	Until       time.Time // then it is too late
	Was         Before
}

// Before is what a decision changed, as it was.
type Before struct {
	Submission intake.Submission   `json:"submission"`
	Items      []intake.Item       `json:"items"`
	Cancelled  []int64             `json:"cancelled,omitempty"` // ids of notices
	Owed       []string            `json:"owed,omitempty"`      // keys of notices
	Reasons    map[string][]string `json:"reasons,omitempty"`   // counted, by material
}

// KeepUndo stores what the latest decision on a candidate changed.
func (q Q) KeepUndo(ctx context.Context, u Undo) error {
	_, err := q.exec(ctx, "REPLACE INTO undos (candidate_id, staff_id, version, until_at, was) VALUES (?, ?, ?, ?, ?)",
		u.CandidateID, u.StaffID, u.Version, micros(u.Until), q.sealedJSON(u.Was, "undos.was", u.CandidateID))
	return within(fmt.Sprintf("keep undo of %d", u.CandidateID), err)
}

// Undo returns what the latest decision on a candidate changed, or intake.ErrNotFound.
func (q Q) Undo(ctx context.Context, candidateID int64) (Undo, error) {
	u, err := one(ctx, q, readUndo, "SELECT candidate_id, staff_id, version, until_at, was FROM undos WHERE candidate_id = ?", candidateID)
	return u, within(fmt.Sprintf("undo of %d", candidateID), err)
}

func readUndo(r row) (u Undo, err error) {
	return u, r.Scan(&u.CandidateID, &u.StaffID, &u.Version, moment{&u.Until}, unseal(asJSON{&u.Was}, "undos.was", &u.CandidateID))
}

// MarkUndone notes that a candidate's latest decision was taken back.
func (q Q) MarkUndone(ctx context.Context, candidateID int64, now time.Time) error {
	id, err := one(ctx, q, value[int64], "SELECT COALESCE(MAX(id), 0) FROM decisions WHERE candidate_id = ?", candidateID)
	if err == nil {
		err = q.execOne(ctx, intake.ErrNotFound, "UPDATE decisions SET undone_at = ? WHERE id = ?", micros(now), id)
	}
	if err == nil {
		_, err = q.exec(ctx, "DELETE FROM undos WHERE candidate_id = ?", candidateID)
	}
	return within(fmt.Sprintf("undone %d", candidateID), err)
}

// RetractNotices cancels those of a candidate's notices with these keys that still wait, and
// frees the keys, so that they can be promised again; version is the submission's, which makes the
// keys they get instead unlike others. intake.ErrConflict: one is already on its way.
func (q Q) RetractNotices(ctx context.Context, candidateID, version int64, keys []string, now time.Time) error {
	for _, key := range keys {
		err := q.execOne(ctx, intake.ErrConflict, `UPDATE notices SET state = ?, problem = 'undone', closed_at = ?, notice_key = ?
			WHERE notice_key = ? AND state IN (?, ?) AND lease_until <= ?`, intake.NoticeCancelled, micros(now),
			fmt.Sprintf("%s/undone/%d", key, version), key, intake.NoticeWaiting, intake.NoticeCancelled, micros(now))
		if err != nil {
			return fmt.Errorf("retract notices of candidate %d: %w", candidateID, err)
		}
	}
	return nil
}

// ReviveNotices lets cancelled notices wait again.
func (q Q) ReviveNotices(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := q.exec(ctx, "UPDATE notices SET state = ?, closed_at = 0, problem = '' WHERE state = ? AND id IN "+marks(1, len(ids)),
		append([]any{intake.NoticeWaiting, intake.NoticeCancelled}, args(ids)...)...)
	return within("revive notices", err)
}
