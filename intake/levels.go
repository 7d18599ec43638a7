package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Digest sums up the photos a decision was made on: another photo, one more or one less gives
// another digest.
func (c Case) Digest() string {
	sum := sha256.New()
	for _, p := range c.Photos {
		fmt.Fprintf(sum, "%s %d %d %s\n", p.Material, p.Seq, p.ID, p.SHA256)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Back is the area sending a case back to the exam site, without a word to the candidate.
type Back struct {
	By      Staff
	At      time.Time
	Version int64  // of the submission they looked at
	Note    string // why, for the site
}

// SendBack gives a case that the site passed back to it: every item waits there again. Errors:
// ErrConflict, ErrForbidden (not passed by the site, or not the area's account), ErrSamePerson,
// ErrNoReason.
func SendBack(c Case, b Back) (Case, error) {
	switch {
	case b.Version != c.Submission.Version:
		return c, ErrConflict
	case c.Submission.State != SitePassed:
		return c, ErrForbidden
	}
	if err := b.By.MayDecide(c); err != nil {
		return c, err
	}
	if b.Note == "" {
		return c, ErrNoReason
	}
	return Recall(c), nil
}

// Recall makes the site's pass undone: what waited for the area waits for the site again.
func Recall(c Case) Case {
	for _, item := range c.Items {
		if item.State == ItemSitePassed {
			item.State = ItemPending
			c.setItem(item)
		}
	}
	s := &c.Submission
	s.State, s.SiteBy, s.Digest, s.FinalBy = Submitted, 0, "", 0
	return c
}
