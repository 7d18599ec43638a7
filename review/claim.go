package review

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"cailiao/intake"
	"cailiao/storage"
)

// Lease is how long a claim lasts unless it is renewed.
const Lease = 10 * time.Minute

// ErrHeld says that another reviewer holds the candidate now.
var ErrHeld = fmt.Errorf("held by another reviewer: %w", intake.ErrConflict)

// ActionTakeOver is the audit log's word for a claim taken from another; detail: takenOver.
const ActionTakeOver = "claim.takeover"

type takenOver struct {
	From string `json:"from"` // actor who held it
}

// claim takes the candidate for the account, or renews what it holds, or tells who holds it. A
// case that nobody can decide now is held by nobody. It returns the case as it stands then. token
// is that of an earlier claim; empty: none.
func (d *Desk) claim(ctx context.Context, staff intake.Staff, c intake.Case, token string) (storage.Hold, intake.Case, error) {
	id := c.Candidate.ID
	if staff.MayDecide(c) != nil {
		return storage.Hold{}, c, nil
	}
	var hold storage.Hold
	err := d.DB.InTx(ctx, func(tx storage.Q) error {
		version, err := tx.LockSubmission(ctx, id)
		if err != nil {
			return err
		}
		// Read without a lock, it may have been read while it changed.
		if version != c.Submission.Version || len(intake.Waiting(c)) == 0 {
			if c, err = tx.Case(ctx, id); err != nil {
				return err
			}
		}
		hold = storage.Hold{}
		if staff.MayDecide(c) != nil || len(intake.Waiting(c)) == 0 {
			return nil
		}
		hold = storage.Hold{CandidateID: id, StaffID: staff.ID, Name: staff.Name, Token: token}
		return d.hold(ctx, tx, c, &hold)
	})
	return hold, c, err
}

// hold stores a claim under the submission's lock, unless somebody else has one: then h is theirs.
func (d *Desk) hold(ctx context.Context, tx storage.Q, c intake.Case, h *storage.Hold) error {
	now := d.now()
	held, err := tx.Held(ctx, h.CandidateID, now)
	switch {
	case err == nil && held.StaffID != h.StaffID:
		*h = held
		return nil
	case err == nil:
		*h = held
	case !errors.Is(err, intake.ErrNotFound):
		return err
	case h.Token == "":
		h.Token = rand.Text()
	}
	if h.Since.IsZero() {
		h.Since = now
	}
	h.Until = now.Add(Lease)
	if err := tx.PutHold(ctx, *h); err != nil {
		return err
	}
	if c.Submission.OpenedAt.IsZero() { // from now on it cannot be withdrawn
		return tx.Opened(ctx, h.CandidateID, now)
	}
	return nil
}

// Renew keeps a claim alive, or takes it up again when it ended and nobody has it. Errors:
// intake.ErrNotFound, intake.ErrConflict (decided meanwhile), ErrHeld.
func (d *Desk) Renew(ctx context.Context, staff intake.Staff, candidateID int64, token string) (storage.Hold, error) {
	c, err := d.DB.Case(ctx, candidateID)
	if err == nil && !staff.Sees(c.Candidate.Site) {
		err = foreign(candidateID)
	}
	if err != nil {
		return storage.Hold{}, fmt.Errorf("renew claim: %w", err)
	}
	hold, _, err := d.claim(ctx, staff, c, token)
	switch {
	case err != nil:
	case hold.StaffID == 0:
		err = intake.ErrConflict
	case hold.StaffID != staff.ID:
		err = ErrHeld
	}
	if err != nil {
		return hold, fmt.Errorf("renew claim on candidate %d: %w", candidateID, err)
	}
	return hold, nil
}

// Release ends a claim; one that is no longer the account's stays. intake.ErrNotFound: unknown,
// or of a site the account does not see.
func (d *Desk) Release(ctx context.Context, staff intake.Staff, candidateID int64, token string) error {
	if _, err := d.visible(ctx, staff, candidateID); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	return d.DB.Release(ctx, candidateID, staff.ID, token)
}

// TakeOver gives a candidate that another holds to a lead. Errors: intake.ErrNotFound,
// intake.ErrForbidden (no lead, or nothing to decide).
func (d *Desk) TakeOver(ctx context.Context, staff intake.Staff, candidateID int64) error {
	err := d.DB.InTx(ctx, func(tx storage.Q) error {
		c, err := tx.LockCase(ctx, candidateID)
		switch {
		case err != nil:
			return err
		case !staff.Sees(c.Candidate.Site):
			return intake.ErrNotFound
		case !staff.Leads():
			return intake.ErrForbidden
		}
		if err := staff.MayDecide(c); err != nil {
			return err
		}
		now := d.now()
		held, err := tx.Held(ctx, candidateID, now)
		if errors.Is(err, intake.ErrNotFound) || err == nil && held.StaffID == staff.ID {
			return nil // free or theirs already: opening it is enough
		}
		if err != nil {
			return err
		}
		event, err := d.event(Actor(staff), ActionTakeOver, candidateID, takenOver{From: Actor(intake.Staff{ID: held.StaffID})})
		if err != nil {
			return err
		}
		hold := storage.Hold{CandidateID: candidateID, StaffID: staff.ID, Token: rand.Text(), Since: now, Until: now.Add(Lease)}
		return errors.Join(tx.PutHold(ctx, hold), tx.Log(ctx, event))
	})
	if err != nil {
		return fmt.Errorf("take over candidate %d: %w", candidateID, err)
	}
	return nil
}

// lockToWrite locks a case for a decision of the account: it must see it, and nobody else may
// hold it.
func (d *Desk) lockToWrite(ctx context.Context, tx storage.Q, staff intake.Staff, candidateID int64) (intake.Case, error) {
	c, err := tx.LockCase(ctx, candidateID)
	if err != nil {
		return c, err
	}
	if !staff.Sees(c.Candidate.Site) {
		return c, intake.ErrNotFound
	}
	held, err := tx.Held(ctx, candidateID, d.now())
	switch {
	case errors.Is(err, intake.ErrNotFound):
		return c, nil
	case err == nil && held.StaffID != staff.ID && staff.MayDecide(c) == nil:
		return c, ErrHeld
	}
	return c, err
}
