package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cailiao/intake"
)

const indexParted = "parted"

// Part takes a WeChat user who stopped following off their candidate. Until Settle a keyed hash
// says to whom the place belongs: Parted finds it, and Bind gives it back. intake.ErrConflict:
// the user is not bound to the candidate.
func (q Q) Part(ctx context.Context, candidateID int64, openID string, now time.Time) error {
	sum, err := q.home.keys.Index(indexParted, openID)
	if err == nil {
		err = q.execOne(ctx, intake.ErrConflict, "UPDATE candidates SET openid = NULL, bound_at = 0, parted = ?, parted_at = ? WHERE id = ? AND openid = ?",
			sum, micros(now), candidateID, openID)
	}
	return within(fmt.Sprintf("part from candidate %d", candidateID), err)
}

// Parted is the candidate whose place still waits for a user who stopped following;
// intake.ErrNotFound: none does.
func (q Q) Parted(ctx context.Context, openID string) (int64, error) {
	term, params, err := q.byIndex("parted", indexParted, openID)
	if err != nil {
		return 0, within("parted", err)
	}
	id, err := one(ctx, q, value[int64], "SELECT id FROM candidates WHERE "+term+" AND openid IS NULL ORDER BY parted_at DESC LIMIT 1", params...)
	return id, within("parted", err)
}

// arrive lets go of every place that waits for a user: they take another one.
func (q Q) arrive(ctx context.Context, openID string) error {
	term, params, err := q.byIndex("parted", indexParted, openID)
	if err == nil {
		_, err = q.exec(ctx, "UPDATE candidates SET parted = '', parted_at = 0 WHERE "+term, params...)
	}
	return err
}

// PartedBefore lists candidates whose place has waited since before a time.
func (q Q) PartedBefore(ctx context.Context, before time.Time, limit int) ([]intake.Case, error) {
	ids, err := list(ctx, q, value[int64], "SELECT id FROM candidates WHERE parted > '' AND parted_at < ? ORDER BY id LIMIT ?", micros(before), limit)
	if err != nil {
		return nil, within("parted before", err)
	}
	cases, err := q.readCases(ctx, ids)
	all := make([]intake.Case, 0, len(cases))
	for _, id := range ids {
		if c, found := cases[id]; found {
			all = append(all, c)
		}
	}
	return all, within("parted before", err)
}

// Settle ends the waiting of a candidate's place: whoever comes back binds anew.
func (q Q) Settle(ctx context.Context, candidateID int64) error {
	_, err := q.exec(ctx, "UPDATE candidates SET parted = '', parted_at = 0 WHERE id = ?", candidateID)
	return within(fmt.Sprintf("settle candidate %d", candidateID), err)
}

// StillTied lists candidates bound to users who are known not to follow any more.
func (q Q) StillTied(ctx context.Context, limit int) ([]intake.Candidate, error) {
	all, err := list(ctx, q, readCandidate, "SELECT "+candidateColumns+` FROM talks t JOIN candidates c ON c.openid = t.openid
		WHERE t.following = 0 AND t.turned_at > 0 LIMIT ?`, limit)
	return all, within("still tied", err)
}

// ForgetGone forgets users who stopped following before a time and are bound to nobody: where they
// stood, what they said, what they permitted. It returns how many, at most limit.
func (q Q) ForgetGone(ctx context.Context, before time.Time, limit int) (int, error) {
	openIDs, err := list(ctx, q, value[string], `SELECT t.openid FROM talks t WHERE t.following = 0 AND t.turned_at > 0 AND t.turned_at < ?
		AND NOT EXISTS (SELECT 1 FROM candidates c WHERE c.openid = t.openid) LIMIT ?`, micros(before), limit)
	if err != nil {
		return 0, within("forget who left", err)
	}
	for _, openID := range openIDs {
		err := q.atomic(ctx, func(tx Q) error {
			n, err := tx.exec(ctx, "DELETE FROM talks WHERE openid = ? AND following = 0 AND turned_at < ?", openID, micros(before))
			if err != nil || n == 0 { // back at this moment
				return err
			}
			if _, err := tx.exec(ctx, "DELETE FROM consents WHERE openid = ?", openID); err != nil {
				return err
			}
			_, err = tx.exec(ctx, "DELETE FROM messages WHERE openid = ? AND received_at < ?", openID, micros(before))
			return err
		})
		if err != nil {
			return 0, within("forget who left", err)
		}
	}
	return len(openIDs), nil
}

// OpenIDOf is the WeChat user bound to a candidate, or whose place still waits; empty: nobody.
func (q Q) OpenIDOf(ctx context.Context, c intake.Candidate) (string, error) {
	if c.OpenID != "" || c.PartedAt.IsZero() {
		return c.OpenID, nil
	}
	parted, err := one(ctx, q, value[string], "SELECT parted FROM candidates WHERE id = ?", c.ID)
	if err != nil {
		return "", within("who left", err)
	}
	gone, err := list(ctx, q, value[string], "SELECT openid FROM talks WHERE following = 0 AND turned_at > 0")
	if err != nil {
		return "", within("who left", err)
	}
	for _, openID := range gone { // of a hash only this way leads back
		sums, err := q.home.keys.Indexes(indexParted, openID)
		if err != nil {
			return "", within("who left", err)
		}
		if slices.Contains(sums, parted) {
			return openID, nil
		}
	}
	return "", nil
}

// Empty takes away what a person gave us, as long as nothing of it was submitted: photos, answers,
// chat, notices. What the roster says stays, and so does the record of agreements: the person may
// begin anew. The blobs are doomed. intake.ErrConflict: something was submitted.
func (q Q) Empty(ctx context.Context, candidateID int64, now time.Time) (Erasure, error) {
	e := Erasure{At: now, Tables: map[string]int64{}}
	err := q.atomic(ctx, func(tx Q) error {
		full, err := tx.LockCase(ctx, candidateID)
		if err != nil {
			return err
		}
		if !full.Submission.Erasable() {
			return intake.ErrConflict
		}
		if e.Blobs, err = tx.doomBlobs(ctx, candidateID, now); err != nil {
			return err
		}
		err = tx.eachOfPerson(ctx, full.Candidate, func(table, where string, args []any) error {
			switch table {
			case "privacy_consents", "talks": // the record; the conversation goes on
				return nil
			case "messages": // one may be being answered
				where += " AND done_at > 0"
			}
			n, err := tx.exec(ctx, "DELETE FROM "+table+where, args...)
			if n > 0 {
				e.Tables[table] = n
			}
			return err
		})
		if err != nil {
			return err
		}
		c := full.Candidate
		_, err = tx.exec(ctx, `UPDATE candidates SET openid = NULL, bound_at = 0, parted = '', parted_at = 0, phone_ok = 0, second_phone = ?,
			answers = '{}', version = version + 1 WHERE id = ?`, tx.sealed("", "candidates.second_phone", c.Number), c.ID)
		return err
	})
	return e, within(fmt.Sprintf("empty candidate %d", candidateID), err)
}

// doomBlobs dooms every blob of a person and returns how many.
func (q Q) doomBlobs(ctx context.Context, candidateID int64, now time.Time) (int, error) {
	blobs, err := q.blobsOf(ctx, candidateID)
	for _, key := range blobs {
		err = errors.Join(err, q.Doom(ctx, key, now))
	}
	return len(blobs), err
}
