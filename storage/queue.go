package storage

import (
	"context"
	"fmt"
	"slices"
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
	Item    string       // only those of whom this material waits, or is returned; empty: all
	Attr    Attr         // only candidates with this attribute
	Unbound bool         // only candidates who are not bound, whatever the state; Item, Mine, Free and Overdue do not go with it
	Mine    int64        // only those this account holds
	Free    int64        // not those that others than this account hold; for NextInQueue
	Now     time.Time    // for Overdue, Mine and Free
	Limit   int          // rows at most; 0: 50
	Offset  int          // of a search, which is bounded; other pages begin behind a place
	Behind  *Place       // nil: from the beginning
	Before  *Place       // the page that ends there

	few []int64 // submissions that come into question, when they are few
}

// Attr is an attribute with its value.
type Attr struct{ Code, Value string }

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
	Place       Place     // in the queue's order
	Holder      Hold      // who holds it now; without StaffID nobody
	Unbound     bool      // no WeChat user is tied to the candidate
	Withdrawn   bool      // a newer roster no longer has the candidate
}

const (
	queueLimit = 50
	queueOrder = "first_round, due_order, submitted_at, candidate_id"
)

// Queue lists submissions for staff: resubmitted ones first, then the nearest deadline, then
// the longest submitted. A search also finds candidates who never bound. The cost grows neither
// with the number of candidates nor with the page.
func (q Q) Queue(ctx context.Context, f QueueFilter) ([]QueueRow, error) {
	f, some, err := q.narrow(ctx, f)
	if err != nil || !some {
		return nil, within("queue", err)
	}
	rows, err := q.queueRows(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	if f.Before != nil && f.Search == "" {
		slices.Reverse(rows)
	}
	return rows, within("queue", q.fillQueue(ctx, rows, f.Now))
}

func (q Q) queueRows(ctx context.Context, f QueueFilter) ([]QueueRow, error) {
	switch {
	case f.Search == "" && f.Attr.Code != "":
		return q.walk(ctx, f)
	case f.Search == "":
		query, args := queuePage(f)
		return list(ctx, q, readQueueRow, query, args...)
	}
	offset, limit := f.Offset, f.limit()
	if f.Attr.Code != "" { // a search finds so few that they can be looked through
		f.Offset, f.Limit = 0, 3*searchLimit
	} else {
		offset = 0
	}
	query, args, err := q.searchPage(ctx, f)
	if err != nil {
		return nil, err
	}
	rows, err := list(ctx, q, readQueueRow, query, args...)
	rows = slices.DeleteFunc(rows, func(r QueueRow) bool { return !f.Attr.of(r) })
	return rows[min(offset, len(rows)):min(offset+limit, len(rows))], err
}

// queuePage picks the page on an index alone, before candidates are joined.
func queuePage(f QueueFilter) (string, []any) {
	if f.Unbound {
		return unboundPage(f)
	}
	picked, args := f.pick("id", f.limit())
	order := "s.first_round, s.due_order, s.submitted_at, s.candidate_id"
	if f.Before != nil {
		order = "s.first_round DESC, s.due_order DESC, s.submitted_at DESC, s.candidate_id DESC"
	}
	return "SELECT " + queueColumns + " FROM (" + picked + `) page JOIN submissions s ON s.id = page.id
		JOIN candidates c ON c.id = s.candidate_id ORDER BY ` + order + " LIMIT ?", append(args, f.limit())
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
	more, values := f.narrower("submissions", "submissions.candidate_id")
	terms, args = append(terms, more...), append(args, values...)
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
	if f.Unbound {
		terms = append(terms, "c.openid IS NULL")
	}
	if f.State != "" {
		terms, args = append(terms, "COALESCE(s.state, ?) = ?"), append(args, intake.Collecting, f.State)
	}
	if f.Overdue {
		terms, args = append(terms, "s.state = ? AND s.due_order < ?"), append(args, intake.Returned, micros(f.Now))
	}
	more, values := f.narrower("s", "c.id")
	terms, args = append(terms, more...), append(args, values...)
	if len(terms) > 0 {
		query += " WHERE " + strings.Join(terms, " AND ")
	}
	query += ` ORDER BY COALESCE(s.first_round, 2), s.due_order, s.submitted_at, c.id LIMIT ? OFFSET ?`
	return query, append(args, f.limit(), f.Offset), nil
}

const queueColumns = `c.id, c.number, c.name, c.site, c.attrs, s.state, s.round, s.submitted_at, s.deadline_at,
	s.returned_at, s.updated_at, s.first_round, s.due_order, c.openid IS NULL, c.withdrawn_at > 0`

func readQueueRow(r row) (l QueueRow, err error) {
	l.State, l.Round = intake.Collecting, 1
	var state *intake.State
	var round *int
	err = r.Scan(&l.CandidateID, &l.Number, unseal(&l.Name, "candidates.name", &l.Number), &l.Site,
		attrs{&l.Attrs}, &state, &round,
		moment{&l.SubmittedAt}, moment{&l.DeadlineAt}, moment{&l.ReturnedAt}, moment{&l.UpdatedAt},
		blank(&l.Place.Round), blank(&l.Place.Due), &l.Unbound, &l.Withdrawn)
	l.Place.Submitted, l.Place.Candidate = micros(l.SubmittedAt), l.CandidateID
	if state != nil && round != nil {
		l.State, l.Round = *state, *round
	}
	return l, err
}

// fillQueue adds what is counted, for the rows of one page only.
func (q Q) fillQueue(ctx context.Context, rows []QueueRow, now time.Time) error {
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
	candidates := make([]int64, len(rows))
	for i, r := range rows {
		candidates[i] = r.CandidateID
	}
	holders, err := q.HeldAmong(ctx, candidates, now)
	for _, h := range holders {
		at[h.CandidateID].Holder = h
	}
	return err
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
