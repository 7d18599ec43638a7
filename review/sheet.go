package review

import (
	"context"
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
	Fields    []Field         // registration data, in the order useful beside a picture
	Exempt    string          // what the season tells those who need not send anything; empty: not exempt
	Waiting   int             // how many items wait for a judgement now
	MayDecide error           // nil, or why this account may not decide now: intake.ErrForbidden, intake.ErrSamePerson
	Decisions []Past          // oldest first
	Notices   []intake.Notice // oldest first
	Events    []Happening     // newest first
}

// Item is one material of the sheet.
type Item struct {
	intake.Line
	Waiting bool            // for a judgement, at the level the case stands at
	Reasons []intake.Reason // to choose from
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
	By         string // name of the account
	Level      string // "site" or "area"
	Round      int
	Judgements []intake.Judgement
}

// Happening is one line of the audit log.
type Happening struct {
	At     time.Time
	By     string // name of the account; empty: the candidate or the system
	Actor  string // as logged
	Action string
}

const eventsShown = 50

// Sheet loads a candidate's sheet. intake.ErrNotFound: unknown, or of a site the account does not see.
func (d *Desk) Sheet(ctx context.Context, staff intake.Staff, candidateID int64) (Sheet, error) {
	c, err := d.DB.Case(ctx, candidateID)
	if err != nil {
		return Sheet{}, fmt.Errorf("sheet: %w", err)
	}
	if !staff.Sees(c.Candidate.Site) {
		return Sheet{}, fmt.Errorf("sheet: %w", foreign(candidateID))
	}
	if c.Submission.OpenedAt.IsZero() && staff.MayDecide(c) == nil { // from now on it cannot be withdrawn
		if err := d.DB.Opened(ctx, candidateID, d.now()); err != nil {
			return Sheet{}, fmt.Errorf("sheet: %w", err)
		}
	}
	s := Sheet{Case: c, MayDecide: staff.MayDecide(c), Fields: fields(d.Season, c.Candidate)}
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
	waiting := intake.Waiting(c)
	for _, line := range intake.Progress(d.withStrays(materials, c), c) {
		item := Item{
			Line: line, Reasons: d.Season.ReasonsFor(line.Material.Code),
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
	return s, d.history(ctx, &s)
}

// withStrays adds the materials of items and photos that the candidate's list no longer has
// (registration data corrected since): what waits must be judged, what was sent must be seen.
func (d *Desk) withStrays(materials []intake.Material, c intake.Case) []intake.Material {
	listed := func(code string) bool {
		return slices.ContainsFunc(materials, func(m intake.Material) bool { return m.Code == code })
	}
	stray := func(code string) {
		if listed(code) {
			return
		}
		m, known := d.Season.Material(code)
		if !known {
			m = intake.Material{Code: code, Name: code}
		}
		m.Min = 0
		materials = append(slices.Clip(materials), m)
	}
	for _, item := range c.Items {
		stray(item.Material)
	}
	for _, p := range c.Photos {
		stray(p.Material)
	}
	return materials
}

// history adds what happened before, with the names of who did it.
func (d *Desk) history(ctx context.Context, s *Sheet) error {
	id := s.Case.Candidate.ID
	decisions, err := d.DB.Decisions(ctx, id)
	if err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	if s.Notices, err = d.DB.Notices(ctx, id); err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	events, err := d.DB.Events(ctx, id, eventsShown)
	if err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	names, err := d.names(ctx)
	if err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	for _, row := range decisions {
		s.Decisions = append(s.Decisions, past(row, names))
	}
	for _, e := range events {
		s.Events = append(s.Events, Happening{At: e.At, By: names[e.Actor], Actor: e.Actor, Action: e.Action})
	}
	return nil
}

// names maps actors of the log to account names.
func (d *Desk) names(ctx context.Context) (map[string]string, error) {
	all, err := d.DB.AllStaff(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(all))
	for _, staff := range all {
		names[Actor(staff)] = staff.Name
	}
	return names, nil
}

func past(row storage.DecisionRow, names map[string]string) Past {
	return Past{
		At: row.At, By: names[Actor(intake.Staff{ID: row.StaffID})], Level: row.Level, Round: row.Round,
		Judgements: row.Judgements,
	}
}
