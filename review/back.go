package review

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"cailiao/intake"
	"cailiao/storage"
)

// SendBack gives a case that the site passed back to it, with a note for the site and without a
// word to the candidate. Errors: as Decide, and intake.ErrNoReason without a note.
func (d *Desk) SendBack(ctx context.Context, staff intake.Staff, candidateID int64, back intake.Back) (intake.Case, error) {
	back.By, back.At, back.Note = staff, d.now(), clean(back.Note)
	if utf8.RuneCountInString(back.Note) > NoteLength {
		return intake.Case{}, fmt.Errorf("send candidate %d back: %w", candidateID, ErrTooLong)
	}
	var after intake.Case
	err := d.DB.InTx(ctx, func(tx storage.Q) error {
		before, err := d.lockToWrite(ctx, tx, staff, candidateID)
		if err != nil {
			return err
		}
		if after, err = intake.SendBack(before, back); err != nil {
			return err
		}
		if after, err = tx.SaveCase(ctx, before, after); err != nil {
			return err
		}
		return d.record(ctx, tx, change{before: before, after: after, note: back.Note, decision: intake.Decision{By: staff, At: back.At}})
	})
	if err != nil {
		return intake.Case{}, fmt.Errorf("send candidate %d back: %w", candidateID, err)
	}
	d.tallies.move(after.Candidate.Site, intake.SitePassed, after.Submission.State)
	return after, nil
}

// ActionVoid is the audit log's word for a pass of the site that no longer holds, because the
// photos are not those it was given for; detail: decided.
const ActionVoid = "decide.void"

// void gives a case back to the site whose pass no longer holds.
func (d *Desk) void(ctx context.Context, tx storage.Q, before intake.Case, now time.Time) error {
	after := intake.Recall(before)
	if _, err := tx.SaveCase(ctx, before, after); err != nil {
		return err
	}
	id := before.Candidate.ID
	event, err := d.event("system", ActionVoid, id, decided{
		Level: storage.LevelArea, Round: before.Submission.Round, From: before.Submission.State, To: after.Submission.State,
	})
	if err != nil {
		return err
	}
	return errors.Join(tx.Log(ctx, event), tx.Free(ctx, id), d.silence(ctx, tx, before, now))
}

// silence takes back that the site passed, if the candidate has not been told: a later pass then
// tells them.
func (d *Desk) silence(ctx context.Context, tx storage.Q, c intake.Case, now time.Time) error {
	all, err := tx.Notices(ctx, c.Candidate.ID)
	if err != nil {
		return err
	}
	for _, n := range all {
		if n.Kind == intake.NoticeSitePassed && n.Round == c.Submission.Round && n.State == intake.NoticeWaiting {
			err := tx.RetractNotices(ctx, c.Candidate.ID, c.Submission.Version, []string{n.Key}, now)
			if err != nil && !errors.Is(err, intake.ErrConflict) { // on its way: it was true when it left
				return err
			}
		}
	}
	return nil
}
