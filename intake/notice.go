package intake

import (
	"fmt"
	"slices"
	"time"
)

// NoticeKind names what a notice tells.
type NoticeKind string

const (
	NoticeReceived     NoticeKind = "received"     // the submission arrived
	NoticeReturned     NoticeKind = "returned"     // 审核结果: n items to correct, until when
	NoticeRegistration NoticeKind = "registration" // only registration data are wrong: no photo mends that
	NoticeReminder     NoticeKind = "reminder"     // correction still missing
	NoticeOverdue      NoticeKind = "overdue"      // the deadline has passed
	NoticeSitePassed   NoticeKind = "site_passed"  // 考点通过
	NoticePassed       NoticeKind = "passed"       // 审核通过
	NoticeClosing      NoticeKind = "closing"      // the window closes soon and nothing was submitted
	NoticeAnswer       NoticeKind = "answer"       // staff answered a question
)

// NoticeKinds lists every kind, in the order config and check show them.
var NoticeKinds = append(slices.Clone(RoundKinds), NoticeAnswer)

// RoundKinds are those that speak about a round of the submission: the next step makes them moot.
var RoundKinds = []NoticeKind{
	NoticeReceived, NoticeReturned, NoticeRegistration, NoticeReminder, NoticeOverdue,
	NoticeSitePassed, NoticePassed, NoticeClosing,
}

// DeadlineKinds are those that hang on the deadline of a return: another deadline replaces them.
var DeadlineKinds = []NoticeKind{NoticeReminder, NoticeOverdue}

// Nudge says that a kind urges rather than tells a result: it keeps out of the quiet hours and
// under the caps.
func (k NoticeKind) Nudge() bool {
	return k == NoticeReminder || k == NoticeOverdue || k == NoticeClosing
}

// returns says that a kind tells of a return.
func (k NoticeKind) returns() bool { return k == NoticeReturned || k == NoticeRegistration }

// NoticeState is where a notice stands.
type NoticeState string

const (
	NoticeWaiting   NoticeState = "waiting"   // due later, or being tried
	NoticeSent      NoticeState = "sent"      // WeChat accepted it
	NoticeDelivered NoticeState = "delivered" // WeChat reported success
	NoticeFailed    NoticeState = "failed"    // will not arrive: heads the next reply, shown to staff
	NoticeCancelled NoticeState = "cancelled" // no longer true
)

// NoticeStates in the order staff see them.
var NoticeStates = []NoticeState{NoticeWaiting, NoticeSent, NoticeDelivered, NoticeFailed, NoticeCancelled}

// Road is the way a notice took.
type Road string

const (
	RoadTemplate  Road = "template"  // 模板消息
	RoadSubscribe Road = "subscribe" // 订阅通知
	RoadChat      Road = "chat"      // 客服消息, while the reply window is open
	RoadSMS       Road = "sms"       // 短信
)

// Notice is a promise to tell a candidate something at a time: written in the transaction
// that makes it true, cancelled in the one that makes it moot.
type Notice struct {
	ID          int64
	Kind        NoticeKind
	CandidateID int64
	Round       int    // of the submission it speaks about
	Key         string // unique: one promise, one row
	State       NoticeState
	DueAt       time.Time
	Attempts    int
	MsgID       int64  // WeChat's id of the message, for its delivery event
	ErrCode     int    // WeChat's last errcode
	Problem     string // why it failed, for staff; no personal data
	SentAt      time.Time
	Road        Road      // the way it went; empty: not sent
	Headed      bool      // its text already headed a chat reply
	OpenedAt    time.Time // when the candidate looked at the feedback after it went out; zero: not yet
}

// NoticesFor lists what a submission, decision or extension owes the candidate, from the case as
// it stands afterwards.
func NoticesFor(season *Season, c Case, now time.Time) []Notice {
	switch c.Submission.State {
	case Submitted:
		return []Notice{notice(c, NoticeReceived, 0, season.ResultAt(now))}
	case Returned:
		kind := NoticeReturned
		if c.dataOnly() {
			kind = NoticeRegistration
		}
		return append([]Notice{notice(c, kind, 0, season.ResultAt(now))}, deadlineNotices(season, c, c.Submission.ReturnedAt, 0)...)
	case SitePassed:
		return []Notice{notice(c, NoticeSitePassed, 0, season.ResultAt(now))}
	case Passed:
		return []Notice{notice(c, NoticePassed, 0, season.ResultAt(now))}
	}
	return nil
}

// deadlineNotices are the reminders before the deadline and the word after it; from is when the
// clock was set, first the number of the first one's key.
func deadlineNotices(season *Season, c Case, from time.Time, first int) []Notice {
	var notices []Notice
	deadline := c.Submission.DeadlineAt
	last := time.Time{}
	for i, due := range season.RemindersAt(from, deadline) {
		notices = append(notices, notice(c, NoticeReminder, first+i+1, due))
		last = due
	}
	due := deadline
	if next := last.Add(ReminderGap); !last.IsZero() && next.After(due) {
		due = next
	}
	return append(notices, notice(c, NoticeOverdue, first, season.Awake(due)))
}

// ClosingNotice warns a candidate who has not submitted that the window closes soon.
func ClosingNotice(season *Season, c Case, now time.Time) Notice {
	return notice(c, NoticeClosing, 0, season.Awake(now))
}

// AnswerNotice tells that staff answered; answer numbers the candidate's answers, so that each is
// told once.
func AnswerNotice(season *Season, c Case, answer int, now time.Time) Notice {
	return notice(c, NoticeAnswer, answer, season.ResultAt(now))
}

func notice(c Case, kind NoticeKind, n int, due time.Time) Notice {
	round := c.Submission.Round
	return Notice{
		Kind: kind, CandidateID: c.Candidate.ID, Round: round, State: NoticeWaiting, DueAt: due,
		Key: fmt.Sprintf("%d/%d/%s/%d", c.Candidate.ID, round, kind, n),
	}
}

// StillTrue says whether a notice still holds for the case as it stands now; the loop asks
// again just before sending.
func (n Notice) StillTrue(season *Season, c Case, now time.Time) bool {
	s := c.Submission
	if n.Kind == NoticeAnswer {
		return true
	}
	if s.Round != n.Round || n.Kind.Nudge() && !c.Candidate.WithdrawnAt.IsZero() { // whom the roster no longer has is urged to nothing
		return false
	}
	switch n.Kind {
	case NoticeReceived:
		return s.State == Submitted
	case NoticeReturned, NoticeRegistration:
		return s.State == Returned
	case NoticeReminder:
		return s.State == Returned && now.Before(s.DeadlineAt)
	case NoticeOverdue:
		// Once no correction is taken any more there is nothing left to urge.
		return s.State == Returned && !now.Before(s.DeadlineAt) && season.Window.Correcting(now)
	case NoticeSitePassed:
		return s.State == SitePassed
	case NoticePassed:
		return s.State == Passed
	case NoticeClosing:
		_, exempt := season.Exempt(c.Candidate.Attrs)
		return s.State == Collecting && season.Window.Open(now) && !exempt
	}
	return false
}

// dataOnly says that what was returned cannot be mended by sending photos.
func (c Case) dataOnly() bool {
	returned := false
	for _, item := range c.Items {
		if item.State == ItemReturned {
			if item.Resend {
				return false
			}
			returned = true
		}
	}
	return returned
}
