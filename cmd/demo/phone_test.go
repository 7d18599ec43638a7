package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cailiao/wechat/wechattest"
)

// movedClock is a clock that runs and can be moved.
type movedClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *movedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *movedClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// handset is a phone page with two people and a silent account behind it.
type handset struct {
	*Phone
	url    string
	pushed func() int // callbacks so far
	t      *testing.T
}

func newHandset(t *testing.T) *handset {
	t.Helper()
	var mu sync.Mutex
	pushed := 0
	account := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		pushed++
		io.WriteString(w, "success")
	}))
	clock := &movedClock{}
	platform := wechattest.New(wechattest.Options{CallbackURL: account.URL, Now: clock.Now})
	phone := &Phone{
		Platform: platform, Account: "材料上报", Clock: clock,
		People:  []Person{{OpenID: "oLi", Name: "李雷", Number: "2601", IDTail: "01234X"}, {OpenID: "oHan", Name: "韩梅"}},
		Staff:   []StaffCard{{Name: "site", Password: "pw", Role: "site", URL: "http://127.0.0.1/staff"}},
		Samples: fstest.MapFS{"好/毕业证.jpg": {Data: jpegBytes}, "notes.txt": {Data: []byte("secret")}},
		Menu:    []wechattest.Button{{Type: "click", Name: "进度", Key: "progress"}},
	}
	server := httptest.NewServer(phone.Handler())
	t.Cleanup(func() { platform.Close(); server.Close(); account.Close() })
	return &handset{Phone: phone, url: server.URL, t: t, pushed: func() int {
		mu.Lock()
		defer mu.Unlock()
		return pushed
	}}
}

var jpegBytes = []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\xff\xd9")

// post sends JSON and returns status and body.
func (h *handset) post(path, body string) (int, string) {
	h.t.Helper()
	resp, err := http.Post(h.url+path, "application/json", strings.NewReader(body))
	return h.read(resp, err)
}

func (h *handset) get(path string) (int, string) {
	h.t.Helper()
	resp, err := http.Get(h.url + path)
	return h.read(resp, err)
}

func (h *handset) read(resp *http.Response, err error) (int, string) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func (h *handset) state() phoneState {
	h.t.Helper()
	_, body := h.get("/api/state")
	var s phoneState
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		h.t.Fatalf("%v in %s", err, body)
	}
	return s
}

// upload sends files as the picker does.
func (h *handset) upload(openID string, fields map[string]string, files ...[]byte) (int, string) {
	h.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for name, value := range fields {
		form.WriteField(name, value)
	}
	for i, data := range files {
		part, _ := form.CreateFormFile("photo", fmt.Sprintf("%d.jpg", i))
		part.Write(data)
	}
	form.Close()
	resp, err := http.Post(h.url+"/api/"+openID+"/photos", form.FormDataContentType(), &b)
	return h.read(resp, err)
}

func TestThePhonePageIsServedAndSealed(t *testing.T) {
	h := newHandset(t)
	for _, path := range []string{"/", "/phone/app.js", "/phone/chat.css", "/phone/account.svg"} {
		resp, err := http.Get(h.url + path)
		if status, body := h.read(resp, err); status != 200 || body == "" {
			t.Errorf("%s: %d", path, status)
		}
		if policy := resp.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
	if status, _ := h.get("/phone/none.js"); status != 404 {
		t.Errorf("missing file: %d", status)
	}
}

func TestThePhonePageLoadsNothingFromElsewhere(t *testing.T) {
	loads := regexp.MustCompile(`(?:src|href|url|import)\s*[=(]?\s*["'(]?(https?:)?//`)
	err := fs.WalkDir(pageFiles, "page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(pageFiles, name)
		if m := loads.Find(text); m != nil {
			t.Errorf("%s loads %s…", name, m)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What the page offers and what the handler knows must not drift apart.
func TestEverySwitchAndButtonOfThePageIsKnown(t *testing.T) {
	page, err := fs.ReadFile(pageFiles, "page/index.html")
	if err != nil {
		t.Fatal(err)
	}
	names := func(attribute string) []string {
		found := map[string]bool{}
		for _, m := range regexp.MustCompile(attribute+`="([^"]+)"`).FindAllStringSubmatch(string(page), -1) {
			found[m[1]] = true
		}
		return slices.Sorted(maps.Keys(found))
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(faultSwitches)), names("data-fault")); diff != "" {
		t.Errorf("fault switches: %s", diff)
	}
	for _, act := range names("data-act") {
		if acts[act] == nil {
			t.Errorf("button for unknown act %q", act)
		}
	}
}

func TestAPersonSpeaksThroughTheAPI(t *testing.T) {
	h := newHandset(t)
	if status, _ := h.post("/api/oLi/follow", ""); status != 200 {
		t.Fatalf("follow: %d", status)
	}
	status, body := h.post("/api/oLi/say", `{"text":"你好"}`)
	var d wechattest.Delivery
	if err := json.Unmarshal([]byte(body), &d); err != nil || status != 200 || d.Attempts != 1 || d.Broken != "" {
		t.Errorf("say: %d %s", status, body)
	}
	_, body = h.get("/api/oLi/chat?after=1")
	var chat struct{ Entries []wechattest.Entry }
	if err := json.Unmarshal([]byte(body), &chat); err != nil || len(chat.Entries) != 1 || chat.Entries[0].Text != "你好" || chat.Entries[0].N != 1 {
		t.Errorf("chat: %s", body)
	}
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{"/api/oNobody/say", `{"text":"x"}`, 404},
		{"/api/oLi/fly", `{}`, 404},
		{"/api/oLi/say", `{"text":" "}`, 400},
		{"/api/oLi/say", `{`, 400},
		{"/api/oLi/say", `{"text":"` + strings.Repeat("x", maxActBytes) + `"}`, 400},
	} {
		if status, _ := h.post(c.path, c.body); status != c.want {
			t.Errorf("%s %.20s: %d, want %d", c.path, c.body, status, c.want)
		}
	}
	if _, body := h.get("/api/oLi/chat?after=99"); !strings.Contains(body, `"entries":[]`) {
		t.Errorf("beyond the end: %s", body)
	}
}

func TestEveryActReachesTheAccount(t *testing.T) {
	h := newHandset(t)
	h.post("/api/oLi/follow", `{"scene":"bind.7"}`)
	for name := range acts {
		if slices.Contains([]string{"follow", "unfollow", "refuse", "accept"}, name) {
			continue
		}
		before := h.pushed()
		status, body := h.post("/api/oLi/"+name, `{"text":"x","id":"1","key":"k","scene":"7","url":"https://a.cn","title":"t","name":"a.pdf","label":"东城","lat":39.9,"lng":116.4}`)
		if status != 200 || h.pushed() != before+1 {
			t.Errorf("%s: %d %s, %d callbacks", name, status, body, h.pushed()-before)
		}
	}
	h.post("/api/oLi/refuse", "")
	if !h.state().People[0].Refusing {
		t.Error("refuse had no effect")
	}
	h.post("/api/oLi/accept", "")
	h.post("/api/oLi/unfollow", "")
	if s := h.state().People[0]; s.Refusing || s.Following {
		t.Errorf("%+v", s)
	}
}

func TestPhotosGoOutTogetherAndComeBackAsPictures(t *testing.T) {
	h := newHandset(t)
	h.post("/api/oLi/follow", "")
	before := h.pushed()
	if status, body := h.upload("oLi", nil, jpegBytes, []byte("%PDF-1.4")); status != 200 || strings.Count(body, `"attempts":1`) != 2 {
		t.Fatalf("%d %s", status, body)
	}
	if n := h.pushed() - before; n != 2 {
		t.Errorf("%d callbacks", n)
	}
	for path, kind := range map[string]string{"/api/oLi/image/1": "image/jpeg", "/api/oLi/image/2": "application/octet-stream"} {
		resp, err := http.Get(h.url + path)
		if status, _ := h.read(resp, err); status != 200 || resp.Header.Get("Content-Type") != kind {
			t.Errorf("%s: %d %s", path, status, resp.Header.Get("Content-Type"))
		}
	}
	for _, path := range []string{"/api/oLi/image/0", "/api/oLi/image/9", "/api/oLi/image/-1", "/api/oLi/image/x", "/api/oHan/image/1"} {
		if status, _ := h.get(path); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _ := h.upload("oLi", nil); status != 400 {
		t.Errorf("no photo: %d", status)
	}
	if status, _ := h.upload("oLi", nil, slices.Repeat([][]byte{jpegBytes}, 10)...); status != 400 {
		t.Errorf("ten photos: %d", status)
	}
	if status, _ := h.post("/api/oLi/photos", "{}"); status != 400 {
		t.Errorf("no form: %d", status)
	}
	before = h.pushed()
	h.upload("oLi", map[string]string{"menu_type": "pic_weixin", "menu_key": "album"}, jpegBytes)
	if n := h.pushed() - before; n != 2 {
		t.Errorf("from the menu: %d callbacks, want event and picture", n)
	}
}

func TestTheStateShowsMenuSamplesAndStaff(t *testing.T) {
	h := newHandset(t)
	s := h.state()
	if len(s.Menu) != 1 || s.Menu[0].Key != "progress" || s.Account != "材料上报" || len(s.Staff) != 1 || s.People[0].IDTail != "01234X" {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff([]string{"好/毕业证.jpg"}, s.Samples); diff != "" {
		t.Error(diff)
	}
	if status, body := h.get("/samples/%E5%A5%BD/%E6%AF%95%E4%B8%9A%E8%AF%81.jpg"); status != 200 || body != string(jpegBytes) {
		t.Errorf("sample: %d", status)
	}
	for _, path := range []string{"/samples/notes.txt", "/samples/none.jpg", "/samples/..%2fphone.jpg"} {
		if status, _ := h.get(path); status == 200 {
			t.Errorf("%s: %d", path, status)
		}
	}
	h.Samples = nil
	if s := h.state(); len(s.Samples) != 0 {
		t.Errorf("no samples: %v", s.Samples)
	}
}

func TestFaultSwitches(t *testing.T) {
	h := newHandset(t)
	flip := func(id string, on bool) int {
		status, _ := h.post("/api/faults", fmt.Sprintf(`{"id":%q,"on":%t}`, id, on))
		return status
	}
	flip("media-cut", true)
	flip("media-cut", true)
	flip("reply-loss", true)
	if faults := h.Platform.Faults(); len(faults) != 2 || !faults[0].Truncate {
		t.Errorf("%+v", faults)
	}
	flip("media-cut", false)
	if diff := cmp.Diff([]string{"reply-loss"}, h.state().Faults); diff != "" {
		t.Error(diff)
	}
	flip("all", false)
	if len(h.Platform.Faults()) != 0 || len(h.state().Faults) != 0 {
		t.Error("faults remain")
	}
	if status := flip("nonsense", true); status != 400 {
		t.Errorf("unknown: %d", status)
	}
	if status := flip("token-lost", true); status != 204 {
		t.Errorf("token-lost: %d", status)
	}
}

func TestTheStreamTellsStateEntriesAndClock(t *testing.T) {
	h := newHandset(t)
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	req, _ := http.NewRequestWithContext(ctx, "GET", h.url+"/events", nil)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	next := func(name string) string {
		t.Helper()
		for lines.Scan() {
			if lines.Text() == "event: "+name {
				lines.Scan()
				return strings.TrimPrefix(lines.Text(), "data: ")
			}
		}
		t.Fatalf("the stream ended before %s: %v", name, lines.Err())
		return ""
	}
	if data := next("state"); !strings.Contains(data, `"following":false`) {
		t.Errorf("state %s", data)
	}
	h.post("/api/oLi/follow", "")
	if data := next("entry"); !strings.Contains(data, `"openid":"oLi"`) || !strings.Contains(data, "已关注") {
		t.Errorf("entry %s", data)
	}
	before := h.Clock.Now()
	if status, _ := h.post("/api/clock/advance", `{"seconds":86400}`); status != 200 {
		t.Fatalf("advance: %d", status)
	}
	var moved struct{ Now time.Time }
	if err := json.Unmarshal([]byte(next("clock")), &moved); err != nil || moved.Now.Sub(before) < 24*time.Hour {
		t.Errorf("clock %v, %v", moved, err)
	}
	for _, seconds := range []string{"0", "-3600", "99999999"} {
		if status, _ := h.post("/api/clock/advance", `{"seconds":`+seconds+`}`); status != 400 {
			t.Errorf("advance by %s: %d", seconds, status)
		}
	}
	h.Platform.Close()
	for lines.Scan() { // ends with the platform: a server that shuts down must not hang on its streams
	}
	if ctx.Err() != nil {
		t.Error("the stream outlived the platform")
	}
}

func TestAnotherSiteCannotSpeakForAnybody(t *testing.T) {
	h := newHandset(t)
	req, _ := http.NewRequest("POST", h.url+"/api/oLi/follow", nil)
	req.Header.Set("Origin", "https://evil.example")
	resp, err := http.DefaultClient.Do(req)
	if status, _ := h.read(resp, err); status != http.StatusForbidden || h.pushed() != 0 {
		t.Errorf("status %d, %d callbacks", status, h.pushed())
	}
}
