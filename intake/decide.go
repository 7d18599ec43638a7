package intake

import (
	"fmt"
	"slices"
	"time"
)

// Judgement is what a reviewer says of one item.
type Judgement struct {
	Material string   `json:"material"`
	Pass     bool     `json:"pass"`
	Reasons  []string `json:"reasons,omitempty"`
	Comment  string   `json:"comment,omitempty"` // for the candidate
	Note     string   `json:"note,omitempty"`    // internal
	Boxes    []Box    `json:"boxes,omitempty"`   // drawn on its photos, for the candidate
}

// Decision is one reviewer's answer to a whole case, all items in one round.
type Decision struct {
	By         Staff
	At         time.Time
	Version    int64 // of the submission the reviewer looked at
	Judgements []Judgement
}

// Decide applies a decision. Every item waiting at the reviewer's level must be judged; any
// return sends the case back, unlocking only what was returned, else it moves one level up.
// Errors: ErrConflict (the case changed since), ErrForbidden, ErrSamePerson, ErrIncomplete,
// ErrNoReason, ErrBox, ErrTooLate.
func Decide(season *Season, c Case, d Decision) (Case, error) {
	if d.Version != c.Submission.Version {
		return c, ErrConflict
	}
	if err := d.By.MayDecide(c); err != nil {
		return c, err
	}
	waiting := Waiting(c)
	if len(waiting) == 0 || len(d.Judgements) != len(waiting) {
		return c, ErrIncomplete
	}
	level := c.Submission.State
	returned := false
	for _, j := range d.Judgements {
		if !slices.Contains(waiting, j.Material) {
			return c, fmt.Errorf("%s: %w", j.Material, ErrIncomplete)
		}
		waiting = slices.DeleteFunc(waiting, func(m string) bool { return m == j.Material })
		if !fit(j.Boxes, c.PhotosOf(j.Material)) {
			return c, fmt.Errorf("%s: %w", j.Material, ErrBox)
		}
		item, err := judge(season, c.Item(j.Material), j, level)
		if err != nil {
			return c, err
		}
		item.Round = c.Submission.Round
		returned = returned || item.State == ItemReturned
		c.setItem(item)
	}
	s := &c.Submission
	switch {
	case returned:
		if least := season.Review.LeastLeft; least > 0 && season.Window.Corrections.Sub(d.At) < least {
			return c, ErrTooLate
		}
		s.State, s.ReturnedAt = Returned, d.At
		s.DeadlineAt = season.Deadline(d.At)
		s.Round++
		s.SiteBy = 0
	case level == Submitted:
		s.State, s.SiteBy = SitePassed, d.By.ID
	default:
		s.State, s.AreaBy = Passed, d.By.ID
	}
	return c, nil
}

// Waiting lists the materials that wait for a judgement at the level the case stands at.
func Waiting(c Case) []string {
	want := ItemPending
	if c.Submission.State == SitePassed {
		want = ItemSitePassed
	}
	var codes []string
	for _, item := range c.Items {
		if item.State == want {
			codes = append(codes, item.Material)
		}
	}
	return codes
}

func judge(season *Season, item Item, j Judgement, level State) (Item, error) {
	item.Reasons, item.Comment, item.Note, item.Boxes, item.Resend = nil, "", j.Note, nil, false
	if j.Pass {
		item.State = ItemSitePassed
		if level == SitePassed {
			item.State = ItemPassed
		}
		return item, nil
	}
	if len(j.Reasons) == 0 {
		return item, fmt.Errorf("%s: %w", item.Material, ErrNoReason)
	}
	for _, code := range j.Reasons {
		reason, ok := season.Reason(code)
		if !ok {
			return item, fmt.Errorf("%s: %s: %w", item.Material, code, ErrNoReason)
		}
		item.Resend = item.Resend || reason.Kind == ReasonMaterial
	}
	item.State, item.Reasons, item.Comment, item.Boxes = ItemReturned, j.Reasons, j.Comment, j.Boxes
	return item, nil
}
