package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cailiao/intake"
	"cailiao/storage"
)

// Sheet is everything a reviewer sees of one candidate.
type Sheet struct {
	Case      intake.Case
	Items     []Item
	Fields    []Field                // registration data, in the order useful beside a picture
	Exempt    string                 // what the season tells those who need not send anything; empty: not exempt
	Waiting   int                    // how many items wait for a judgement now
	MayDecide error                  // nil, or why this account may not decide now: intake.ErrForbidden, intake.ErrSamePerson, ErrHeld
	Holder    storage.Hold           // who holds it now; without StaffID nobody
	Site      Past                   // the pass of the exam site the area judges now; without At there is none
	Back      Past                   // that the area sent it back, which the site sees now; without At it did not
	Draft     []intake.Judgement     // to start from: what the account took back, or another proposed; nil: nothing
	Proposed  Past                   // the final return that waits for another person; without At there is none
	Frames    map[int64][]intake.Box // drawn in earlier decisions, by photo
	Decisions []Past                 // oldest first
	Notices   []intake.Notice        // oldest first
	Events    []Happening            // newest first
}

// Item is one material of the sheet.
type Item struct {
	intake.Line
	Waiting bool            // for a judgement, at the level the case stands at
	Fields  []Field         // registration data in the order of this document, the rest small
	Reasons []intake.Reason // to choose from, the most used first
	Given   []intake.Reason // of the last return
	Earlier []intake.Photo  // replaced by newer ones since; oldest first
}

// Doubtful says that a machine check had a doubt about one of the item's photos.
func (i Item) Doubtful() bool {
	return slices.ContainsFunc(i.Photos, func(p intake.Photo) bool { return intake.Worst(p.Verdicts) != intake.OK })
}

// Past is a decision made earlier.
type Past struct {
	At         time.Time
	StaffID    int64
	By         string // name of the account
	Level      string // "site" or "area"
	Round      int
	Judgements []intake.Judgement
	Note       string // why it went back to the site
	Undone     bool   // taken back
}

// Happening is one line of the audit log.
type Happening struct {
	At     time.Time
	By     string // name of the account; empty: the candidate or the system
	Actor  string // as logged
	Action string
}

const eventsShown = 50

// Sheet opens a candidate's sheet: who may decide holds the candidate from now on, unless another
// does. intake.ErrNotFound: unknown, or of a site the account does not see.
func (d *Desk) Sheet(ctx context.Context, staff intake.Staff, candidateID int64) (Sheet, error) {
	c, err := d.caseFor(ctx, staff, candidateID)
	if err != nil {
		return Sheet{}, err
	}
	hold, c, err := d.claim(ctx, staff, c, "")
	if err != nil {
		return Sheet{}, fmt.Errorf("sheet: %w", err)
	}
	return d.lay(ctx, staff, c, hold)
}

// Peek loads a sheet without opening it: nobody holds it then, and it counts as not seen.
func (d *Desk) Peek(ctx context.Context, staff intake.Staff, candidateID int64) (Sheet, error) {
	c, err := d.caseFor(ctx, staff, candidateID)
	if err != nil {
		return Sheet{}, err
	}
	hold, err := d.DB.Held(ctx, candidateID, d.now())
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return Sheet{}, fmt.Errorf("sheet: %w", err)
	}
	return d.lay(ctx, staff, c, hold)
}

func (d *Desk) caseFor(ctx context.Context, staff intake.Staff, candidateID int64) (intake.Case, error) {
	c, err := d.DB.Case(ctx, candidateID)
	if err != nil {
		return c, fmt.Errorf("sheet: %w", err)
	}
	if !staff.Sees(c.Candidate.Site) {
		return c, fmt.Errorf("sheet: %w", foreign(candidateID))
	}
	return c, nil
}

// lay puts together what a sheet shows.
func (d *Desk) lay(ctx context.Context, staff intake.Staff, c intake.Case, hold storage.Hold) (Sheet, error) {
	candidateID := c.Candidate.ID
	s := Sheet{Case: c, MayDecide: staff.MayDecide(c), Holder: hold, Fields: fields(d.Season, c.Candidate)}
	if s.MayDecide == nil && hold.StaffID != 0 && hold.StaffID != staff.ID {
		s.MayDecide = ErrHeld
	}
	if tell, exempt := d.Season.Exempt(c.Candidate.Attrs); exempt {
		s.Exempt = tell
	}
	materials, err := d.Season.List(c.Candidate.Attrs)
	if err != nil {
		return Sheet{}, fmt.Errorf("sheet: candidate %d: %w", candidateID, err)
	}
	ever, err := d.DB.PhotosEver(ctx, candidateID)
	if err != nil {
		return Sheet{}, fmt.Errorf("sheet: %w", err)
	}
	lines := intake.Progress(d.withStrays(materials, c), c)
	used, err := d.used(ctx, lines)
	if err != nil {
		return Sheet{}, fmt.Errorf("sheet: %w", err)
	}
	waiting := intake.Waiting(c)
	for _, line := range lines {
		item := Item{
			Line: line, Reasons: d.reasons(line.Material.Code, used), Fields: fieldsOf(line.Material, s.Fields),
			Waiting: slices.Contains(waiting, line.Material.Code),
		}
		for _, code := range line.Item.Reasons {
			if reason, ok := d.Season.Reason(code); ok {
				item.Given = append(item.Given, reason)
			}
		}
		for _, p := range ever {
			if p.Material == line.Material.Code && p.State == intake.Replaced {
				item.Earlier = append(item.Earlier, p)
			}
		}
		s.Items = append(s.Items, item)
	}
	s.Waiting = len(waiting)
	if err := d.history(ctx, &s); err != nil {
		return s, err
	}
	s.Draft = s.start(staff)
	return s, nil
}
