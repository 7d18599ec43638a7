package storage

import (
	"context"
	"fmt"
	"time"

	"cailiao/intake"
)

// Figure is a count of what happened on a day at a site.
type Figure struct {
	Day  int // such as 20260203
	Site string
	What string // what is counted; package review names it
	Code string // a reason, a number of seconds, …; empty: nothing to tell apart
	Who  int64  // the account, where it matters
	N    int
}

// The sources figures are counted from, in the order of their rows' ids.
const (
	FromDecisions = "decisions"
	FromEvents    = "events"
)

// FigureMark is the id of the last row of a source that was counted. In a transaction it keeps
// others from counting the same rows until its end.
func (q Q) FigureMark(ctx context.Context, source string) (int64, error) {
	upto, err := one(ctx, q, value[int64], "SELECT upto FROM figure_marks WHERE source = ?"+q.home.dialect.forUpdate(), source)
	return upto, within("figure mark", err)
}

// AddFigures adds counts and notes up to where the source has been counted.
func (q Q) AddFigures(ctx context.Context, source string, upto int64, figures []Figure) error {
	for _, f := range figures {
		n, err := q.exec(ctx, "UPDATE figures SET n = n + ? WHERE day = ? AND site = ? AND what = ? AND code = ? AND who = ?",
			f.N, f.Day, f.Site, f.What, f.Code, f.Who)
		if err == nil && n == 0 {
			_, err = q.exec(ctx, "INSERT INTO figures (day, site, what, code, who, n) VALUES (?, ?, ?, ?, ?, ?)",
				f.Day, f.Site, f.What, f.Code, f.Who, f.N)
		}
		if err != nil {
			return fmt.Errorf("add figures: %w", err)
		}
	}
	_, err := q.exec(ctx, "UPDATE figure_marks SET upto = ? WHERE source = ?", upto, source)
	return within("figure mark", err)
}

// Figures lists all counts from a day on.
func (q Q) Figures(ctx context.Context, from int) ([]Figure, error) {
	figures, err := list(ctx, q, func(r row) (f Figure, err error) {
		return f, r.Scan(&f.Day, &f.Site, &f.What, &f.Code, &f.Who, &f.N)
	}, "SELECT day, site, what, code, who, n FROM figures WHERE day >= ?", from)
	return figures, within("figures", err)
}

// SiteDecision is a decision to be counted.
type SiteDecision struct {
	DecisionRow
	Site string // of the candidate
}

// DecisionsBehind lists decisions that stand, behind an id that were taken before a time, at most limit, and
// the id of the last one looked at. Those not older may still be joined by one with a smaller id.
func (q Q) DecisionsBehind(ctx context.Context, id int64, before time.Time, limit int) ([]SiteDecision, error) {
	rows, err := list(ctx, q, func(r row) (d SiteDecision, err error) {
		var ms int64
		err = r.Scan(&d.ID, &d.CandidateID, &d.Round, &d.Level, &d.StaffID, moment{&d.At}, unseal(asJSON{&d.Judgements}, "decisions.judgements", &d.CandidateID, func() any { return micros(d.At) }), &ms, &d.Site)
		d.Took = time.Duration(ms) * time.Millisecond
		return d, err
	}, `SELECT d.id, d.candidate_id, d.round, d.level, d.staff_id, d.decided_at, d.judgements, d.took_ms, c.site
		FROM decisions d JOIN candidates c ON c.id = d.candidate_id
		WHERE d.id > ? AND d.undone_at = 0 ORDER BY d.id LIMIT ?`, id, limit)
	for i, d := range rows {
		if !d.At.Before(before) {
			return rows[:i], within("decisions to count", err)
		}
	}
	return rows, within("decisions to count", err)
}

// SiteEvent is an event to be counted.
type SiteEvent struct {
	Event
	Site string // of the candidate; empty: of none
}

// EventsBehind lists events behind an id that happened before a time, at most limit.
func (q Q) EventsBehind(ctx context.Context, id int64, before time.Time, limit int) ([]SiteEvent, error) {
	rows, err := list(ctx, q, func(r row) (e SiteEvent, err error) {
		return e, r.Scan(&e.ID, moment{&e.At}, &e.Action, &e.CandidateID, blank(&e.Site))
	}, `SELECT e.id, e.happened_at, e.action, e.candidate_id, c.site
		FROM events e LEFT JOIN candidates c ON c.id = e.candidate_id
		WHERE e.id > ? ORDER BY e.id LIMIT ?`, id, limit)
	for i, e := range rows {
		if !e.At.Before(before) {
			return rows[:i], within("events to count", err)
		}
	}
	return rows, within("events to count", err)
}

// Standing is how many submissions of a site stand in a state.
type Standing struct {
	Site   string
	State  intake.State
	N      int
	Oldest time.Time // when the longest waiting one was submitted
	Soon   int       // of those returned: whose deadline is within the next while
}

// Standings counts all submissions by site and state, on one index.
func (q Q) Standings(ctx context.Context, now time.Time, soon time.Duration) ([]Standing, error) {
	all, err := list(ctx, q, func(r row) (s Standing, err error) {
		return s, r.Scan(&s.Site, &s.State, &s.N, moment{&s.Oldest}, &s.Soon)
	}, `SELECT site, state, COUNT(*), MIN(submitted_at), SUM(CASE WHEN due_order BETWEEN ? AND ? THEN 1 ELSE 0 END)
		FROM submissions GROUP BY site, state`, micros(now), micros(now.Add(soon)))
	return all, within("standings", err)
}

// SiteCount is how many of something a site has.
type SiteCount struct {
	Site string
	N    int
}

func readSiteCount(r row) (c SiteCount, err error) { return c, r.Scan(&c.Site, &c.N) }

// CandidatesBySite counts the roster, on an index.
func (q Q) CandidatesBySite(ctx context.Context) ([]SiteCount, error) {
	all, err := list(ctx, q, readSiteCount, "SELECT site, COUNT(*) FROM candidates GROUP BY site")
	return all, within("candidates by site", err)
}

// StartedBySite counts those who are still collecting and have sent a photo.
func (q Q) StartedBySite(ctx context.Context) ([]SiteCount, error) {
	all, err := list(ctx, q, readSiteCount, `SELECT s.site, COUNT(*) FROM submissions s
		WHERE s.state = ? AND EXISTS (SELECT 1 FROM photos p WHERE p.candidate_id = s.candidate_id) GROUP BY s.site`, intake.Collecting)
	return all, within("started by site", err)
}

// UndeliveredBySite counts the notices that did not arrive and were not told in chat since.
func (q Q) UndeliveredBySite(ctx context.Context) ([]SiteCount, error) {
	all, err := list(ctx, q, readSiteCount, `SELECT c.site, COUNT(*) FROM notices n JOIN candidates c ON c.id = n.candidate_id
		WHERE n.state = ? AND n.headed = 0 GROUP BY c.site`, intake.NoticeFailed)
	return all, within("undelivered by site", err)
}
