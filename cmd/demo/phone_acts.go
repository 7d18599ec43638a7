package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cailiao/wechat/wechattest"
)

// Limits of one request from the page: nine pictures, as WeChat's picker has it.
const (
	maxPhotos   = 9
	maxUpload   = 9 * 30 << 20
	maxActBytes = 1 << 20
)

// deed is the body of POST /api/{openid}/{act}; each act reads its own fields.
type deed struct {
	Text  string  `json:"text"`
	ID    string  `json:"id"`
	Key   string  `json:"key"`
	Scene string  `json:"scene"`
	URL   string  `json:"url"`
	Title string  `json:"title"`
	Name  string  `json:"name"`
	Label string  `json:"label"`
	Lat   float64 `json:"lat"`
	Lng   float64 `json:"lng"`
}

// acts is everything a person can do but send photos. Bytes nobody looks at stand for the
// recording of a voice message or video.
var acts = map[string]func(context.Context, *wechattest.User, deed) wechattest.Delivery{
	"say": func(c context.Context, u *wechattest.User, d deed) wechattest.Delivery { return u.Say(c, d.Text) },
	"tap": func(c context.Context, u *wechattest.User, d deed) wechattest.Delivery {
		return u.TapLink(c, d.Text, d.ID)
	},
	"click": func(c context.Context, u *wechattest.User, d deed) wechattest.Delivery { return u.Click(c, d.Key) },
	"view":  func(c context.Context, u *wechattest.User, d deed) wechattest.Delivery { return u.View(c, d.URL) },
	"scan": func(c context.Context, u *wechattest.User, d deed) wechattest.Delivery {
		return u.FollowByScan(c, d.Scene)
	},
	"follow": func(c context.Context, u *wechattest.User, d deed) wechattest.Delivery {
		if d.Scene != "" {
			return u.FollowByScan(c, d.Scene)
		}
		return u.Follow(c)
	},
	"unfollow": func(c context.Context, u *wechattest.User, _ deed) wechattest.Delivery { return u.Unfollow(c) },
	"refuse": func(_ context.Context, u *wechattest.User, _ deed) wechattest.Delivery {
		u.RefuseMessages()
		return wechattest.Delivery{}
	},
	"accept": func(_ context.Context, u *wechattest.User, _ deed) wechattest.Delivery {
		u.AcceptMessages()
		return wechattest.Delivery{}
	},
	"voice": func(c context.Context, u *wechattest.User, _ deed) wechattest.Delivery {
		return u.SendVoice(c, []byte("#!AMR\n"))
	},
	"video": func(c context.Context, u *wechattest.User, _ deed) wechattest.Delivery {
		return u.SendShortVideo(c, []byte("\x00\x00\x00\x18ftypmp42"))
	},
	"location": func(c context.Context, u *wechattest.User, d deed) wechattest.Delivery {
		return u.SendLocation(c, d.Lat, d.Lng, d.Label)
	},
	"link": func(c context.Context, u *wechattest.User, d deed) wechattest.Delivery {
		return u.SendLink(c, d.Title, d.URL)
	},
	"file": func(c context.Context, u *wechattest.User, d deed) wechattest.Delivery {
		return u.SendFile(c, d.Name, []byte("%PDF-1.4"))
	},
	"sticker": func(c context.Context, u *wechattest.User, _ deed) wechattest.Delivery { return u.SendSticker(c) },
}

// act does one thing and answers when the account's server has. A browser that leaves does
// not take the message back.
func (p *Phone) act(w http.ResponseWriter, r *http.Request, u *wechattest.User) {
	do, ok := acts[r.PathValue("act")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	var d deed
	if !readJSON(w, r, &d) {
		return
	}
	if name := r.PathValue("act"); (name == "say" || name == "tap") && strings.TrimSpace(d.Text) == "" {
		http.Error(w, "nothing to say", http.StatusBadRequest)
		return
	}
	writeJSON(w, do(context.WithoutCancel(r.Context()), u, d))
}

// photos sends an album: multipart fields "photo", at most nine, whatever their bytes are.
// With "menu_type" and "menu_key" they come from a menu button that opens camera or album.
func (p *Phone) photos(w http.ResponseWriter, r *http.Request, u *wechattest.User) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	if err := r.ParseMultipartForm(64 << 20); err != nil {
		http.Error(w, "photos: "+err.Error(), http.StatusBadRequest)
		return
	}
	defer r.MultipartForm.RemoveAll()
	files := r.MultipartForm.File["photo"]
	if len(files) < 1 || len(files) > maxPhotos {
		http.Error(w, "send 1 to 9 photos", http.StatusBadRequest)
		return
	}
	var photos [][]byte
	for _, file := range files {
		data, err := readFile(file)
		if err != nil {
			http.Error(w, "photos: "+err.Error(), http.StatusBadRequest)
			return
		}
		photos = append(photos, data)
	}
	ctx := context.WithoutCancel(r.Context())
	button := wechattest.Button{Type: r.FormValue("menu_type"), Key: r.FormValue("menu_key")}
	if button.Type != "" {
		writeJSON(w, u.PickFromMenu(ctx, button, photos))
		return
	}
	writeJSON(w, u.SendPhotos(ctx, photos))
}

func readFile(file *multipart.FileHeader) ([]byte, error) {
	f, err := file.Open()
	if err != nil {
		return nil, fmt.Errorf("open upload: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("read upload: %w", err)
	}
	return data, nil
}

// chat is the conversation from entry ?after=n on.
func (p *Phone) chat(w http.ResponseWriter, r *http.Request, u *wechattest.User) {
	entries := u.Chat()
	after, _ := strconv.Atoi(r.URL.Query().Get("after")) // absent or nonsense: from the start
	writeJSON(w, map[string]any{"entries": entries[min(max(after, 0), len(entries)):]})
}

// image is the picture of entry n, as it was sent.
func (p *Phone) image(w http.ResponseWriter, r *http.Request, u *wechattest.User) {
	n, err := strconv.Atoi(r.PathValue("n"))
	entries := u.Chat()
	if err != nil || n < 0 || n >= len(entries) || entries[n].Image == nil {
		http.NotFound(w, r)
		return
	}
	kind := http.DetectContentType(entries[n].Image)
	if !strings.HasPrefix(kind, "image/") {
		kind = "application/octet-stream"
	}
	w.Header().Set("Content-Type", kind)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(entries[n].Image))
}

// faultSwitches are the faults the page offers, by the name of their switch.
var faultSwitches = map[string]wechattest.Fault{
	"callback-loss": {API: "callback-loss"},
	"reply-loss":    {API: "reply-loss"},
	"callback-slow": {API: "callback", Delay: 3 * time.Second},
	"media-slow":    {API: "media/get", Delay: 7 * time.Second},
	"media-cut":     {API: "media/get", Truncate: true},
	"media-gone":    {API: "media/get", ErrCode: 40007, Message: "invalid media_id"},
	"media-down":    {API: "media/get", Status: http.StatusBadGateway},
	"notice-busy":   {API: "template/send", ErrCode: -1, Message: "system error"},
	"notice-quota":  {API: "template/send", ErrCode: 45009, Message: "reach max api daily quota limit"},
	"notice-failed": {API: "template/finish"},
	"custom-closed": {API: "custom/send", ErrCode: 45015, Message: "response out of time limit"},
	"api-down":      {API: "*", Status: http.StatusServiceUnavailable},
	"snapshot":      {API: "oauth/snapshot"},
}

// switchFault turns one fault on or off; "token-lost" kills all access tokens once, "all"
// with on=false clears everything.
func (p *Phone) switchFault(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID string `json:"id"`
		On bool   `json:"on"`
	}
	if !readJSON(w, r, &in) {
		return
	}
	fault, known := faultSwitches[in.ID]
	p.mu.Lock()
	defer p.mu.Unlock()
	undo := p.faults[in.ID]
	switch {
	case in.ID == "all" && !in.On:
		clear(p.faults)
		p.Platform.ClearFaults()
	case in.ID == "token-lost":
		p.Platform.RevokeTokens()
	case !known:
		http.Error(w, "no such fault", http.StatusBadRequest)
		return
	case in.On && undo == nil:
		p.faults[in.ID] = p.Platform.Fail(fault)
	case !in.On && undo != nil:
		delete(p.faults, in.ID)
		undo()
	}
	w.WriteHeader(http.StatusNoContent)
}

func (p *Phone) faultsOn() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.AppendSeq([]string{}, maps.Keys(p.faults))
}

func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxActBytes)).Decode(into)
	if err != nil && !errors.Is(err, io.EOF) { // no body: nothing to say about the act
		http.Error(w, "body: "+err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return // the browser has gone
	}
}
