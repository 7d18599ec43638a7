package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cailiao/imaging"
	"cailiao/intake"
	"cailiao/storage"
	"cailiao/templates"
	"cailiao/wechat"
)

// delivery is a picture fetched and judged once, kept over a second try of the turn.
type delivery struct {
	bytes []byte
	taken *imaging.Taken
}

// triesBroken is how often a picture that arrives empty or cut off is fetched again before the
// candidate is asked for it again.
const triesBroken = 2

// takePhoto fetches, judges and stores the photo for the item it is meant for.
func (t *turn) takePhoto(ctx context.Context) (string, error) {
	t.talk.Stage = stageUpload
	if t.row.Material != "" { // put off before: it goes where it was meant
		t.talk.Memo.Current = t.row.Material
	}
	line, ok := t.target()
	if !ok {
		return t.say("nothing to fill")
	}
	if reply, err := t.fetch(ctx, line); reply != "" || err != nil {
		return reply, err
	}
	taken := t.fetched.taken
	if intake.Worst(taken.Verdicts) == intake.Refuse {
		return t.about("refused", line, func(say *templates.Say) { say.Verdict = gravest(taken.Verdicts) })
	}
	if reply, err := t.known(taken.SHA256); reply != "" || err != nil {
		return reply, err
	}
	likeness, err := t.compare(ctx, line, taken)
	if err != nil {
		return "", t.later(err, line)
	}
	photo, err := t.keep(ctx, line)
	if err != nil {
		return "", t.later(err, line)
	}
	photo.Verdicts = append(slices.Clone(photo.Verdicts), likeness...)
	swapped := t.place(line, photo)
	return t.thank(line.Material.Code, photo, swapped)
}

// fetch gets and judges the picture; a reply or an error says that it is not to be had (now).
func (t *turn) fetch(ctx context.Context, line intake.Line) (reply string, err error) {
	if t.fetched.taken != nil {
		return "", nil
	}
	media, err := t.bot.WeChat.Media(ctx, t.msg.MediaID)
	switch {
	case errors.Is(err, wechat.ErrMediaTooLarge):
		return t.say("photo too large")
	case err != nil && wechat.ActionFor(err) == wechat.AskAgain:
		return t.say("photo gone")
	case errors.Is(err, wechat.ErrTruncated) && t.row.Attempts >= triesBroken:
		return t.about("refused", line, func(say *templates.Say) { say.Verdict.Code = imaging.Broken })
	case err != nil:
		return "", t.later(fmt.Errorf("fetch photo: %w", err), line)
	}
	taken, err := t.bot.Imaging.Take(ctx, media.Bytes)
	if err != nil {
		return "", t.later(fmt.Errorf("judge photo: %w", err), line)
	}
	if taken.Fault != nil {
		t.bot.Log.Error("a picture broke the imaging code", "message", t.row.ID, "err", taken.Fault)
	}
	taken = t.bot.upright(ctx, t.row.ID, media.Bytes, taken)
	t.fetched.bytes, t.fetched.taken = media.Bytes, &taken
	return "", nil
}

// later puts the message off; the candidate hears that the photo has arrived.
func (t *turn) later(cause error, line intake.Line) error {
	reply, err := t.say("photo later")
	return &laterError{cause: errors.Join(cause, err), reply: reply, material: line.Material.Code}
}

// known recognises a picture that is already there.
func (t *turn) known(sha string) (string, error) {
	for _, p := range t.c.Photos {
		if p.SHA256 != sha {
			continue
		}
		home, _ := t.line(p.Material)
		if home.Item.State == intake.ItemReturned && p.Round < t.c.Submission.Round {
			return t.about("same as returned", home, nil)
		}
		return t.about("already sent", home, nil)
	}
	return "", nil
}

func gravest(verdicts []intake.Verdict) intake.Verdict {
	i := slices.IndexFunc(verdicts, func(v intake.Verdict) bool { return v.Level == intake.Refuse })
	return verdicts[i]
}

// keep stores the bytes, before any row points at them.
func (t *turn) keep(ctx context.Context, line intake.Line) (intake.Photo, error) {
	taken, id := t.fetched.taken, t.c.Candidate.ID
	photo := intake.Photo{
		CandidateID: id, Material: line.Material.Code, Round: t.c.Submission.Round, State: intake.Kept,
		SHA256: taken.SHA256, Format: taken.Format, Width: taken.Width, Height: taken.Height,
		Bytes: len(t.fetched.bytes), CopyBytes: len(taken.Copy), PHash: taken.PHash, DHash: taken.DHash,
		Verdicts: taken.Verdicts, MessageID: t.row.ID, ReceivedAt: t.now,
		Original: storage.BlobKey(id, taken.SHA256, "original"),
		Copy:     storage.BlobKey(id, taken.SHA256, "copy"),
		Screen:   storage.BlobKey(id, taken.SHA256, "screen"),
		Thumb:    storage.BlobKey(id, taken.SHA256, "thumb"),
	}
	for _, blob := range []struct {
		key  string
		data []byte
	}{
		{photo.Original, t.fetched.bytes}, {photo.Copy, taken.Copy},
		{photo.Screen, taken.Screen}, {photo.Thumb, taken.Thumb},
	} {
		if err := t.bot.Blobs.Put(ctx, blob.key, blob.data); err != nil {
			return photo, fmt.Errorf("store photo: %w", err)
		}
	}
	return photo, nil
}

// place puts the photo into the case, instead of the one it replaces if there is one.
func (t *turn) place(line intake.Line, photo intake.Photo) (swapped bool) {
	t.touched = true
	t.photo = &photo
	old := t.swapOf(line)
	if old == 0 {
		if stale, ok := line.Stale(t.c.Submission.Round); ok {
			old = stale.ID
		}
	}
	if old != 0 {
		t.drop(old, intake.Replaced)
	}
	t.c.Photos = append(slices.Clone(t.c.Photos), photo)
	t.talk.Memo.Swap = 0
	t.log("photo", line.Material.Code)
	t.recount()
	// A full item closes; one that may take more stays current until 下一项.
	t.talk.Memo.Current = line.Material.Code
	if now, _ := t.line(line.Material.Code); now.Done() && !t.takes(now) {
		t.talk.Memo.Current = ""
	}
	return old != 0
}

// drop takes a photo out of the case; its row stays as history.
func (t *turn) drop(id int64, state intake.PhotoState) {
	t.gone = append(t.gone, photoChange{id: id, state: state})
	t.c.Photos = slices.DeleteFunc(slices.Clone(t.c.Photos), func(p intake.Photo) bool { return p.ID == id })
}

func (t *turn) thank(material string, photo intake.Photo, swapped bool) (string, error) {
	line, _ := t.line(material)
	return t.about("stored", line, func(say *templates.Say) {
		for _, v := range photo.Verdicts {
			if v.Level == intake.Doubt {
				say.Verdicts = append(say.Verdicts, v)
			}
		}
		say.Swapped = swapped
		if next := t.nextAfter(); next != nil {
			after := t.view()
			after.Line, after.Reasons = *next, t.reasons(*next)
			say.Next, say.After = next, &after
		}
	})
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

// retake makes the next photo take the place of the one sent last.
func (t *turn) retake(context.Context) (string, error) {
	if stage := t.stage(); stage != stageUpload && stage != stageConfirm {
		return t.say("progress")
	}
	line, photo, ok := t.latest()
	if !ok {
		return t.say("not understood")
	}
	t.talk.Stage = stageUpload
	t.talk.Memo.Current, t.talk.Memo.Swap = line.Material.Code, photo.ID
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
	t.drop(line.Photos[n-1].ID, intake.Deleted)
	t.talk.Stage = stageUpload
	t.talk.Memo.Current, t.talk.Memo.Swap = line.Material.Code, 0
	t.log("delete", line.Material.Code)
	t.recount()
	line, _ = t.line(line.Material.Code)
	return t.about("deleted", line, func(say *templates.Say) {
		say.N, say.Next = n, t.nextAfter()
	})
}
