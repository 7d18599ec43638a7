package review

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cailiao/intake"
)

// Actions of what takes data out, in the audit log. Detail: exported.
const (
	ActionExportStates = "export.states"
	ActionExportPhotos = "export.photos"
	ActionExportEnd    = "export.end" // with the counts, whether it was whole or cut off
)

// ErrNothing is an export of nobody.
var ErrNothing = fmt.Errorf("nothing to export: %w", intake.ErrNotFound)

const exportStep = 200 // cases read at once

// Export says what to take out. Words gives the words of tables by name, see templates.Cells.
type Export struct {
	Staff     intake.Staff // ID 0: the command line
	Site      string       // empty: all the account sees
	State     intake.State // empty: every one
	Candidate int64        // only this one; 0: no such bound
	After     int64        // go on behind this candidate
	Most      int          // candidates with photos at most; 0: all
	Words     func(name string, data any) ([]string, error)
	Progress  func(Exported) // now and then, from the same goroutine; may be nil
}

// Exported is how far an export is.
type Exported struct {
	Seen       int   `json:"seen"`  // candidates gone through
	Total      int   `json:"total"` // of them; with a state, not all are taken
	Candidates int   `json:"candidates"`
	Photos     int   `json:"photos,omitempty"`
	Missing    int   `json:"missing,omitempty"` // photos whose bytes were not to be had
	Bytes      int64 `json:"bytes,omitempty"`   // of photos
	Last       int64 `json:"last"`              // the last candidate that is whole
	More       bool  `json:"more,omitempty"`    // Most ended it
}

// exported is the audit detail of an export.
type exported struct {
	Site      string       `json:"site,omitempty"`
	State     intake.State `json:"state,omitempty"`
	After     int64        `json:"after,omitempty"`
	Whole     bool         `json:"whole,omitempty"`
	Numbers   bool         `json:"numbers,omitempty"` // ID and phone numbers in full
	*Exported `json:",omitempty"`
}

// MayTakeNumbers says whether whole ID and phone numbers are exported for an account.
func MayTakeNumbers(staff intake.Staff) bool { return staff.ID == 0 || staff.Leads() }

// bounded keeps an export to what the account sees.
func (d *Desk) bounded(ctx context.Context, e Export) (Export, error) {
	if e.Staff.ID == 0 {
		e.Staff.Role = intake.RoleAdmin
	}
	if e.Candidate != 0 {
		c, err := d.visible(ctx, e.Staff, e.Candidate)
		if err != nil {
			return e, err
		}
		e.Site, e.After, e.Most = c.Site, c.ID-1, 1
		return e, nil
	}
	if e.Staff.OfSite() {
		if e.Site != "" && e.Site != e.Staff.Site {
			return e, fmt.Errorf("export of another site: %w", intake.ErrNotFound)
		}
		e.Site = e.Staff.Site
	}
	if _, known := d.Season.Site(e.Site); e.Site != "" && !known {
		return e, fmt.Errorf("export of a site: %w", intake.ErrNotFound)
	}
	if e.State != "" && !slices.Contains(intake.States, e.State) {
		return e, fmt.Errorf("export of a state: %w", intake.ErrNotFound)
	}
	return e, nil
}

// walk is what one kind of export does.
type walk struct {
	action string
	each   func(c intake.Case, so *Exported) error
	finish func() error // behind the last case
}

// walk goes through the cases of an export in steps, with one write to the log before the first
// and one behind the last, also when it was cut off.
func (d *Desk) walk(ctx context.Context, e Export, w walk) (so Exported, err error) {
	if e.Candidate == 0 {
		if so.Total, err = d.DB.CandidateCount(ctx, e.Site, e.After); err != nil {
			return so, err
		}
	} else {
		so.Total = 1
	}
	so.Last = e.After
	if err := d.logExport(ctx, e, w.action, exported{}); err != nil {
		return so, err
	}
	if err = d.steps(ctx, e, &so, w.each); err == nil {
		err = w.finish()
	}
	ended := d.logExport(context.WithoutCancel(ctx), e, ActionExportEnd, exported{Whole: err == nil, Exported: &so})
	if err == nil {
		err = ended
	}
	return so, err
}

func (d *Desk) logExport(ctx context.Context, e Export, action string, detail exported) error {
	detail.Site, detail.State, detail.After, detail.Numbers = e.Site, e.State, e.After, MayTakeNumbers(e.Staff)
	actor := Actor(e.Staff)
	if e.Staff.ID == 0 {
		actor = "system"
	}
	event, err := d.event(actor, action, e.Candidate, detail)
	if err != nil {
		return err
	}
	return d.DB.Log(ctx, event)
}

func (d *Desk) steps(ctx context.Context, e Export, so *Exported, each func(c intake.Case, so *Exported) error) error {
	for {
		limit := exportStep
		if e.Candidate != 0 {
			limit = 1
		}
		cases, err := d.DB.CasesAfter(ctx, e.Site, so.Last, limit)
		if err != nil {
			return err
		}
		for _, c := range cases {
			if e.Most > 0 && so.Candidates >= e.Most {
				so.More = e.Candidate == 0
				return nil
			}
			so.Seen++
			if e.State == "" || c.Submission.State == e.State {
				if err := each(c, so); err != nil {
					return err
				}
			}
			so.Last = c.Candidate.ID
			if e.Progress != nil {
				e.Progress(*so)
			}
		}
		if len(cases) == 0 || e.Candidate != 0 {
			return nil
		}
	}
}

// words gives one word of a table.
func (e Export) word(name string, data any) (string, error) {
	cells, err := e.Words(name, data)
	if err != nil {
		return "", err
	}
	return strings.Join(cells, "|"), nil
}

// ExportStates writes a table of candidates: who they are, how their case and each material stand,
// why it was returned. begin is called once it is certain that something follows, and gives where
// to. Errors: intake.ErrNotFound (a site or state that is none, or not the account's).
func (d *Desk) ExportStates(ctx context.Context, e Export, begin func() (*Table, error)) (Exported, error) {
	e, err := d.bounded(ctx, e)
	if err != nil {
		return Exported{}, err
	}
	table, err := begin()
	if err != nil {
		return Exported{}, err
	}
	so, err := d.walk(ctx, e, walk{ActionExportStates, func(c intake.Case, so *Exported) error {
		row, err := d.stateRow(e, c)
		if err != nil {
			return err
		}
		so.Candidates++
		return table.Row(row...)
	}, table.Close})
	if err != nil {
		return so, fmt.Errorf("export states: %w", err)
	}
	return so, nil
}

// StateColumns are the titles of that table: the fixed ones, then the season's materials.
func (d *Desk) StateColumns(words func(name string, data any) ([]string, error)) ([]string, error) {
	columns, err := words("state columns", nil)
	for _, m := range d.Season.Materials {
		columns = append(columns, m.Name)
	}
	return columns, err
}

func (d *Desk) stateRow(e Export, c intake.Case) ([]string, error) {
	p, s := c.Candidate, c.Submission
	number, phone := p.IDNumber, p.Phone
	if !MayTakeNumbers(e.Staff) {
		number, phone = p.MaskedID(), p.MaskedPhone()
	}
	site := p.Site
	if known, ok := d.Season.Site(p.Site); ok {
		site = known.Name
	}
	state, err := e.word("state", s.State)
	if err != nil {
		return nil, err
	}
	more, err := e.Words("state flags", struct{ Bound, Withdrawn bool }{p.OpenID != "", !p.WithdrawnAt.IsZero()})
	if err != nil {
		return nil, err
	}
	row := append([]string{
		p.Number, p.Name, p.IDType, number, phone, site, d.kind(p), state, strconv.Itoa(s.Round), d.clock(s.SubmittedAt),
		d.clock(s.ReturnedAt), d.clock(s.DeadlineAt), strconv.Itoa(len(c.Photos)), d.returnedFor(c),
	}, more...)
	materials, err := d.Season.List(p.Attrs)
	if err != nil {
		return nil, fmt.Errorf("candidate %d: %w", p.ID, err)
	}
	lines := intake.Progress(d.withStrays(materials, c), c)
	for _, m := range d.Season.Materials {
		at := slices.IndexFunc(lines, func(l intake.Line) bool { return l.Material.Code == m.Code })
		cell := ""
		if at >= 0 {
			if cell, err = e.word("item", lines[at]); err != nil {
				return nil, err
			}
		}
		row = append(row, cell)
	}
	return row, nil
}

// kind is what the season's first attributes say: 执业 临床.
func (d *Desk) kind(c intake.Candidate) string {
	var parts []string
	for _, a := range d.Season.Attributes {
		if value, ok := c.Attrs[a.Code].(string); ok && len(parts) < 2 {
			parts = append(parts, value)
		}
	}
	return strings.Join(parts, " ")
}

func (d *Desk) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(d.Season.Location).Format("2006-01-02 15:04")
}

// returnedFor lists why items are returned now.
func (d *Desk) returnedFor(c intake.Case) string {
	var parts []string
	for _, item := range c.Items {
		if item.State != intake.ItemReturned {
			continue
		}
		name := item.Material
		if m, ok := d.Season.Material(item.Material); ok {
			name = m.Name
		}
		var reasons []string
		for _, code := range item.Reasons {
			if reason, ok := d.Season.Reason(code); ok {
				reasons = append(reasons, reason.Label)
			}
		}
		if item.Comment != "" {
			reasons = append(reasons, item.Comment)
		}
		parts = append(parts, name+": "+strings.Join(reasons, "、"))
	}
	return strings.Join(parts, "; ")
}
