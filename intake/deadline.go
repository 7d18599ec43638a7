package intake

import (
	"errors"
	"time"
)

var (
	// ErrTooLate is a return that would leave the candidate less time than the season demands.
	ErrTooLate = errors.New("too late to return: not enough time would be left")
	// ErrDeadline is a new deadline that is none: past, not later than the present one, or beyond
	// the end of corrections.
	ErrDeadline = errors.New("not a later deadline within the window")
)

// Shut says that a returned candidate's time is over and that the season shuts such candidates
// out. Without that option nobody is shut out but by the end of the window.
func (s *Season) Shut(sub Submission, now time.Time) bool {
	return s.Review.ShutOut && sub.State == Returned && !sub.DeadlineAt.IsZero() && !now.Before(sub.DeadlineAt)
}

// Extension is more time that staff give a returned candidate.
type Extension struct {
	By      Staff
	Until   time.Time
	Version int64 // of the submission they looked at
	Reason  string
}

// Extend moves a returned case's deadline. It returns the case and the notices that take the
// place of the round's reminders. Errors: ErrConflict, ErrForbidden (not returned, or a foreign
// site), ErrNoReason, ErrDeadline.
func Extend(season *Season, c Case, e Extension, now time.Time) (Case, []Notice, error) {
	s := &c.Submission
	switch {
	case e.Version != s.Version:
		return c, nil, ErrConflict
	case s.State != Returned || !e.By.Sees(c.Candidate.Site):
		return c, nil, ErrForbidden
	case e.Reason == "":
		return c, nil, ErrNoReason
	case !e.Until.After(now), !e.Until.After(s.DeadlineAt), e.Until.After(season.Window.Corrections):
		return c, nil, ErrDeadline
	}
	s.DeadlineAt = e.Until
	// Keys of their own: those of the old clock are taken.
	return c, deadlineNotices(season, c, now, int(e.Version)*10), nil
}
