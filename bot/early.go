package bot

import (
	"context"
	"slices"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/templates"
)

// Photos that come before it is known whose they are, or before the candidate has seen the list,
// are not lost: they wait, and the candidate files them from the tray.

// hold keeps the messages of photos until the sender is bound.
func (t *turn) hold(context.Context) (string, error) {
	t.held = true
	return t.sayText("photo before bind", t.talk.Stage, len(t.shots))
}

// photoBeforePhone puts photos into the tray and asks for the phone once more.
func (t *turn) photoBeforePhone(ctx context.Context) (string, error) {
	switch {
	case t.c.Submission.State.Locked():
		return t.say("locked photo")
	case !t.open():
		return t.outside(ctx)
	}
	kept, err := t.trayAll(ctx)
	if err != nil {
		return "", err
	}
	ask := "ask phone again"
	if t.c.Candidate.Phone == "" || t.stage() == stageRephone {
		ask = "phone first"
	}
	question, err := t.say(ask)
	return join(kept, question), err
}

// early says that the photos of the turn came before the binding.
func (t *turn) early() bool {
	return len(t.shots) > 0 && !slices.ContainsFunc(t.shots, func(s *shot) bool { return !s.row.Held() })
}

// trayAll puts the photos of the turn into the tray and tells what became of them.
func (t *turn) trayAll(ctx context.Context) (string, error) {
	t.develop(ctx)
	if err := t.allLater(); err != nil {
		return "", err
	}
	first := intake.TrayNumber(t.c)
	for i, s := range t.shots {
		s.n = first + i
		switch {
		case s.fate == fateLater:
			s.meant = storage.HeldMaterial
		case s.fate == "" && !t.known(s):
			t.putInTray(s)
		}
	}
	say := t.view()
	say.Shots, say.N = t.fates(), len(t.shots)
	return templates.Chat("photos early", say)
}
