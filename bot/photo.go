package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"cailiao/intake"
	"cailiao/templates"
)

// takePhoto takes the photos of the turn: for the item they are meant for as far as they fit,
// the others into the tray. One photo gets its own words, an album one numbered summary.
func (t *turn) takePhoto(ctx context.Context) (string, error) {
	if t.early() {
		return t.trayAll(ctx)
	}
	t.talk.Stage, t.talk.Memo.Asking, t.talk.Memo.Leaving = stageUpload, "", false
	t.develop(ctx)
	if err := t.allLater(); err != nil {
		return "", err
	}
	line, _ := t.target()
	code, swapped := line.Material.Code, false
	first := intake.TrayNumber(t.c)
	for i, s := range t.shots {
		s.n = first + i
		if s.fate != "" || t.known(s) {
			if s.fate == fateLater {
				s.meant = cmp.Or(s.meant, code)
			}
			continue
		}
		var err error
		if s.likeness, err = t.compare(ctx, line, s.taken); err != nil {
			return "", err
		}
		home := t.homeOf(s, cmp.Or(s.meant, code))
		if home == "" && t.asksKind(s) {
			return t.looksLike(s, cmp.Or(s.meant, code))
		}
		if line, ok := t.line(home); ok && t.takes(line) {
			if err := t.against(ctx, s, line); err != nil {
				return "", err
			}
			swapped = t.place(line, t.photo(s))
			s.fate, s.home = fateKept, home
			continue
		}
		t.putInTray(s)
	}
	t.rememberPlaces()
	if len(t.shots) > 1 {
		return t.summary()
	}
	return t.onePhoto(ctx, t.shots[0], line, swapped)
}

// allLater is an error when not one photo could be finished now.
func (t *turn) allLater() error {
	var causes []error
	for _, s := range t.shots {
		if s.later == nil {
			return nil
		}
		causes = append(causes, s.later)
	}
	line, _ := t.target()
	reply, err := t.sayText("photo later", "", len(t.shots))
	return &laterError{cause: errors.Join(append(causes, err)...), reply: reply, material: line.Material.Code}
}

// onePhoto says what became of a single photo.
func (t *turn) onePhoto(ctx context.Context, s *shot, line intake.Line, swapped bool) (string, error) {
	switch s.fate {
	case fateGone:
		return t.say("photo gone")
	case fateLarge:
		return t.say("photo too large")
	case fateRefused:
		return t.about("refused", line, func(say *templates.Say) { say.Verdict = gravest(s.taken.Verdicts) })
	case fateSame, fateKnown:
		home, _ := t.line(s.home)
		if s.fate == fateSame {
			return t.about("same as returned", home, nil)
		}
		return t.about("already sent", home, nil)
	case fateTray:
		return t.sayText("in tray", "", s.n)
	}
	reply, err := t.thank(s, swapped)
	if err != nil || s.ways == nil {
		return reply, err
	}
	unclear, err := t.say("way unclear")
	return t.whichWay(ctx, s, join(reply, unclear)), err
}

// known recognises a picture that is already there.
func (t *turn) known(s *shot) bool {
	for _, p := range t.c.Tray {
		if p.SHA256 == s.taken.SHA256 {
			s.fate = fateKnown
			return true
		}
	}
	for _, p := range t.c.Photos {
		if p.SHA256 != s.taken.SHA256 {
			continue
		}
		s.fate, s.home = fateKnown, p.Material
		if home, _ := t.line(p.Material); home.Item.State == intake.ItemReturned && p.Round < t.c.Submission.Round {
			s.fate = fateSame
		}
		return true
	}
	return false
}

func gravest(verdicts []intake.Verdict) intake.Verdict {
	i := slices.IndexFunc(verdicts, func(v intake.Verdict) bool { return v.Level == intake.Refuse })
	return verdicts[i]
}

// place puts a new photo into the case, instead of the one it replaces if there is one.
func (t *turn) place(line intake.Line, photo intake.Photo) (swapped bool) {
	photo.Material = line.Material.Code
	t.added = append(t.added, photo)
	return t.settleIn(line, photo)
}

// settleIn makes a photo count for a line.
func (t *turn) settleIn(line intake.Line, photo intake.Photo) (swapped bool) {
	t.touched = true
	old, found := t.swapOf(line)
	if !found {
		old, found = line.Stale(t.c.Submission.Round)
	}
	if found {
		t.drop(old, intake.Replaced)
	}
	t.c.Photos = append(slices.Clone(t.c.Photos), photo)
	t.talk.Memo.Swap, t.talk.Memo.Doubt = 0, ""
	t.log("photo", line.Material.Code)
	t.recount()
	// A full item closes; one that may take more stays current until 下一项.
	t.talk.Memo.Current = line.Material.Code
	if now, _ := t.line(line.Material.Code); now.Done() && !t.takes(now) {
		t.talk.Memo.Current = ""
	}
	return found
}

// drop takes a photo out of the case; its row stays as history. One added in this very turn is
// told apart by its bytes.
func (t *turn) drop(photo intake.Photo, state intake.PhotoState) {
	same := func(p intake.Photo) bool { return p.ID == photo.ID && p.SHA256 == photo.SHA256 }
	t.c.Photos = slices.DeleteFunc(slices.Clone(t.c.Photos), same)
	t.c.Tray = slices.DeleteFunc(slices.Clone(t.c.Tray), same)
	if photo.ID != 0 {
		t.gone = append(t.gone, photoChange{id: photo.ID, state: state})
		return
	}
	for i := range t.added {
		if same(t.added[i]) {
			t.added[i].State = state
		}
	}
}

// thank tells where a photo went. One with a doubt is asked about: the next photo takes its
// place unless the candidate says 仍要使用, or the item
// has room for more pages.
func (t *turn) thank(s *shot, swapped bool) (string, error) {
	line, _ := t.line(s.home)
	var doubts []intake.Verdict
	for _, v := range s.verdicts() {
		if v.Level == intake.Doubt {
			doubts = append(doubts, v)
		}
	}
	if len(doubts) > 0 {
		t.talk.Memo.Current, t.talk.Memo.Doubt = s.home, s.taken.SHA256
		return t.about("doubtful", line, func(say *templates.Say) { say.Verdict, say.Swapped = doubts[0], swapped })
	}
	return t.about("stored", line, func(say *templates.Say) { say.Swapped = swapped; t.lookAhead(say) })
}

// lookAhead adds the item that comes next.
func (t *turn) lookAhead(say *templates.Say) {
	if next := t.nextAfter(); next != nil {
		after := t.view()
		after.Line, after.Reasons = *next, t.reasons(*next)
		say.Next, say.After = next, &after
	}
}

// useAnyway keeps a photo with its doubt, which staff will see.
func (t *turn) useAnyway(context.Context) (string, error) {
	for _, p := range t.c.Photos {
		if t.talk.Memo.Doubt == "" || p.SHA256 != t.talk.Memo.Doubt {
			continue
		}
		t.talk.Memo.Doubt = ""
		t.log("use anyway", p.Material)
		line, _ := t.line(p.Material)
		if line.Done() && !t.takes(line) {
			t.talk.Memo.Current = ""
		}
		return t.about("used anyway", line, t.lookAhead)
	}
	return t.say("nothing doubtful")
}

// latest is the unlocked photo sent last, which 「换一张」 and 「删除」 mean when nothing is chosen.
func (t *turn) latest() (intake.Line, intake.Photo, bool) {
	var line intake.Line
	var photo intake.Photo
	for _, l := range t.lines {
		for _, p := range l.Photos {
			if !l.Locked && p.ID > photo.ID {
				line, photo = l, p
			}
		}
	}
	return line, photo, photo.ID != 0
}

// retake makes the next photo take the place of the one named, or the one sent last.
func (t *turn) retake(context.Context) (string, error) {
	if stage := t.stage(); stage != stageUpload && stage != stageConfirm {
		return t.say("progress")
	}
	line, photo, ok := t.latest()
	chosen, found := t.line(t.talk.Memo.Current)
	switch {
	case found && chosen.Locked:
		return t.about("item locked", chosen, nil)
	case found && t.n > len(chosen.Photos):
		return t.about("no such photo", chosen, func(say *templates.Say) { say.N = t.n })
	case found && t.n > 0:
		line, photo = chosen, chosen.Photos[t.n-1]
	case found && len(chosen.Photos) > 0:
		line, photo = chosen, chosen.Photos[len(chosen.Photos)-1]
	}
	if !ok {
		return t.say("nothing to retake")
	}
	t.talk.Stage = stageUpload
	t.talk.Memo.Current, t.talk.Memo.Swap, t.talk.Memo.Doubt = line.Material.Code, photo.ID, ""
	return t.about("item", line, nil)
}

// deletePhoto deletes a photo of the current item: the one named, or the only one.
func (t *turn) deletePhoto(context.Context) (string, error) {
	switch t.stage() {
	case stageLocked:
		return t.say("cannot delete")
	case stageClosed:
		return t.outside(nil)
	}
	line, ok := t.line(t.talk.Memo.Current)
	if !ok {
		line, _, ok = t.latest()
	}
	switch {
	case !ok || len(line.Photos) == 0:
		return t.about("nothing to delete", line, nil)
	case line.Locked:
		return t.about("cannot delete", line, nil)
	case t.n == 0 && len(line.Photos) > 1:
		t.talk.Memo.Current = line.Material.Code
		return t.about("delete which", line, nil)
	case t.n > len(line.Photos):
		return t.about("no such photo", line, func(say *templates.Say) { say.N = t.n })
	}
	n := max(t.n, 1)
	t.touched = true
	t.drop(line.Photos[n-1], intake.Deleted)
	t.talk.Stage = stageUpload
	t.talk.Memo.Current, t.talk.Memo.Swap, t.talk.Memo.Doubt = line.Material.Code, 0, ""
	t.log("delete", line.Material.Code)
	t.recount()
	line, _ = t.line(line.Material.Code)
	return t.about("deleted", line, func(say *templates.Say) {
		say.N, say.Next = n, t.nextAfter()
	})
}
