package review

import (
	"context"
	"slices"

	"cailiao/intake"
	"cailiao/storage"
)

// own splits off the rows an account of one site may not import.
func (d *Desk) own(site string, rows []intake.RosterRow, known map[string]intake.Candidate) ([]intake.RosterRow, []intake.RowProblem) {
	if site == "" {
		return rows, nil
	}
	sites := make(map[string]string, len(known))
	for number, c := range known {
		sites[number] = c.Site
	}
	return intake.ForeignRows(rows, site, sites)
}

func (d *Desk) compare(report *RosterReport, job *storage.RosterJob, row intake.RosterRow, known map[string]intake.Candidate) {
	person := RosterPerson{Line: row.Line, Number: row.Number, Name: row.Name, Site: row.Site}
	before, exists := known[row.Number]
	if !exists {
		job.Counts.New++
		if len(report.New) < PeopleListed {
			report.New = append(report.New, person)
		}
		return
	}
	person.ID, person.Bound, person.Changes = before.ID, before.OpenID != "", intake.RosterChanges(d.Season, before, row)
	if len(person.Changes) == 0 {
		job.Counts.Same++
		return
	}
	job.Counts.Changed++
	if len(report.Changed) < PeopleListed {
		report.Changed = append(report.Changed, person)
	}
}

// comeback splits off the rows of people who were erased and are not on record since. A roster
// that still names them must not bring them back unnoticed.
func comeback(ctx context.Context, q storage.Q, rows []intake.RosterRow) (rest, erased []intake.RosterRow, err error) {
	gone, err := q.ErasedAmong(ctx, numbers(rows))
	if err != nil || len(gone) == 0 {
		return rows, nil, err
	}
	for _, row := range rows {
		if slices.Contains(gone, row.Number) {
			erased = append(erased, row)
		} else {
			rest = append(rest, row)
		}
	}
	return rest, erased, nil
}

func linesOf(rows []intake.RosterRow) []int {
	lines := make([]int, len(rows))
	for i, r := range rows {
		lines[i] = r.Line
	}
	return lines
}
