package review

import (
	"context"
	"fmt"
	"slices"

	"cailiao/intake"
	"cailiao/storage"
)

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
		s.add(past(row, names))
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
		At: row.At, StaffID: row.StaffID, By: names[Actor(intake.Staff{ID: row.StaffID})], Level: row.Level, Round: row.Round,
		Judgements: row.Judgements, Note: row.Note, Undone: !row.UndoneAt.IsZero(),
	}
}

// add appends a decision and notes what it means for the one to come.
func (s *Sheet) add(p Past) {
	s.Decisions = append(s.Decisions, p)
	if p.Undone {
		return
	}
	for _, j := range p.Judgements {
		for _, b := range j.Boxes {
			if s.Frames == nil {
				s.Frames = make(map[int64][]intake.Box)
			}
			s.Frames[b.Photo] = append(s.Frames[b.Photo], b)
		}
	}
	sub := s.Case.Submission
	s.Site, s.Back, s.Proposed = Past{}, Past{}, Past{}
	switch {
	case sub.FinalBy != 0:
		s.Proposed = p
	case sub.State == intake.SitePassed:
		s.Site = p
	case sub.State == intake.Submitted && p.Note != "" && p.Round == sub.Round:
		s.Back = p
	}
}

// start is what the account begins from: what it took back itself, or what another proposed.
func (s *Sheet) start(staff intake.Staff) []intake.Judgement {
	if s.Proposed.StaffID != 0 {
		return s.Proposed.Judgements
	}
	if len(s.Decisions) == 0 || s.MayDecide != nil {
		return nil
	}
	if last := s.Decisions[len(s.Decisions)-1]; last.Undone && last.StaffID == staff.ID {
		return last.Judgements
	}
	return nil
}

// used tells how often each reason was given for the materials of some lines.
func (d *Desk) used(ctx context.Context, lines []intake.Line) (map[[2]string]int, error) {
	codes := make([]string, len(lines))
	for i, line := range lines {
		codes[i] = line.Material.Code
	}
	uses, err := d.DB.ReasonUses(ctx, codes)
	if err != nil {
		return nil, err
	}
	n := make(map[[2]string]int, len(uses))
	for _, u := range uses {
		n[[2]string{u.Material, u.Reason}] = u.N
	}
	return n, nil
}

// reasons are those of a material, the most used first, then in the season's order.
func (d *Desk) reasons(material string, used map[[2]string]int) []intake.Reason {
	list := slices.Clone(d.Season.ReasonsFor(material))
	slices.SortStableFunc(list, func(a, b intake.Reason) int {
		return used[[2]string{material, b.Code}] - used[[2]string{material, a.Code}]
	})
	return list
}
