package review

import (
	"context"
	"fmt"
	"time"

	"cailiao/intake"
)

// ActionSheet is a sheet opened, and with it every picture on it looked at; detail: opened.
// Originals and copies taken out are ActionLook, each by itself.
const ActionSheet = "sheet.open"

// lookSpan is how long one person's looks at one sheet are one event.
const lookSpan = 10 * time.Minute

type opened struct {
	Round  int `json:"round"`
	Photos int `json:"photos"`
}

// Looked notes that somebody looks at a sheet. Loading a sheet or its pictures ahead is no look:
// whoever shows the sheet says so here. A look that cannot be noted must not be given.
func (d *Desk) Looked(ctx context.Context, staff intake.Staff, s Sheet) error {
	actor, since := Actor(staff), d.now().Add(-lookSpan)
	for _, e := range s.Events { // newest first
		if e.At.Before(since) {
			break
		}
		if e.Action == ActionSheet && e.Actor == actor {
			return nil
		}
	}
	id := s.Case.Candidate.ID
	event, err := d.event(actor, ActionSheet, id, opened{Round: s.Case.Submission.Round, Photos: len(s.Case.Photos)})
	if err != nil {
		return err
	}
	if err := d.DB.Log(ctx, event); err != nil {
		return fmt.Errorf("look at candidate %d: %w", id, err)
	}
	return nil
}
