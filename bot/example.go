package bot

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"cailiao/intake"
	"cailiao/templates"
)

// examples remembers the media ids of example pictures: WeChat keeps a picture for 3 days.
type examples struct {
	mu    sync.Mutex
	known map[string]uploaded
}

type uploaded struct {
	mediaID string
	until   time.Time
}

const exampleLife = 60 * time.Hour

// imageMark begins a reply that is a picture: mark, media id, new line, and the words in its
// place where no picture can go.
const imageMark = "\x1f"

// ImageReply takes a reply apart that is a picture.
func ImageReply(reply string) (mediaID string, ok bool) {
	rest, ok := strings.CutPrefix(reply, imageMark)
	if !ok {
		return "", false
	}
	mediaID, _, _ = strings.Cut(rest, "\n")
	return mediaID, mediaID != ""
}

// TextOf is a reply where only words can go.
func TextOf(reply string) string {
	if _, image := ImageReply(reply); !image {
		return reply
	}
	_, text, _ := strings.Cut(reply, "\n")
	return text
}

// example shows what a good picture of an item looks like: of the number named, else of the
// current one.
func (t *turn) example(ctx context.Context) (string, error) {
	line, ok := t.line(t.talk.Memo.Current)
	if !ok {
		line, ok = t.target()
	}
	if shown := t.shownList(); t.n > 0 {
		if t.n > len(shown) {
			return t.sayText("no such number", strconv.Itoa(t.n), t.n)
		}
		line, ok = t.line(shown[t.n-1])
	}
	if !ok {
		return t.say("no example")
	}
	words, err := t.about("example", line, nil)
	if err != nil {
		return "", err
	}
	id, err := t.bot.exampleID(ctx, line.Material, t.now)
	if errors.Is(err, fs.ErrNotExist) {
		return t.about("no example", line, nil)
	}
	if err != nil {
		t.bot.Log.WarnContext(ctx, "example not uploaded", "material", line.Material.Code, "err", err)
		return words, nil
	}
	return imageMark + id + "\n" + words, nil
}

// exampleID uploads an example picture unless WeChat still has it.
func (b *Bot) exampleID(ctx context.Context, m intake.Material, now time.Time) (string, error) {
	if b.Pictures == nil || m.Example == "" {
		return "", fs.ErrNotExist
	}
	b.shown.mu.Lock()
	defer b.shown.mu.Unlock()
	if known, ok := b.shown.known[m.Code]; ok && now.Before(known.until) {
		return known.mediaID, nil
	}
	data, err := fs.ReadFile(b.Pictures, m.Example)
	if err != nil {
		return "", err
	}
	id, err := b.WeChat.UploadImage(ctx, m.Code+path.Ext(m.Example), data)
	if err != nil {
		return "", err
	}
	if b.shown.known == nil {
		b.shown.known = map[string]uploaded{}
	}
	b.shown.known[m.Code] = uploaded{id, now.Add(exampleLife)}
	return id, nil
}

// topics answers what somebody asks in their own words: the topics found in the text, at most two.
func (t *turn) topics(ctx context.Context) (string, error) {
	var replies []string
	for _, name := range templates.Topics(t.msg.Text) {
		command, ok := t.bot.command(name)
		if !ok || len(replies) == 2 {
			continue
		}
		reply, err := command(t, ctx)
		if err != nil {
			return "", err
		}
		replies = append(replies, reply)
	}
	if len(replies) == 0 {
		return t.say("not understood")
	}
	return strings.Join(replies, "\n\n"), nil
}
