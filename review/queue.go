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

// MostUnbound is how far those who are not bound are counted.
const MostUnbound = 100

const longestSearch = 40 // characters

// Filter says which part of the queue somebody looks at. The zero value is what waits for the
// account's own judgement.
type Filter struct {
	State   intake.State // empty: what waits for me, see Todo
	All     bool         // every state
	Unbound bool         // who is not bound, whatever the state; many of them have never been in the queue
	Search  string       // name, 报名号, or the last four of the ID number
	Asked   string       // what the caller calls the search; it comes back with the filter
	Overdue bool         // returned, and the deadline has passed
	Item    string       // code of a material that waits, or is returned
	Attr    storage.Attr // what kind of candidate; empty: all
	Mine    bool         // only those the account holds
	Page    int          // of a search, from 0
	From    string       // the place behind which the page begins, or with a "-" before it the one it ends at; empty: the beginning
}

// Queue is one page of it.
type Queue struct {
	Rows           []storage.QueueRow
	Counts         map[intake.State]int // of every state, whatever the filter
	Unbound        int                  // how many are not bound, MostUnbound: that many or more
	Filter         Filter               // as applied: State filled in
	Earlier, Later bool                 // there are pages before and behind
	Prev, Next     Filter               // which ask for them
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
	where.Limit = PageLength + 1
	if f.Search != "" {
		where.Offset = f.Page * PageLength
	} else if place, ok := storage.ParsePlace(strings.TrimPrefix(f.From, "-")); !ok {
		f.From = ""
	} else if strings.HasPrefix(f.From, "-") {
		where.Before = &place
	} else {
		where.Behind = &place
	}
	rows, err := d.DB.Queue(ctx, where)
	if err != nil {
		return Queue{}, fmt.Errorf("queue: %w", err)
	}
	counts, err := d.counts(ctx, where.Site)
	if err != nil {
		return Queue{}, fmt.Errorf("queue counts: %w", err)
	}
	unbound, err := d.DB.UnboundCount(ctx, where.Site, MostUnbound)
	if err != nil {
		return Queue{}, fmt.Errorf("queue counts: %w", err)
	}
	q := Queue{Rows: rows, Counts: counts, Unbound: unbound, Filter: f}
	q.cut(where)
	return q, nil
}

// cut takes away the row that only tells that there are more, and sets the neighbouring pages.
func (q *Queue) cut(where storage.QueueFilter) {
	more := len(q.Rows) > PageLength
	if more && where.Before != nil {
		q.Rows = q.Rows[1:]
	} else if more {
		q.Rows = q.Rows[:PageLength]
	}
	earlier, later := q.Filter, q.Filter
	switch {
	case q.Filter.Search != "":
		earlier.Page, later.Page = q.Filter.Page-1, q.Filter.Page+1
		q.Earlier, q.Later = q.Filter.Page > 0, more
	case len(q.Rows) == 0:
		earlier.From = ""
		q.Earlier = q.Filter.From != ""
	default:
		earlier.From = "-" + q.Rows[0].Place.String()
		later.From = q.Rows[len(q.Rows)-1].Place.String()
		q.Earlier = where.Behind != nil || where.Before != nil && more
		q.Later = where.Before != nil || more
	}
	q.Prev, q.Next = earlier, later
}

// Next is the candidate after this one in the queue (the first one for 0), within the filter;
// those that others hold are passed over.
// intake.ErrNotFound: there is none.
func (d *Desk) Next(ctx context.Context, staff intake.Staff, f Filter, after int64) (int64, error) {
	where := d.where(staff, f.applied(staff))
	where.Free = staff.ID
	id, err := d.DB.NextInQueue(ctx, where, after)
	if err != nil {
		return 0, fmt.Errorf("next in queue: %w", err)
	}
	return id, nil
}

func (f Filter) applied(staff intake.Staff) Filter {
	if f.Unbound { // nobody holds them, and nothing of theirs waits
		f = Filter{Unbound: true, Search: f.Search, Asked: f.Asked, Attr: f.Attr, Page: f.Page, From: f.From}
	} else if f.All {
		f.State = ""
	} else if f.State == "" {
		f.State = Todo(staff)
	}
	if f.Attr.Value == "" || f.Attr.Code == "" {
		f.Attr = storage.Attr{}
	}
	f.Page = max(0, min(f.Page, 100_000))
	f.Search = Words(f.Search)
	return f
}

// Words is what is searched for: one line, without spaces around it, not too long.
func Words(typed string) string {
	words := strings.Join(strings.Fields(strings.ToValidUTF8(typed, "")), " ")
	if utf8.RuneCountInString(words) > longestSearch {
		words = string([]rune(words)[:longestSearch])
	}
	return words
}

// where bounds a filter by what the account may see at all.
func (d *Desk) where(staff intake.Staff, f Filter) storage.QueueFilter {
	where := storage.QueueFilter{State: f.State, Unbound: f.Unbound, Search: f.Search, Overdue: f.Overdue, Item: f.Item, Attr: f.Attr, Now: d.now()}
	if f.Mine {
		where.Mine = staff.ID
	}
	if staff.OfSite() {
		where.Site = staff.Site
	}
	return where
}
