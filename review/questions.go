package review

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"cailiao/intake"
	"cailiao/storage"
)

// ReplyWindow is how long after a candidate's last message WeChat lets us answer.
const ReplyWindow = 48 * time.Hour

const (
	questionsShown = 30
	chatShown      = 8   // last messages beside a question
	answerLength   = 500 // characters
)

// ActionAnswer is the audit log's word for an answer; no detail.
const ActionAnswer = "question.answer"

// Questions lists what candidates the account sees have asked, oldest first.
func (d *Desk) Questions(ctx context.Context, staff intake.Staff) ([]storage.Question, error) {
	site := staff.Site
	if !staff.OfSite() {
		site = ""
	}
	open, err := d.DB.OpenQuestions(ctx, site, questionsShown)
	if err != nil {
		return nil, fmt.Errorf("questions: %w", err)
	}
	return open, nil
}

// WaitingQuestions counts the questions that wait for somebody like the account, up to most.
func (d *Desk) WaitingQuestions(ctx context.Context, staff intake.Staff, most int) (int, error) {
	site := ""
	if staff.OfSite() {
		site = staff.Site
	}
	n, err := d.DB.QuestionsOpen(ctx, site, most)
	if err != nil {
		return 0, fmt.Errorf("waiting questions: %w", err)
	}
	return n, nil
}

// Answer stores an answer, once, and sends it: at once while the reply window is open, else at
// the head of the candidate's next reply, which a notice asks for. intake.ErrNotFound: unknown, or of a site the account
// does not see; intake.ErrConflict: answered already; ErrTooLong; intake.ErrIncomplete: empty.
func (d *Desk) Answer(ctx context.Context, staff intake.Staff, id int64, text string) error {
	text = clean(text)
	q, err := d.DB.Question(ctx, id)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	c, err := d.visible(ctx, staff, q.CandidateID)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	switch {
	case text == "":
		return fmt.Errorf("answer: %w", intake.ErrIncomplete)
	case utf8.RuneCountInString(text) > answerLength:
		return fmt.Errorf("answer: %w", ErrTooLong)
	}
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		if err := tx.AnswerQuestion(ctx, id, staff.ID, text, d.now()); err != nil {
			return err
		}
		event, err := d.event(Actor(staff), ActionAnswer, c.ID, nil)
		if err != nil {
			return err
		}
		return tx.Log(ctx, event)
	})
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if d.Tell == nil || c.OpenID == "" {
		return nil
	}
	delivered, err := d.Tell(ctx, c.OpenID, text)
	switch {
	case err != nil:
	case delivered:
		err = d.DB.AnswerDelivered(ctx, id)
	default:
		err = d.callBack(ctx, c.ID, id)
	}
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// callBack lets a candidate who cannot be written to know that an answer waits.
func (d *Desk) callBack(ctx context.Context, candidateID, question int64) error {
	c, err := d.DB.Case(ctx, candidateID)
	if err != nil {
		return err
	}
	if err := d.DB.AddNotices(ctx, []intake.Notice{intake.AnswerNotice(d.Season, c, int(question), d.now())}); err != nil {
		return err
	}
	if d.Wake != nil {
		d.Wake()
	}
	return nil
}
