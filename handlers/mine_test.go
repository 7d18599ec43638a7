package handlers_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/intake"
	"cailiao/wechat/wechattest"
)

var cst = time.FixedZone("CST", 8*3600)

// opens fetches a page in the browser inside somebody's WeChat, following WeChat's way.
func opens(t *testing.T, client *http.Client, url string) (status int, body string, last *url.URL) {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data), resp.Request.URL
}

// settled is a candidate who sent two photos and was asked to send one of them again.
func settled(t *testing.T, w *apptest.World, i int) *wechattest.User {
	t.Helper()
	p := apptest.People[i]
	u := w.Platform.User("o-" + p.Number)
	u.Follow(t.Context())
	u.Say(t.Context(), p.Number+" "+p.IDTail())
	u.Say(t.Context(), "对")
	for n := range uint64(2) {
		u.SendPhoto(t.Context(), imagetest.JPEG(imagetest.Page(uint64(i)*10+n, 720, 960), 60))
	}
	return u
}

func TestACandidatesPageIsForThatCandidateOnly(t *testing.T) {
	w := apptest.Start(t, "sqlite", time.Date(2026, 2, 1, 10, 0, 0, 0, cst))
	w.Import(t)
	mine, other := settled(t, w, 0), settled(t, w, 1)
	browser := mine.Browser()
	status, page, at := opens(t, browser, w.URL+"/mine")
	if status != http.StatusOK || at.Path != "/mine" || at.RawQuery != "" {
		t.Fatalf("the page: %d at %s", status, at)
	}
	for _, want := range []string{"林**", "身份证人像面", "✓ 已上传", "未上传", "截止：2月11日 24:00", "东城区考点"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	p := apptest.People[0]
	for _, secret := range []string{p.Name, p.Number, p.ID, p.Phone, mine.OpenID} {
		if strings.Contains(page, secret) {
			t.Errorf("the page holds a secret of %d characters", len(secret))
		}
	}
	photos := regexp.MustCompile(`/mine/photos/\d+/(thumb|screen)`).FindAllString(page, -1)
	if len(photos) != 4 {
		t.Fatalf("links to photos: %v", photos)
	}
	theirs := other.Browser()
	if status, _, _ := opens(t, theirs, w.URL+"/mine"); status != http.StatusOK {
		t.Fatalf("the other's page: %d", status)
	}
	for _, path := range photos {
		if status, data, _ := opens(t, browser, w.URL+path); status != http.StatusOK || http.DetectContentType([]byte(data)) != "image/jpeg" {
			t.Errorf("own %s: %d", path, status)
		}
		for who, client := range map[string]*http.Client{"another candidate": theirs, "nobody": {}} {
			if status, _, _ := opens(t, client, w.URL+path); status != http.StatusNotFound {
				t.Errorf("%s gets %s: %d", who, path, status)
			}
		}
	}
	for _, kind := range []string{"original", "copy", "x"} {
		path := strings.TrimSuffix(strings.TrimSuffix(photos[0], "screen"), "thumb") + kind
		if status, _, _ := opens(t, browser, w.URL+path); status != http.StatusNotFound {
			t.Errorf("own %s: %d", path, status)
		}
	}
	for path, want := range map[string][2]string{"/mine": {"no-store", html}, photos[0]: {"private, max-age=3600, immutable", "image/jpeg"}} {
		resp, err := browser.Get(w.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := [2]string{resp.Header.Get("Cache-Control"), resp.Header.Get("Content-Type")}; got != want {
			t.Errorf("%s is sent as %q, want %q", path, got, want)
		}
		if p := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(p, "default-src 'none';") || !strings.Contains(p, "frame-ancestors 'none'") || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s has the policy %q", path, p)
		}
	}
	// Unbound by staff since: the session shows nothing any more.
	talk, err := w.DB.Talk(t.Context(), mine.OpenID)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.DB.Unbind(t.Context(), talk.CandidateID); err != nil {
		t.Fatal(err)
	}
	if status, body, _ := opens(t, browser, w.URL+"/mine"); status != http.StatusForbidden || !strings.Contains(body, "还没有绑定") {
		t.Errorf("after unbinding: %d", status)
	}
	if status, _, _ := opens(t, browser, w.URL+photos[0]); status != http.StatusNotFound {
		t.Errorf("a photo after unbinding: %d", status)
	}
}

func TestThePageRefusesSnapshotsStrangersAndUsedStates(t *testing.T) {
	w := apptest.Start(t, "sqlite", time.Date(2026, 2, 1, 10, 0, 0, 0, cst))
	w.Import(t)
	mine := settled(t, w, 0)
	stranger := w.Platform.User("o-stranger")
	if status, body, _ := opens(t, stranger.Browser(), w.URL+"/mine"); status != http.StatusForbidden || !strings.Contains(body, "还没有绑定") {
		t.Errorf("a stranger: %d", status)
	}
	w.Platform.Fail(wechattest.Fault{API: "oauth/snapshot", Times: 1})
	if status, body, _ := opens(t, mine.Browser(), w.URL+"/mine"); status != http.StatusForbidden || !strings.Contains(body, "使用完整服务") {
		t.Errorf("a snapshot user: %d", status)
	}
	// The way back works once, and only for the browser that was sent away.
	client := mine.Browser()
	var back string
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/mine/back" {
			back = r.URL.String()
		}
		return nil
	}
	if status, _, _ := opens(t, client, w.URL+"/mine"); status != http.StatusOK || back == "" {
		t.Fatalf("the page: %d", status)
	}
	for who, c := range map[string]*http.Client{"the same browser": client, "another one": mine.Browser()} {
		if status, _, _ := opens(t, c, back); status != http.StatusForbidden {
			t.Errorf("%s used the link again: %d", who, status)
		}
	}
}

func TestTheFeedbackStandsOnTopAndTheLargePictureBehindIt(t *testing.T) {
	w := apptest.Start(t, "sqlite", time.Date(2026, 2, 1, 10, 0, 0, 0, cst))
	w.Import(t)
	mine := settled(t, w, 0)
	for n := range uint64(7) {
		mine.SendPhoto(t.Context(), imagetest.JPEG(imagetest.Page(200+n, 720, 960), 60))
		mine.Say(t.Context(), "下一项")
	}
	mine.Say(t.Context(), "提交")
	if d := mine.Say(t.Context(), "确定提交"); !strings.Contains(d.Reply, "上报完成") {
		t.Fatalf("submit: %v", d)
	}
	staff := w.AddStaff(t, "site-one", intake.RoleSite, "110101")
	talk, err := w.DB.Talk(t.Context(), mine.OpenID)
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.DB.Case(t.Context(), talk.CandidateID)
	if err != nil {
		t.Fatal(err)
	}
	decision := intake.Decision{Version: c.Submission.Version}
	for _, code := range intake.Waiting(c) {
		j := intake.Judgement{Material: code, Pass: code != "id_front"}
		if !j.Pass {
			j.Reasons, j.Comment = []string{"IMG_BLUR"}, "请到窗边拍"
		}
		decision.Judgements = append(decision.Judgements, j)
	}
	if _, err := w.Desk.Decide(t.Context(), staff, c.Candidate.ID, decision); err != nil {
		t.Fatal(err)
	}
	_, page, _ := opens(t, mine.Browser(), w.URL+"/mine")
	reason, list := strings.Index(page, "图片模糊看不清"), strings.Index(page, `class="item"`)
	if reason < 0 || reason > list || !strings.Contains(page, "老师留言：请到窗边拍") || !strings.Contains(page, "已锁定") {
		t.Errorf("feedback at %d, list at %d", reason, list)
	}
	if strings.Contains(page, "<script") {
		t.Error("the page needs a script")
	}
}

func TestACandidateSignsOut(t *testing.T) {
	w := apptest.Start(t, "sqlite", time.Date(2026, 2, 1, 10, 0, 0, 0, cst))
	w.Import(t)
	mine := settled(t, w, 0)
	client := mine.Browser()
	_, page, _ := opens(t, client, w.URL+"/mine")
	photo := regexp.MustCompile(`/mine/photos/\d+/screen`).FindString(page)
	at, err := url.Parse(w.URL)
	if err != nil || photo == "" {
		t.Fatal(photo, err)
	}
	stolen := client.Jar.Cookies(at)
	resp, err := client.PostForm(w.URL+"/mine/logout", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.Request.URL.Path != "/mine/logout" || resp.Request.Method != http.MethodGet {
		t.Fatalf("led to %s %s, %v", resp.Request.Method, resp.Request.URL, err)
	}
	if !strings.Contains(string(data), "可以关掉") || !strings.Contains(string(data), "重新点一次「我的材料」") || strings.Contains(string(data), "林**") {
		t.Error("the page after signing out")
	}
	if status, _, _ := opens(t, client, w.URL+photo); status != http.StatusNotFound {
		t.Errorf("a photo afterwards: %d", status)
	}
	thief := &http.Client{}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+photo, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range stolen {
		req.AddCookie(c)
	}
	kept, err := thief.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	kept.Body.Close()
	if kept.StatusCode != http.StatusNotFound {
		t.Errorf("a photo with the cookie from before: %d", kept.StatusCode)
	}
	if status, again, _ := opens(t, client, w.URL+"/mine"); status != http.StatusOK || !strings.Contains(again, "林**") {
		t.Errorf("opened again: %d", status)
	}
}

// Half an hour after WeChat said whose phone it is the session is over, and the page goes by itself.
func TestACandidatesPageGoesWhenItsSessionIsOver(t *testing.T) {
	w := apptest.Start(t, "sqlite", time.Date(2026, 2, 1, 10, 0, 0, 0, cst))
	w.Import(t)
	client := settled(t, w, 0).Browser()
	_, page, _ := opens(t, client, w.URL+"/mine")
	photo := regexp.MustCompile(`/mine/photos/\d+/screen`).FindString(page)
	w.Clock.Advance(10 * time.Minute)
	for path, status := range map[string]int{"/mine": http.StatusOK, photo: http.StatusOK} {
		resp, err := client.Get(w.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		var left int // the clock goes on meanwhile
		got := resp.Header.Get("Refresh")
		_, err = fmt.Sscanf(got, "%d; url=/mine/logout", &left)
		if err != nil || resp.StatusCode != status || left > 1200 || left < 1000 {
			t.Errorf("%s: %d, goes after %q", path, resp.StatusCode, got)
		}
	}
	w.Clock.Advance(20 * time.Minute)
	if status, _, _ := opens(t, client, w.URL+photo); status != http.StatusNotFound {
		t.Errorf("a photo after half an hour: %d", status)
	}
}
