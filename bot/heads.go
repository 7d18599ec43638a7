package bot

import (
	"context"
	"fmt"
	"strings"

	"cailiao/intake"
	"cailiao/templates"
)

// owed are the notices that never reached the candidate and have not been told in chat.
func (t *turn) owed(ctx context.Context) ([]intake.Notice, error) {
	if t.before.Candidate.ID == 0 || !t.unheaded {
		return nil, nil
	}
	notices, err := t.bot.DB.FailedUnheaded(ctx, t.before.Candidate.ID)
	if err != nil {
		return nil, fmt.Errorf("undelivered notices: %w", err)
	}
	return notices, nil
}

// withHeads puts undelivered texts in front of a reply and keeps the whole within WeChat's limit.
func (t *turn) withHeads(reply string, owed []intake.Notice) (string, error) {
	var parts []string
	if t.talk.Ahead != "" {
		say := t.view()
		say.Text = t.talk.Ahead
		text, err := templates.Chat("ahead", say)
		if err != nil {
			return "", err
		}
		parts = append(parts, text)
		t.talk.Ahead, t.told = "", true
	}
	for _, notice := range owed {
		if !notice.StillTrue(t.bot.Season, t.c, t.now) {
			continue
		}
		text, err := templates.Chat("heads "+string(notice.Kind), t.view())
		if err != nil {
			return "", err
		}
		parts = append(parts, text)
	}
	if len(parts) > 0 {
		reply = TextOf(reply) // no picture beside words
	}
	return fit(strings.Join(append(parts, reply), "\n\n"))
}

func noticeIDs(notices []intake.Notice) []int64 {
	ids := make([]int64, len(notices))
	for i, n := range notices {
		ids[i] = n.ID
	}
	return ids
}

// maxReply is WeChat's limit for a text reply, in bytes.
const maxReply = 2048

// fit shortens a reply at a line's end, saying where the rest is, when it is over the limit.
func fit(reply string) (string, error) {
	if len(reply) <= maxReply {
		return reply, nil
	}
	tail, err := templates.Chat("shortened", templates.Say{})
	if err != nil {
		return "", err
	}
	tail = "\n" + tail
	cut := strings.LastIndexByte(reply[:maxReply-len(tail)], '\n')
	if cut <= 0 {
		cut = strings.LastIndexAny(reply[:maxReply-len(tail)], "。；　") // one endless line
		cut = max(cut, 0)
	}
	return reply[:cut] + tail, nil
}
