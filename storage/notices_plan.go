package storage

import (
	"context"
	"time"

	"cailiao/intake"
)

// ActionDeadline is the audit action of a deadline that passed without a correction.
const ActionDeadline = "deadline.passed"

// PassedDeadlines lists candidates whose deadline has passed without that being on record.
func (q Q) PassedDeadlines(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	ids, err := list(ctx, q, value[int64], `SELECT candidate_id FROM submissions
		WHERE state = ? AND first_round = 0 AND due_order <= ? AND NOT EXISTS (
			SELECT 1 FROM events WHERE events.candidate_id = submissions.candidate_id
				AND events.action = ? AND events.happened_at >= submissions.deadline_at)
		ORDER BY due_order LIMIT ?`, intake.Returned, micros(now), ActionDeadline, limit)
	return ids, within("passed deadlines", err)
}

// RecordDeadline puts a passed deadline on record, once however many instances try.
func (q Q) RecordDeadline(ctx context.Context, candidateID int64, now time.Time) error {
	err := q.atomic(ctx, func(tx Q) error {
		c, err := tx.LockCase(ctx, candidateID)
		if err != nil {
			return err
		}
		s := c.Submission
		if s.State != intake.Returned || now.Before(s.DeadlineAt) {
			return nil
		}
		known, err := one(ctx, tx, value[int], "SELECT COUNT(*) FROM events WHERE candidate_id = ? AND action = ? AND happened_at >= ?",
			candidateID, ActionDeadline, micros(s.DeadlineAt))
		if err != nil || known > 0 {
			return err
		}
		return tx.Log(ctx, Event{At: now, Actor: "system", Action: ActionDeadline, CandidateID: candidateID})
	})
	return within("record deadline", err)
}

// Unsubmitted lists bound candidates of the roster above an id who have not submitted and have no notice that
// the window closes, in the order of their ids.
func (q Q) Unsubmitted(ctx context.Context, above int64, limit int) ([]int64, error) {
	ids, err := list(ctx, q, value[int64], `SELECT candidates.id FROM candidates
		LEFT JOIN submissions ON submissions.candidate_id = candidates.id
		WHERE candidates.id > ? AND candidates.openid IS NOT NULL AND candidates.withdrawn_at = 0 AND (submissions.state IS NULL OR submissions.state = ?)
			AND NOT EXISTS (SELECT 1 FROM notices WHERE notices.candidate_id = candidates.id AND notices.kind = ?)
		ORDER BY candidates.id LIMIT ?`, above, intake.Collecting, intake.NoticeClosing, limit)
	return ids, within("unsubmitted", err)
}

// ChatNotices counts the notices told a candidate by customer-service message since a time.
func (q Q) ChatNotices(ctx context.Context, candidateID int64, since time.Time) (int, error) {
	n, err := one(ctx, q, value[int], "SELECT COUNT(*) FROM notices WHERE candidate_id = ? AND road = ? AND sent_at >= ?",
		candidateID, intake.RoadChat, micros(since))
	return n, within("chat notices", err)
}
