package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cailiao/intake"
)

// QueueFilter says which candidates staff want to see.
type QueueFilter struct {
	Site    string       // code; empty: all sites
	State   intake.State // empty: any
	Search  string       // a 报名号, the beginning of a name, an ID number or its last 4; empty: no search
	Overdue bool         // only those returned whose deadline is over
	Now     time.Time    // for Overdue
	Limit   int          // rows at most; 0: 50
	Offset  int
}

// QueueRow is one line of the review queue.
type QueueRow struct {
	CandidateID int64
	Number      string
	Name        string
	Site        string
	Attrs       map[string]any
	State       intake.State
	Round       int
	SubmittedAt time.Time
	DeadlineAt  time.Time
	ReturnedAt  time.Time
	Photos      int       // kept
	Undelivered bool      // a notice of this round did not arrive and was not told in chat yet
	UpdatedAt   time.Time // of the submission
}

const (
	queueLimit = 50
	queueOrder = "first_round, due_order, submitted_at, candidate_id"
)

// Queue lists submissions for staff: resubmitted ones first, then the nearest deadline, then
// the longest submitted. A search also finds candidates who never bound. The cost does not
// grow with the number of candidates, only with Offset.
func (q Q) Queue(ctx context.Context, f QueueFilter) ([]QueueRow, error) {
	query, args := queuePage(f)
	if f.Search != "" {
		var err error
		if query, args, err = q.searchPage(ctx, f); err != nil {
			return nil, fmt.Errorf("queue: %w", err)
		}
	}
	rows, err := list(ctx, q, readQueueRow, query, args...)
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return rows, within("queue", q.fillQueue(ctx, rows))
}

// queuePage picks the page on an index alone, before candidates are joined.
func queuePage(f QueueFilter) (string, []any) {
	where, args := f.where()
	query := "SELECT " + queueColumns + ` FROM (
			SELECT id FROM submissions` + where + " ORDER BY " + queueOrder + ` LIMIT ? OFFSET ?
		) page JOIN submissions s ON s.id = page.id JOIN candidates c ON c.id = s.candidate_id
		ORDER BY s.first_round, s.due_order, s.submitted_at, s.candidate_id`
	return query, append(args, f.limit(), f.Offset)
}

func (f QueueFilter) where() (string, []any) {
	var terms []string
	var args []any
	if f.Site != "" {
		terms, args = append(terms, "site = ?"), append(args, f.Site)
	}
	if f.State != "" {
		terms, args = append(terms, "state = ?"), append(args, f.State)
	}
	if f.Overdue {
		// A return starts a round, so that none of them is of the first: the index then leads to the deadline.
		terms, args = append(terms, "state = ?", "first_round = 0", "due_order < ?"), append(args, intake.Returned, micros(f.Now))
	}
	if len(terms) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(terms, " AND "), args
}

func (f QueueFilter) limit() int {
	if f.Limit <= 0 {
		return queueLimit
	}
	return f.Limit
}

// searchPage looks each way of finding a candidate up on its own index.
func (q Q) searchPage(ctx context.Context, f QueueFilter) (string, []any, error) {
	found, args, err := q.searched(ctx, f.Search, f.Site)
	if err != nil {
		return "", nil, err
	}
	query := "SELECT " + queueColumns + ` FROM (` + found + `) found
		JOIN candidates c ON c.id = found.id LEFT JOIN submissions s ON s.candidate_id = c.id`
	var terms []string
	if f.Site != "" {
		terms, args = append(terms, "c.site = ?"), append(args, f.Site)
	}
	if f.State != "" {
		terms, args = append(terms, "COALESCE(s.state, ?) = ?"), append(args, intake.Collecting, f.State)
	}
	if f.Overdue {
		terms, args = append(terms, "s.state = ? AND s.due_order < ?"), append(args, intake.Returned, micros(f.Now))
	}
	if len(terms) > 0 {
		query += " WHERE " + strings.Join(terms, " AND ")
	}
	query += ` ORDER BY COALESCE(s.first_round, 2), s.due_order, s.submitted_at, c.id LIMIT ? OFFSET ?`
	return query, append(args, f.limit(), f.Offset), nil
}

const queueColumns = `c.id, c.number, c.name, c.site, c.attrs, s.state, s.round, s.submitted_at, s.deadline_at,
	s.returned_at, s.updated_at`

func readQueueRow(r row) (l QueueRow, err error) {
	l.State, l.Round = intake.Collecting, 1
	var state *intake.State
	var round *int
	err = r.Scan(&l.CandidateID, &l.Number, unseal(&l.Name, "candidates.name", &l.Number), &l.Site,
		unseal(attrs{&l.Attrs}, "candidates.attrs", &l.Number), &state, &round, moment{&l.SubmittedAt}, moment{&l.DeadlineAt}, moment{&l.ReturnedAt}, moment{&l.UpdatedAt})
	if state != nil && round != nil {
		l.State, l.Round = *state, *round
	}
	return l, err
}

// fillQueue adds what is counted, for the rows of one page only.
func (q Q) fillQueue(ctx context.Context, rows []QueueRow) error {
	if len(rows) == 0 {
		return nil
	}
	at := make(map[int64]*QueueRow, len(rows))
	ids := make([]any, len(rows))
	for i := range rows {
		at[rows[i].CandidateID] = &rows[i]
		ids[i] = rows[i].CandidateID
	}
	in := marks(1, len(ids))
	counts, err := list(ctx, q, readPair, "SELECT candidate_id, COUNT(*) FROM photos WHERE candidate_id IN "+in+
		" AND state = ? GROUP BY candidate_id", append(ids, intake.Kept)...)
	if err != nil {
		return fmt.Errorf("photos: %w", err)
	}
	for _, c := range counts {
		at[c.candidateID].Photos = c.n
	}
	failed, err := list(ctx, q, readPair, "SELECT candidate_id, MAX(round) FROM notices WHERE candidate_id IN "+in+
		" AND state = ? AND headed = 0 GROUP BY candidate_id", append(ids, intake.NoticeFailed)...)
	if err != nil {
		return fmt.Errorf("notices: %w", err)
	}
	for _, c := range failed {
		at[c.candidateID].Undelivered = c.n >= at[c.candidateID].Round
	}
	return nil
}

type pair struct {
	candidateID int64
	n           int
}

func readPair(r row) (p pair, err error) { return p, r.Scan(&p.candidateID, &p.n) }

// QueueCounts counts submissions per state, of one site or, with an empty code, of all; a
// state nobody is in is missing. Candidates who never bound have no submission. It counts on
// an index, so it grows with the number of submissions.
func (q Q) QueueCounts(ctx context.Context, site string) (map[intake.State]int, error) {
	query, args := "SELECT state, COUNT(*) FROM submissions GROUP BY state", []any(nil)
	if site != "" {
		query, args = "SELECT state, COUNT(*) FROM submissions WHERE site = ? GROUP BY state", []any{site}
	}
	type count struct {
		State intake.State
		N     int
	}
	counts, err := list(ctx, q, func(r row) (c count, err error) { return c, r.Scan(&c.State, &c.N) }, query, args...)
	if err != nil {
		return nil, fmt.Errorf("queue counts: %w", err)
	}
	byState := make(map[intake.State]int, len(counts))
	for _, c := range counts {
		byState[c.State] = c.N
	}
	return byState, nil
}

// NextInQueue returns the candidate that follows after in the queue (0: the first), also when
// after has left the queue meanwhile; past the end it begins again. intake.ErrNotFound when
// nobody else is there.
func (q Q) NextInQueue(ctx context.Context, f QueueFilter, after int64) (int64, error) {
	next, err := q.nextInQueue(ctx, f, after)
	return next, within("next in queue", err)
}

func (q Q) nextInQueue(ctx context.Context, f QueueFilter, after int64) (int64, error) {
	if f.Search != "" {
		return q.nextFound(ctx, f, after)
	}
	p, err := one(ctx, q, readPlace, `SELECT first_round, due_order, submitted_at, candidate_id
		FROM submissions WHERE candidate_id = ?`, after)
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return 0, err
	}
	if err == nil {
		query, args := f.behind(p)
		next, err := one(ctx, q, value[int64], query, args...)
		if !errors.Is(err, intake.ErrNotFound) {
			return next, err
		}
	}
	query, args := f.first("candidate_id <> ?", after)
	return one(ctx, q, value[int64], query, args...)
}

// first selects the candidate at the head of those who also satisfy term.
func (f QueueFilter) first(term string, more ...any) (string, []any) {
	where, args := f.where()
	if where == "" {
		where = " WHERE "
	} else {
		where += " AND "
	}
	return "SELECT candidate_id FROM submissions" + where + term + " ORDER BY " + queueOrder + " LIMIT 1", append(args, more...)
}

// behind selects the first candidate behind a place. A comparison of whole rows would find no
// range in MySQL's index, an OR none in SQLite's: so one look-up per column of the order, and
// the nearest that finds somebody.
func (f QueueFilter) behind(p place) (string, []any) {
	steps := []struct {
		term string
		args []any
	}{
		{"first_round = ? AND due_order = ? AND submitted_at = ? AND candidate_id > ?", []any{p.round, p.due, p.submitted, p.candidateID}},
		{"first_round = ? AND due_order = ? AND submitted_at > ?", []any{p.round, p.due, p.submitted}},
		{"first_round = ? AND due_order > ?", []any{p.round, p.due}},
		{"first_round > ?", []any{p.round}},
	}
	var parts []string
	var all []any
	for i, step := range steps {
		query, args := f.first(step.term, step.args...)
		parts = append(parts, fmt.Sprintf("SELECT %d AS step, s%d.candidate_id FROM (%s) s%d", i, i, query, i))
		all = append(all, args...)
	}
	return "SELECT candidate_id FROM (" + strings.Join(parts, " UNION ALL ") + ") nearest ORDER BY step LIMIT 1", all
}

// place is where a submission stands in the queue's order.
type place struct{ round, due, submitted, candidateID int64 }

func readPlace(r row) (p place, err error) {
	return p, r.Scan(&p.round, &p.due, &p.submitted, &p.candidateID)
}

func (q Q) nextFound(ctx context.Context, f QueueFilter, after int64) (int64, error) {
	f.Limit, f.Offset = 3*searchLimit, 0
	query, args, err := q.searchPage(ctx, f)
	if err != nil {
		return 0, err
	}
	found, err := list(ctx, q, readQueueRow, query, args...)
	if err != nil {
		return 0, err
	}
	for i, r := range found {
		if r.CandidateID == after && i+1 < len(found) {
			return found[i+1].CandidateID, nil
		}
	}
	if len(found) == 0 || found[0].CandidateID == after {
		return 0, intake.ErrNotFound
	}
	return found[0].CandidateID, nil
}
