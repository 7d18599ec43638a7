package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"cailiao/imaging"
	"cailiao/intake"
)

// marked shows the pictures of a returned item with the frames the reviewer drew: of the number
// named, else of the current item, else of the first one that has any.
func (t *turn) marked(ctx context.Context) (string, error) {
	line, ok := t.line(t.talk.Memo.Current)
	if shown := t.shownList(); t.n > 0 {
		if t.n > len(shown) {
			return t.sayText("no such number", strconv.Itoa(t.n), t.n)
		}
		line, ok = t.line(shown[t.n-1])
	} else if !ok || !isMarked(line) {
		line, ok = t.firstMarked()
	}
	if !ok || !isMarked(line) {
		return t.about("nothing marked", line, nil)
	}
	words, err := t.about("marked", line, nil)
	if err != nil {
		return "", err
	}
	id, err := t.bot.markedID(ctx, line.Item.Boxes)
	if err != nil {
		t.bot.Log.WarnContext(ctx, "marked picture not sent", "candidate", t.c.Candidate.ID, "err", err)
		return words, nil
	}
	return imageMark + id + "\n" + words, nil
}

func isMarked(line intake.Line) bool {
	return line.Item.State == intake.ItemReturned && len(line.Item.Boxes) > 0
}

func (t *turn) firstMarked() (intake.Line, bool) {
	i := slices.IndexFunc(t.lines, isMarked)
	if i < 0 {
		return intake.Line{}, false
	}
	return t.lines[i], true
}

// markedID draws the frames on the pictures as the reviewer saw them, also where a newer one has
// taken their place, and uploads the result.
func (b *Bot) markedID(ctx context.Context, boxes []intake.Box) (string, error) {
	frames := map[int64][]imaging.Frame{}
	for _, box := range boxes {
		frames[box.Photo] = append(frames[box.Photo], imaging.Frame{X: box.X, Y: box.Y, W: box.W, H: box.H})
	}
	var photos []intake.Photo
	for id := range frames {
		p, err := b.DB.Photo(ctx, id)
		if errors.Is(err, intake.ErrNotFound) {
			continue
		}
		if err != nil {
			return "", err
		}
		photos = append(photos, p)
	}
	slices.SortFunc(photos, func(p, q intake.Photo) int { return cmp.Compare(p.Seq, q.Seq) })
	var pages []imaging.Framed
	for _, p := range photos {
		screen, err := b.Blobs.Get(ctx, p.Screen)
		if err != nil {
			return "", fmt.Errorf("photo %d: %w", p.ID, err)
		}
		pages = append(pages, imaging.Framed{Screen: screen, Frames: frames[p.ID]})
	}
	if len(pages) == 0 {
		return "", intake.ErrNotFound
	}
	picture, err := b.Imaging.Mark(ctx, pages)
	if err != nil {
		return "", err
	}
	return b.WeChat.UploadImage(ctx, "marked.jpg", picture)
}
