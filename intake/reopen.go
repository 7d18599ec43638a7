package intake

import (
	"fmt"
	"slices"
	"time"
)

// Reopening gives a candidate back items that were submitted or passed already.
type Reopening struct {
	By      Staff
	Version int64    // of the submission they looked at
	Items   []string // material codes
	Reason  string   // the candidate reads it with each item
}

// MayReopen tells whether the account may reopen a case as it stands: nil or ErrForbidden. Those
// who lead may; what the exam area has passed, only those of the area.
func (s Staff) MayReopen(c Case) error {
	switch {
	case !s.Sees(c.Candidate.Site) || !s.Leads():
		return ErrForbidden
	case c.Submission.State == Passed && s.OfSite():
		return ErrForbidden
	case !c.Submission.State.Locked():
		return ErrForbidden // nothing is locked
	}
	return nil
}

// Reopenable lists the materials of a case that can be given back: those handed in.
func Reopenable(c Case) []string {
	var codes []string
	for _, item := range c.Items {
		if slices.Contains([]ItemState{ItemPending, ItemSitePassed, ItemPassed}, item.State) {
			codes = append(codes, item.Material)
		}
	}
	return codes
}

// Reopen begins the case's next round as a return does, with the chosen items to be sent again;
// the others keep how they stand. Errors: ErrConflict, ErrForbidden, ErrIncomplete (no item, or
// one that cannot be given back), ErrNoReason, ErrTooLate.
func Reopen(season *Season, c Case, r Reopening, now time.Time) (Case, error) {
	s := &c.Submission
	if r.Version != s.Version {
		return c, ErrConflict
	}
	if err := r.By.MayReopen(c); err != nil {
		return c, err
	}
	if least := max(season.Review.LeastLeft, 1); season.Window.Corrections.Sub(now) < least {
		return c, ErrTooLate
	}
	if len(r.Items) == 0 {
		return c, ErrIncomplete
	}
	if r.Reason == "" {
		return c, ErrNoReason
	}
	may := Reopenable(c)
	for _, code := range r.Items {
		if !slices.Contains(may, code) {
			return c, fmt.Errorf("%s: %w", code, ErrIncomplete)
		}
		item := c.Item(code)
		item.State, item.Reasons, item.Comment, item.Boxes, item.Resend = ItemReturned, nil, r.Reason, nil, true
		item.Round = s.Round
		c.setItem(item)
	}
	s.State, s.ReturnedAt, s.DeadlineAt = Returned, now, season.Deadline(now)
	s.Round++
	s.SiteBy, s.AreaBy = 0, 0
	return c, nil
}
