package review

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cailiao/intake"
	"cailiao/storage"
)

// ActionSheet is a sheet opened, and with it every picture on it looked at; detail: opened. A sheet
// that a browser loads ahead is ActionAhead: nobody may ever look at it, but it has left the house.
// Originals and copies taken out are ActionLook, each by itself, and so are pictures of a sheet that
// whoever asks for them has neither opened nor loaded.
const (
	ActionSheet = "sheet.open"
	ActionAhead = "sheet.ahead"
)

const (
	lookSpan    = 10 * time.Minute // how long one person's looks at one sheet are one event
	pictureSpan = time.Hour        // how long the pictures of an open sheet may be asked for
)

type opened struct {
	Round  int `json:"round"`
	Photos int `json:"photos"`
}

// Looked notes that somebody looks at a sheet: whoever shows it says so here. A look that cannot
// be noted must not be given.
func (d *Desk) Looked(ctx context.Context, staff intake.Staff, s Sheet) error {
	return d.logSheet(ctx, staff, s, ActionSheet, ActionSheet)
}

// LoadedAhead notes that somebody's browser is given a sheet that may be looked at next.
func (d *Desk) LoadedAhead(ctx context.Context, staff intake.Staff, s Sheet) error {
	return d.logSheet(ctx, staff, s, ActionAhead, ActionSheet, ActionAhead)
}

// logSheet notes an action, unless one of those that cover it was noted a moment ago.
func (d *Desk) logSheet(ctx context.Context, staff intake.Staff, s Sheet, action string, covering ...string) error {
	actor, since := Actor(staff), d.now().Add(-lookSpan)
	for _, e := range s.Events { // newest first
		if e.At.Before(since) {
			break
		}
		if e.Actor == actor && slices.Contains(covering, e.Action) {
			return nil
		}
	}
	id := s.Case.Candidate.ID
	event, err := d.event(actor, action, id, opened{Round: s.Case.Submission.Round, Photos: len(s.Case.Photos)})
	if err != nil {
		return err
	}
	if err := d.DB.Log(ctx, event); err != nil {
		return fmt.Errorf("look at candidate %d: %w", id, err)
	}
	return nil
}

// logPicture notes that somebody is given a picture, unless it belongs to a sheet they have open.
func (d *Desk) logPicture(ctx context.Context, staff intake.Staff, p intake.Photo, kind PhotoKind) error {
	actor := Actor(staff)
	if kind == Thumb || kind == Screen {
		open, err := d.DB.Happened(ctx, storage.EventSearch{CandidateID: p.CandidateID, Actor: actor, From: d.now().Add(-pictureSpan)}, ActionSheet, ActionAhead)
		if err != nil || open {
			return err
		}
	}
	event, err := d.event(actor, ActionLook, p.CandidateID, looked{Photo: p.ID, Kind: kind})
	if err != nil {
		return err
	}
	return d.DB.Log(ctx, event)
}
