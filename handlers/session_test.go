package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func (b *browser) token() string {
	u, _ := url.Parse(b.w.server.URL)
	for _, c := range b.client.Jar.Cookies(u) {
		if strings.HasSuffix(c.Name, "staff") {
			return c.Value
		}
	}
	return ""
}

func TestSigningInBeginsASessionUnderANewID(t *testing.T) {
	w := newWorld(t).open()
	b := w.signedIn("王老师")
	before := b.token()
	got := b.post("/staff/login", url.Values{"name": {"王老师"}, "password": {password}})
	if b.token() == before || b.token() == "" {
		t.Error("the id stays the same")
	}
	cookie := got.header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("%s is missing in %q", want, cookie)
		}
	}
	if strings.Contains(cookie, "Secure") || strings.Contains(cookie, "Expires") {
		t.Errorf("over http, for the browser's run: %q", cookie)
	}
	stolen := w.browser()
	if got := stolen.get("/staff/", "Cookie", "staff="+before); got.status != http.StatusSeeOther {
		t.Errorf("the id from before still works: %d", got.status)
	}
	fixed := w.browser()
	if got := fixed.post("/staff/login", url.Values{"name": {"王老师"}, "password": {password}}, "Cookie", "staff=chosen-by-an-attacker"); strings.Contains(got.header.Get("Set-Cookie"), "chosen") {
		t.Error("a foreign id is taken over")
	}
}

func TestWhatEndsASession(t *testing.T) {
	w := newWorld(t).open()
	staff, err := w.DB.StaffByName(t.Context(), "王老师")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		end  func(b *browser) error
		undo func() error
	}{
		{"signing out", func(b *browser) error { b.post("/staff/logout", nil); return nil }, nil},
		{"another password", func(*browser) error { return w.DB.SetStaffPassword(t.Context(), staff.ID, cheapHash()+"x") },
			func() error { return w.DB.SetStaffPassword(t.Context(), staff.ID, cheapHash()) }},
		{"a disabled account", func(*browser) error { return w.DB.SetStaffDisabled(t.Context(), staff.ID, true) },
			func() error { return w.DB.SetStaffDisabled(t.Context(), staff.ID, false) }},
	} {
		b := w.signedIn("王老师")
		token := b.token()
		if got := b.get("/staff/"); got.status != http.StatusOK {
			t.Fatalf("%s: before: %d", test.name, got.status)
		}
		if err := test.end(b); err != nil {
			t.Fatal(err)
		}
		if test.undo != nil {
			b.get("/staff/") // the session is noticed to be over …
			if err := test.undo(); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.browser().get("/staff/", "Cookie", "staff="+token); got.status != http.StatusSeeOther {
			t.Errorf("%s: the session goes on: %d", test.name, got.status) // … and stays over
		}
	}
}

// The clock is moved, nobody waits: both ends are the program's own, not only the store's.
func TestASessionEndsUnusedAndAfterADaysWork(t *testing.T) {
	storagetest.EachSet(t, func(t *testing.T, db *storage.DB, redis *storage.Redis) {
		w := newWorldWith(t, db, redis).open()
		begin := w.clock
		goesOn := func(b *browser, since time.Duration) bool {
			t.Helper()
			w.clock = begin.Add(since)
			got := b.get("/staff/")
			if got.status != http.StatusOK && got.status != http.StatusSeeOther {
				t.Fatalf("%s: %d", since, got.status)
			}
			return got.status == http.StatusOK
		}
		for _, test := range []struct {
			name string
			used []time.Duration // it goes on
			over time.Duration   // it is over
		}{
			{"unused", nil, 30 * time.Minute},
			{"unused after some use", []time.Duration{10 * time.Minute, 39 * time.Minute}, 69 * time.Minute},
			{"in use all day", every(20*time.Minute, 12*time.Hour-time.Second), 12 * time.Hour},
		} {
			w.clock = begin
			b := w.signedIn("王老师")
			token := b.token()
			for _, since := range test.used {
				if !goesOn(b, since) {
					t.Fatalf("%s: over after %s", test.name, since)
				}
			}
			if goesOn(b, test.over) {
				t.Errorf("%s: goes on after %s", test.name, test.over)
			}
			w.clock = begin
			if got := w.browser().get("/staff/", "Cookie", "staff="+token); got.status != http.StatusSeeOther {
				t.Errorf("%s: it comes back", test.name)
			}
		}
	})
}

// every are the multiples of a step up to an end, and the end.
func every(step, end time.Duration) (all []time.Duration) {
	for at := step; at < end; at += step {
		all = append(all, at)
	}
	return append(all, end)
}

func TestAProofDoesNotLengthenADaysWork(t *testing.T) {
	w := newWorld(t).open()
	b := w.signedIn("王老师")
	begin := w.clock
	for _, since := range every(20*time.Minute, 12*time.Hour-time.Second) {
		w.clock = begin.Add(since)
		before := b.token()
		if got := b.post("/staff/again", url.Values{"password": {password}}); got.location() != "/staff/" {
			t.Fatalf("after %s: %d", since, got.status)
		}
		if b.token() == before {
			t.Fatal("the id stays the same")
		}
		if got := w.browser().get("/staff/", "Cookie", "staff="+before); got.status != http.StatusSeeOther {
			t.Fatalf("the id from before the proof works: %d", got.status)
		}
	}
	w.clock = begin.Add(12 * time.Hour)
	if got := b.get("/staff/"); got.status != http.StatusSeeOther {
		t.Errorf("after 12 hours: %d", got.status)
	}
}

// Somebody plants the id of a session of their own in another's browser, and waits.
func TestAPlantedSessionStaysAStrangers(t *testing.T) {
	w := newWorld(t).open()
	secret, _ := w.signedIn("李主任").enrol()
	attacker := w.signedIn("赵老师")
	half := w.half("李主任") // an id from half way: the password was right
	plant := func(token, path string, form url.Values) answer {
		return w.browser().post(path, form, "Cookie", "staff="+token)
	}
	for name, token := range map[string]string{"somebody's own": attacker.token(), "none the server gave": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"} {
		got := plant(token, "/staff/login", url.Values{"name": {"王老师"}, "password": {password}})
		if got.location() != "/staff/" || strings.Contains(got.header.Get("Set-Cookie"), token) {
			t.Errorf("%s: %d, the cookie stays", name, got.status)
		}
		if got := w.browser().get("/staff/me", "Cookie", "staff="+token); got.status != http.StatusSeeOther {
			t.Errorf("%s: signs in as another: %d", name, got.status)
		}
	}
	w.clock = w.clock.Add(time.Minute)
	got := plant(half.token(), "/staff/login/code", url.Values{"code": {w.code(secret)}})
	if got.location() != "/staff/" {
		t.Fatalf("the code: %d", got.status)
	}
	if got := half.get("/staff/me"); got.status != http.StatusSeeOther {
		t.Errorf("who knew the id from half way is signed in: %d", got.status)
	}
}

func TestWithoutASessionPeopleAreSentToSignInAndBack(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	path := sheetPath(c) + "?state=all"
	b := w.browser()
	if got := b.get(path); got.status != http.StatusSeeOther || got.location() != "/staff/login?next="+url.QueryEscape(path) {
		t.Fatalf("%d to %q", got.status, got.location())
	}
	login := url.Values{"name": {"王老师"}, "password": {password}, "next": {path}}
	if got := b.post("/staff/login", login); got.location() != path {
		t.Errorf("back to %q", got.location())
	}
	for _, next := range []string{"https://evil.example/", "//evil.example/staff/", "/\\evil", "javascript:alert(1)", "/staff/login?next=/staff/", "/wechat", "/staff//evil.example", "%zz"} {
		login.Set("next", next)
		if got := w.browser().post("/staff/login", login); got.location() != "/staff/" {
			t.Errorf("next %q leads to %q", next, got.location())
		}
	}
	if got := w.browser().post(decisionPath(c), nil, "HX-Request", "true"); got.status != http.StatusUnauthorized || got.location() != "" {
		t.Errorf("a form sent by htmx must not lose its page: %d", got.status)
	}
}

func TestWrongNamesAndPasswordsLookTheSame(t *testing.T) {
	w := newWorld(t).open()
	wrong := w.browser().post("/staff/login", url.Values{"name": {"王老师"}, "password": {"wrong"}})
	unknown := w.browser().post("/staff/login", url.Values{"name": {"王老狮"}, "password": {"wrong"}})
	if wrong.status != http.StatusUnprocessableEntity || strings.ReplaceAll(wrong.body, "王老师", "") != strings.ReplaceAll(unknown.body, "王老狮", "") {
		t.Errorf("%d and %d, bodies differ", wrong.status, unknown.status)
	}
	for i := range 9 { // whatever addresses somebody makes up
		w.browser().post("/staff/login", url.Values{"name": {"王老师"}, "password": {"wrong"}}, "X-Forwarded-For", fmt.Sprintf("10.0.0.%d", i), "X-Real-IP", fmt.Sprintf("10.0.0.%d", i))
	}
	if got := w.browser().post("/staff/login", url.Values{"name": {"王老师"}, "password": {password}}); got.status != http.StatusTooManyRequests {
		t.Errorf("after ten wrong tries: %d", got.status)
	}
}

// Over real HTTP, from one address: the browser somebody has signed in with keeps them in.
func TestAKnownBrowserIsNotLockedOutByOthers(t *testing.T) {
	w := newWorld(t).open()
	known := w.signedIn("王老师")
	form := func(pass string) url.Values { return url.Values{"name": {"王老师"}, "password": {pass}} }
	for range 12 {
		w.browser().post("/staff/login", form("wrong"))
	}
	if got := w.browser().post("/staff/login", form(password)); got.status != http.StatusTooManyRequests {
		t.Fatalf("a browser nobody knows: %d", got.status)
	}
	known.post("/staff/logout", nil)
	got := known.post("/staff/login", form(password))
	if got.location() != "/staff/" {
		t.Errorf("a known browser: %d", got.status)
	}
	cookie := strings.Join(got.header.Values("Set-Cookie"), "\n")
	if !regexp.MustCompile(`(?m)^device=[A-Z2-7]{26}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax$`).MatchString(cookie) {
		t.Errorf("cookies:\n%s", cookie)
	}
	if got := w.browser().get("/staff/", "Cookie", regexp.MustCompile(`device=[A-Z2-7]{26}`).FindString(cookie)); got.status != http.StatusSeeOther {
		t.Errorf("what a browser is known by signs in: %d", got.status)
	}
}

func TestWithoutRedisStaffAreToldAndNothingElseStops(t *testing.T) {
	w := newWorld(t).open()
	b := w.signedIn("王老师")
	if err := w.Redis.Close(); err != nil {
		t.Fatal(err)
	}
	if got := b.get("/staff/"); got.status != http.StatusServiceUnavailable || !strings.Contains(got.body, "暂时") {
		t.Errorf("staff page: %d", got.status)
	}
	if got := b.get("/examples/id_front"); got.status != http.StatusOK {
		t.Errorf("example: %d", got.status)
	}
}

func TestPostsFromOtherSitesAreRefused(t *testing.T) {
	w := newWorld(t)
	w.PublicURL = "https://example.org"
	w.open()
	c := w.people(2)[0]
	w.submit(c)
	for _, test := range []struct {
		headers []string
		want    int
	}{
		{[]string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{[]string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		{[]string{"Origin", "https://evil.example"}, http.StatusForbidden},
		{[]string{"Origin", "null"}, http.StatusForbidden},
		{[]string{"Sec-Fetch-Site", "same-origin"}, http.StatusSeeOther},
		{[]string{"Origin", "https://example.org"}, http.StatusSeeOther}, // behind a proxy that changes Host
		{nil, http.StatusSeeOther},
	} {
		got := w.browser().post("/staff/login", url.Values{"name": {"王老师"}, "password": {password}}, test.headers...)
		if got.status != test.want {
			t.Errorf("%v: %d, want %d", test.headers, got.status, test.want)
		}
	}
	if w.caseOf(c).Submission.State != intake.Submitted {
		t.Error("something was decided")
	}
}
