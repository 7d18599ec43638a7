package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cailiao/imaging/codec"
	"cailiao/intake"
	"cailiao/storage"
	"cailiao/templates"
)

// When it is not clear which way is up, the candidate is shown the two likeliest as one picture
// and answers 1 or 2.

// whichWay asks about a photo of this turn; words is what is said where no picture can go.
func (t *turn) whichWay(ctx context.Context, s *shot, words string) string {
	t.wonder(intake.Hunch{SHA: s.taken.SHA256, Ways: waysOf(s.ways), Asked: true})
	id := ""
	data, err := t.bot.Blobs.Get(ctx, t.photo(s).Copy)
	if err == nil {
		id, err = t.bot.waysID(ctx, data, s.ways)
	}
	if err != nil {
		t.bot.Log.WarnContext(ctx, "two ways not shown", "message", s.row.ID, "err", err)
		return words
	}
	t.talk.Memo.Choosing = s.taken.SHA256
	return imageMark + id + "\n" + words
}

// waysID draws a picture both ways and uploads that.
func (b *Bot) waysID(ctx context.Context, data []byte, ways []codec.Turn) (string, error) {
	picture, err := b.Imaging.Ways(ctx, data, ways, templates.WhichWay)
	if err != nil {
		return "", err
	}
	return b.WeChat.UploadImage(ctx, "which.jpg", picture)
}

// showWays shows the two ways of the photo asked about: 「看方向」.
func (t *turn) showWays(ctx context.Context) (string, error) {
	for i, h := range t.talk.Memo.Hunches {
		p, found := t.photoOf(h.SHA)
		if line, _ := t.line(p.Material); len(h.Ways) == 0 || !found || line.Locked {
			continue
		}
		t.talk.Memo.Hunches[i].Asked = true
		words, err := t.say("ways not shown")
		if err != nil {
			return "", err
		}
		data, err := t.bot.Blobs.Get(ctx, p.Copy)
		if err != nil {
			return "", err
		}
		var turns []codec.Turn
		for _, way := range h.Ways {
			turns = append(turns, turnOf(way))
		}
		id, err := t.bot.waysID(ctx, data, turns)
		if err != nil {
			t.bot.Log.WarnContext(ctx, "two ways not shown", "photo", p.ID, "err", err)
			return words, nil
		}
		t.talk.Memo.Choosing = h.SHA
		return imageMark + id + "\n" + words, nil
	}
	return t.say("no way unclear")
}

// choose takes 1 or 2 after the two ways were shown; asked is false when it is something else.
func (t *turn) chooseWay(ctx context.Context) (reply string, asked bool, err error) {
	i := slices.IndexFunc(t.talk.Memo.Hunches, func(h intake.Hunch) bool { return h.SHA == t.choosing && len(h.Ways) > 0 })
	if t.choosing == "" || i < 0 {
		return "", false, nil
	}
	h := t.talk.Memo.Hunches[i]
	p, found := t.photoOf(t.choosing)
	line, _ := t.line(p.Material)
	stays := t.cmd == "no" || t.cmd == "neither"
	if !found || line.Locked || !stays && (!templates.OnlyNumber(t.msg.Text) || t.n > len(h.Ways)) {
		return "", false, nil
	}
	t.talk.Memo.Hunches = slices.Delete(slices.Clone(t.talk.Memo.Hunches), i, i+1)
	if stays {
		reply, err = t.about("way unknown", line, nil)
		return reply, true, err
	}
	way := turnOf(h.Ways[t.n-1])
	fact := intake.Verdict{Code: turnedByHand, Level: intake.OK, Value: float64(t.n), Threshold: float64(len(h.Ways)), Where: wayOf(way)}
	if p, err = t.turnStored(ctx, p, way, []intake.Verdict{fact}); err != nil {
		return "", true, err
	}
	t.log("way", p.Material)
	if p.State == intake.InTray {
		reply, err = t.say("tray")
		return reply, true, err
	}
	reply, err = t.about("way chosen", line, t.lookAhead)
	return reply, true, err
}

// turnStored makes the copies of a stored photo anew, the other way up: the bytes under keys of
// their own first, then the row, with the turn.
func (t *turn) turnStored(ctx context.Context, p intake.Photo, turn codec.Turn, found []intake.Verdict) (intake.Photo, error) {
	b := t.bot
	original, err := b.Blobs.Get(ctx, p.Original)
	if err != nil {
		return p, err
	}
	whole := turnsOf(p.Verdicts).Then(turn)
	taken, err := b.Imaging.TakeTurned(ctx, original, whole)
	if err != nil {
		return p, err
	}
	if taken.Copy == nil {
		return p, fmt.Errorf("photo %d cannot be turned: %v", p.ID, taken.Verdicts)
	}
	old := p.Copy
	kind := "-" + wayOf(whole)
	for _, blob := range []struct {
		key  *string
		kind string
		data []byte
	}{{&p.Copy, "copy", taken.Copy}, {&p.Screen, "screen", taken.Screen}, {&p.Thumb, "thumb", taken.Thumb}} {
		*blob.key = storage.BlobKey(p.CandidateID, p.SHA256, blob.kind+kind)
		if err := b.Blobs.Put(ctx, *blob.key, blob.data); err != nil {
			return p, fmt.Errorf("store photo: %w", err)
		}
	}
	p.CopyBytes, p.Width, p.Height, p.PHash, p.DHash = len(taken.Copy), taken.Width, taken.Height, taken.PHash, taken.DHash
	p.Verdicts = append(slices.DeleteFunc(slices.Clone(p.Verdicts), func(v intake.Verdict) bool { return v.Code == askew }), found...)
	t.turned = append(t.turned, turnedPhoto{p, old})
	t.touched = true
	return p, nil
}

// saveReading stores what became of photos already stored.
func (t *turn) saveReading(ctx context.Context, tx storage.Q) error {
	for _, change := range t.turned {
		if err := tx.TurnPhoto(ctx, change.photo, change.old); err != nil {
			return err
		}
	}
	for _, photo := range t.moved {
		if err := tx.MovePhoto(ctx, photo, t.now); err != nil {
			return err
		}
	}
	return nil
}

// turnedPhoto is a photo with new copies; old is the key of the copy they were made for.
type turnedPhoto struct {
	photo intake.Photo
	old   string
}

// A turn stands in verdicts and memos as degrees clockwise, then m when mirrored: "90", "180m".

func wayOf(turn codec.Turn) string {
	if turn.Mirror {
		return fmt.Sprintf("%dm", turn.CW)
	}
	return fmt.Sprint(turn.CW)
}

func waysOf(turns []codec.Turn) []string {
	var ways []string
	for _, turn := range turns {
		ways = append(ways, wayOf(turn))
	}
	return ways
}

func turnOf(way string) (turn codec.Turn) {
	degrees, mirrored := strings.CutSuffix(way, "m")
	for turn.CW = 270; turn.CW > 0 && fmt.Sprint(turn.CW) != degrees; turn.CW -= 90 {
	}
	turn.Mirror = mirrored
	return turn
}

// turnFact puts a turn on record; none when there was none.
func turnFact(code string, turn codec.Turn, value, threshold float64) []intake.Verdict {
	if turn == (codec.Turn{}) {
		return nil
	}
	return []intake.Verdict{{Code: code, Level: intake.OK, Value: value, Threshold: threshold, Where: wayOf(turn)}}
}

// turnsOf is what was done to a photo so far, beyond what its metadata said.
func turnsOf(verdicts []intake.Verdict) (turn codec.Turn) {
	for _, v := range verdicts {
		if v.Code == turnedByText || v.Code == turnedByFace || v.Code == turnedByHand {
			turn = turn.Then(turnOf(v.Where))
		}
	}
	return turn
}
