package templates

import (
	"slices"
	"strconv"
	"time"

	"cailiao/intake"
)

// Frame is what every page shows around its own matter. Times in views are in the season's
// location; zero times are not shown.
type Frame struct {
	Season string // its name
	User   *User  // nil: not signed in
	Flash  string // code of a message left by the page before: the words are in _words.html
	Path   string // of a link that goes with Flash
	Undo   *Undo  // goes with Flash; nil: nothing to take back
}

// Undo is a decision that can still be taken back.
type Undo struct {
	Action  string
	Version int64
	Filter  string
	Left    int // milliseconds
}

// User is who is signed in.
type User struct {
	Name string
	Role intake.Role
	Site string // name of the exam site, for role site

	Bound  bool // has a duty to do first: no other page is open
	People bool // looks after other accounts
	Log    bool // reads the audit log

	Waiting func() int // questions to answer, MostWaiting: that many or more; asked only where it is shown. nil: none

	ID   int64
	Left int // seconds until the session ends, if nothing is done
	Step int // seconds after which doing something counts again
}

// MostWaiting is where the count of waiting questions ends.
const MostWaiting = 100

// Asked is how many questions wait, as shown: empty for none.
func (u User) Asked() string {
	if u.Bound || u.Waiting == nil {
		return ""
	}
	switch n := u.Waiting(); {
	case n <= 0:
		return ""
	case n >= MostWaiting:
		return strconv.Itoa(MostWaiting-1) + "+"
	default:
		return strconv.Itoa(n)
	}
}

// LoginPage is the sign-in form.
type LoginPage struct {
	Frame
	Name    string // as typed before
	Problem string // "", "bad", "many", "expired", "initial"
	Next    string // where to go afterwards
}

// ProblemPage tells what went wrong, by HTTP status.
type ProblemPage struct {
	Frame
	Status int
	Cause  string // "", "same-person": a status alone would not help
}

// QueuePage lists candidates.
type QueuePage struct {
	Frame
	Tabs    []Tab
	State   intake.State // current tab; empty: all; "unbound": who is not bound, in any state
	Search  string
	Lost    bool // what was searched for is gone
	Overdue bool
	Items   []Choice // materials to look for
	Kinds   []Choice // kinds of candidates
	Mine    bool     // only those the account holds
	Rows    []QueueRow
	First   int    // number of the first row
	Sites   bool   // show the exam site column
	Filter  string // as a query, sent along with an order for many
	Start   string // URL of the first open candidate of this list; empty: none
	Prev    string // URLs of the neighbouring pages; empty: none
	Next    string

	Everywhere string // URL of the same search in every state; empty: this is it, or there is no search
}

// Unbound says that it lists who is not bound.
func (q QueuePage) Unbound() bool { return q.State == "unbound" }

// Deadlines says that the list may hold candidates with a deadline.
func (q QueuePage) Deadlines() bool { return q.State == intake.Returned || q.State == "" }

// Choice is one of a list to choose from.
type Choice struct {
	Value  string
	Label  string
	Chosen bool
}

// Narrowed says that the list shows a part only.
func (q QueuePage) Narrowed() bool {
	chosen := func(c Choice) bool { return c.Chosen }
	return q.Search != "" || q.Overdue || q.Mine || slices.ContainsFunc(q.Items, chosen) || slices.ContainsFunc(q.Kinds, chosen)
}

// Tab is one state of the queue with its count.
type Tab struct {
	State   intake.State // empty: all
	Param   string       // its value in the URL
	Count   int
	More    bool // or more of them
	URL     string
	Current bool
	Mine    bool // waits for this account's role
}

// QueueRow is one candidate of the list.
type QueueRow struct {
	ID          int64
	URL         string
	Number      string
	Name        string
	Site        string
	Kind        string // level and category in the season's words
	State       intake.State
	Round       int
	Since       time.Time // submitted or returned, by state
	Waited      Span
	Deadline    time.Time
	Left        Span
	Overdue     bool
	Soon        bool // less than two hours left
	Photos      int
	Undelivered bool
	Holder      string // who has its sheet open; empty: nobody
	Unbound     bool
	Withdrawn   bool // no longer on the roster
}

// Span is a length of time in whole units, the largest one or two of which are shown.
type Span struct {
	Days, Hours, Minutes int
}

// SpanOf rounds down to minutes; a negative length is its absolute value.
func SpanOf(d time.Duration) Span {
	minutes := int(d.Abs().Minutes())
	return Span{Days: minutes / (24 * 60), Hours: minutes / 60 % 24, Minutes: minutes % 60}
}
