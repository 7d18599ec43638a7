package storage

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cailiao/intake"
)

const noticeColumns = `id, kind, candidate_id, round, notice_key, state, due_at, attempts, msg_id, err_code, problem,
	sent_at, road, headed, opened_at`

func readNotice(r row) (n intake.Notice, err error) {
	err = r.Scan(&n.ID, &n.Kind, &n.CandidateID, &n.Round, &n.Key, &n.State, moment{&n.DueAt}, &n.Attempts, &n.MsgID,
		&n.ErrCode, &n.Problem, moment{&n.SentAt}, &n.Road, &n.Headed, moment{&n.OpenedAt})
	return n, err
}

// AddNotices stores promises, in the transaction that makes them; one whose Key is known is
// left as it is.
func (q Q) AddNotices(ctx context.Context, notices []intake.Notice) error {
	err := q.atomic(ctx, func(tx Q) error {
		for _, n := range notices {
			if n.State == "" {
				n.State = intake.NoticeWaiting
			}
			_, err := tx.exec(ctx, `INSERT INTO notices (notice_key, kind, candidate_id, round, state, due_at, attempts,
					lease_until, owner, msg_id, err_code, problem, sent_at, headed, closed_at)
				VALUES (?, ?, ?, ?, ?, ?, 0, 0, '', 0, 0, '', 0, 0, 0)`,
				n.Key, n.Kind, n.CandidateID, n.Round, n.State, micros(n.DueAt))
			if err != nil && !isConflict(err) {
				return err
			}
		}
		return nil
	})
	return within("add notices", err)
}

// RearmNotices brings cancelled reminders of a round back that are still to come, when what
// made them moot is taken back.
func (q Q) RearmNotices(ctx context.Context, candidateID int64, round int, now time.Time) error {
	_, err := q.exec(ctx, `UPDATE notices SET state = ?, closed_at = 0, problem = ''
		WHERE candidate_id = ? AND state = ? AND round = ? AND kind = ? AND due_at > ?`,
		intake.NoticeWaiting, candidateID, intake.NoticeCancelled, round, intake.NoticeReminder, micros(now))
	return within("rearm notices", err)
}

// CancelNotices cancels what still waits of a candidate's round, of some kinds or, without
// kinds, of all; it returns how many.
func (q Q) CancelNotices(ctx context.Context, candidateID int64, round int, kinds ...intake.NoticeKind) (int64, error) {
	query := "UPDATE notices SET state = ? WHERE candidate_id = ? AND state = ? AND round = ?"
	all := []any{intake.NoticeCancelled, candidateID, intake.NoticeWaiting, round}
	if len(kinds) > 0 {
		query += " AND kind IN " + marks(1, len(kinds))
		all = append(all, args(kinds)...)
	}
	n, err := q.exec(ctx, query, all...)
	return n, within(fmt.Sprintf("cancel notices of candidate %d", candidateID), err)
}

// Sending is how a notice went out.
type Sending struct {
	Road  intake.Road
	MsgID int64 // WeChat's; 0: it gave none
	At    time.Time
}

// NoticeSent notes that a notice was accepted. Its delivery event may have been faster; then the notice is at once what that event said. A notice
// cancelled while it was being sent was sent nevertheless.
func (q Q) NoticeSent(ctx context.Context, id int64, sent Sending) error {
	err := q.atomic(ctx, func(tx Q) error {
		// First the row, then the event; NoticeEvent does the opposite. The event is read with a
		// lock, to wait for one that is just being stored: so one of the two sees the other.
		err := tx.execOne(ctx, intake.ErrConflict, `UPDATE notices
			SET state = ?, msg_id = ?, road = ?, sent_at = ?, err_code = 0, problem = '', lease_until = 0, owner = ''
			WHERE id = ? AND state IN (?, ?)`,
			intake.NoticeSent, sent.MsgID, sent.Road, micros(sent.At), id, intake.NoticeWaiting, intake.NoticeCancelled)
		if err != nil || sent.MsgID == 0 {
			return err
		}
		events, err := list(ctx, tx, readDelivery, "SELECT ok, problem FROM delivery_events WHERE msg_id = ?"+
			tx.home.dialect.forUpdate(), sent.MsgID)
		if err != nil || len(events) == 0 {
			return err
		}
		_, err = tx.deliver(ctx, sent.MsgID, events[0], sent.At)
		return err
	})
	return within(fmt.Sprintf("notice %d sent", id), err)
}

// NoticeEvent notes what became of the message msgID. found is false when no notice has that
// id: it may be about to get it, and NoticeSent will look here.
func (q Q) NoticeEvent(ctx context.Context, msgID int64, ok bool, problem string, now time.Time) (found bool, err error) {
	if msgID == 0 {
		return false, nil
	}
	err = q.atomic(ctx, func(tx Q) error {
		_, err := tx.exec(ctx, "INSERT INTO delivery_events (msg_id, ok, problem, received_at) VALUES (?, ?, ?, ?)",
			msgID, ok, problem, micros(now))
		if err != nil && !isConflict(err) { // told twice
			return err
		}
		found, err = tx.deliver(ctx, msgID, delivery{ok, problem}, now)
		return err
	})
	return found, within("delivery event", err)
}

type delivery struct {
	ok      bool
	problem string
}

func readDelivery(r row) (d delivery, err error) { return d, r.Scan(&d.ok, &d.problem) }

// passing are the failures of WeChat's own, with the time after which the notice is sent once
// more: later than the 10 minutes for which WeChat takes it for the same message.
var passing = []struct {
	failure string
	after   time.Duration
}{{"system failed", 11 * time.Minute}, {"freq limit", 2 * time.Hour}}

const passingMost = 3 // tries of a notice, the first included, that end in such a failure

// deliver moves a sent notice on; one that was moved before stays. It looks first, with a lock:
// an UPDATE may pass by a row that is just getting its msg_id.
func (q Q) deliver(ctx context.Context, msgID int64, d delivery, now time.Time) (found bool, err error) {
	rows, err := list(ctx, q, readNotice, "SELECT "+noticeColumns+" FROM notices WHERE msg_id = ?"+q.home.dialect.forUpdate(), msgID)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	for _, n := range rows {
		if err := q.deliverOne(ctx, n, d, now); err != nil {
			return true, err
		}
	}
	return true, nil
}

// deliverOne: a notice that is to go out again has not been seen, so it counts as not sent.
func (q Q) deliverOne(ctx context.Context, n intake.Notice, d delivery, now time.Time) error {
	if d.ok {
		_, err := q.exec(ctx, "UPDATE notices SET state = ?, problem = '', closed_at = ? WHERE id = ? AND state = ?",
			intake.NoticeDelivered, micros(now), n.ID, intake.NoticeSent)
		return err
	}
	for _, p := range passing {
		if strings.Contains(d.problem, p.failure) && n.Attempts+1 < passingMost {
			_, err := q.exec(ctx, `UPDATE notices SET state = ?, due_at = ?, sent_at = 0, msg_id = 0, attempts = attempts + 1, problem = ?
				WHERE id = ? AND state = ?`, intake.NoticeWaiting, micros(now.Add(p.after)), d.problem, n.ID, intake.NoticeSent)
			return err
		}
	}
	_, err := q.exec(ctx, "UPDATE notices SET state = ?, problem = ?, closed_at = ? WHERE id = ? AND state = ?",
		intake.NoticeFailed, d.problem, micros(now), n.ID, intake.NoticeSent)
	return err
}

// NoticeRetry counts a try that failed for a passing reason and frees the notice until due.
func (q Q) NoticeRetry(ctx context.Context, id int64, due time.Time, code int, problem string) error {
	_, err := q.exec(ctx, `UPDATE notices
		SET attempts = attempts + 1, due_at = ?, err_code = ?, problem = ?, lease_until = 0, owner = ''
		WHERE id = ? AND state = ?`, micros(due), code, problem, id, intake.NoticeWaiting)
	return within(fmt.Sprintf("retry notice %d", id), err)
}

// NoticeFailed gives a notice up: it will head the next reply, and staff see it.
func (q Q) NoticeFailed(ctx context.Context, id int64, code int, problem string, now time.Time) error {
	_, err := q.exec(ctx, `UPDATE notices
		SET state = ?, attempts = attempts + 1, err_code = ?, problem = ?, closed_at = ?, lease_until = 0, owner = ''
		WHERE id = ? AND state = ?`, intake.NoticeFailed, code, problem, micros(now), id, intake.NoticeWaiting)
	return within(fmt.Sprintf("fail notice %d", id), err)
}

// NoticeCancel cancels a waiting notice that is no longer true; why is for staff.
func (q Q) NoticeCancel(ctx context.Context, id int64, why string) error {
	_, err := q.exec(ctx, "UPDATE notices SET state = ?, problem = ?, lease_until = 0, owner = '' WHERE id = ? AND state = ?",
		intake.NoticeCancelled, why, id, intake.NoticeWaiting)
	return within(fmt.Sprintf("cancel notice %d", id), err)
}

// Notices lists all notices of a candidate in the order in which they were promised.
func (q Q) Notices(ctx context.Context, candidateID int64) ([]intake.Notice, error) {
	notices, err := list(ctx, q, readNotice, "SELECT "+noticeColumns+" FROM notices WHERE candidate_id = ? ORDER BY id", candidateID)
	return notices, within(fmt.Sprintf("notices of candidate %d", candidateID), err)
}

// FailedUnheaded lists the notices of a candidate that did not arrive and were not yet told in chat.
func (q Q) FailedUnheaded(ctx context.Context, candidateID int64) ([]intake.Notice, error) {
	notices, err := list(ctx, q, readNotice, "SELECT "+noticeColumns+` FROM notices
		WHERE candidate_id = ? AND state = ? AND headed = 0 ORDER BY id`, candidateID, intake.NoticeFailed)
	return notices, within(fmt.Sprintf("failed notices of candidate %d", candidateID), err)
}

// MarkHeaded notes that notices were told in chat.
func (q Q) MarkHeaded(ctx context.Context, ids ...int64) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := q.exec(ctx, "UPDATE notices SET headed = 1 WHERE id IN "+marks(1, len(ids)), args(ids)...)
	return within("mark headed", err)
}
