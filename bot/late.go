package bot

import (
	"context"
	"errors"
	"strings"
	"time"

	"cailiao/intake"
	"cailiao/templates"
)

const (
	sweepEvery  = 2 * time.Second
	sweepAfter  = 10 * time.Second // a message younger than this is still in somebody's hands
	sweepBatch  = 50
	messagesFor = 30 * 24 * time.Hour // kept to recognise repeats and for the chat history
)

// Run finishes, until ctx ends, what a crashed instance left and what was put off: messages
// without effect, and replies that never got out.
func (b *Bot) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	cleaned := time.Time{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		b.Sweep(ctx)
		if now := b.Now(); now.Sub(cleaned) > time.Hour {
			cleaned = now
			b.clean(ctx, now)
		}
	}
}

// Sweep does one round of Run's work.
func (b *Bot) Sweep(ctx context.Context) {
	now := b.Now()
	openIDs, err := b.DB.Stragglers(ctx, now.Add(-sweepAfter), now, sweepBatch)
	if err != nil {
		b.Log.Error("stragglers not read", "err", err)
		return
	}
	for _, openID := range openIDs {
		rows, err := b.DB.Unfinished(ctx, openID, now)
		if err != nil || len(rows) == 0 {
			continue
		}
		last := rows[len(rows)-1]
		b.working.start(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workLimit)
			defer cancel()
			out, err := b.work(ctx, last.ID, openID)
			if err != nil {
				b.Log.Error("straggler not finished", "message", last.ID, "err", err)
				return
			}
			b.late(ctx, out)
		})
	}
	unanswered, err := b.DB.Unanswered(ctx, now.Add(-sweepAfter), sweepBatch)
	if err != nil {
		b.Log.Error("unanswered not read", "err", err)
		return
	}
	for _, row := range unanswered {
		b.late(ctx, outcome{id: row.ID, openID: row.OpenID, reply: row.Reply})
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
			b.Log.Error("late answer not marked", "message", out.id, "err", err)
		}
		return
	}
	sendErr := b.WeChat.SendText(ctx, out.openID, textOf(out.reply))
	if sendErr == nil {
		return
	}
	b.Log.Warn("late answer waits for the next reply", "message", out.id, "err", sendErr)
	if err := b.keepAhead(ctx, out.openID, textOf(out.reply)); err != nil {
		b.Log.Error("late answer not kept", "message", out.id, "err", err)
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
		b.Log.Error("old messages not dropped", "err", err)
	}
	if err := b.DB.DropOldAttempts(ctx, now.Add(-attemptsFor)); err != nil {
		b.Log.Error("old attempts not dropped", "err", err)
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
		b.Log.Warn("answer of staff waits for the next reply", "err", sendErr)
	}
	return false, b.keepAhead(ctx, openID, text)
}

// replyWindow is how long after a person's last message WeChat takes an answer.
const replyWindow = 48 * time.Hour
