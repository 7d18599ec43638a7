package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"cailiao/intake"
	"cailiao/templates"
)

// Wrong tries at binding are counted in SQL, so that an emptied Redis forgets none: per WeChat
// user, per registration number (somebody may try it from many accounts), and overall (many
// accounts may try many numbers). Beyond the overall limit a user has one try instead of five:
// who knows the digits still gets in, whatever others try at other numbers.
const (
	scopeOpenID = "bind-user"
	scopeNumber = "bind-number"
	scopeAll    = "bind-all"

	triesPerUser   = 5
	triesPerNumber = 8
	triesOverall   = 300 // or one for each fiftieth candidate: where many come, many mistype
	triesWithin    = time.Hour
	attemptsFor    = 30 * 24 * time.Hour // staff sign-in looks this far back
)

// takeNumber takes the 报名号, alone or with the ID digits behind it.
func (t *turn) takeNumber(ctx context.Context) (string, error) {
	if reply, ok, err := t.unboundCommand(); ok || err != nil {
		return reply, err
	}
	fields := numberFields(templates.Plain(t.msg.Text))
	if len(fields) == 0 || len(fields) > 2 || !isNumber(fields[0]) {
		return t.askedUnbound("ask number")
	}
	if intake.IsIDNumber(fields[0]) {
		t.wiped = true
		return t.say("id not number")
	}
	t.talk.Memo.Number = strings.ToUpper(fields[0])
	if len(fields) == 2 {
		proof, _ := intake.ProofIn(fields[1])
		return t.prove(ctx, proof)
	}
	t.talk.Stage = stageProof
	return t.sayText("ask proof", t.talk.Memo.Number, 0)
}

// takeProof takes the last characters of the ID number, or a corrected 报名号.
func (t *turn) takeProof(ctx context.Context) (string, error) {
	if reply, ok, err := t.unboundCommand(); ok || err != nil {
		return reply, err
	}
	text := strings.ReplaceAll(templates.Plain(t.msg.Text), " ", "")
	if inside := figures(text); len(inside) == 1 {
		text = inside[0]
	} else if len(inside) == 2 {
		return t.takeNumber(ctx)
	}
	if proof, ok := intake.ProofIn(text); ok && isNumber(text) {
		return t.prove(ctx, proof)
	}
	if isNumber(text) {
		return t.takeNumber(ctx)
	}
	return t.askedUnbound("ask proof again")
}

// unboundCommand answers the commands that make sense before binding; other command words ask
// for what is missing.
func (t *turn) unboundCommand() (reply string, ok bool, err error) {
	switch t.cmd {
	case "":
		return "", false, nil
	case "help":
		reply, err = t.say("help unbound")
	case "human":
		reply, err = t.humanUnbound()
	case "privacy", "thanks":
		reply, err = t.say(t.cmd)
	case "revoke", "revoked":
		reply, err = t.say("revoke unbound")
	default:
		if t.stage() == stageProof {
			reply, err = t.say("ask proof again")
		} else {
			reply, err = t.say("ask number")
		}
	}
	return reply, true, err
}

// prove binds when the digits fit the number. The same answer for an unknown number and for
// wrong digits: nobody learns which numbers exist.
func (t *turn) prove(ctx context.Context, tail string) (string, error) {
	t.wiped = true
	number := t.talk.Memo.Number
	left, err := t.triesLeft(ctx)
	if err != nil {
		return "", err
	}
	t.talk.Stage = stageNumber
	if left <= 0 {
		return t.say("too many tries")
	}
	c, err := t.bot.DB.CandidateByNumber(ctx, number)
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return "", err
	}
	if err != nil || !c.Proves(tail) {
		t.missed = []string{scopeOpenID, scopeNumber, scopeAll}
		if left == 1 {
			return t.say("too many tries")
		}
		return t.sayText("no match", number, left-1)
	}
	if c.OpenID != "" {
		t.site, _ = t.bot.Season.Site(c.Site)
		return t.say("bound elsewhere")
	}
	if !c.WithdrawnAt.IsZero() {
		t.site, _ = t.bot.Season.Site(c.Site)
		return t.say("off roster")
	}
	full, err := t.bot.DB.Case(ctx, c.ID)
	if err != nil {
		return "", err
	}
	return t.bindTo(ctx, full)
}

// triesLeft is how many wrong tries this user still has with this number.
func (t *turn) triesLeft(ctx context.Context) (int, error) {
	tries := map[string]int{}
	for _, scope := range []string{scopeOpenID, scopeNumber, scopeAll} {
		var err error
		if tries[scope], err = t.bot.DB.Attempts(ctx, scope, t.counted(scope), t.now.Add(-triesWithin)); err != nil {
			return 0, err
		}
	}
	perUser := triesPerUser
	if tries[scopeAll] >= triesOverall {
		candidates, err := t.bot.DB.LastCandidate(ctx)
		if err != nil {
			return 0, err
		}
		if int64(tries[scopeAll]) >= candidates/50 {
			perUser = 1
		}
	}
	return min(perUser-tries[scopeOpenID], triesPerNumber-tries[scopeNumber]), nil
}

// counted is whom a wrong try is counted against.
func (t *turn) counted(scope string) string {
	switch scope {
	case scopeOpenID:
		return who(t.row.OpenID)
	case scopeNumber:
		return who(t.talk.Memo.Number)
	}
	return "all"
}

// confirmPhone takes 对 or 换一个, or a number straight away.
func (t *turn) confirmPhone(ctx context.Context) (string, error) {
	switch {
	case t.c.Candidate.Phone == "":
		return t.takePhone(ctx)
	case t.cmd == "yes":
		t.c.Candidate.PhoneOK = true
		return t.phoneSettled()
	case t.cmd == "no" || t.cmd == "details":
		t.talk.Stage = stageRephone
		return t.say("ask new phone")
	}
	if phone, ok := intake.CleanPhone(templates.Plain(t.msg.Text)); ok {
		return t.keepPhone(phone)
	}
	if command, ok := t.bot.command(t.cmd); ok {
		return command(t, ctx)
	}
	return t.say("ask phone again")
}

// takePhone takes a phone number typed.
func (t *turn) takePhone(ctx context.Context) (string, error) {
	if phone, ok := intake.CleanPhone(templates.Plain(t.msg.Text)); ok {
		return t.keepPhone(phone)
	}
	if t.cmd == "no" && t.c.Candidate.PhoneOK {
		return t.phoneSettled()
	}
	if command, ok := t.bot.command(t.cmd); ok && t.cmd != "details" {
		return command(t, ctx)
	}
	t.wiped = true // most likely a mistyped number
	return t.say("bad phone")
}

// takeSecond takes the second phone, or leaves it out.
func (t *turn) takeSecond(ctx context.Context) (string, error) {
	phone, ok := intake.CleanPhone(templates.Plain(t.msg.Text))
	switch {
	case t.cmd == "no":
		phone = ""
	case ok:
		t.wiped = true
	case t.cmd != "":
		t.talk.Stage = stageUpload
		if command, ok := t.bot.command(t.cmd); ok {
			return command(t, ctx)
		}
		return t.say("progress")
	default:
		t.wiped = true // most likely a mistyped number
		return t.say("bad phone")
	}
	t.talk.Stage = stageUpload
	t.c.Candidate.Second = phone
	t.log("second phone", "")
	return t.say("second saved")
}

func (t *turn) changeSecond(context.Context) (string, error) {
	t.talk.Stage = stageSecond
	return t.say("ask second")
}

func (t *turn) changePhone(context.Context) (string, error) {
	t.talk.Stage = stageRephone
	return t.say("ask new phone")
}

func (t *turn) keepPhone(phone string) (string, error) {
	t.wiped = true
	t.c.Candidate.Phone, t.c.Candidate.PhoneOK = phone, true
	t.log("phone", "")
	return t.phoneSettled()
}

// phoneSettled goes on to what comes next for this candidate.
func (t *turn) phoneSettled() (string, error) {
	t.agreed = true
	t.talk.Stage, t.recall = stageUpload, true
	saved, err := t.say("phone saved")
	if err != nil {
		return "", err
	}
	if len(t.questions()) > 0 && !t.c.Submission.State.Locked() {
		return t.askNext(saved)
	}
	next, err := t.afterQuestions()
	return join(saved, next), err
}

// numberFields finds the 报名号, and what stands behind it, in what was typed: alone, split by
// spaces, or in words, as in 「报名号：2611010001，后六位17003X」.
func numberFields(text string) []string {
	fields := strings.Fields(text)
	if whole := strings.Join(fields, ""); len(fields) > 2 && isNumber(whole) {
		return []string{whole}
	}
	inside := figures(text)
	if len(inside) == 0 || len(inside) > 2 {
		return fields
	}
	if _, proof := intake.ProofIn(inside[0]); proof && len(inside) == 2 {
		inside[0], inside[1] = inside[1], inside[0]
	}
	if _, phone := intake.CleanPhone(inside[0]); phone || len(inside[0]) < 8 {
		return fields
	}
	return inside
}

// figures are the numbers within Chinese words; none where there are no words.
func figures(text string) []string {
	if !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return nil
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return slices.DeleteFunc(words, func(w string) bool { return len(w) < 6 || len(w) > 20 || !isNumber(w) })
}

// isNumber says whether a text may be a 报名号: 4 to 20 letters and digits with a digit in it.
func isNumber(s string) bool {
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z':
		default:
			return false
		}
	}
	return digits > 0 && len(s) >= 4 && len(s) <= 20
}

// sayText is say with a word and a number of its own.
func (t *turn) sayText(name, text string, n int) (string, error) {
	say := t.view()
	say.Text, say.N = text, n
	return templates.Chat(name, say)
}
