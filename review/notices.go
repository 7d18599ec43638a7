package review

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cailiao/intake"
	"cailiao/storage"
)

// Actions on notices in the audit log. Detail: the kind, and how many for ActionRequeue.
const (
	ActionPause   = "notices.pause"
	ActionResume  = "notices.resume"
	ActionRequeue = "notices.requeue"
	ActionExtend  = "deadline.extend" // detail: extended
)

// UndeliveredMost is how many undelivered notices are listed.
const UndeliveredMost = 200

// Notices is how the notices stand.
type Notices struct {
	Counts      []storage.NoticeCount
	Pauses      []storage.Pause
	Undelivered []storage.Undelivered // in the state asked for, of the site asked for or all the account sees, the newest first
	Oldest      time.Time             // since when the oldest waiting one is due; zero: none is
	Steers      bool                  // the account may pause, resume and requeue
}

// NoticeStates are those a list of notices can be asked for.
var NoticeStates = []intake.NoticeState{intake.NoticeFailed, intake.NoticeWaiting, intake.NoticeSent, intake.NoticeDelivered}

// Notices tells how the notices of the sites the account sees stand, and lists those in a state,
// of one site or, with an empty code, of all of them.
func (d *Desk) Notices(ctx context.Context, staff intake.Staff, state intake.NoticeState, site string) (n Notices, err error) {
	if staff.OfSite() {
		site = staff.Site
	}
	now := d.now()
	n.Steers = steers(staff)
	if site != "" {
		n.Counts, err = d.DB.SiteNoticeCounts(ctx, site)
	} else {
		n.Counts, err = d.DB.NoticeCounts(ctx)
	}
	if err != nil {
		return n, err
	}
	if n.Pauses, err = d.DB.Pauses(ctx, now); err != nil {
		return n, err
	}
	if n.Oldest, err = d.DB.OldestDue(ctx, intake.NoticeKinds, now); err != nil {
		return n, err
	}
	n.Undelivered, err = d.DB.NoticesIn(ctx, state, site, UndeliveredMost)
	return n, err
}

// steers: what is sent to everybody is not for one exam site to decide.
func steers(staff intake.Staff) bool {
	return !staff.Disabled && !staff.OfSite() && staff.Sees("")
}

// untilResumed is a pause that only staff end.
var untilResumed = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

type noticeDetail struct {
	Kind intake.NoticeKind `json:"kind"`
	N    int64             `json:"n,omitempty"`
}

// PauseNotices keeps a kind from going out until somebody resumes it. Errors:
// intake.ErrForbidden, intake.ErrNotFound (no such kind).
func (d *Desk) PauseNotices(ctx context.Context, staff intake.Staff, kind intake.NoticeKind) error {
	return d.steer(ctx, staff, kind, func(tx storage.Q) (string, int64, error) {
		return ActionPause, 0, tx.PauseNotices(ctx, storage.Pause{Kind: kind, Until: untilResumed, Reason: "staff", Actor: Actor(staff), Since: d.now()})
	})
}

// ResumeNotices ends a pause, whoever made it: one made for a used-up quota comes back if it is
// still used up. Errors as PauseNotices.
func (d *Desk) ResumeNotices(ctx context.Context, staff intake.Staff, kind intake.NoticeKind) error {
	return d.steer(ctx, staff, kind, func(tx storage.Q) (string, int64, error) {
		return ActionResume, 0, tx.ResumeNotices(ctx, kind)
	})
}

// RequeueNotices sends all failed notices of a kind once more; those that no longer hold are
// dropped on the way. Errors as PauseNotices.
func (d *Desk) RequeueNotices(ctx context.Context, staff intake.Staff, kind intake.NoticeKind) (n int64, err error) {
	err = d.steer(ctx, staff, kind, func(tx storage.Q) (string, int64, error) {
		var err error
		n, err = tx.Requeue(ctx, kind, d.now())
		return ActionRequeue, n, err
	})
	return n, err
}

func (d *Desk) steer(ctx context.Context, staff intake.Staff, kind intake.NoticeKind, do func(storage.Q) (action string, n int64, err error)) error {
	if !steers(staff) {
		return fmt.Errorf("steer notices: %w", intake.ErrForbidden)
	}
	if kind != storage.EveryKind && !slices.Contains(intake.NoticeKinds, kind) {
		return fmt.Errorf("notices of that kind: %w", intake.ErrNotFound)
	}
	err := d.DB.InTx(ctx, func(tx storage.Q) error {
		action, n, err := do(tx)
		if err != nil {
			return err
		}
		event, err := d.event(Actor(staff), action, 0, noticeDetail{kind, n})
		if err != nil {
			return err
		}
		return tx.Log(ctx, event)
	})
	if err == nil && d.Wake != nil {
		d.Wake()
	}
	return err
}

// extended is the audit detail of an extension.
type extended struct {
	Round  int       `json:"round"`
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
}

// Extend gives a returned candidate more time, with its reason on record and reminders of its
// own. Errors: intake.ErrNotFound, and those of intake.Extend; ErrTooLong.
func (d *Desk) Extend(ctx context.Context, staff intake.Staff, candidateID int64, e intake.Extension) (after intake.Case, err error) {
	e.By, e.Reason = staff, clean(e.Reason)
	if len([]rune(e.Reason)) > CommentLength {
		return after, fmt.Errorf("extend deadline of candidate %d: %w", candidateID, ErrTooLong)
	}
	now := d.now()
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		before, err := tx.LockCase(ctx, candidateID)
		if err != nil {
			return err
		}
		if !staff.Sees(before.Candidate.Site) {
			return intake.ErrNotFound
		}
		moved, owed, err := intake.Extend(d.Season, before, e, now)
		if err != nil {
			return err
		}
		if after, err = tx.SaveCase(ctx, before, moved); err != nil {
			return err
		}
		if _, err := tx.CancelNotices(ctx, candidateID, before.Submission.Round, intake.DeadlineKinds...); err != nil {
			return err
		}
		if err := tx.AddNotices(ctx, owed); err != nil {
			return err
		}
		event, err := d.event(Actor(staff), ActionExtend, candidateID, extended{
			before.Submission.Round, before.Submission.DeadlineAt, e.Until, e.Reason,
		})
		if err != nil {
			return err
		}
		return tx.Log(ctx, event)
	})
	if err != nil {
		return intake.Case{}, fmt.Errorf("extend deadline of candidate %d: %w", candidateID, err)
	}
	return after, nil
}
