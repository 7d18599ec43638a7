package bot

import (
	"context"

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
	case "submit", "":
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
	t.c = c
	t.talk.Stage, t.talk.Memo = stageUpload, intake.Memo{}
	t.log("submit", "")
	t.recount()
	return t.say("submitted")
}
