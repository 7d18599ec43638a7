package templates

import (
	"slices"
	"time"

	"cailiao/intake"
)

// SheetPage is one candidate, ready to be judged.
type SheetPage struct {
	Frame
	URL      string // of this sheet, with the queue's filter
	Action   string // where the decision goes
	PhoneURL string // where the phone number is asked for
	Queue    string // back to the list
	NextURL  string // the following candidate without a decision; empty: none
	Filter   string // the queue's filter as a query, sent along with the decision
	Lost     bool   // what was searched for is gone: the following candidate is not one of those
	Banner   string // "", "conflict", "incomplete", "reason", "long": code of what went wrong with the last try
	Level    string // "site" or "area": what a decision now would be

	Candidate intake.Candidate // ID, Number, Name and Site only are shown from here
	Kind      string           // level and category in the season's words
	SiteName  string
	State     intake.State
	Round     int
	Version   int64
	Submitted time.Time
	Waited    Span
	Deadline  time.Time
	Left      Span
	Overdue   bool
	Exempt    string        // the season's words
	Phone     string        // masked, or in full when it was asked for
	Full      bool          // the phone is in full
	WhyNot    string        // why no decision: "", "same-person", "held", "led", "role", "state"
	Claim     string        // token of the account's claim; empty: it holds nothing
	Holder    string        // name of another who holds it
	HeldFor   Span          // how long they still do
	TakesOver bool          // the account may take it from them
	SendsBack bool          // the account may send it back to the site
	Site      *PastDecision // what the exam site decided, for the area
	Back      *PastDecision // that the area sent it back, for the site
	Proposed  *PastDecision // the final return another person must confirm

	Items   []SheetItem
	Waiting int // items that wait for a judgement

	Decisions []PastDecision // newest first
	Notices   []NoticeLine   // newest first
	Events    []EventLine    // newest first
}

// Decidable says that the form is offered.
func (s SheetPage) Decidable() bool { return s.WhyNot == "" }

// Undelivered says that a notice did not arrive.
func (s SheetPage) Undelivered() bool {
	return slices.ContainsFunc(s.Notices, func(n NoticeLine) bool { return n.State == intake.NoticeFailed })
}

// Field is one piece of registration data; without a Label its Code has words of its own.
type Field struct {
	Code, Label, Text string
	Flag, Yes, Long   bool
	Usual             bool   // as for most: shown small
	N                 int    // position among those shown large, from 1
	Mark              string // "", "right", "wrong": as filled in
}

// SheetItem is one material of the sheet.
type SheetItem struct {
	Code        string
	Name        string
	Requirement string
	Why         string
	Example     string // URL of the example picture
	Optional    bool
	State       intake.ItemState
	Waiting     bool    // for a judgement
	Choose      bool    // by the one who looks at it
	Fields      []Field // registration data to hold against the pictures
	Doubtful    bool
	Keys        string   // the reasons with a key, in order, so that they keep it
	Boxes       []string // frames filled in, as the form carries them
	Fresh       bool     // a corrected picture, not seen before
	Photos      []SheetPhoto
	Earlier     []SheetPhoto // replaced since
	Reasons     []ReasonChoice
	Given       []string // reasons of the last return, in words
	GivenRound  int
	Told        string // the comment given with them
	Kept        string // the internal note kept with the last judgement

	// What is filled in: after a refused try, as typed.
	Verdict string // "", "pass", "return"
	Comment string
	Note    string
}

// Telling are the fields to hold against the pictures.
func (i SheetItem) Telling() []Field {
	list := slices.DeleteFunc(slices.Clone(i.Fields), func(f Field) bool { return f.Usual })
	for n := range list {
		list[n].N = n + 1
	}
	return list
}

// Last is the picture that was replaced last, to hold the new one against; none or one.
func (i SheetItem) Last() []SheetPhoto { return i.Earlier[max(0, len(i.Earlier)-1):] }

// Usual are the fields that are as for most candidates.
func (i SheetItem) Usual() []Field {
	return slices.DeleteFunc(slices.Clone(i.Fields), func(f Field) bool { return !f.Usual })
}

// Keyed are the reasons with a key.
func (i SheetItem) Keyed() []ReasonChoice {
	return slices.DeleteFunc(slices.Clone(i.Reasons), func(r ReasonChoice) bool { return r.Key == 0 })
}

// Others are the reasons without a key.
func (i SheetItem) Others() []ReasonChoice {
	return slices.DeleteFunc(slices.Clone(i.Reasons), func(r ReasonChoice) bool { return r.Key != 0 })
}

// OthersChosen says that one of them is chosen.
func (i SheetItem) OthersChosen() bool {
	return slices.ContainsFunc(i.Others(), func(r ReasonChoice) bool { return r.Chosen })
}

// ReasonChoice is a preset reason with its key on the keyboard.
type ReasonChoice struct {
	Item   string // code of the material
	Code   string
	Label  string
	Fix    string
	Note   string // for staff only
	Kind   intake.ReasonKind
	Key    int // 1 to 9; 0: none
	Chosen bool
}

// SheetPhoto is one picture of an item.
type SheetPhoto struct {
	ID       int64
	N        int // position among the item's pictures, from 1
	Round    int
	Width    int
	Height   int
	Thumb    string // URLs
	Screen   string
	Copy     string
	Original string
	Doubts   []intake.Verdict
	Received time.Time
	Fresh    bool
	Turn     int          // quarter turns
	Frames   []intake.Box // drawn by earlier decisions
}

// PastDecision is a decision made earlier.
type PastDecision struct {
	At       time.Time
	By       string
	Level    string
	Round    int
	Passed   int
	Returned []PastReturn
	Note     string // why it went back to the site
	Undone   bool
}

// PastReturn is one item returned then.
type PastReturn struct {
	Name    string
	Reasons []string
	Comment string
	Note    string
	Boxes   int     // frames drawn
	Wrong   []Field // data that did not fit
}

// NoticeLine is one notice with what became of it.
type NoticeLine struct {
	Opened  time.Time // when the candidate looked at the feedback; zero: not yet
	Kind    intake.NoticeKind
	State   intake.NoticeState
	At      time.Time // sent, or due
	Code    int       // WeChat's error code
	Problem string
	Headed  bool
}

// EventLine is one line of the audit log.
type EventLine struct {
	At     time.Time
	By     string // account name; empty: see Actor
	Actor  string // "candidate", "system", …
	Action string
}

func (LoginPage) page() string   { return "login" }
func (ProblemPage) page() string { return "problem" }
func (QueuePage) page() string   { return "queue" }
func (SheetPage) page() string   { return "sheet" }
