package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cailiao/intake"
	"cailiao/storage"
)

// Longest texts of a judgement, in characters.
const (
	CommentLength = 200 // for the candidate; must fit a chat reply among others
	NoteLength    = 500 // internal
)

// ErrTooLong is a comment or note beyond CommentLength or NoteLength.
var ErrTooLong = errors.New("comment or note too long")

// decided is the audit detail of a decision.
type decided struct {
	Level    string       `json:"level"`
	Round    int          `json:"round"`
	From     intake.State `json:"from"`
	To       intake.State `json:"to"`
	Returned []string     `json:"returned,omitempty"` // material codes
	Back     bool         `json:"back,omitempty"`     // from the area to the site
}

// Decide applies a decision in one transaction: lock, rule, save, audit, notices. Who decides
// and when are filled in here. It returns the case as it stands afterwards.
// Errors: intake.ErrNotFound (unknown, or a site the account does not see), intake.ErrConflict,
// ErrHeld, intake.ErrPhotos (the case has gone back to the site), intake.ErrForbidden,
// intake.ErrSamePerson, intake.ErrFinalAlone, intake.ErrIncomplete, intake.ErrNoReason,
// intake.ErrMismatch, intake.ErrTooLate, ErrTooLong.
func (d *Desk) Decide(ctx context.Context, staff intake.Staff, candidateID int64, decision intake.Decision) (intake.Case, error) {
	return d.decideAnd(ctx, staff, candidateID, decision, func(storage.Q) error { return nil })
}

// decideAnd is Decide with something more that stands or falls with it.
func (d *Desk) decideAnd(ctx context.Context, staff intake.Staff, candidateID int64, decision intake.Decision, and func(tx storage.Q) error) (intake.Case, error) {
	decision.By, decision.At = staff, d.now()
	judgements, err := tidy(d.Season, decision.Judgements)
	if err != nil {
		return intake.Case{}, fmt.Errorf("decide on candidate %d: %w", candidateID, err)
	}
	decision.Judgements = judgements
	var from intake.State
	var site string
	var after intake.Case
	var void error
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		before, err := d.lockToWrite(ctx, tx, staff, candidateID)
		if err != nil {
			return err
		}
		site = before.Candidate.Site
		after, err = intake.Decide(d.Season, before, decision)
		if void = nil; errors.Is(err, intake.ErrPhotos) {
			void = err
			return d.void(ctx, tx, before, decision.At)
		}
		from = before.Submission.State
		if err != nil {
			return err
		}
		if after, err = tx.SaveCase(ctx, before, after); err != nil {
			return err
		}
		if err := and(tx); err != nil {
			return err
		}
		c := change{before: before, after: after, decision: decision}
		if after.Submission.State != before.Submission.State { // else it is a proposal
			c.owed = intake.NoticesFor(d.Season, after, decision.At)
		}
		return d.record(ctx, tx, c)
	})
	if err == nil && void != nil {
		d.tallies.move(site, intake.SitePassed, intake.Submitted)
	}
	if err = errors.Join(err, void); err != nil {
		return intake.Case{}, fmt.Errorf("decide on candidate %d: %w", candidateID, err)
	}
	d.tallies.move(after.Candidate.Site, from, after.Submission.State)
	if d.Wake != nil {
		d.Wake()
	}
	return after, nil
}

type change struct {
	before, after intake.Case
	decision      intake.Decision
	owed          []intake.Notice // to the candidate
	note          string          // for the site, when it went back there
}

// record writes what a decision leaves behind: its row, the notices it owes instead of those it
// made moot, the audit event, and what it takes to undo it. The claim ends.
func (d *Desk) record(ctx context.Context, tx storage.Q, c change) error {
	s, id := c.before.Submission, c.before.Candidate.ID
	detail := decided{Level: level(s.State), Round: s.Round, From: s.State, To: c.after.Submission.State, Back: c.note != ""}
	given := make(map[string][]string)
	for _, j := range c.decision.Judgements {
		if !j.Pass {
			detail.Returned = append(detail.Returned, j.Material)
			given[j.Material] = j.Reasons
		}
	}
	took, err := d.took(ctx, tx, c)
	if err != nil {
		return err
	}
	err = tx.AddDecision(ctx, storage.DecisionRow{
		SubmissionID: s.ID, CandidateID: id, Round: s.Round, Level: detail.Level, StaffID: c.decision.By.ID, At: c.decision.At,
		Judgements: c.decision.Judgements, Note: c.note, Took: took,
	})
	if err != nil {
		return err
	}
	was := storage.Before{Submission: s, Items: c.before.Items, Reasons: given}
	if s.State != c.after.Submission.State {
		if was.Cancelled, was.Owed, err = d.promise(ctx, tx, c); err != nil {
			return err
		}
	}
	event, err := d.event(Actor(c.decision.By), ActionDecide, id, detail)
	if err != nil {
		return err
	}
	if err := tx.Log(ctx, event); err != nil {
		return err
	}
	err = tx.KeepUndo(ctx, storage.Undo{
		CandidateID: id, StaffID: c.decision.By.ID, Version: c.after.Submission.Version, Until: c.decision.At.Add(UndoFor), Was: was,
	})
	if err != nil {
		return err
	}
	if err := tx.Free(ctx, id); err != nil {
		return err
	}
	return tx.CountReasons(ctx, given, 1)
}

// took is how long who decides has had the sheet open; 0: not known.
func (d *Desk) took(ctx context.Context, tx storage.Q, c change) (time.Duration, error) {
	held, err := tx.Held(ctx, c.before.Candidate.ID, c.decision.At)
	switch {
	case errors.Is(err, intake.ErrNotFound), err == nil && held.StaffID != c.decision.By.ID:
		return 0, nil
	case err != nil:
		return 0, err
	}
	return c.decision.At.Sub(held.Since), nil
}

// promise writes the notices a decision owes and cancels those it makes moot. It tells which were
// cancelled and, by their keys, which are new.
func (d *Desk) promise(ctx context.Context, tx storage.Q, c change) (cancelled []int64, owed []string, err error) {
	id, round := c.before.Candidate.ID, c.before.Submission.Round
	known, err := tx.Notices(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	keys := make(map[string]bool, len(known))
	for _, n := range known {
		keys[n.Key] = true
		if n.State == intake.NoticeWaiting && n.Round == round && slices.Contains(intake.RoundKinds, n.Kind) {
			cancelled = append(cancelled, n.ID)
		}
	}
	if c.note != "" {
		err = d.silence(ctx, tx, c.before, c.decision.At)
	}
	if err == nil {
		_, err = tx.CancelNotices(ctx, id, round, intake.RoundKinds...)
	}
	for i, n := range c.owed {
		if held := c.decision.At.Add(UndoGrace); n.DueAt.Before(held) {
			c.owed[i].DueAt = held
		}
		if !keys[n.Key] {
			owed = append(owed, n.Key)
		}
	}
	if err == nil {
		err = tx.AddNotices(ctx, c.owed)
	}
	return cancelled, owed, err
}

func level(s intake.State) string {
	if s == intake.SitePassed {
		return storage.LevelArea
	}
	return storage.LevelSite
}

// tidy checks what people typed, before anything is locked: texts trimmed and bounded, each
// reason once and one of the material's own.
func tidy(season *intake.Season, judgements []intake.Judgement) ([]intake.Judgement, error) {
	tidied := make([]intake.Judgement, 0, len(judgements))
	for _, j := range judgements {
		j.Comment, j.Note = clean(j.Comment), clean(j.Note)
		if utf8.RuneCountInString(j.Comment) > CommentLength || utf8.RuneCountInString(j.Note) > NoteLength {
			return nil, fmt.Errorf("%s: %w", j.Material, ErrTooLong)
		}
		if j.Pass {
			j.Reasons, j.Comment, j.Boxes = nil, "", nil // left over from a changed mind
		}
		apply := season.ReasonsFor(j.Material)
		var reasons []string
		for _, code := range j.Reasons {
			if !slices.ContainsFunc(apply, func(r intake.Reason) bool { return r.Code == code }) {
				return nil, fmt.Errorf("%s: %w", j.Material, intake.ErrNoReason)
			}
			if !slices.Contains(reasons, code) {
				reasons = append(reasons, code)
			}
		}
		j.Reasons = reasons
		tidied = append(tidied, j)
	}
	return tidied, nil
}

// clean removes what has no place in a chat message: control characters and broken UTF-8.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && control(r) {
			return -1
		}
		return r
	}, s))
}
