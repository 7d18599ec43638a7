package intake

import (
	"fmt"
	"time"
)

// NoticeKind names a template message.
type NoticeKind string

const (
	NoticeReturned   NoticeKind = "returned"    // 审核结果: n items to correct, until when
	NoticeReminder   NoticeKind = "reminder"    // correction still missing
	NoticeSitePassed NoticeKind = "site_passed" // 考点通过
	NoticePassed     NoticeKind = "passed"      // 审核通过
)

// NoticeKinds lists every kind, in the order config and check show them.
var NoticeKinds = []NoticeKind{NoticeReturned, NoticeReminder, NoticeSitePassed, NoticePassed}

// NoticeState is where a notice stands.
type NoticeState string

const (
	NoticeWaiting   NoticeState = "waiting"   // due later, or being tried
	NoticeSent      NoticeState = "sent"      // WeChat accepted it
	NoticeDelivered NoticeState = "delivered" // WeChat reported success
	NoticeFailed    NoticeState = "failed"    // will not arrive: heads the next reply, shown to staff
	NoticeCancelled NoticeState = "cancelled" // no longer true
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
	Headed      bool // its text already headed a chat reply
}

// NoticesFor lists what a decision owes the candidate, from the case as decided.
func NoticesFor(season *Season, c Case, now time.Time) []Notice {
	switch c.Submission.State {
	case Returned:
		round := c.Submission.Round
		notices := []Notice{notice(c, NoticeReturned, round, 0, season.ResultAt(now))}
		for i, due := range season.RemindersAt(c.Submission.ReturnedAt, c.Submission.DeadlineAt) {
			notices = append(notices, notice(c, NoticeReminder, round, i+1, due))
		}
		return notices
	case SitePassed:
		return []Notice{notice(c, NoticeSitePassed, c.Submission.Round, 0, season.ResultAt(now))}
	case Passed:
		return []Notice{notice(c, NoticePassed, c.Submission.Round, 0, season.ResultAt(now))}
	}
	return nil
}

func notice(c Case, kind NoticeKind, round, n int, due time.Time) Notice {
	return Notice{
		Kind: kind, CandidateID: c.Candidate.ID, Round: round, State: NoticeWaiting, DueAt: due,
		Key: fmt.Sprintf("%d/%d/%s/%d", c.Candidate.ID, round, kind, n),
	}
}

// StillTrue says whether a notice still holds for the case as it stands now; the loop asks
// again just before sending.
func (n Notice) StillTrue(c Case, now time.Time) bool {
	s := c.Submission
	if s.Round != n.Round {
		return false
	}
	switch n.Kind {
	case NoticeReturned:
		return s.State == Returned
	case NoticeReminder:
		return s.State == Returned && now.Before(s.DeadlineAt)
	case NoticeSitePassed:
		return s.State == SitePassed
	case NoticePassed:
		return s.State == Passed
	}
	return false
}
