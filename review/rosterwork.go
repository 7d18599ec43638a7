package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"cailiao/intake"
	"cailiao/storage"
)

const (
	rosterStep  = 1000            // rows per transaction
	rosterLease = time.Minute     // a step takes far less
	rosterLook  = 5 * time.Second // for jobs another instance left behind
	rosterKept  = 24 * time.Hour  // then file and report are deleted
	rosterSweep = 10 * time.Minute
)

// importing wakes the worker.
type importing struct {
	once sync.Once
	c    chan struct{}
}

func (i *importing) bell() chan struct{} {
	i.once.Do(func() { i.c = make(chan struct{}, 1) })
	return i.c
}

func (i *importing) wake() {
	select {
	case i.bell() <- struct{}{}:
	default: // it is awake already
	}
}

// RunImports works on rosters from the page until ctx ends. owner names this process. Any number
// of instances may run it: a job is leased, and each step saves it under its version.
func (d *Desk) RunImports(ctx context.Context, owner string) {
	look, sweep := time.NewTicker(rosterLook), time.NewTicker(rosterSweep)
	defer look.Stop()
	defer sweep.Stop()
	for {
		if err := d.WorkImports(ctx, owner); err != nil && ctx.Err() == nil {
			d.log().Error("roster import", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-d.importing.bell():
		case <-look.C:
		case <-sweep.C:
			if err := d.SweepImports(ctx); err != nil && ctx.Err() == nil {
				d.log().Error("sweep of roster files", "err", err)
			}
		}
	}
}

// WorkImports works on rosters until none wants it.
func (d *Desk) WorkImports(ctx context.Context, owner string) error {
	for {
		now := d.now()
		job, err := d.DB.ClaimRosterJob(ctx, owner, now, now.Add(rosterLease))
		if errors.Is(err, intake.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		err = d.work(ctx, &job)
		if errors.Is(err, intake.ErrConflict) {
			continue // dropped, or somebody else has it
		}
		if err != nil {
			return fmt.Errorf("roster job %d: %w", job.ID, err) // its lease runs out, then it is tried again
		}
	}
}

// rosterFaults are what is told about a file that cannot be read after all.
var rosterFaults = []struct {
	err  error
	code string
}{
	{ErrRosterSize, "size"}, {ErrRosterFormat, "format"}, {ErrRosterEncoding, "encoding"}, {ErrRosterDamaged, "damaged"},
	{ErrRosterUnsafe, "unsafe"}, {ErrRosterUnscanned, "unscanned"},
	{intake.ErrNotFound, "gone"}, {intake.ErrForbidden, "foreign"},
}

// RosterFault is the code of an error of a roster file; empty: it is not the file's.
func RosterFault(err error) string {
	for _, f := range rosterFaults {
		if errors.Is(err, f.err) {
			return f.code
		}
	}
	return ""
}

func (d *Desk) work(ctx context.Context, job *storage.RosterJob) error {
	err := d.step(ctx, job)
	if code := RosterFault(err); code != "" {
		job.State, job.Fault = storage.RosterFailed, code
		_, err = d.DB.SaveRosterJob(ctx, *job)
	}
	return err
}

func (d *Desk) step(ctx context.Context, job *storage.RosterJob) error {
	data, err := d.Blobs.Get(ctx, job.FileKey)
	if err != nil {
		return err
	}
	cells, err := readCells(data, 0)
	if err != nil {
		return err
	}
	report, err := d.firstLook(ctx, cells[:min(sampleRows, len(cells))])
	if err != nil {
		return err
	}
	report.Header.Fields = job.Fields
	rows, problems := intake.ReadRoster(cells, d.Season, report.Header)
	report.Problems = problems
	if job.State == storage.RosterChecking {
		return d.checkRoster(ctx, job, rows, report)
	}
	if len(problems) > 0 { // the season has changed since it was checked
		job.State, job.Counts = storage.RosterChecking, storage.RosterCounts{}
		return d.checkRoster(ctx, job, rows, report)
	}
	return d.importRows(ctx, job, rows)
}

// checkRoster compares a roster with what is on record and writes the report.
func (d *Desk) checkRoster(ctx context.Context, job *storage.RosterJob, rows []intake.RosterRow, report RosterReport) error {
	report.New, report.Changed, report.Vanished, report.Erased = nil, nil, nil, nil
	job.Counts, job.Done, job.Total = storage.RosterCounts{}, 0, len(rows)
	seen, sites := numbersOf(rows), sitesOf(rows)
	if job.Site != "" {
		sites = []string{job.Site}
	}
	for start := 0; start < len(rows); start += rosterStep {
		some := rows[start:min(start+rosterStep, len(rows))]
		known, err := d.DB.Rostered(ctx, numbers(some))
		if err != nil {
			return err
		}
		own, foreign := d.own(job.Site, some, known)
		report.Problems = append(report.Problems, foreign...)
		own, back, err := comeback(ctx, d.DB.Q, own)
		if err != nil {
			return err
		}
		job.Counts.Erased += len(back)
		report.Erased = append(report.Erased, linesOf(back)...)
		for _, row := range own {
			d.compare(&report, job, row, known)
		}
		if err := d.progress(ctx, job, start+len(some)); err != nil {
			return err
		}
	}
	if len(report.Problems) == 0 { // else whose row could not be read would seem to have vanished
		gone, err := vanished(ctx, d.DB.Q, sites, seen, func(c intake.Candidate) error {
			if len(report.Vanished) < PeopleListed {
				report.Vanished = append(report.Vanished, RosterPerson{ID: c.ID, Number: c.Number, Name: c.Name, Site: c.Site, Bound: c.OpenID != ""})
			}
			return nil
		})
		if err != nil {
			return err
		}
		job.Counts.Vanished = gone
	}
	job.Counts.Problems = len(report.Problems)
	slices.SortStableFunc(report.Problems, func(a, b intake.RowProblem) int { return a.Line - b.Line })
	report.Problems = report.Problems[:min(ProblemsListed, len(report.Problems))]
	if err := d.putReport(ctx, *job, report); err != nil {
		return err
	}
	job.State, job.Owner, job.Lease = storage.RosterChecked, "", time.Time{}
	_, err := d.DB.SaveRosterJob(ctx, *job)
	return err
}

// progress saves how far a job is, and keeps it leased.
func (d *Desk) progress(ctx context.Context, job *storage.RosterJob, done int) (err error) {
	job.Done, job.Lease = done, d.now().Add(rosterLease)
	*job, err = d.DB.SaveRosterJob(ctx, *job)
	return err
}

// importRows imports what is left, step by step: rows and progress of a step are one transaction.
func (d *Desk) importRows(ctx context.Context, job *storage.RosterJob, rows []intake.RosterRow) error {
	for job.Done < len(rows) {
		some := rows[job.Done:min(job.Done+rosterStep, len(rows))]
		var next storage.RosterJob
		err := d.DB.InTx(ctx, func(tx storage.Q) error {
			next = *job
			if job.Site != "" { // between check and import a number may have become another site's
				known, err := tx.Rostered(ctx, numbers(some))
				if err != nil {
					return err
				}
				if _, foreign := d.own(job.Site, some, known); len(foreign) > 0 {
					return intake.ErrForbidden
				}
			}
			rest, back, err := comeback(ctx, tx, some)
			if err != nil {
				return err
			}
			if job.Erased {
				rest, next.Counts.Back = some, next.Counts.Back+len(back)
			} else {
				next.Counts.Erased += len(back)
			}
			result, err := tx.ImportRoster(ctx, rest, nil)
			if err != nil {
				return err
			}
			next.Counts.New += result.New
			next.Counts.Changed += result.Changed
			next.Counts.Same += result.Same
			next.Done, next.Total, next.Lease = job.Done+len(some), len(rows), d.now().Add(rosterLease)
			next, err = tx.SaveRosterJob(ctx, next)
			return err
		})
		if err != nil {
			return err
		}
		*job = next
	}
	return d.finish(ctx, job, rows)
}

// finish marks who has vanished, if that was asked for, logs the import and deletes the file.
func (d *Desk) finish(ctx context.Context, job *storage.RosterJob, rows []intake.RosterRow) error {
	if job.Withdraw {
		sites := sitesOf(rows)
		if job.Site != "" {
			sites = []string{job.Site}
		}
		var ids []int64
		if _, err := vanished(ctx, d.DB.Q, sites, numbersOf(rows), func(c intake.Candidate) error {
			ids = append(ids, c.ID)
			return nil
		}); err != nil {
			return err
		}
		for some := range slices.Chunk(ids, rosterStep) {
			if err := d.withdraw(ctx, job, some); err != nil {
				return err
			}
		}
	}
	file := job.FileKey
	err := d.DB.InTx(ctx, func(tx storage.Q) error {
		next := *job
		next.State, next.FileKey, next.Owner, next.Lease = storage.RosterDone, "", "", time.Time{}
		if _, err := tx.SaveRosterJob(ctx, next); err != nil {
			return err
		}
		event, err := d.event(Actor(intake.Staff{ID: job.StaffID}), ActionRoster, 0, job.Counts)
		if err != nil {
			return err
		}
		return tx.Log(ctx, event)
	})
	if err != nil {
		return err
	}
	return d.deleteBlobs(ctx, file)
}

func (d *Desk) withdraw(ctx context.Context, job *storage.RosterJob, ids []int64) error {
	var next storage.RosterJob
	err := d.DB.InTx(ctx, func(tx storage.Q) error {
		next = *job
		n, err := tx.Withdraw(ctx, ids, d.now())
		if err != nil {
			return err
		}
		next.Counts.Withdrawn += n
		next.Lease = d.now().Add(rosterLease)
		next, err = tx.SaveRosterJob(ctx, next)
		return err
	})
	if err == nil {
		*job = next
	}
	return err
}

// SweepImports deletes the files and reports of rosters older than a day.
func (d *Desk) SweepImports(ctx context.Context) error {
	after := time.Time{}
	for {
		jobs, err := d.DB.RosterJobsBefore(ctx, after, d.now().Add(-rosterKept), 100)
		if err != nil || len(jobs) == 0 {
			return err
		}
		for _, job := range jobs {
			after = job.CreatedAt
			state := job.State
			switch {
			case state == storage.RosterMapping || state == storage.RosterChecked:
				state = storage.RosterDropped
			case state.Running():
				continue
			}
			if err := d.forget(ctx, job, state); err != nil && !errors.Is(err, intake.ErrConflict) {
				return err
			}
		}
	}
}

// vanished calls do for every candidate of these sites who is not among the numbers and not yet
// marked, and counts them.
func vanished(ctx context.Context, q storage.Q, sites []string, seen map[string]bool, do func(intake.Candidate) error) (n int, err error) {
	for _, site := range sites {
		for after := int64(0); ; {
			some, err := q.CandidatesAfter(ctx, site, after, rosterStep)
			if err != nil {
				return n, err
			}
			for _, c := range some {
				after = c.ID
				if seen[c.Number] || !c.WithdrawnAt.IsZero() {
					continue
				}
				n++
				if err := do(c); err != nil {
					return n, err
				}
			}
			if len(some) < rosterStep {
				break
			}
		}
	}
	return n, nil
}

func numbers(rows []intake.RosterRow) []string {
	all := make([]string, len(rows))
	for i, r := range rows {
		all[i] = r.Number
	}
	return all
}

func numbersOf(rows []intake.RosterRow) map[string]bool {
	seen := make(map[string]bool, len(rows))
	for _, r := range rows {
		seen[r.Number] = true
	}
	return seen
}

// sitesOf are the sites the rows are of, each once.
func sitesOf(rows []intake.RosterRow) []string {
	var sites []string
	for _, r := range rows {
		if !slices.Contains(sites, r.Site) {
			sites = append(sites, r.Site)
		}
	}
	return sites
}
