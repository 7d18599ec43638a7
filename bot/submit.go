package bot

import (
	"context"
	"slices"

	"cailiao/intake"
	"cailiao/templates"
)

// submit says what is missing, or asks once more before everything locks.
func (t *turn) submit(ctx context.Context) (string, error) {
	switch t.stage() {
	case stageLocked:
		return t.say("already submitted")
	case stageClosed:
		return t.outside(ctx)
	case stagePhone, stageRephone:
		return t.say("ask phone again")
	}
	if _, short := intake.Submit(t.materials, t.c, t.now); len(short) > 0 {
		t.talk.Stage = stageUpload
		say := t.view()
		say.Short, say.N = short, len(short)
		say.Next = &short[0]
		return templates.Chat("missing", say)
	}
	t.talk.Stage = stageConfirm
	return t.sayText("confirm", "", len(t.c.Photos))
}

// takeConfirm takes the answer to 「确定提交吗」; any other command leaves the question.
func (t *turn) takeConfirm(ctx context.Context) (string, error) {
	switch t.cmd {
	case "confirm", "yes":
		return t.lock()
	case "no":
		t.talk.Stage = stageUpload
		return t.say("not yet")
	case "submit", "noted", "thanks", "":
		if t.n > 0 {
			break
		}
		return t.say("confirm again")
	}
	t.talk.Stage = stageUpload
	return t.takeText(ctx)
}

// lock submits.
func (t *turn) lock() (string, error) {
	c, short := intake.Submit(t.materials, t.c, t.now)
	if len(short) > 0 { // the list grew since the question
		t.talk.Stage = stageUpload
		return t.submit(context.Background())
	}
	t.touched = true
	for _, p := range t.c.Photos {
		if _, listed := t.line(p.Material); !listed { // fell off the list: kept until now
			c.Photos = slices.DeleteFunc(slices.Clone(c.Photos), func(q intake.Photo) bool { return q.ID == p.ID })
			t.gone = append(t.gone, photoChange{id: p.ID, state: intake.Deleted})
		}
	}
	t.c = c
	t.talk.Stage, t.talk.Memo = stageUpload, intake.Memo{}
	t.log("submit", "")
	t.recount()
	return t.say("submitted")
}

// withdraw takes a submission back that no reviewer has opened yet.
func (t *turn) withdraw(context.Context) (string, error) {
	c, err := t.bot.Season.Withdraw(t.c)
	if err != nil {
		return t.say("cannot withdraw")
	}
	window := t.bot.Season.Window
	if c.Submission.State == intake.Collecting && !window.Open(t.now) || !window.Correcting(t.now) {
		return t.say("too late to withdraw")
	}
	t.touched = true
	t.c = c
	t.talk.Stage, t.talk.Memo = stageUpload, intake.Memo{}
	t.log("withdraw", "")
	t.recount()
	return t.say("withdrawn")
}
