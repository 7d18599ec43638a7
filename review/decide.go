package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
}

// Decide applies a decision in one transaction: lock, rule, save, audit, notices. Who decides
// and when are filled in here. It returns the case as it stands afterwards.
// Errors: intake.ErrNotFound (unknown, or a site the account does not see), intake.ErrConflict,
// intake.ErrForbidden, intake.ErrSamePerson, intake.ErrIncomplete, intake.ErrNoReason, ErrTooLong.
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
	var after intake.Case
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		before, err := tx.LockCase(ctx, candidateID)
		if err != nil {
			return err
		}
		if !staff.Sees(before.Candidate.Site) {
			return intake.ErrNotFound
		}
		from = before.Submission.State
		if after, err = intake.Decide(d.Season, before, decision); err != nil {
			return err
		}
		if after, err = tx.SaveCase(ctx, before, after); err != nil {
			return err
		}
		if err := and(tx); err != nil {
			return err
		}
		return d.record(ctx, tx, change{before: before, after: after, decision: decision})
	})
	if err != nil {
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
}

// record writes what a decision leaves behind: its row, the notices it owes instead of those it
// made moot, and the audit event.
func (d *Desk) record(ctx context.Context, tx storage.Q, c change) error {
	s := c.before.Submission
	detail := decided{Level: level(s.State), Round: s.Round, From: s.State, To: c.after.Submission.State}
	for _, j := range c.decision.Judgements {
		if !j.Pass {
			detail.Returned = append(detail.Returned, j.Material)
		}
	}
	err := tx.AddDecision(ctx, storage.DecisionRow{
		SubmissionID: s.ID, CandidateID: c.before.Candidate.ID, Round: s.Round, Level: detail.Level, StaffID: c.decision.By.ID, At: c.decision.At,
		Judgements: c.decision.Judgements,
	})
	if err != nil {
		return err
	}
	id := c.before.Candidate.ID
	if _, err := tx.CancelNotices(ctx, id, s.Round, intake.RoundKinds...); err != nil {
		return err
	}
	if err := tx.AddNotices(ctx, intake.NoticesFor(d.Season, c.after, c.decision.At)); err != nil {
		return err
	}
	event, err := d.event(Actor(c.decision.By), ActionDecide, id, detail)
	if err != nil {
		return err
	}
	return tx.Log(ctx, event)
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
			j.Reasons, j.Comment = nil, "" // left over from a changed mind
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
