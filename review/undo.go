package review

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cailiao/intake"
	"cailiao/storage"
)

// UndoFor is how long a decision can be taken back. Its notices wait a little longer, so that
// none has left by then.
const (
	UndoFor   = 10 * time.Second
	UndoGrace = UndoFor + 2*time.Second
)

// ErrUndoLate says that a decision can no longer be taken back.
var ErrUndoLate = fmt.Errorf("too late to take back: %w", intake.ErrConflict)

// ActionUndo is the audit log's word for a decision taken back; detail: decided.
const ActionUndo = "decide.undo"

// Undo takes the account's own latest decision on a candidate back, as if it had not been made:
// case, items and notices are as before. version is the submission's after the decision. What had been
// decided is then the sheet's Draft. Errors: intake.ErrNotFound, ErrUndoLate (time is
// over, somebody else's decision, or somebody has acted since).
func (d *Desk) Undo(ctx context.Context, staff intake.Staff, candidateID, version int64) error {
	var c intake.Case
	var was intake.State
	err := d.DB.InTx(ctx, func(tx storage.Q) error {
		var err error
		if c, err = tx.LockCase(ctx, candidateID); err != nil {
			return err
		}
		if !staff.Sees(c.Candidate.Site) {
			return intake.ErrNotFound
		}
		undo, err := tx.Undo(ctx, candidateID)
		if errors.Is(err, intake.ErrNotFound) {
			return ErrUndoLate
		}
		if err != nil {
			return err
		}
		if undo.StaffID != staff.ID || undo.Version != version || c.Submission.Version != version || d.now().After(undo.Until) {
			return ErrUndoLate
		}
		was = undo.Was.Submission.State
		return d.takeBack(ctx, tx, c, undo)
	})
	if err != nil {
		return fmt.Errorf("undo on candidate %d: %w", candidateID, err)
	}
	d.tallies.move(c.Candidate.Site, c.Submission.State, was)
	return nil
}

func (d *Desk) takeBack(ctx context.Context, tx storage.Q, c intake.Case, undo storage.Undo) error {
	id, now := c.Candidate.ID, d.now()
	before := c
	before.Submission, before.Items = undo.Was.Submission, undo.Was.Items
	if _, err := tx.SaveCase(ctx, c, before); err != nil {
		return err
	}
	err := tx.RetractNotices(ctx, id, undo.Version, undo.Was.Owed, now)
	if errors.Is(err, intake.ErrConflict) {
		return ErrUndoLate
	}
	if err != nil {
		return err
	}
	if err := tx.ReviveNotices(ctx, undo.Was.Cancelled); err != nil {
		return err
	}
	if err := tx.MarkUndone(ctx, id, now); err != nil {
		return err
	}
	event, err := d.event(Actor(intake.Staff{ID: undo.StaffID}), ActionUndo, id, decided{
		Level: level(before.Submission.State), Round: before.Submission.Round, From: c.Submission.State, To: before.Submission.State,
	})
	if err != nil {
		return err
	}
	if err := tx.Log(ctx, event); err != nil {
		return err
	}
	return tx.CountReasons(ctx, undo.Was.Reasons, -1)
}
