package bot

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"cailiao/intake"
	"cailiao/templates"
)

const (
	sweepEvery  = time.Second
	sweepAgain  = 100 * time.Millisecond // while there is more than one sweep takes
	sweepAfter  = 3 * time.Second        // a message younger than this is still in somebody's hands
	sweepBatch  = 100
	probeEvery  = 2 * time.Second
	messagesFor = 30 * 24 * time.Hour // kept to recognise repeats and for the chat history
)

// Run finishes, until ctx ends, what a crashed instance left, what was put off, and what came when everybody was busy:
// messages without effect, and replies that never got out.
func (b *Bot) Run(ctx context.Context) error {
	reads := b.keepReading(ctx)
	defer reads()
	next := time.NewTimer(0)
	defer next.Stop()
	cleaned, probed := time.Time{}, time.Time{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-next.C:
		}
		pause := sweepEvery
		if b.Sweep(ctx) {
			pause = sweepAgain
		}
		now := b.Now()
		if now.Sub(probed) >= cmp.Or(b.Probe, probeEvery) {
			probed = now
			b.probe(ctx, now)
		}
		if now.Sub(cleaned) > time.Hour {
			cleaned = now
			b.clean(ctx, now)
		}
		next.Reset(pause)
	}
}

// Sweep does one round of Run's work, oldest first, as far as there are hands. more: there may be more to do at once.
func (b *Bot) Sweep(ctx context.Context) (more bool) {
	now := b.Now()
	openIDs, err := b.DB.Stragglers(ctx, now.Add(-sweepAfter), now, sweepBatch)
	if err != nil {
		b.Log.ErrorContext(ctx, "stragglers not read", "err", err)
		return false
	}
	for _, openID := range openIDs {
		if !b.turns.busy(openID) && !b.beside(ctx, func(ctx context.Context) { b.catchUp(ctx, openID) }) {
			return true
		}
	}
	unanswered, err := b.DB.Unanswered(ctx, now.Add(-sweepAfter), sweepBatch)
	if err != nil {
		b.Log.ErrorContext(ctx, "unanswered not read", "err", err)
		return false
	}
	for _, id := range unanswered {
		b.beside(ctx, func(ctx context.Context) { b.lateAgain(ctx, id) })
	}
	return len(openIDs) == sweepBatch || len(unanswered) == sweepBatch
}

// beside runs f as long as one message may take, unless all hands are full.
func (b *Bot) beside(ctx context.Context, f func(context.Context)) bool {
	return b.working.start(cmp.Or(b.InHand, inHand), func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workLimit)
		defer cancel()
		f(ctx)
	})
}

// lateAgain sends a reply that is owed since before.
func (b *Bot) lateAgain(ctx context.Context, id int64) {
	row, err := b.DB.Message(ctx, id)
	if err != nil {
		b.Log.ErrorContext(ctx, "owed reply not read", "message", id, "err", err)
		return
	}
	b.late(traced(ctx, row), outcome{id: row.ID, openID: row.OpenID, reply: row.Reply})
}

// catchUp finishes what stands recorded of a user, unless somebody is at it.
func (b *Bot) catchUp(ctx context.Context, openID string) {
	rows, err := b.DB.Unfinished(ctx, openID, b.Now())
	if err != nil {
		b.Log.ErrorContext(ctx, "straggler not read", "who", who(openID), "err", err)
		return // the next sweep sees them again
	}
	if len(rows) == 0 {
		return
	}
	last := rows[len(rows)-1]
	ctx = traced(ctx, last)
	out, err := b.work(ctx, task{id: last.ID, openID: openID, sweep: true})
	if errors.Is(err, errInWork) || errors.Is(err, errAlbum) {
		return
	}
	if err != nil {
		b.Log.ErrorContext(ctx, "straggler not finished", "message", last.ID, "err", err)
		return
	}
	b.late(ctx, out)
}

// probe makes the first of what was put off due now. When it succeeds, hurry brings the others: so what hangs on WeChat
// or the blob store is done soon after they are back, without everybody asking them all the time.
func (b *Bot) probe(ctx context.Context, now time.Time) {
	row, err := b.DB.Soonest(ctx, now)
	if err == nil {
		err = b.DB.Due(ctx, row.ID, now)
	}
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		b.Log.WarnContext(ctx, "nothing that was put off is tried early", "err", err)
	}
}

// late sends a reply that missed WeChat's 5 seconds as a customer-service message; when that is
// refused (quota, window) it heads the next reply instead.
func (b *Bot) late(ctx context.Context, out outcome) {
	if out.reply == "" || out.unfinished {
		return
	}
	first, err := b.DB.Answered(ctx, out.id, answeredLate)
	if err != nil || !first {
		if err != nil {
			b.Log.ErrorContext(ctx, "late answer not marked", "message", out.id, "err", err)
		}
		return
	}
	b.step("telling")
	sendErr := b.WeChat.SendText(ctx, out.openID, TextOf(out.reply))
	b.step("told")
	if sendErr == nil {
		return
	}
	b.Log.WarnContext(ctx, "late answer waits for the next reply", "message", out.id, "err", sendErr)
	if err := b.keepAhead(ctx, out.openID, TextOf(out.reply)); err != nil {
		b.Log.ErrorContext(ctx, "late answer not kept", "message", out.id, "err", err)
	}
}

// keepAhead adds a text to what heads the next reply.
func (b *Bot) keepAhead(ctx context.Context, openID, text string) error {
	for {
		talk, err := b.DB.Talk(ctx, openID)
		if err != nil {
			return err
		}
		talk.Ahead = strings.TrimSpace(talk.Ahead + "\n" + text)
		if _, err = b.DB.SaveTalk(ctx, talk); !errors.Is(err, intake.ErrConflict) {
			return err
		}
	}
}

func (b *Bot) clean(ctx context.Context, now time.Time) {
	if _, err := b.DB.DropOldMessages(ctx, now.Add(-messagesFor)); err != nil {
		b.Log.ErrorContext(ctx, "old messages not dropped", "err", err)
	}
	if err := b.DB.DropOldAttempts(ctx, now.Add(-attemptsFor)); err != nil {
		b.Log.ErrorContext(ctx, "old attempts not dropped", "err", err)
	}
}

// Tell sends what staff wrote to a candidate: at once when WeChat allows it, else at the head of
// the next reply.
func (b *Bot) Tell(ctx context.Context, openID, words string) (delivered bool, err error) {
	text, err := templates.Chat("staff answer", templates.Say{Text: words})
	if err != nil {
		return false, err
	}
	talk, err := b.DB.Talk(ctx, openID)
	if err != nil {
		return false, err
	}
	if talk.Following && b.Now().Sub(talk.HeardAt) < replyWindow {
		sendErr := b.WeChat.SendText(ctx, openID, text)
		if sendErr == nil {
			return true, nil
		}
		b.Log.WarnContext(ctx, "answer of staff waits for the next reply", "err", sendErr)
	}
	return false, b.keepAhead(ctx, openID, text)
}

// replyWindow is how long after a person's last message WeChat takes an answer.
const replyWindow = 48 * time.Hour
