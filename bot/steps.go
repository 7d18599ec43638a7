package bot

import (
	"context"
	"strings"

	"cailiao/intake"
	"cailiao/templates"
	"cailiao/wechat"
)

// The stages of a conversation. Those of a bound candidate after the phone follow from the
// submission and the clock, see stage.
const (
	stageNumber  = "number"  // not bound: wants the 报名号
	stageProof   = "proof"   // wants the last digits of the ID number
	stagePhone   = "phone"   // bound: wants the phone confirmed
	stageRephone = "rephone" // wants another phone number
	stageSecond  = "second"  // wants a second phone number
	stageUpload  = "upload"  // sending photos
	stageConfirm = "confirm" // asked whether to submit
	stageLocked  = "locked"  // submitted or passed
	stageClosed  = "closed"  // outside the window
	stageExempt  = "exempt"  // need not send pictures at all
)

// step answers one message and notes its effects in the turn.
type step func(t *turn, ctx context.Context) (string, error)

// steps is the whole conversation: what happens to a typed text and to a photo at each stage.
// Commands that work everywhere are in command, messages of other kinds in otherKinds.
var steps = map[string]struct{ text, photo step }{
	stageNumber:  {text: (*turn).takeNumber, photo: (*turn).hold},
	stageProof:   {text: (*turn).takeProof, photo: (*turn).hold},
	stagePhone:   {text: (*turn).confirmPhone, photo: (*turn).photoBeforePhone},
	stageRephone: {text: (*turn).takePhone, photo: (*turn).photoBeforePhone},
	stageSecond:  {text: (*turn).takeSecond, photo: (*turn).photoBeforePhone},
	stageUpload:  {text: (*turn).takeText, photo: (*turn).takePhoto},
	stageConfirm: {text: (*turn).takeConfirm, photo: (*turn).takePhoto},
	stageLocked:  {text: (*turn).takeText, photo: says("locked photo")},
	stageClosed:  {text: (*turn).takeText, photo: (*turn).outside},
	stageExempt:  {text: (*turn).exemptText, photo: (*turn).exempt},
}

// otherKinds are messages that carry nothing we can take.
var otherKinds = map[wechat.Kind]string{
	wechat.KindVoice: "voice", wechat.KindVideo: "video", wechat.KindShortVideo: "video",
	wechat.KindFile: "file", wechat.KindLocation: "location", wechat.KindLink: "link",
}

// stage is where the conversation stands now.
func (t *turn) stage() string {
	if t.c.Candidate.ID == 0 {
		if t.talk.Stage == stageProof {
			return stageProof
		}
		return stageNumber
	}
	if _, exempt := t.bot.Season.Exempt(t.c.Candidate.Attrs); exempt {
		return stageExempt
	}
	switch t.talk.Stage {
	case stagePhone:
		return stagePhone
	case stageRephone, stageSecond: // once the phone is known, a photo goes its way
		if !t.c.Candidate.PhoneOK || t.msg.Kind != wechat.KindImage {
			return t.talk.Stage
		}
	}
	state := t.c.Submission.State
	switch {
	case state.Locked():
		return stageLocked
	case !t.open():
		return stageClosed
	case t.talk.Stage == stageConfirm:
		return stageConfirm
	}
	return stageUpload
}

// open says whether the season lets the candidate send now: a first submission in the window,
// corrections a while longer.
func (t *turn) open() bool {
	if t.c.Submission.State == intake.Returned {
		return t.bot.Season.Window.Correcting(t.now) && !t.bot.Season.Shut(t.c.Submission, t.now)
	}
	return t.bot.Season.Window.Open(t.now)
}

// take answers the message: the reply, "" when none is due.
func (t *turn) take(ctx context.Context) (string, error) {
	if t.msg.Kind == wechat.KindEvent {
		return t.takeEvent(ctx)
	}
	t.heard()
	t.choosing, t.talk.Memo.Choosing = t.talk.Memo.Choosing, ""
	now := steps[t.stage()]
	switch t.msg.Kind {
	case wechat.KindText:
		if t.c.Candidate.ID != 0 {
			if reply, asked, err := t.revoked(ctx); asked || err != nil {
				return reply, err
			}
			if reply, asked, err := t.leave(); asked || err != nil {
				return reply, err
			}
		}
		return now.text(t, ctx)
	case wechat.KindImage:
		return now.photo(t, ctx)
	}
	if text, known := otherKinds[t.msg.Kind]; known {
		return t.say(text)
	}
	return t.say("odd kind")
}

// takeEvent answers following, scanning and menu clicks; delivery reports are noted in silence.
func (t *turn) takeEvent(ctx context.Context) (string, error) {
	switch t.msg.Event {
	case wechat.EventSubscribe, wechat.EventScan:
		return t.scanned(ctx)
	case wechat.EventUnsubscribe:
		t.unfollowed()
		return "", nil
	case wechat.EventClick:
		t.follow()
		return steps[t.stage()].text(t, ctx)
	case wechat.EventTemplateDone:
		ok := t.msg.Status == "success"
		_, err := t.bot.DB.NoticeEvent(ctx, t.msg.MsgID, ok, t.msg.Status, t.now)
		return "", err
	case wechat.EventPopup, wechat.EventPopupChanged, wechat.EventPopupSent:
		return "", t.takeConsents(ctx)
	}
	return "", nil
}

// takeText is the way of a typed text once the candidate is bound and the phone confirmed.
func (t *turn) takeText(ctx context.Context) (string, error) {
	if reply, asked, err := t.answer(ctx); asked || err != nil {
		return reply, err
	}
	if reply, asked, err := t.chooseWay(ctx); asked || err != nil {
		return reply, err
	}
	if reply, asked, err := t.answerHunch(ctx); asked || err != nil {
		return reply, err
	}
	if reply, asked, err := t.file(); asked || err != nil {
		return reply, err
	}
	if command, ok := t.bot.command(t.cmd); ok {
		return command(t, ctx)
	}
	if t.cmd == "" && t.n > 0 && templates.OnlyNumber(t.msg.Text) {
		return t.choose()
	}
	text := templates.Plain(t.msg.Text)
	switch found := intake.Named(t.lines, text); len(found) {
	case 0:
	case 1:
		return t.pick(found[0])
	default:
		return t.whichOf(found)
	}
	if reply, asked, err := t.deed(ctx); asked || err != nil {
		return reply, err
	}
	for _, word := range append(figures(text), text) {
		if _, phone := intake.CleanPhone(word); phone {
			t.wiped = true
			return t.say("details")
		}
		t.wiped = t.wiped || word != text && len(word) >= 8 // perhaps of an ID
	}
	if first, _, _ := strings.Cut(text, " "); isNumber(first) && len(first) >= 8 {
		t.wiped = true // ID digits may stand behind it
		return t.say("already bound")
	}
	if t.cmd == "yes" || t.cmd == "no" || t.cmd == "noted" { // nothing was asked
		return t.say("noted")
	}
	return t.topics(ctx)
}

// command finds the step of a command. (A table filled at package level would refer to itself
// through takeText.)
func (b *Bot) command(name string) (step, bool) {
	switch name {
	case "list":
		return (*turn).list, true
	case "progress":
		return (*turn).progress, true
	case "feedback":
		return (*turn).feedback, true
	case "help":
		return says("help"), true
	case "human":
		return (*turn).human, true
	case "privacy":
		return says("privacy"), true
	case "revoke", "revoked":
		return (*turn).revoke, true
	case "thanks":
		return says("thanks"), true
	case "details":
		return says("details"), true
	case "rephone":
		return (*turn).changePhone, true
	case "second":
		return (*turn).changeSecond, true
	case "use":
		return (*turn).useAnyway, true
	case "withdraw":
		return (*turn).withdraw, true
	case "recheck":
		return (*turn).recheck, true
	case "ask":
		return (*turn).resume, true
	case "example":
		return (*turn).example, true
	case "marked":
		return (*turn).marked, true
	case "there":
		return (*turn).there, true
	case "here":
		return (*turn).here, true
	case "ways":
		return (*turn).showWays, true
	case "tray":
		return says("tray"), true
	case "spread":
		return (*turn).spread, true
	case "delete":
		return (*turn).deletePhoto, true
	case "retake":
		return (*turn).retake, true
	case "originals", "blurry", "site", "names", "wrong", "lacking", "exam", "giveup", "pictures", "sorry":
		return says("about " + name), true
	case "others":
		return says("already bound"), true
	case "submit", "confirm":
		return (*turn).submit, true
	case "next":
		return (*turn).nextItem, true
	}
	return nil, false
}

// says is a step that only says something.
func says(text string) step {
	return func(t *turn, _ context.Context) (string, error) { return t.say(text) }
}

// say renders a text over what the turn knows.
func (t *turn) say(name string) (string, error) { return templates.Chat(name, t.view()) }

// say renders a text that needs nothing of a candidate.
func (b *Bot) say(name string) (string, error) {
	return templates.Chat(name, templates.Say{Season: b.Season})
}
