package storage

import (
	"context"
	"fmt"
	"time"

	"cailiao/intake"
)

// NoticeBacklog counts the due notices and tells since when the oldest is due (zero: none).
func (q Q) NoticeBacklog(ctx context.Context, now time.Time) (due int, oldest time.Time, err error) {
	err = q.clean(q.sql.QueryRowxContext(ctx, "SELECT COUNT(*), MIN(due_at) FROM notices WHERE state = ? AND due_at <= ?",
		intake.NoticeWaiting, micros(now)).Scan(&due, moment{&oldest}))
	return due, oldest, within("notice backlog", err)
}

// OldestDue tells since when the longest waiting due notice of these kinds is due; zero: none.
func (q Q) OldestDue(ctx context.Context, kinds []intake.NoticeKind, now time.Time) (time.Time, error) {
	var oldest time.Time
	for _, kind := range kinds {
		var due time.Time
		err := q.clean(q.sql.QueryRowxContext(ctx, "SELECT MIN(due_at) FROM notices WHERE state = ? AND kind = ? AND due_at <= ?",
			intake.NoticeWaiting, kind, micros(now)).Scan(moment{&due}))
		if err != nil {
			return time.Time{}, within("oldest due notice", err)
		}
		if !due.IsZero() && (oldest.IsZero() || due.Before(oldest)) {
			oldest = due
		}
	}
	return oldest, nil
}

// NoticeCount is how many notices of a kind stand somewhere.
type NoticeCount struct {
	Kind  intake.NoticeKind
	State intake.NoticeState
	N     int
}

func readNoticeCount(r row) (c NoticeCount, err error) { return c, r.Scan(&c.Kind, &c.State, &c.N) }

// NoticeCounts counts all notices by kind and state, on their index.
func (q Q) NoticeCounts(ctx context.Context) ([]NoticeCount, error) {
	counts, err := list(ctx, q, readNoticeCount, "SELECT kind, state, COUNT(*) FROM notices GROUP BY state, kind")
	return counts, within("notice counts", err)
}

// SiteNoticeCounts counts the notices to the candidates of one site.
func (q Q) SiteNoticeCounts(ctx context.Context, site string) ([]NoticeCount, error) {
	counts, err := list(ctx, q, readNoticeCount, `SELECT n.kind, n.state, COUNT(*) FROM candidates c JOIN notices n ON n.candidate_id = c.id
		WHERE c.site = ? GROUP BY n.kind, n.state`, site)
	return counts, within("notice counts of a site", err)
}

// FeedbackOpened notes that a candidate looked at the feedback: every notice that went out before
// has done its work.
func (q Q) FeedbackOpened(ctx context.Context, candidateID int64, now time.Time) error {
	_, err := q.exec(ctx, "UPDATE notices SET opened_at = ? WHERE candidate_id = ? AND state IN (?, ?) AND opened_at = 0",
		micros(now), candidateID, intake.NoticeSent, intake.NoticeDelivered)
	return within(fmt.Sprintf("feedback opened by candidate %d", candidateID), err)
}

// EveryKind is the kind of a pause that stops all.
const EveryKind intake.NoticeKind = "*"

// Pause keeps a kind of notices from going out.
type Pause struct {
	Kind   intake.NoticeKind // or EveryKind
	Until  time.Time
	Reason string // a code, such as "quota" or "staff"; no personal data
	Actor  string // "system", "staff:3"
	Since  time.Time
}

// PauseNotices stops a kind for all instances; a longer pause that stands is left as it is.
func (q Q) PauseNotices(ctx context.Context, p Pause) error {
	err := q.atomic(ctx, func(tx Q) error {
		_, err := tx.exec(ctx, "INSERT INTO notice_pauses (kind, until_at, reason, actor, since_at) VALUES (?, ?, ?, ?, ?)",
			p.Kind, micros(p.Until), p.Reason, p.Actor, micros(p.Since))
		if !isConflict(err) {
			return err
		}
		_, err = tx.exec(ctx, "UPDATE notice_pauses SET until_at = ?, reason = ?, actor = ?, since_at = ? WHERE kind = ? AND until_at < ?",
			micros(p.Until), p.Reason, p.Actor, micros(p.Since), p.Kind, micros(p.Until))
		return err
	})
	return within("pause notices", err)
}

// ResumeNotices ends the pause of a kind.
func (q Q) ResumeNotices(ctx context.Context, kind intake.NoticeKind) error {
	_, err := q.exec(ctx, "DELETE FROM notice_pauses WHERE kind = ?", kind)
	return within("resume notices", err)
}

// Pauses lists the pauses that hold now.
func (q Q) Pauses(ctx context.Context, now time.Time) ([]Pause, error) {
	pauses, err := list(ctx, q, readPause, "SELECT kind, until_at, reason, actor, since_at FROM notice_pauses WHERE until_at > ? ORDER BY kind",
		micros(now))
	return pauses, within("pauses", err)
}

func readPause(r row) (p Pause, err error) {
	return p, r.Scan(&p.Kind, moment{&p.Until}, &p.Reason, &p.Actor, moment{&p.Since})
}

// Undelivered is a notice, most often one that did not arrive, with whom it was for.
type Undelivered struct {
	Notice intake.Notice
	Phone  string // of the candidate; who shows it in full logs that
	Number string // of the candidate
	Name   string
	Site   string
}

// NoticesIn lists notices in a state, those due last first, of one site or, with an empty site, of
// all.
func (q Q) NoticesIn(ctx context.Context, state intake.NoticeState, site string, limit int) ([]Undelivered, error) {
	where, all := "", []any{state}
	if site != "" {
		where, all = " AND c.site = ?", append(all, site)
	}
	rows, err := list(ctx, q, readUndelivered, `SELECT n.id, n.kind, n.candidate_id, n.round, n.state, n.due_at, n.attempts, n.err_code,
			n.problem, n.headed, n.sent_at, n.opened_at, c.number, c.name, c.site, c.phone
		FROM notices n JOIN candidates c ON c.id = n.candidate_id
		WHERE n.state = ?`+where+" ORDER BY n.due_at DESC, n.id DESC LIMIT ?", append(all, limit)...)
	return rows, within("notices in a state", err)
}

func readUndelivered(r row) (u Undelivered, err error) {
	n := &u.Notice
	err = r.Scan(&n.ID, &n.Kind, &n.CandidateID, &n.Round, &n.State, moment{&n.DueAt}, &n.Attempts, &n.ErrCode,
		&n.Problem, &n.Headed, moment{&n.SentAt}, moment{&n.OpenedAt}, &u.Number, unseal(&u.Name, "candidates.name", &u.Number), &u.Site,
		unseal(&u.Phone, "candidates.phone", &u.Number))
	return u, err
}

// Requeue sends the failed notices of a kind once more, from now on, and returns how many.
func (q Q) Requeue(ctx context.Context, kind intake.NoticeKind, now time.Time) (int64, error) {
	n, err := q.exec(ctx, `UPDATE notices
		SET state = ?, due_at = ?, attempts = 0, lease_until = 0, owner = '', msg_id = 0, sent_at = 0, closed_at = 0
		WHERE state = ? AND kind = ?`, intake.NoticeWaiting, micros(now), intake.NoticeFailed, kind)
	return n, within(fmt.Sprintf("requeue %s", kind), err)
}

// DropOldDeliveryEvents forgets events that came before a time.
func (q Q) DropOldDeliveryEvents(ctx context.Context, before time.Time) error {
	_, err := q.exec(ctx, "DELETE FROM delivery_events WHERE received_at < ?", micros(before))
	return within("drop old delivery events", err)
}

// Unfollowed notes that a WeChat user turned out not to follow.
func (q Q) Unfollowed(ctx context.Context, openID string, now time.Time) error {
	_, err := q.exec(ctx, "UPDATE talks SET following = 0, turned_at = ?, version = version + 1 WHERE openid = ?", micros(now), openID)
	return within("unfollowed", err)
}
