package templates

import (
	"slices"
	"time"

	"cailiao/intake"
)

// RosterPage is where a roster is brought in, with those of late.
type RosterPage struct {
	Frame
	Site    string // name of the only site whose candidates the account may bring in; empty: all
	Problem string // "", "none", or a code of review.RosterFault: what was wrong with the file sent
	Jobs    []RosterJobLine
}

// RosterJobLine is one roster of the list.
type RosterJobLine struct {
	URL     string
	Title   string
	State   string
	At      time.Time
	Total   int
	New     int
	Changed int
	Same    int
	Faults  int // problems found: it cannot come in
}

// RosterJobPage is one roster on its way in.
type RosterJobPage struct {
	Frame
	URL       string
	Version   int64
	Title     string
	State     string // as in storage
	Problem   string // "", "columns", "vanished", "conflict": what was wrong with the last form
	Fault     string // why it failed, see the words
	Done      int
	Total     int
	New       int // counts of what changes, or has changed
	Changed   int
	Same      int
	Vanished  int
	Withdrawn int
	Faults    int // problems
	Erased    int // were erased before, and are left out
	Back      int // were erased before, and came in again

	Found    bool // the header was recognised
	Known    bool // columns as chosen the last time
	Line     int  // of the header
	Columns  []RosterColumn
	Fields   []string // what a column may be read as
	Required []string

	ErasedLines []int               // the first ones
	Problems    []intake.RowProblem // the first ones
	NewOnes     []RosterLine
	ChangedOne  []RosterLine
	Gone        []RosterLine
	Report      bool // the lists above can still be told
}

// Running says that the page brings itself up to date.
func (p RosterJobPage) Running() bool { return p.State == "checking" || p.State == "importing" }

// Mapping says that the columns may be chosen.
func (p RosterJobPage) Mapping() bool {
	return p.Report && (p.State == "mapping" || p.State == "checked")
}

// Missing are the required columns that none is read as.
func (p RosterJobPage) Missing() []string {
	return slices.DeleteFunc(slices.Clone(p.Required), func(field string) bool {
		return slices.ContainsFunc(p.Columns, func(c RosterColumn) bool { return c.Field == field })
	})
}

// Idle says that nothing would change.
func (p RosterJobPage) Idle() bool { return p.New+p.Changed+p.Vanished+p.Erased == 0 }

// RosterColumn is one column of the file.
type RosterColumn struct {
	N       int // from 1
	Title   string
	Field   string // what it is read as; empty: not read
	Samples []string
}

// RosterLine is one candidate of a roster.
type RosterLine struct {
	URL     string // of the candidate's sheet; empty: new
	Line    int    // in the file; 0: not in it
	Number  string
	Name    string
	Site    string
	Bound   bool
	Changes []intake.RosterChange
}

func (RosterPage) page() string    { return "roster" }
func (RosterJobPage) page() string { return "roster-job" }
