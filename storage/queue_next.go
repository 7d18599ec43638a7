package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cailiao/intake"
)

// Place is where a submission stands in the queue's order; its text may stand in a URL.
type Place struct{ Round, Due, Submitted, Candidate int64 }

func (p Place) String() string {
	return fmt.Sprintf("%d.%d.%d.%d", p.Round, p.Due, p.Submitted, p.Candidate)
}

// ParsePlace reads what String wrote; ok is false when it is something else.
func ParsePlace(s string) (p Place, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return Place{}, false
	}
	for i, to := range []*int64{&p.Round, &p.Due, &p.Submitted, &p.Candidate} {
		n, err := strconv.ParseInt(parts[i], 10, 64)
		if err != nil {
			return Place{}, false
		}
		*to = n
	}
	return p, true
}

// NextInQueue returns the candidate that follows after in the queue (0: the first), also when
// after has left the queue meanwhile; past the end it begins again. intake.ErrNotFound when
// nobody else is there.
func (q Q) NextInQueue(ctx context.Context, f QueueFilter, after int64) (int64, error) {
	next, err := q.nextInQueue(ctx, f, after)
	return next, within("next in queue", err)
}

func (q Q) nextInQueue(ctx context.Context, f QueueFilter, after int64) (int64, error) {
	f, some, err := q.narrow(ctx, f)
	switch {
	case err != nil:
		return 0, err
	case !some:
		return 0, intake.ErrNotFound
	case f.Search != "":
		return q.nextFound(ctx, f, after)
	case f.Unbound:
		return q.nextUnbound(ctx, f, after)
	}
	p, err := one(ctx, q, readPlace, `SELECT first_round, due_order, submitted_at, candidate_id
		FROM submissions WHERE candidate_id = ?`, after)
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return 0, err
	}
	if f.Attr.Code != "" {
		if err == nil {
			f.Behind = &p
		}
		return q.nextWalked(ctx, f, after)
	}
	if err == nil {
		f.Behind = &p
		picked, args := f.pick("candidate_id", 1)
		next, err := one(ctx, q, value[int64], "SELECT candidate_id FROM ("+picked+") nearest ORDER BY "+queueOrder+" LIMIT 1", args...)
		if !errors.Is(err, intake.ErrNotFound) {
			return next, err
		}
		f.Behind = nil
	}
	query, args := f.picked("candidate_id", "candidate_id <> ?", []any{after}, 1)
	return one(ctx, q, firstOf, query, args...)
}

func readPlace(r row) (p Place, err error) {
	return p, r.Scan(&p.Round, &p.Due, &p.Submitted, &p.Candidate)
}

func firstOf(r row) (id int64, err error) {
	var p Place
	return id, r.Scan(&id, &p.Round, &p.Due, &p.Submitted)
}

// pick selects at most limit submissions of each part of the queue that may hold the page. A
// comparison of whole rows would find no range in MySQL's index, an OR none in SQLite's: so one
// look-up per column of the order.
func (f QueueFilter) pick(column string, limit int) (string, []any) {
	p, more := f.Behind, ">"
	if f.Before != nil {
		p, more = f.Before, "<"
	}
	if p == nil {
		return f.picked(column, "", nil, limit)
	}
	var parts []string
	var all []any
	for i, step := range []struct {
		term string
		args []any
	}{
		{"first_round = ? AND due_order = ? AND submitted_at = ? AND candidate_id " + more + " ?", []any{p.Round, p.Due, p.Submitted, p.Candidate}},
		{"first_round = ? AND due_order = ? AND submitted_at " + more + " ?", []any{p.Round, p.Due, p.Submitted}},
		{"first_round = ? AND due_order " + more + " ?", []any{p.Round, p.Due}},
		{"first_round " + more + " ?", []any{p.Round}},
	} {
		query, args := f.picked(column, step.term, step.args, limit)
		parts = append(parts, fmt.Sprintf("SELECT * FROM (%s) s%d", query, i))
		all = append(all, args...)
	}
	return strings.Join(parts, " UNION ALL "), all
}

// picked selects the submissions at the head of those who also satisfy term, with their place.
func (f QueueFilter) picked(column, term string, more []any, limit int) (string, []any) {
	where, args := f.where()
	switch {
	case term == "":
	case where == "":
		where = " WHERE " + term
	default:
		where += " AND " + term
	}
	columns := column
	for _, c := range []string{"candidate_id", "first_round", "due_order", "submitted_at"} {
		if c != column {
			columns += ", " + c
		}
	}
	return "SELECT " + columns + " FROM submissions" + where + " ORDER BY " + f.order() + " LIMIT ?", append(append(args, more...), limit)
}

// order is the queue's order. When few come into question, they are looked up and sorted: the
// sum keeps the engines from walking the order instead.
func (f QueueFilter) order() string {
	order := queueOrder
	if f.Before != nil {
		order = "first_round DESC, due_order DESC, submitted_at DESC, candidate_id DESC"
	}
	if f.few != nil {
		order = strings.Replace(order, "first_round", "first_round + 0", 1)
	}
	return order
}

const fewMost = 1000 // so many are looked up one by one; more are met on the way

// narrow looks up what makes the queue short: what the account holds, and a material few have.
// some is false when nobody is left.
func (q Q) narrow(ctx context.Context, f QueueFilter) (narrowed QueueFilter, some bool, err error) {
	if f.Item != "" {
		few, err := list(ctx, q, value[int64], "SELECT submission_id FROM items WHERE material = ? AND state IN "+marks(1, len(f.itemStates()))+" LIMIT ?",
			append(append([]any{f.Item}, f.itemStates()...), fewMost+1)...)
		if err != nil || len(few) == 0 {
			return f, false, err
		}
		if len(few) <= fewMost {
			f.few = few
		}
	}
	if f.Mine == 0 {
		return f, true, nil
	}
	held, err := q.HeldBy(ctx, f.Mine, f.Now)
	if err != nil || len(held) == 0 {
		return f, false, err
	}
	mine, err := list(ctx, q, value[int64], "SELECT id FROM submissions WHERE candidate_id IN "+marks(1, len(held)), args(held)...)
	if f.few != nil {
		mine = slices.DeleteFunc(mine, func(id int64) bool { return !slices.Contains(f.few, id) })
	}
	f.few = mine
	return f, len(mine) > 0, err
}

// itemStates are those in which a material is of interest in the filter's state.
func (f QueueFilter) itemStates() []any {
	switch f.State {
	case intake.Submitted:
		return []any{intake.ItemPending}
	case intake.SitePassed:
		return []any{intake.ItemSitePassed}
	case intake.Returned:
		return []any{intake.ItemReturned}
	}
	return []any{intake.ItemPending, intake.ItemReturned, intake.ItemSitePassed}
}

// narrower are the terms beside site and state, for submissions under a name and their
// candidate's id. They count instead of asking EXISTS, which MariaDB would turn into a join of
// everything.
func (f QueueFilter) narrower(submissions, candidate string) (terms []string, values []any) {
	if f.few != nil {
		terms, values = append(terms, submissions+".id IN "+marks(1, len(f.few))), append(values, args(f.few)...)
	} else if f.Item != "" {
		states := f.itemStates()
		terms = append(terms, "(SELECT COUNT(*) FROM items WHERE items.submission_id = "+submissions+".id AND items.material = ? AND items.state IN "+
			marks(1, len(states))+") > 0")
		values = append(append(values, f.Item), states...)
	}
	if f.Free != 0 {
		terms = append(terms, "(SELECT COUNT(*) FROM claims WHERE claims.candidate_id = "+candidate+" AND claims.until_at > ? AND claims.staff_id <> ?) = 0")
		values = append(values, micros(f.Now), f.Free)
	}
	return terms, values
}

const (
	walkStep = 500    // submissions read at once
	walkMost = 20_000 // and in one walk: what is rarer than one page in so many is looked for page by page
)

// walk reads the queue until it has a page of candidates with the filter's attribute: attributes
// may stand sealed, where the database cannot tell them apart.
func (q Q) walk(ctx context.Context, f QueueFilter) ([]QueueRow, error) {
	attr, want := f.Attr, f.limit()
	f.Attr, f.Limit = Attr{}, walkStep
	var found []QueueRow
	for read := 0; read < walkMost; read += walkStep {
		query, args := queuePage(f)
		rows, err := list(ctx, q, readQueueRow, query, args...)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if attr.of(r) {
				if found = append(found, r); len(found) == want {
					return found, nil
				}
			}
		}
		if len(rows) < walkStep {
			return found, nil
		}
		last := rows[len(rows)-1].Place
		if f.Before != nil {
			f.Before = &last
		} else {
			f.Behind = &last
		}
	}
	return found, nil
}

func (a Attr) of(r QueueRow) bool { return a.Code == "" || fmt.Sprint(r.Attrs[a.Code]) == a.Value }

// nextWalked is nextInQueue for a filter with an attribute.
func (q Q) nextWalked(ctx context.Context, f QueueFilter, after int64) (int64, error) {
	f.Limit = 1
	if f.Behind != nil {
		rows, err := q.walk(ctx, f)
		if err != nil || len(rows) > 0 {
			return first(rows), err
		}
		f.Behind = nil
	}
	f.Limit = 2
	rows, err := q.walk(ctx, f)
	if err != nil {
		return 0, err
	}
	rows = slices.DeleteFunc(rows, func(r QueueRow) bool { return r.CandidateID == after })
	if len(rows) == 0 {
		return 0, intake.ErrNotFound
	}
	return first(rows), nil
}

func first(rows []QueueRow) int64 {
	if len(rows) == 0 {
		return 0
	}
	return rows[0].CandidateID
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
	found = slices.DeleteFunc(found, func(r QueueRow) bool { return !f.Attr.of(r) })
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
