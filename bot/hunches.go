package bot

import (
	"context"
	"fmt"
	"slices"

	"cailiao/intake"
	"cailiao/templates"
)

// A hunch is a question that reading a photo raised. It is asked in the reply to the photo when
// reading was quick enough, else at the end of the next reply: never by a message of its own.

const maxHunches = 5

// wonder keeps a question, instead of an older one about the same photo.
func (t *turn) wonder(h intake.Hunch) {
	hunches := slices.DeleteFunc(slices.Clone(t.talk.Memo.Hunches), func(old intake.Hunch) bool { return old.SHA == h.SHA })
	hunches = append(hunches, h)
	t.talk.Memo.Hunches = hunches[max(0, len(hunches)-maxHunches):]
}

// photoOf finds a photo that counts or waits in the tray.
func (t *turn) photoOf(sha string) (intake.Photo, bool) {
	for _, photos := range [][]intake.Photo{t.c.Photos, t.c.Tray} {
		for _, p := range photos {
			if p.SHA256 == sha {
				return p, true
			}
		}
	}
	return intake.Photo{}, false
}

// stillOpen says whether a question is worth asking, or an answer worth following.
func (t *turn) stillOpen(h intake.Hunch) bool {
	p, found := t.photoOf(h.SHA)
	if line, listed := t.line(p.Material); !found || p.State == intake.Kept && (!listed || line.Locked) {
		return false
	}
	if h.Material == "" {
		return true
	}
	other, listed := t.line(h.Material)
	return listed && p.Material != h.Material && t.takes(other)
}

// withHunch adds what reading found out in the meantime: photos it filed, and one question.
func (t *turn) withHunch(reply string) (string, error) {
	if _, image := ImageReply(reply); image || reply == "" || t.c.Candidate.ID == 0 {
		return reply, nil
	}
	if found := t.talk.Memo.Found; len(found) > 0 {
		say := t.view()
		for _, f := range found {
			line, _ := t.line(f.Material)
			say.Shots = append(say.Shots, templates.Shot{From: f.Tray, To: f.Tray, Fate: fateKept, Name: line.Material.Name})
		}
		told, err := templates.Chat("found", say)
		if err != nil {
			return "", err
		}
		reply, t.talk.Memo.Found = join(told, reply), nil
	}
	t.talk.Memo.Hunches = slices.DeleteFunc(slices.Clone(t.talk.Memo.Hunches), func(h intake.Hunch) bool { return !t.stillOpen(h) })
	if t.stage() != stageUpload || t.talk.Memo.Asking != "" || t.asked {
		return reply, nil
	}
	for i, h := range t.talk.Memo.Hunches {
		if h.Asked {
			continue
		}
		question, err := t.askHunch(h)
		if err != nil {
			return "", err
		}
		if len(reply)+len(question)+2 > maxReply {
			break // the next reply may be shorter
		}
		t.talk.Memo.Hunches[i].Asked = true
		if h.Material == "" && len(h.Ways) == 0 { // told: there is nothing to answer
			t.talk.Memo.Hunches = slices.Delete(t.talk.Memo.Hunches, i, i+1)
		}
		return join(reply, question), nil
	}
	return reply, nil
}

// askHunch puts a question into words. One that only tells a doubt needs no answer.
func (t *turn) askHunch(h intake.Hunch) (string, error) {
	p, _ := t.photoOf(h.SHA)
	at, _ := t.line(p.Material)
	text, line := "late doubt", at
	switch {
	case len(h.Ways) > 0:
		text = "late way"
	case h.Material != "":
		text = "late kind"
		line, _ = t.line(h.Material)
	}
	return t.about(text, line, func(say *templates.Say) {
		say.Text, say.N = at.Material.Name, p.Tray
		for _, v := range p.Verdicts {
			if doubtOfReading(v) {
				say.Verdict = v
			}
		}
	})
}

// looksLike puts a photo that seems to be another item into the tray and asks.
func (t *turn) looksLike(s *shot, sent string) (string, error) {
	t.putInTray(s)
	t.wonder(intake.Hunch{SHA: s.taken.SHA256, Sent: sent, Material: s.guess.code, Asked: true})
	t.asked = true
	line, _ := t.line(s.guess.code)
	at, _ := t.line(sent)
	return t.about("looks like", line, func(say *templates.Say) { say.Text, say.N = at.Material.Name, s.n })
}

// pending is the last question about another item that was asked.
func (t *turn) pending() (h intake.Hunch, ok bool) {
	for _, h := range slices.Backward(t.talk.Memo.Hunches) {
		if h.Asked && h.Material != "" && t.stillOpen(h) {
			return h, true
		}
	}
	return intake.Hunch{}, false
}

func (t *turn) forget(h intake.Hunch) {
	t.talk.Memo.Hunches = slices.DeleteFunc(slices.Clone(t.talk.Memo.Hunches), func(other intake.Hunch) bool { return other.SHA == h.SHA })
}

// there follows 「放过去」.
func (t *turn) there(context.Context) (string, error) {
	h, ok := t.pending()
	if !ok {
		return t.say("nothing to place")
	}
	t.forget(h)
	p, _ := t.photoOf(h.SHA)
	line, _ := t.line(h.Material)
	if p.State == intake.InTray {
		t.takeOut(p, line)
	} else {
		t.move(p, line)
	}
	t.talk.Stage = stageUpload
	now, _ := t.line(h.Material)
	return t.about("stored", now, t.lookAhead)
}

// here follows 「就放这里」.
func (t *turn) here(context.Context) (string, error) {
	h, ok := t.pending()
	if !ok {
		return t.say("nothing to place")
	}
	t.forget(h)
	p, _ := t.photoOf(h.SHA)
	line, listed := t.line(h.Sent)
	if p.State == intake.Kept {
		return t.about("stays", line, t.lookAhead)
	}
	if !listed || !t.takes(line) {
		return t.about("no room", line, func(say *templates.Say) { say.N = p.Tray })
	}
	t.takeOut(p, line)
	t.talk.Stage = stageUpload
	now, _ := t.line(h.Sent)
	return t.about("stored", now, t.lookAhead)
}

// answerHunch takes a plain yes or no for the question asked last.
func (t *turn) answerHunch(ctx context.Context) (reply string, asked bool, err error) {
	if _, ok := t.pending(); !ok || t.cmd != "yes" && t.cmd != "no" {
		return "", false, nil
	}
	if t.cmd == "yes" {
		reply, err = t.there(ctx)
	} else {
		reply, err = t.here(ctx)
	}
	return reply, true, err
}

// move gives a kept photo to another line.
func (t *turn) move(photo intake.Photo, line intake.Line) {
	t.c.Photos = slices.DeleteFunc(slices.Clone(t.c.Photos), func(p intake.Photo) bool { return p.ID == photo.ID })
	photo.Material, photo.Round = line.Material.Code, t.c.Submission.Round
	t.moved = append(t.moved, photo)
	t.settleIn(line, photo)
}

// fileFound files a photo of the tray by what stands on it.
func (t *turn) fileFound(photo intake.Photo, line intake.Line) {
	before := t.talk.Memo
	t.takeOut(photo, line)
	t.talk.Memo.Current, t.talk.Memo.Swap, t.talk.Memo.Doubt = before.Current, before.Swap, before.Doubt // the candidate goes on where they were
	t.talk.Memo.Found = append(slices.Clone(t.talk.Memo.Found), intake.Found{Tray: photo.Tray, Material: line.Material.Code})
}

// homeOf is where a photo of this turn goes: to the item it was sent for, unless what stands on
// it says another one beyond doubt. "": the tray.
func (t *turn) homeOf(s *shot, sent string) string {
	s.guess = t.bot.guess(t.materials, sent, s.lines)
	if !s.read || !s.guess.sure || s.guess.code == sent {
		return sent
	}
	line, _ := t.line(s.guess.code)
	if takes := t.takes(line); len(t.shots) == 1 && sent != "" {
		if takes {
			return "" // asked about
		}
		return sent // where it seems to belong is no room: staff see a note
	} else if !takes {
		return ""
	}
	s.told = true
	return s.guess.code
}

// asksKind says whether the only photo of the turn is to be asked about.
func (t *turn) asksKind(s *shot) bool {
	line, _ := t.line(s.guess.code)
	return len(t.shots) == 1 && s.read && s.guess.sure && t.takes(line)
}

// against holds a photo against the item it goes to: what stands on it, and the QR code.
func (t *turn) against(ctx context.Context, s *shot, line intake.Line) error {
	s.held = nil
	if s.read {
		guess := t.bot.guess(t.materials, line.Material.Code, s.lines)
		s.held = t.bot.notes(t.c.Candidate, line.Material, guess, s.lines)
	}
	if s.ways != nil {
		s.held = append(s.held, note(askew, s.margin, t.bot.Imaging.Thresholds().WayMargin, ""))
	}
	if !line.Material.QR || slices.ContainsFunc(line.Photos, func(p intake.Photo) bool { return !slices.ContainsFunc(p.Verdicts, isNoQR) }) {
		return nil // another page has it
	}
	data, err := t.bot.Blobs.Get(ctx, t.photo(s).Copy)
	if err != nil {
		return fmt.Errorf("look for a QR code: %w", err)
	}
	has, err := t.bot.Imaging.HasQR(ctx, data)
	if err != nil {
		return fmt.Errorf("look for a QR code: %w", err)
	}
	if !has {
		s.held = append(s.held, intake.Verdict{Code: noQR, Level: intake.Doubt, Threshold: 1})
	}
	return nil
}

func isNoQR(v intake.Verdict) bool { return v.Code == noQR }
