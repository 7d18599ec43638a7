package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"cailiao/handlers"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

const (
	windowsEdge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
	macFirefox  = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:141.0) Gecko/20100101 Firefox/141.0"
)

var (
	markOnPage  = regexp.MustCompile(`name="session" value="([^"]+)"`)
	placeOnPage = regexp.MustCompile(`(?s)<tbody>(.*?)</tbody>`)
)

// signedInWith is the browser of somebody who has signed in with it from an address.
func (w *world) signedInWith(name, userAgent, address string) *browser {
	w.t.Helper()
	b := w.browser()
	got := b.post("/staff/login", url.Values{"name": {name}, "password": {password}}, "User-Agent", userAgent, "X-Forwarded-For", address)
	if got.location() != "/staff/" {
		w.t.Fatalf("login of %s: %d", name, got.status)
	}
	return b
}

// places are the lines of the page of one's sessions.
func (b *browser) places(headers ...string) []string {
	b.w.t.Helper()
	got := b.get("/staff/me/sessions", headers...)
	table := placeOnPage.FindStringSubmatch(got.body)
	if got.status != http.StatusOK || table == nil {
		b.w.t.Fatalf("the page of one's sessions: %d", got.status)
	}
	return strings.Split(table[1], "</tr>")[:strings.Count(table[1], "</tr>")]
}

func TestPeopleSeeWhereTheyAreSignedInAndEndWhatTheyDoNotKnow(t *testing.T) {
	storagetest.EachSet(t, func(t *testing.T, db *storage.DB, redis *storage.Redis) {
		w := newWorldWith(t, db, redis)
		w.Proxies = []string{"127.0.0.1"}
		w.open()
		stranger := w.signedIn("赵老师")
		strangers := stranger.places()
		if len(strangers) != 1 || markOnPage.MatchString(strangers[0]) || !strings.Contains(strangers[0], "本机") {
			t.Fatalf("somebody signed in once: %q", strangers)
		}
		here := w.signedInWith("王老师", windowsEdge, "10.1.2.3")
		w.clock = w.clock.Add(2 * time.Minute)
		home := w.signedInWith("王老师", macFirefox, "2001:db8:1:2:3:4:5:6")
		w.clock = w.clock.Add(time.Minute)
		lines := here.places()
		if len(lines) != 2 {
			t.Fatalf("%d sessions", len(lines))
		}
		for i, want := range [][]string{{"Windows 电脑", "Edge 浏览器", "本机", "10.1.2.*", "12:00"}, {"苹果电脑", "Firefox 浏览器", "2001:db8:1:*", "12:02", "退出它"}} {
			for _, word := range want {
				if !strings.Contains(lines[i], word) {
					t.Errorf("line %d lacks %s: %s", i+1, word, lines[i])
				}
			}
		}
		page := here.get("/staff/me/sessions").body
		if strings.Contains(page, "10.1.2.3") || strings.Contains(page, home.token()) || strings.Contains(page, here.token()) {
			t.Error("the page tells an address in full, or what somebody could sign in with")
		}
		mark := markOnPage.FindStringSubmatch(lines[1])[1]
		if got := w.browser().get("/staff/", "Cookie", "staff="+mark); got.status != http.StatusSeeOther {
			t.Error("a session's mark signs in")
		}

		// Somebody else's session cannot be ended, nor found out.
		for _, guess := range []string{mark, "", "nonsense", "sessions:1"} {
			if got := stranger.post("/staff/me/sessions/end", url.Values{"session": {guess}}); got.location() != "/staff/me/sessions" {
				t.Errorf("%q: %d to %q", guess, got.status, got.location())
			}
		}
		if got := home.get("/staff/me"); got.status != http.StatusOK {
			t.Fatalf("a stranger has ended it: %d", got.status)
		}

		if got := here.post("/staff/me/sessions/end", url.Values{"session": {mark}}); got.location() != "/staff/me/sessions" {
			t.Fatalf("%d to %q", got.status, got.location())
		}
		if got := home.get("/staff/"); got.status != http.StatusSeeOther {
			t.Errorf("an ended session goes on: %d", got.status)
		}
		if lines := here.places(); len(lines) != 1 {
			t.Errorf("an ended session is listed: %q", lines)
		}
		w.signedInWith("王老师", macFirefox, "10.1.2.200")
		if lines := here.places("X-Forwarded-For", "10.1.2.3"); len(lines) != 2 || !strings.Contains(lines[1], "和本机同一网络") {
			t.Errorf("a colleague's desk: %q", lines)
		}
		if got := here.post("/staff/me/sessions", nil); got.location() != "/staff/me/sessions" {
			t.Fatalf("all others: %d", got.status)
		}
		if lines := here.places(); len(lines) != 1 {
			t.Errorf("after ending all others: %q", lines)
		}
		if len(stranger.places()) != 1 {
			t.Error("a stranger's session is gone")
		}
		for action, want := range map[string]int{"own.session": 1, "own.sessions": 1} {
			events, err := w.DB.SearchEvents(t.Context(), storage.EventSearch{Action: action, Actor: fmt.Sprintf("staff:%d", w.idOf("王老师")), Limit: 5})
			if err != nil || len(events) != want {
				t.Errorf("%s: %d events, %v", action, len(events), err)
			}
		}
	})
}

// A session that is being written at the moment when it is ended stays ended.
func TestAnEndedSessionIsNotBroughtBackByWhatIsUnderWay(t *testing.T) {
	storagetest.EachSet(t, func(t *testing.T, db *storage.DB, redis *storage.Redis) {
		w := newWorldWith(t, db, redis).open()
		here, other := w.signedIn("王老师"), w.signedIn("王老师")
		mark := markOnPage.FindStringSubmatch(strings.Join(here.places(), ""))[1]
		underWay, found, err := redis.Get(t.Context(), "session:"+mark)
		if err != nil || !found {
			t.Fatal(found, err)
		}
		here.post("/staff/me/sessions/end", url.Values{"session": {mark}})
		if err := redis.Set(t.Context(), "session:"+mark, underWay, time.Hour); err != nil {
			t.Fatal(err)
		}
		if got := other.get("/staff/"); got.status != http.StatusSeeOther {
			t.Errorf("%d", got.status)
		}
	})
}

func TestEndingSessionsTakesAProofAndIsNone(t *testing.T) {
	w := newWorld(t).open()
	b, other := w.signedIn("王老师"), w.signedIn("王老师")
	mark := markOnPage.FindStringSubmatch(strings.Join(b.places(), ""))[1]
	w.clock = w.clock.Add(5 * time.Minute)
	again := "/staff/again?next=" + url.QueryEscape("/staff/me/sessions")
	referer := []string{"Referer", w.server.URL + "/staff/me/sessions"}
	if got := b.get("/staff/me/sessions"); got.status != http.StatusOK {
		t.Errorf("looking takes none: %d", got.status)
	}
	if got := b.post("/staff/me/sessions", nil, referer...); got.location() != again {
		t.Errorf("all others: %d to %q", got.status, got.location())
	}
	if got := b.post("/staff/me/sessions/end", url.Values{"session": {mark}}, referer...); got.location() != again {
		t.Errorf("one: %d to %q", got.status, got.location())
	}
	if got := other.get("/staff/"); got.status != http.StatusOK {
		t.Errorf("ended all the same: %d", got.status)
	}
	b.post("/staff/again", url.Values{"password": {password}, "next": {"/staff/me/sessions"}})
	w.clock = w.clock.Add(4 * time.Minute)
	b.post("/staff/me/sessions", nil)
	if got := other.get("/staff/"); got.status != http.StatusSeeOther {
		t.Errorf("after the proof: %d", got.status)
	}
	w.clock = w.clock.Add(time.Minute)
	if got := b.post("/staff/export/states", nil); !strings.HasPrefix(got.location(), "/staff/again") {
		t.Errorf("ending sessions counts as a proof of who asks: %d", got.status)
	}
}

func TestTheEleventhSignInEndsTheSessionUnusedLongest(t *testing.T) {
	w := newWorld(t).open()
	first := w.signedIn("王老师")
	w.clock = w.clock.Add(time.Minute)
	second := w.signedIn("王老师")
	for range 8 {
		w.clock = w.clock.Add(time.Minute)
		w.signedIn("王老师")
	}
	if got := first.get("/staff/"); got.status != http.StatusOK { // it is used: the second is the oldest now
		t.Fatalf("ten sessions: %d", got.status)
	}
	w.signedIn("王老师")
	if got := second.get("/staff/"); got.status != http.StatusSeeOther {
		t.Errorf("the one unused longest: %d", got.status)
	}
	if lines := first.places(); len(lines) != 10 {
		t.Errorf("%d sessions", len(lines))
	}
}

func TestAnAdminSignsSomebodyOut(t *testing.T) {
	w := newWorld(t).open()
	b, admin, lead := w.signedIn("王老师"), w.signedIn("管理员"), w.signedIn("外站组长")
	if got := lead.post(w.change("王老师", "sessions"), nil); got.status != http.StatusNotFound {
		t.Errorf("another site's lead: %d", got.status)
	}
	if got := b.get("/staff/"); got.status != http.StatusOK {
		t.Fatalf("%d", got.status)
	}
	if got := admin.post(w.change("王老师", "sessions"), nil); got.location() != "/staff/people" {
		t.Fatalf("%d", got.status)
	}
	if got := b.get("/staff/"); got.status != http.StatusSeeOther {
		t.Errorf("the session goes on: %d", got.status)
	}
	if got := w.signedIn("王老师").get("/staff/"); got.status != http.StatusOK {
		t.Errorf("signing in again: %d", got.status)
	}
}

func TestBrowsersAndNetworksAreToldRoughly(t *testing.T) {
	for userAgent, want := range map[string]string{
		windowsEdge: "windows edge",
		macFirefox:  "mac firefox",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.0.0 Safari/537.36":                                    "windows chrome",
		"Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0 Mobile Safari/537.36 MicroMessenger/8.0.56": "android wechat",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1":            "iphone safari",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.0.0 Safari/537.36 QQBrowser/12.1":                               "linux qq",
		"Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0 Safari/537.36 ArkWeb/4.1 Mobile HuaweiBrowser/5.1":         "harmony chrome",
		"": " ", "curl/8.14": " ", "<script>": " ",
	} {
		if got := handlers.Agent(userAgent); got != want {
			t.Errorf("%q: %q, want %q", userAgent, got, want)
		}
	}
	for address, want := range map[string]string{
		"10.1.2.3": "10.1.2.*", "::ffff:10.1.2.3": "10.1.2.*", "2001:db8:1:2::5": "2001:db8:1:*", "2001:db8::5": "2001:db8:*", "fe80::1%eth0": "fe80:*", "": "", "x": "",
	} {
		if got := handlers.Network(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}
