package templates

import (
	"time"

	"cailiao/intake"
)

// CasePage is what can be done with a candidate's whole case, apart from judging it.
type CasePage struct {
	Frame
	ID        int64
	Name      string
	Number    string
	State     intake.State
	Version   int64
	Photos    int
	Bound     bool
	BoundAt   time.Time
	Parted    time.Time // when the WeChat bound before stopped following; zero: it did not
	Withdrawn time.Time // zero: on the roster
	Admin     bool
	Returned  bool // there is a deadline
	Deadline  time.Time
	Reopens   bool // the account may reopen it now
	Items     []CaseItem

	Form    string // the form that was refused: "", "unbind", "reopen"
	Problem string // "", "reason", "long", "items", "late"
	Reason  string // as typed
	Chosen  []string
}

// CaseItem is one material that could be given back.
type CaseItem struct {
	Code   string
	Name   string
	State  intake.ItemState
	Chosen bool
}

func (CasePage) page() string { return "case" }
