package bot

import (
	"context"
	"slices"
	"strings"

	"cailiao/intake"
	"cailiao/templates"
)

// questions are what is still to be asked in this go.
func (t *turn) questions() []intake.Attribute {
	memo := t.talk.Memo
	return t.bot.Season.Questions(t.c.Candidate, intake.Asking{Asked: memo.Asked, Again: memo.Again})
}

// askNext asks the next question, or shows the list when there is none.
func (t *turn) askNext(before string) (string, error) {
	open := t.questions()
	if len(open) == 0 {
		t.talk.Memo.Asking, t.talk.Memo.Again = "", false
		list, err := t.afterQuestions()
		return join(before, list), err
	}
	t.talk.Memo.Asking = open[0].Code
	reply, err := t.question("question", open)
	return join(before, reply), err
}

func (t *turn) question(text string, open []intake.Attribute) (string, error) {
	say := t.view()
	say.Attribute, say.Choices = open[0], open[0].Choices()
	say.N, say.Total = len(t.talk.Memo.Asked)+1, len(t.talk.Memo.Asked)+len(open)
	return templates.Chat(text, say)
}

func join(before, after string) string {
	if before == "" {
		return after
	}
	return before + "\n\n" + after
}

// afterQuestions is what comes when all is answered: the list, or what somebody does who need
// not send anything.
func (t *turn) afterQuestions() (string, error) {
	switch t.stage() {
	case stageExempt:
		return t.exempt(nil)
	case stageUpload, stageConfirm:
		return t.showList()
	case stageClosed:
		return t.outside(nil)
	}
	return t.say("progress")
}

// answer takes a text as the answer to the question asked last; asked is false when it is
// something else.
func (t *turn) answer(context.Context) (reply string, asked bool, err error) {
	code := t.talk.Memo.Asking
	a, known := t.bot.Season.Attribute(code)
	if code == "" || !known {
		return "", false, nil
	}
	choices := a.Choices()
	word := templates.Plain(t.msg.Text)
	at := slices.IndexFunc(choices, func(c intake.Choice) bool {
		return c.Word == word || c.Word == a.Aliases[strings.TrimSuffix(word, "的")]
	})
	if at < 0 {
		at = slices.IndexFunc(choices, func(c intake.Choice) bool { return c.Word == strings.TrimSuffix(word, "的") })
	}
	switch {
	case at >= 0:
	case a.Type == intake.BoolAttribute && slices.Contains([]string{"yes", "no", "has", "hasnot"}, t.cmd):
		at = slices.IndexFunc(choices, func(c intake.Choice) bool { return c.Value == (t.cmd == "yes" || t.cmd == "has") })
	case a.Type != intake.BoolAttribute && t.cmd == "" && t.n >= 1 && t.n <= len(choices):
		at = t.n - 1
		if a.Type == intake.IntAttribute {
			at = slices.IndexFunc(choices, func(c intake.Choice) bool { return c.Value == t.n })
		}
	case t.cmd == "next" || t.cmd == "unsure":
		t.talk.Memo.Asked = append(slices.Clone(t.talk.Memo.Asked), code)
		reply, err = t.askNext("")
		return reply, true, err
	case !slices.Contains([]string{"", "has", "hasnot", "noted"}, t.cmd):
		t.talk.Memo.Asking = "" // something else is wanted; the list offers the questions again
		return "", false, nil
	}
	if at < 0 {
		reply, err = t.question("question again", []intake.Attribute{a})
		return reply, true, err
	}
	reply, err = t.settle(a, choices[at].Value)
	return reply, true, err
}

// settle keeps an answer and says what it changes on the list.
func (t *turn) settle(a intake.Attribute, value any) (string, error) {
	before := t.materials
	t.talk.Memo.Asked = append(slices.Clone(t.talk.Memo.Asked), a.Code)
	t.c.Candidate.Answer(a.Code, value)
	materials, err := t.bot.Season.List(t.c.Candidate.Attrs)
	if err != nil {
		return "", err
	}
	t.materials = materials
	t.recount()
	t.log("answer", a.Code)
	say := t.view()
	say.New, say.Gone = intake.Compare(before, materials)
	changed, err := templates.Chat("list changed", say)
	if err != nil {
		return "", err
	}
	return t.askNext(changed)
}

// recheck asks everything once more: 「我的情况变了」.
func (t *turn) recheck(context.Context) (string, error) {
	if t.c.Submission.State.Locked() {
		return t.say("recheck locked")
	}
	t.talk.Memo.Asked, t.talk.Memo.Again = nil, true
	if len(t.questions()) == 0 {
		return t.say("nothing to ask")
	}
	return t.askNext("")
}

// resume goes on with questions that were left.
func (t *turn) resume(context.Context) (string, error) {
	if len(t.questions()) == 0 {
		return t.say("nothing to ask")
	}
	return t.askNext("")
}
