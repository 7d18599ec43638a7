package review

import (
	"context"
	"fmt"
	"unicode/utf8"

	"cailiao/intake"
	"cailiao/storage"
)

// Actions on a whole case in the audit log.
const (
	ActionUnbind = "unbind" // detail: unbound
	ActionReopen = "reopen" // detail: reopened
)

// unbound is the audit detail of an unbinding.
type unbound struct {
	Reason string `json:"reason"`
}

// reopened is the audit detail of a reopening.
type reopened struct {
	From   intake.State `json:"from"`
	Round  int          `json:"round"` // that it ended
	Items  []string     `json:"items"`
	Reason string       `json:"reason"`
}

// Unbind frees a candidate from the WeChat bound to them: it sees nothing of them any more, and
// another one may bind. Photos and states stay. Errors: intake.ErrNotFound, intake.ErrConflict
// (nobody is bound), intake.ErrNoReason, ErrTooLong.
func (d *Desk) Unbind(ctx context.Context, staff intake.Staff, candidateID int64, reason string) error {
	reason, err := tidyReason(reason)
	if err == nil {
		err = d.DB.InTx(ctx, func(tx storage.Q) error { return d.unbind(ctx, tx, staff, candidateID, reason) })
	}
	if err != nil {
		return fmt.Errorf("unbind candidate %d: %w", candidateID, err)
	}
	return nil
}

func (d *Desk) unbind(ctx context.Context, tx storage.Q, staff intake.Staff, candidateID int64, reason string) error {
	c, err := tx.LockCase(ctx, candidateID)
	switch {
	case err != nil:
		return err
	case !staff.Sees(c.Candidate.Site):
		return intake.ErrNotFound
	case c.Candidate.OpenID == "":
		return intake.ErrConflict
	case reason == "":
		return intake.ErrNoReason
	}
	if err := tx.Unbind(ctx, candidateID); err != nil {
		return err
	}
	event, err := d.event(Actor(staff), ActionUnbind, candidateID, unbound{reason})
	if err != nil {
		return err
	}
	return tx.Log(ctx, event)
}

func tidyReason(reason string) (string, error) {
	reason = clean(reason)
	if utf8.RuneCountInString(reason) > CommentLength {
		return "", ErrTooLong
	}
	return reason, nil
}

// Reopen gives a candidate items back that were submitted or passed; they are told as of a return.
// Errors: intake.ErrNotFound, and those of intake.Reopen; ErrTooLong.
func (d *Desk) Reopen(ctx context.Context, staff intake.Staff, candidateID int64, r intake.Reopening) error {
	now := d.now()
	r.By = staff
	var err error
	if r.Reason, err = tidyReason(r.Reason); err == nil {
		err = d.DB.InTx(ctx, func(tx storage.Q) error {
			before, err := tx.LockCase(ctx, candidateID)
			if err != nil {
				return err
			}
			if !staff.Sees(before.Candidate.Site) {
				return intake.ErrNotFound
			}
			after, err := intake.Reopen(d.Season, before, r, now)
			if err != nil {
				return err
			}
			if after, err = tx.SaveCase(ctx, before, after); err != nil {
				return err
			}
			s := before.Submission
			if _, err := tx.CancelNotices(ctx, candidateID, s.Round, intake.RoundKinds...); err != nil {
				return err
			}
			if err := tx.AddNotices(ctx, intake.NoticesFor(d.Season, after, now)); err != nil {
				return err
			}
			event, err := d.event(Actor(staff), ActionReopen, candidateID, reopened{s.State, s.Round, r.Items, r.Reason})
			if err != nil {
				return err
			}
			return tx.Log(ctx, event)
		})
	}
	if err != nil {
		return fmt.Errorf("reopen candidate %d: %w", candidateID, err)
	}
	if d.Wake != nil {
		d.Wake()
	}
	return nil
}

// Case loads a candidate's case. intake.ErrNotFound: unknown, or of a site the account does not see.
func (d *Desk) Case(ctx context.Context, staff intake.Staff, candidateID int64) (intake.Case, error) {
	c, err := d.DB.Case(ctx, candidateID)
	if err != nil {
		return intake.Case{}, err
	}
	if !staff.Sees(c.Candidate.Site) {
		return intake.Case{}, foreign(candidateID)
	}
	return c, nil
}
