package templates

import (
	"time"

	"cailiao/intake"
)

// NoticesPage is how the notices stand.
type NoticesPage struct {
	Frame
	Steers      bool // pause, resume and requeue are offered
	Rows        []NoticeRow
	All         *NoticePause         // all kinds are paused; nil: they are not
	Due         bool                 // something is due
	Oldest      Span                 // for how long the oldest is
	Late        bool                 // too long
	State       intake.NoticeState   // of the list
	States      []intake.NoticeState // to choose from
	Site        string               // code of the list's; empty: all
	Sites       []intake.Site        // to choose from; none: the account has one
	Query       string               // the list's, for its forms
	Undelivered []UndeliveredRow
}

// NoticeRow is one kind with its numbers.
type NoticeRow struct {
	Kind                                        intake.NoticeKind
	Waiting, Sent, Delivered, Failed, Cancelled int
	Pause                                       *NoticePause // nil: not paused
}

// Add counts n notices in a state.
func (r *NoticeRow) Add(state intake.NoticeState, n int) {
	switch state {
	case intake.NoticeWaiting:
		r.Waiting += n
	case intake.NoticeSent:
		r.Sent += n
	case intake.NoticeDelivered:
		r.Delivered += n
	case intake.NoticeFailed:
		r.Failed += n
	case intake.NoticeCancelled:
		r.Cancelled += n
	}
}

// NoticePause is why and until when a kind is paused.
type NoticePause struct {
	Until  time.Time
	Reason string // "staff", "quota", "minute", "account"
}

// UndeliveredRow is a notice of the list.
type UndeliveredRow struct {
	ID      int64 // of the candidate
	Notice  int64 // of the notice
	Phone   string
	Full    bool      // the phone is in full
	Sent    time.Time // zero: it was not
	Opened  time.Time // when the candidate looked at the feedback; zero: not yet
	URL     string
	Number  string
	Name    string
	Site    string
	Kind    intake.NoticeKind
	At      time.Time // when it was due
	Code    int       // WeChat's error code
	Problem string
	Headed  bool // told in the chat since
}

// DeadlinePage is one candidate's deadline, with the form to extend it.
type DeadlinePage struct {
	Frame
	ID       int64
	Name     string
	Number   string
	Version  int64
	Open     bool // the case is returned, so there is a deadline
	Deadline time.Time
	Latest   time.Time // the end of corrections
	Most     string    // the same for the field
	Wish     string    // as filled in
	Reason   string
	Problem  string // "", "reason", "until", "long"
}

func (NoticesPage) page() string  { return "notices" }
func (DeadlinePage) page() string { return "deadline" }
