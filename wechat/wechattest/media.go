package wechattest

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"
)

// mediaLife is how long a temporary medium can be fetched.
const mediaLife = 3 * 24 * time.Hour

// medium is a temporary file: what a user sent or the account uploaded.
type medium struct {
	kind  string // KindImage, KindVoice or KindVideo
	data  []byte
	owner string // open id of who sent it; "" for the account's own
	until time.Time
}

// keep stores m and returns its media id. p.mu is held.
func (p *Platform) keep(m medium) string {
	now := p.Now()
	m.until = now.Add(mediaLife)
	id := randomText(62) + "-_"
	p.opts.Secret("media id", id)
	p.media[id] = m
	return id
}

// medium finds what can still be fetched under id.
func (p *Platform) medium(id string) (medium, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok := p.media[id]
	if ok && !p.Now().Before(m.until) {
		delete(p.media, id)
		return medium{}, false
	}
	return m, ok
}

// mediaGet returns a picture as it was sent; an error is JSON with status 200.
func (p *Platform) mediaGet(c call) answer {
	id := c.URL.Query().Get("media_id")
	m, ok := p.medium(id)
	if !ok {
		return fail(40007, "invalid media_id")
	}
	if m.kind == KindVideo {
		return jsonAnswer(map[string]any{"video_url": "http://vweixinp.tc.qq.com/" + id})
	}
	kind, ext := m.contentType()
	return answer{
		header: http.Header{
			"Content-Type":        {kind},
			"Content-Disposition": {fmt.Sprintf("attachment; filename=%q", id+ext)},
			"Date":                {p.Now().UTC().Format(http.TimeFormat)},
			"Cache-Control":       {"no-cache, must-revalidate"},
		},
		body: m.data,
	}
}

// contentType follows the bytes; the platform calls any picture it does not know a JPEG.
func (m medium) contentType() (kind, ext string) {
	switch {
	case m.kind == KindVoice:
		return "audio/amr", ".amr"
	case bytes.HasPrefix(m.data, []byte("\x89PNG")):
		return "image/png", ".png"
	case bytes.HasPrefix(m.data, []byte("GIF8")):
		return "image/gif", ".gif"
	}
	return "image/jpeg", ".jpg"
}

// mediaUpload keeps a picture or voice of the account, for replies and custom messages.
func (p *Platform) mediaUpload(c call) answer {
	kind := c.URL.Query().Get("type")
	if kind != KindImage && kind != KindVoice && kind != KindVideo && kind != "thumb" {
		return fail(40004, "invalid media type")
	}
	data, ok := uploaded(c)
	switch {
	case !ok:
		return fail(41005, "media data missing")
	case len(data) == 0:
		return fail(44001, "empty media data")
	case len(data) > 10<<20:
		return fail(40009, "invalid image size")
	case kind == KindImage && !isPicture(data):
		return fail(40005, "invalid file type")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	id := p.keep(medium{kind: kind, data: data})
	return jsonAnswer(map[string]any{"type": kind, "media_id": id, "created_at": p.Now().Unix()})
}

// uploaded is the multipart field "media".
func uploaded(c call) ([]byte, bool) {
	_, params, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil {
		return nil, false
	}
	parts := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, false
		}
		if part.FormName() != "media" {
			continue
		}
		data, err := io.ReadAll(part)
		return data, err == nil
	}
}

func isPicture(data []byte) bool {
	for _, magic := range []string{"\x89PNG", "\xff\xd8\xff", "GIF8", "BM"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	return false
}
