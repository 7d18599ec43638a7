package review

import (
	"context"
	"errors"
	"fmt"
	"io"

	"cailiao/intake"
	"cailiao/storage"
)

// ImportOptions are what a caller may choose.
type ImportOptions struct {
	DryRun   bool                  // read, check and compare, but keep nothing
	Erased   bool                  // who was erased before comes in again
	Actor    string                // who, for the audit log; empty: system
	Progress func(done, total int) // called now and then, from the same goroutine; may be nil
}

// Report is what an import did, or would do.
type Report struct {
	New, Changed, Same int
	Vanished           int                 // on record for the file's sites, but not in it; counted in a dry run only
	Erased             []int               // lines whose person was erased before
	Problems           []intake.RowProblem // not empty: nothing was imported
}

// ImportRoster brings in a registration list: .csv (UTF-8, GB18030; comma, semicolon or tab) or
// .xlsx, told apart by content. All of it or, with any problem, nothing; twice the same file
// changes nothing.
// Errors: ErrRosterSize, ErrRosterFormat, ErrRosterEncoding, ErrRosterDamaged, ErrRosterUnsafe,
// ErrRosterUnscanned, or storage's.
func (d *Desk) ImportRoster(ctx context.Context, r io.Reader, opts ImportOptions) (Report, error) {
	if opts.Actor == "" {
		opts.Actor = "system"
	}
	data, err := d.receive(ctx, opts.Actor, r)
	if err != nil {
		return Report{}, err
	}
	cells, err := readCells(data, 0)
	if err != nil {
		return Report{}, err
	}
	rows, problems, err := d.parse(ctx, cells)
	if err != nil {
		return Report{}, err
	}
	if len(problems) > 0 {
		return Report{Problems: problems}, nil
	}
	progress := func(done int) {
		if opts.Progress != nil {
			opts.Progress(done, len(rows))
		}
	}
	var report Report
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		wanted, back, err := comeback(ctx, tx, rows)
		if err != nil {
			return err
		}
		if opts.Erased {
			wanted = rows
		}
		result, err := tx.ImportRoster(ctx, wanted, progress)
		if err != nil {
			return err
		}
		report = Report{New: result.New, Changed: result.Changed, Same: result.Same, Erased: linesOf(back)}
		if opts.DryRun {
			gone, err := vanished(ctx, tx, sitesOf(rows), numbersOf(rows), func(intake.Candidate) error { return nil })
			report.Vanished = gone
			return errors.Join(err, errDryRun)
		}
		event, err := d.event(opts.Actor, ActionRoster, 0, report.counts(opts))
		if err != nil {
			return err
		}
		return tx.Log(ctx, event)
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return Report{}, fmt.Errorf("import roster: %w", err)
	}
	return report, nil
}

// parse reads a sheet with the columns somebody gave this set of headers on the page before, or
// else by their titles alone.
func (d *Desk) parse(ctx context.Context, cells [][]string) ([]intake.RosterRow, []intake.RowProblem, error) {
	h, ok := intake.FindRosterHeader(cells, d.Season)
	fields, err := d.DB.RosterColumns(ctx, headersKey(h))
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return nil, nil, fmt.Errorf("import roster: %w", err)
	}
	if err != nil || !ok || len(fields) != len(h.Titles) {
		rows, problems := intake.ParseRoster(cells, d.Season)
		return rows, problems, nil
	}
	h.Fields = fields
	rows, problems := intake.ReadRoster(cells, d.Season, h)
	return rows, problems, nil
}

// errDryRun rolls the transaction of a dry run back: it has done everything but last.
var errDryRun = errors.New("dry run")

func (r Report) counts(opts ImportOptions) map[string]int {
	counts := map[string]int{"new": r.New, "changed": r.Changed, "same": r.Same}
	switch {
	case len(r.Erased) > 0 && opts.Erased:
		counts["back"] = len(r.Erased)
	case len(r.Erased) > 0:
		counts["erased"] = len(r.Erased)
	}
	return counts
}
