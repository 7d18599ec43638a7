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
	Right    []string `json:"right,omitempty"`   // codes of registration data held against the picture: the same
	Wrong    []string `json:"wrong,omitempty"`   // … not the same; such an item cannot pass
}

// Decision is one reviewer's answer to a whole case, all items in one round.
type Decision struct {
	By         Staff
	At         time.Time
	Version    int64 // of the submission the reviewer looked at
	Judgements []Judgement
}

// Decide applies a decision. Every item waiting at the reviewer's level must be judged; any
// return sends the case back, unlocking only what was returned, else it moves one level up. A
// return for a final reason only stands as a proposal until another person decides the same.
// Errors: ErrConflict (the case changed since), ErrPhotos, ErrForbidden, ErrSamePerson,
// ErrFinalAlone, ErrIncomplete, ErrNoReason, ErrBox, ErrMismatch, ErrTooLate.
func Decide(season *Season, c Case, d Decision) (Case, error) {
	if d.Version != c.Submission.Version {
		return c, ErrConflict
	}
	if err := d.By.MayDecide(c); err != nil {
		return c, err
	}
	if s := c.Submission; s.State == SitePassed && s.Digest != "" && s.Digest != c.Digest() {
		return c, ErrPhotos
	}
	proposed := c
	waiting := Waiting(c)
	if len(waiting) == 0 || len(d.Judgements) != len(waiting) {
		return c, ErrIncomplete
	}
	level := c.Submission.State
	returned, final := false, false
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
		final = final || season.final(item.Reasons)
		c.setItem(item)
	}
	s := &c.Submission
	if final && s.FinalBy == d.By.ID {
		return c, ErrFinalAlone
	}
	if final && s.FinalBy == 0 {
		proposed.Submission.FinalBy = d.By.ID
		return proposed, nil
	}
	s.FinalBy = 0
	switch {
	case returned:
		if least := season.Review.LeastLeft; least > 0 && season.Window.Corrections.Sub(d.At) < least {
			return c, ErrTooLate
		}
		s.State, s.ReturnedAt = Returned, d.At
		s.DeadlineAt = season.Deadline(d.At)
		s.Round++
		s.SiteBy, s.Digest = 0, ""
	case level == Submitted:
		s.State, s.SiteBy, s.Digest = SitePassed, d.By.ID, c.Digest()
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
	if j.Pass && len(j.Wrong) > 0 {
		return item, fmt.Errorf("%s: %w", item.Material, ErrMismatch)
	}
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

// final says that one of these reasons cannot be mended.
func (s *Season) final(reasons []string) bool {
	return slices.ContainsFunc(reasons, func(code string) bool {
		reason, ok := s.Reason(code)
		return ok && reason.Kind == ReasonFinal
	})
}
