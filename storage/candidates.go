package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cailiao/intake"
)

const candidateColumns = `c.id, c.number, c.name, c.id_type, c.id_number, c.phone, c.phone_ok, c.site, c.attrs,
	c.answers, c.assumed, c.second_phone,
	c.openid, c.bound_at, c.withdrawn_at, c.parted_at, c.version`

func candidateDest(c *intake.Candidate) []any {
	return []any{(*whole64)(&c.ID), &c.Number, unseal(&c.Name, "candidates.name", &c.Number), &c.IDType,
		unseal(&c.IDNumber, "candidates.id_number", &c.Number), unseal(&c.Phone, "candidates.phone", &c.Number), &c.PhoneOK, &c.Site,
		attrs{&c.Attrs}, attrs{&c.Answers},
		asJSON{&c.Assumed}, unseal(&c.Second, "candidates.second_phone", &c.Number), blank(&c.OpenID), moment{&c.BoundAt},
		moment{&c.WithdrawnAt}, moment{&c.PartedAt}, (*whole64)(&c.Version)}
}

func readCandidate(r row) (c intake.Candidate, err error) {
	err = r.Scan(candidateDest(&c)...)
	c.Settle()
	return c, err
}

// readRostered reads a candidate with the attributes as the roster gave them.
func readRostered(r row) (c intake.Candidate, err error) {
	return c, r.Scan(candidateDest(&c)...)
}

// Candidate returns one candidate, or intake.ErrNotFound.
func (q Q) Candidate(ctx context.Context, id int64) (intake.Candidate, error) {
	c, err := one(ctx, q, readCandidate, "SELECT "+candidateColumns+" FROM candidates c WHERE c.id = ?", id)
	return c, within(fmt.Sprintf("candidate %d", id), err)
}

// LastCandidate is the highest ID, which tells at no cost about how many candidates there are; 0: none.
func (q Q) LastCandidate(ctx context.Context) (int64, error) {
	id, err := one(ctx, q, value[int64], "SELECT COALESCE(MAX(id), 0) FROM candidates")
	return id, within("last candidate", err)
}

// CandidateByNumber returns the candidate with a 报名号, or intake.ErrNotFound.
func (q Q) CandidateByNumber(ctx context.Context, number string) (intake.Candidate, error) {
	c, err := one(ctx, q, readCandidate, "SELECT "+candidateColumns+" FROM candidates c WHERE c.number = ?", number)
	return c, within("candidate by number", err)
}

// Bind ties a WeChat user to a candidate and opens the candidate's submission if there is
// none yet; intake.ErrConflict when either is bound already, also to each other. The
// candidate's version stays.
func (q Q) Bind(ctx context.Context, candidateID int64, openID string, now time.Time) error {
	err := q.atomic(ctx, func(tx Q) error {
		if err := tx.arrive(ctx, openID); err != nil {
			return err
		}
		n, err := tx.exec(ctx, "UPDATE candidates SET openid = ?, bound_at = ?, parted = '', parted_at = 0 WHERE id = ? AND openid IS NULL",
			openID, micros(now), candidateID)
		if err != nil {
			return err
		}
		if n == 0 {
			if _, err := tx.Candidate(ctx, candidateID); err != nil {
				return err
			}
			return intake.ErrConflict
		}
		return tx.openSubmission(ctx, candidateID)
	})
	return within(fmt.Sprintf("bind candidate %d", candidateID), err)
}

func (q Q) openSubmission(ctx context.Context, candidateID int64) error {
	_, err := one(ctx, q, value[int64], "SELECT id FROM submissions WHERE candidate_id = ?", candidateID)
	if !errors.Is(err, intake.ErrNotFound) {
		return err
	}
	_, err = q.insertSubmission(ctx, intake.Submission{CandidateID: candidateID, State: intake.Collecting, Round: 1})
	return err
}

// Unbind frees a candidate for another WeChat user. The phone has to be confirmed anew. The old
// user's talk begins anew, without what waited at the head of its next reply; a turn running at
// this moment conflicts.
func (q Q) Unbind(ctx context.Context, candidateID int64) error {
	err := q.atomic(ctx, func(tx Q) error {
		c, err := tx.Candidate(ctx, candidateID)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE candidates
			SET openid = NULL, bound_at = 0, parted = '', parted_at = 0, phone_ok = 0, version = version + 1 WHERE id = ?`, candidateID); err != nil {
			return err
		}
		_, err = tx.exec(ctx, "UPDATE talks SET stage = '', memo = ?, ahead = '', version = version + 1 WHERE openid = ?",
			asJSON{intake.Memo{}}, c.OpenID)
		return err
	})
	return within(fmt.Sprintf("unbind candidate %d", candidateID), err)
}

// SaveCandidate stores what the candidate may change, Phone, PhoneOK, Second and Answers, and
// returns it settled, with its new version; intake.ErrConflict when it changed meanwhile.
func (q Q) SaveCandidate(ctx context.Context, c intake.Candidate) (intake.Candidate, error) {
	if c.Answers == nil {
		c.Answers = map[string]any{}
	}
	err := q.execOne(ctx, intake.ErrConflict, `UPDATE candidates
		SET phone = ?, phone_ok = ?, second_phone = ?, answers = ?, version = version + 1 WHERE id = ? AND version = ?`,
		q.sealed(c.Phone, "candidates.phone", c.Number), c.PhoneOK, q.sealed(c.Second, "candidates.second_phone", c.Number),
		asJSON{c.Answers}, c.ID, c.Version)
	c.Version++
	c.Settle()
	return c, within(fmt.Sprintf("save candidate %d", c.ID), err)
}
