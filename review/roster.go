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
	Actor    string                // who, for the audit log; empty: system
	Progress func(done, total int) // called now and then, from the same goroutine; may be nil
}

// Report is what an import did, or would do.
type Report struct {
	New, Changed, Same int
	Problems           []intake.RowProblem // not empty: nothing was imported
}

// ImportRoster brings in a registration list: .csv (UTF-8, GB18030; comma, semicolon or tab) or
// .xlsx, told apart by content. All of it or, with any problem, nothing; twice the same file
// changes nothing.
// Errors: ErrRosterSize, ErrRosterFormat, ErrRosterEncoding, ErrRosterDamaged, or storage's.
func (d *Desk) ImportRoster(ctx context.Context, r io.Reader, opts ImportOptions) (Report, error) {
	cells, err := readRoster(r)
	if err != nil {
		return Report{}, err
	}
	rows, problems := intake.ParseRoster(cells, d.Season)
	if len(problems) > 0 {
		return Report{Problems: problems}, nil
	}
	progress := func(done int) {
		if opts.Progress != nil {
			opts.Progress(done, len(rows))
		}
	}
	if opts.Actor == "" {
		opts.Actor = "system"
	}
	var report Report
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		result, err := tx.ImportRoster(ctx, rows, progress)
		if err != nil {
			return err
		}
		report = Report{New: result.New, Changed: result.Changed, Same: result.Same}
		if opts.DryRun {
			return errDryRun
		}
		event, err := d.event(opts.Actor, ActionRoster, 0, report.counts())
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

// errDryRun rolls the transaction of a dry run back: it has done everything but last.
var errDryRun = errors.New("dry run")

func (r Report) counts() map[string]int {
	return map[string]int{"new": r.New, "changed": r.Changed, "same": r.Same}
}
