package bot

import (
	"context"
	"strings"
	"unicode/utf8"

	"cailiao/storage"
	"cailiao/templates"
)

// longestQuestion is how much of a question is kept for staff, in characters.
const longestQuestion = 500

// human gives the site's contact; what is written with it or next goes to staff.
func (t *turn) human(context.Context) (string, error) {
	if t.stage() != stagePhone && t.stage() != stageRephone {
		t.talk.Memo.Leaving = true
	}
	return t.say("human")
}

// leave takes a text as a question for staff; asked is false when it is none.
func (t *turn) leave() (reply string, asked bool, err error) {
	text := strings.TrimSpace(t.msg.Text)
	if rest, ok := templates.ForHuman(text); ok {
		text = rest
	} else if !t.talk.Memo.Leaving || t.cmd != "" || t.n > 0 {
		if t.cmd != "" {
			t.talk.Memo.Leaving = false
		}
		return "", false, nil
	}
	t.talk.Memo.Leaving = false
	if utf8.RuneCountInString(text) > longestQuestion {
		text = string([]rune(text)[:longestQuestion])
	}
	t.ask = &storage.Question{CandidateID: t.c.Candidate.ID, Site: t.c.Candidate.Site, Text: text, AskedAt: t.now}
	t.log("question", "")
	reply, err = t.say("question left")
	return reply, true, err
}
