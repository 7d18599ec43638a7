package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cailiao/imaging/codec"
	"cailiao/imaging/reading"
	"cailiao/intake"
	"cailiao/storage"
)

// takeIn draws the conclusions of reading a photo after it was answered for.
func (t *turn) takeIn(ctx context.Context, id int64, read reading.Result) error {
	p, err := t.bot.DB.Photo(ctx, id)
	if err != nil || !p.ReadAt.IsZero() {
		return err
	}
	line, _ := t.line(p.Material)
	open := p.State == intake.InTray && !t.c.Submission.State.Locked() || p.State == intake.Kept && line.Material.Code != "" && !line.Locked
	margin := t.bot.Imaging.Thresholds().WayMargin
	lies := read.Posture.Lines > 0 && read.Posture.Turn != (codec.Turn{})
	switch {
	case !lies || !open:
	case read.Posture.Sure(margin):
		if p, err = t.turnStored(ctx, p, read.Posture.Turn, turnFact(turnedByText, read.Posture.Turn, read.Posture.Margin, margin)); err != nil {
			return err
		}
		lies = false
	default:
		t.wonder(intake.Hunch{SHA: p.SHA256, Ways: waysOf([]codec.Turn{read.Posture.Turn, read.Posture.Next})})
	}
	p.Verdicts = slices.DeleteFunc(slices.Clone(p.Verdicts), ofReading)
	if lies {
		p.Verdicts = append(p.Verdicts, note(askew, read.Posture.Margin, margin, ""))
	}
	g := t.bot.guess(t.materials, p.Material, read.Lines)
	if other, ok := t.line(g.code); p.State == intake.InTray {
		if open && g.sure && ok && t.takes(other) {
			t.fileFound(p, other)
			return nil // it is read once more, as what it is
		}
	} else {
		p.Verdicts = append(p.Verdicts, t.bot.notes(t.c.Candidate, line.Material, g, read.Lines)...)
		switch {
		case !open:
		case g.sure && g.code != p.Material && ok && t.takes(other):
			t.wonder(intake.Hunch{SHA: p.SHA256, Sent: p.Material, Material: g.code})
		case slices.ContainsFunc(p.Verdicts, doubtOfReading):
			t.wonder(intake.Hunch{SHA: p.SHA256})
		}
	}
	t.noted = append(t.noted, p)
	return nil
}

// amend changes a candidate's case between two messages, in their order like a message's turn.
func (b *Bot) amend(ctx context.Context, candidate int64, change func(t *turn) error) error {
	for range conflicts {
		err := b.amendOnce(ctx, candidate, change)
		if !errors.Is(err, intake.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("candidate %d: %w", candidate, intake.ErrConflict)
}

func (b *Bot) amendOnce(ctx context.Context, candidate int64, change func(t *turn) error) error {
	talk, err := b.DB.TalkOf(ctx, candidate)
	bound := err == nil
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return err
	}
	if bound {
		leave, _ := b.turns.enter(talk.OpenID)
		defer leave()
		unlock, err := b.lock(ctx, task{openID: talk.OpenID})
		if err != nil {
			return err
		}
		defer unlock()
		if talk, err = b.DB.Talk(ctx, talk.OpenID); err != nil {
			return err
		}
	}
	c, err := b.DB.Case(ctx, candidate)
	if err != nil {
		return err
	}
	t := &turn{bot: b, now: b.Now(), talk: talk}
	if err := t.meet(c); err != nil {
		return err
	}
	before := fmt.Sprint(t.talk.Memo)
	if err := change(t); err != nil {
		return err
	}
	return b.DB.InTx(ctx, func(tx storage.Q) error {
		if err := t.saveCase(ctx, tx); err != nil {
			return err
		}
		if bound && fmt.Sprint(t.talk.Memo) != before {
			if _, err := tx.SaveTalk(ctx, t.talk); err != nil {
				return err
			}
		}
		for _, p := range t.noted {
			if err := tx.NotePhoto(ctx, p, nil, t.now); err != nil {
				return err
			}
		}
		for _, event := range t.events {
			if err := tx.Log(ctx, event); err != nil {
				return err
			}
		}
		return nil
	})
}
