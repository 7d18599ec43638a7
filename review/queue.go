package review

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"cailiao/intake"
	"cailiao/storage"
)

// PageLength is how many candidates a page of the queue lists.
const PageLength = 50

const longestSearch = 40 // characters

// Filter says which part of the queue somebody looks at. The zero value is what waits for the
// account's own judgement.
type Filter struct {
	State   intake.State // empty: what waits for me, see Todo
	All     bool         // every state
	Search  string       // name, 报名号, or the last four of the ID number
	Overdue bool         // returned, and the deadline has passed
	Page    int          // from 0
}

// Queue is one page of it.
type Queue struct {
	Rows   []storage.QueueRow
	Counts map[intake.State]int // of every state, whatever the filter
	Filter Filter               // as applied: State filled in
	More   bool                 // there is another page
}

// Todo is the state that waits for the account's judgement.
func Todo(staff intake.Staff) intake.State {
	if staff.OfArea() {
		return intake.SitePassed
	}
	return intake.Submitted
}

// Queue lists the candidates the account may see: returned and sent again first, then the
// nearest deadline, then the oldest.
func (d *Desk) Queue(ctx context.Context, staff intake.Staff, f Filter) (Queue, error) {
	f = f.applied(staff)
	where := d.where(staff, f)
	where.Limit, where.Offset = PageLength+1, f.Page*PageLength
	rows, err := d.DB.Queue(ctx, where)
	if err != nil {
		return Queue{}, fmt.Errorf("queue: %w", err)
	}
	counts, err := d.counts(ctx, where.Site)
	if err != nil {
		return Queue{}, fmt.Errorf("queue counts: %w", err)
	}
	q := Queue{Rows: rows, Counts: counts, Filter: f}
	if len(rows) > PageLength {
		q.Rows, q.More = rows[:PageLength], true
	}
	return q, nil
}

// Next is the candidate after this one in the queue (the first one for 0), within the filter.
// intake.ErrNotFound: there is none.
func (d *Desk) Next(ctx context.Context, staff intake.Staff, f Filter, after int64) (int64, error) {
	id, err := d.DB.NextInQueue(ctx, d.where(staff, f.applied(staff)), after)
	if err != nil {
		return 0, fmt.Errorf("next in queue: %w", err)
	}
	return id, nil
}

func (f Filter) applied(staff intake.Staff) Filter {
	if f.All {
		f.State = ""
	} else if f.State == "" {
		f.State = Todo(staff)
	}
	f.Page = max(0, min(f.Page, 100_000))
	f.Search = strings.Join(strings.Fields(strings.ToValidUTF8(f.Search, "")), " ")
	if utf8.RuneCountInString(f.Search) > longestSearch {
		f.Search = string([]rune(f.Search)[:longestSearch])
	}
	return f
}

// where bounds a filter by what the account may see at all.
func (d *Desk) where(staff intake.Staff, f Filter) storage.QueueFilter {
	where := storage.QueueFilter{State: f.State, Search: f.Search, Overdue: f.Overdue, Now: d.now()}
	if staff.OfSite() {
		where.Site = staff.Site
	}
	return where
}
