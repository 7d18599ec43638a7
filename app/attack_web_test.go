package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/intake"
	"cailiao/review"
	"cailiao/wechat/wechattest"
)

// Aimed at the pages: sessions, foreign sites, paths, headers.
func TestAttacksOnThePages(t *testing.T) {
	attacks(t, []attack{
		{"a session id chosen by the attacker", func(b *battlefield) string {
			client := b.browser("")
			at, _ := url.Parse(b.URL)
			client.Jar.SetCookies(at, []*http.Cookie{{Name: "staff", Value: "fixed-by-the-attacker", Path: "/"}})
			b.ask(client, http.MethodPost, "/staff/login", url.Values{"name": {"site-one"}, "password": {apptest.Password}})
			for _, cookie := range client.Jar.Cookies(at) {
				if cookie.Value == "fixed-by-the-attacker" {
					return "kept"
				}
			}
			return "replaced"
		}, "replaced"},
		{"a session used after signing out", func(b *battlefield) string {
			client := b.signIn("site-one")
			at, _ := url.Parse(b.URL)
			stolen := client.Jar.Cookies(at)
			b.ask(client, http.MethodPost, "/staff/logout", url.Values{}, "Origin: "+b.URL)
			thief := b.browser("")
			thief.Jar.SetCookies(at, stolen)
			return fmt.Sprint(b.ask(thief, http.MethodGet, "/staff/", nil).status)
		}, "303"},
		{"on from the login to another site", func(b *battlefield) string {
			for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "/staff//evil", "javascript:alert(1)", "/staff/\r\nSet-Cookie: a=b"} {
				got := b.ask(b.browser(""), http.MethodPost, "/staff/login", url.Values{"name": {"site-one"}, "password": {apptest.Password}, "next": {next}})
				if to := got.header.Get("Location"); !strings.HasPrefix(to, "/staff/") || strings.HasPrefix(to, "/staff//") || got.header.Get("Set-Cookie") == "a=b" {
					return next + " leads to " + to
				}
			}
			return "home"
		}, "home"},
		{"a foreign Host header", func(b *battlefield) string {
			got := b.ask(b.browser(""), http.MethodGet, "/mine", nil, "Host: evil.example")
			if strings.Contains(got.header.Get("Location"), "evil.example") {
				return "taken over into the address"
			}
			return fmt.Sprint(got.status)
		}, "302"},
		{"another method by header", func(b *battlefield) string {
			client := b.signIn("site-one")
			return b.unchanged("events", func() string { // showing a number is logged
				got := b.ask(client, http.MethodGet, fmt.Sprintf("/staff/candidates/%d/phone", b.id), nil, "X-HTTP-Method-Override: POST")
				return fmt.Sprintf("%d, shown %v", got.status, strings.Contains(got.body, apptest.People[0].Phone))
			})
		}, "303, shown false"},
		{"a sheet opened by a link on a foreign page", func(b *battlefield) string {
			b.submit()
			client, path := b.signIn("site-one"), fmt.Sprintf("/staff/candidates/%d", b.id)
			foreign := b.unchanged("claims", func() string {
				return fmt.Sprint(b.ask(client, http.MethodGet, path, nil, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: document").status)
			})
			b.ask(client, http.MethodGet, path, nil, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Dest: document")
			return foreign + ", " + b.rows("claims")
		}, "200, claims 1"},
		{"somebody else's search", func(b *battlefield) string {
			at := b.search(b.signIn("site-one"), apptest.People[0].Name)
			got := b.ask(b.signIn("site-two"), http.MethodGet, at, nil)
			return fmt.Sprintf("%d, named %v", got.status, strings.Contains(got.body, apptest.People[0].Name))
		}, "200, named false"},
		{"TRACE", func(b *battlefield) string { return fmt.Sprint(b.ask(b.browser(""), "TRACE", "/staff/", nil).status) }, "405"},
		{"OAuth: no state", func(b *battlefield) string {
			return fmt.Sprint(b.ask(b.browser(""), http.MethodGet, "/mine/back?code=x", nil).status)
		}, "403"},
		{"OAuth: another browser's state", func(b *battlefield) string {
			first := b.ask(b.browser(""), http.MethodGet, "/mine", nil)
			to, _ := url.Parse(first.header.Get("Location"))
			return fmt.Sprint(b.ask(b.browser(""), http.MethodGet, "/mine/back?code=x&state="+to.Query().Get("state"), nil).status)
		}, "403"},
		{"OAuth: an invented code", func(b *battlefield) string {
			client := b.browser("")
			first := b.ask(client, http.MethodGet, "/mine", nil)
			to, _ := url.Parse(first.header.Get("Location"))
			return fmt.Sprint(b.ask(client, http.MethodGet, "/mine/back?code=invented&state="+to.Query().Get("state"), nil).status)
		}, "403"},
		{"OAuth: the way back walked twice", func(b *battlefield) string {
			client := b.victim.Browser()
			var back string
			client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
				if strings.Contains(r.URL.Path, "/mine/back") {
					back = r.URL.RequestURI()
				}
				return nil
			}
			resp, err := client.Get(b.URL + "/mine")
			if err != nil {
				b.t.Fatal(err)
			}
			resp.Body.Close()
			return fmt.Sprint(resp.StatusCode, b.ask(client, http.MethodGet, back, nil).status)
		}, "200 403"},
		{"OAuth: a used code with a fresh state", func(b *battlefield) string {
			var back *url.URL
			client := b.victim.Browser()
			client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
				if strings.Contains(r.URL.Path, "/mine/back") {
					back = r.URL
				}
				return nil
			}
			resp, err := client.Get(b.URL + "/mine")
			if err != nil || back == nil {
				b.t.Fatal(err)
			}
			resp.Body.Close()
			thief := b.browser("")
			to, _ := url.Parse(b.ask(thief, http.MethodGet, "/mine", nil).header.Get("Location"))
			fresh := url.Values{"code": {back.Query().Get("code")}, "state": {to.Query().Get("state")}}
			return fmt.Sprint(b.ask(thief, http.MethodGet, "/mine/back?"+fresh.Encode(), nil).status, b.ask(thief, http.MethodGet, "/mine", nil).status)
		}, "403 302"},
		{"the monitoring pages from outside", func(b *battlefield) string {
			var got []int
			for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/vars", "/.git/config", "/config.yaml", "/data/cailiao.db"} {
				got = append(got, b.ask(b.browser(""), http.MethodGet, path, nil).status)
			}
			return fmt.Sprint(got)
		}, "[404 404 404 404 404 404]"},
	})
}

// Every id, as every role: who may not see it cannot tell it from one that does not exist.
func TestIdsOfOthers(t *testing.T) {
	b := newBattlefield(t)
	seen := map[string]map[int64]bool{
		"site-one": {b.id: true}, "site-two": {b.foreign: true}, "area-one": {b.id: true, b.foreign: true},
	}
	for _, i := range []int{1, 3} { // the others of the first site
		id := b.candidate(apptest.People[i])
		seen["site-one"][id], seen["area-one"][id] = true, true
	}
	for who, theirs := range seen {
		client := b.signIn(who)
		for id := int64(-1); id < 12; id++ {
			want := http.StatusNotFound
			if theirs[id] {
				want = http.StatusOK
			}
			if got := b.ask(client, http.MethodGet, fmt.Sprintf("/staff/candidates/%d", id), nil); got.status != want {
				t.Errorf("%s, candidate %d: %d, want %d", who, id, got.status, want)
			}
			for _, kind := range []string{"thumb", "screen", "copy", "original"} {
				want := http.StatusNotFound
				if id == b.photo && who != "site-two" {
					want = http.StatusOK
				}
				if got := b.ask(client, http.MethodGet, fmt.Sprintf("/staff/photos/%d/%s", id, kind), nil); got.status != want {
					t.Errorf("%s, photo %d as %s: %d, want %d", who, id, kind, got.status, want)
				}
			}
		}
	}
	stranger := b.bound("o-other", apptest.People[1]).Browser()
	if resp, err := stranger.Get(b.URL + "/mine"); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the other's own page: %v", err)
	}
	for id := int64(0); id < 12; id++ {
		if got := b.ask(stranger, http.MethodGet, fmt.Sprintf("/mine/photos/%d/screen", id), nil); got.status != http.StatusNotFound {
			t.Errorf("another candidate, photo %d: %d", id, got.status)
		}
	}
}

// Guessing a password from many addresses is stopped; the person at their usual place still gets in.
func TestGuessingAtTheLogin(t *testing.T) {
	b := newBattlefield(t)
	login := func(address, password string) int {
		return b.ask(b.browser(address), http.MethodPost, "/staff/login", url.Values{"name": {"site-one"}, "password": {password}}).status
	}
	if got := login("127.0.0.77", apptest.Password); got != http.StatusSeeOther {
		t.Fatalf("the first sign-in: %d", got)
	}
	var statuses []int
	for i := range 36 {
		statuses = append(statuses, login(fmt.Sprintf("127.0.1.%d", i+1), fmt.Sprintf("guess number %d", i)))
	}
	if !slices.Contains(statuses, http.StatusTooManyRequests) {
		t.Errorf("36 guesses from 36 addresses: %v", statuses)
	}
	if got := login("127.0.2.1", apptest.Password); got != http.StatusTooManyRequests {
		t.Errorf("the right password from a new address, under attack: %d", got)
	}
	if got := login("127.0.0.77", apptest.Password); got != http.StatusSeeOther {
		t.Errorf("the person at the usual place: %d", got)
	}
	// An invented address in a header is not believed.
	for i := range 12 {
		b.ask(b.browser("127.0.3.1"), http.MethodPost, "/staff/login", url.Values{"name": {"area-one"}, "password": {"wrong password"}},
			fmt.Sprintf("X-Forwarded-For: 10.0.0.%d", i), fmt.Sprintf("X-Real-IP: 10.0.0.%d", i))
	}
	got := b.ask(b.browser("127.0.3.1"), http.MethodPost, "/staff/login", url.Values{"name": {"area-one"}, "password": {apptest.Password}}, "X-Forwarded-For: 10.9.9.9")
	if got.status != http.StatusTooManyRequests {
		t.Errorf("12 guesses behind invented addresses, then: %d", got.status)
	}
}

// One password tried at ever other accounts is stopped for the address, whatever the names, and for nobody elsewhere.
func TestOnePasswordAtManyAccounts(t *testing.T) {
	w := apptest.StartWith(t, "sqlite", start, func(cfg *app.Config) { cfg.Staff.Password = review.Cost{Memory: 7 << 10, Passes: 1} })
	b := &battlefield{World: w, t: t}
	b.AddStaff(t, "site-one", intake.RoleSite, "110101")
	login := func(address, name, password string) int {
		return b.ask(b.browser(address), http.MethodPost, "/staff/login", url.Values{"name": {name}, "password": {password}}).status
	}
	for i := range 60 {
		if got := login("127.0.5.1", fmt.Sprintf("reviewer-%d", i), "the usual password"); got != http.StatusUnprocessableEntity {
			t.Fatalf("account %d: %d", i, got)
		}
	}
	if got := login("127.0.5.1", "site-one", apptest.Password); got != http.StatusTooManyRequests {
		t.Errorf("the right one from the same address: %d", got)
	}
	if got := login("127.0.5.2", "site-one", apptest.Password); got != http.StatusSeeOther {
		t.Errorf("from elsewhere: %d", got)
	}
}

// Paths that want out of their folder.
func TestPathsThatWantOut(t *testing.T) {
	b := newBattlefield(t)
	client := b.signIn("area-one")
	for _, path := range []string{
		"/static/../config.yaml", "/static/x/..%2f..%2fgo.mod", "/static/%2e%2e/%2e%2e/go.mod", "/static/x/....//go.mod", "/static/x/..\\..\\go.mod",
		"/examples/..%2f..%2fgo.mod", "/examples/id_front%00.jpg", "/examples/../season.yaml",
		"/staff/photos/..%2f..%2fetc%2fpasswd/screen", "/staff/photos/1/..%2foriginal", "/staff/photos/1e0/screen", "/staff/photos/0x1/screen",
		"/staff/photos/9223372036854775808/screen", "/staff/candidates/1%00", "/staff/candidates/1;drop", "/staff/candidates/%27%20OR%201=1", "/mine/photos/..%2f1/screen",
	} {
		got := b.ask(client, http.MethodGet, path, nil)
		if got.status != http.StatusNotFound && got.status != http.StatusBadRequest && got.status/100 != 3 || strings.Contains(got.body, "module cailiao") || strings.Contains(got.body, "root:") {
			t.Errorf("%s: %d %.60q", path, got.status, got.body)
		}
	}
}

// What candidates and rosters bring is shown as text, never as page; searched for as text, never
// as SQL; and never reaches a header.
func TestWordsFromOutsideOnStaffPages(t *testing.T) {
	b := newBattlefield(t)
	ctx := t.Context()
	for _, name := range []string{`<img src=x onerror=alert(1)>`, "=cmd|' /C calc'!A0", "王\r\n小明"} {
		barbed := apptest.Someone(1)
		barbed.Name = name
		report, err := b.Desk.ImportRoster(ctx, strings.NewReader(apptest.RosterCSV([]apptest.Person{barbed})), review.ImportOptions{})
		if err == nil && len(report.Problems) == 0 {
			t.Errorf("a roster with the name %q is taken", name)
		}
	}
	b.victim.Say(ctx, "人工 <script>alert(1)</script>' OR 1=1 --")
	client := b.signIn("area-one")
	pages := []string{"/staff/", "/staff/?state=all", "/staff/questions", "/staff/notices", fmt.Sprintf("/staff/candidates/%d", b.id)}
	var searches []string
	for _, words := range barbs {
		searches = append(searches, b.search(client, words))
		pages = append(pages, "/staff/?state=all&q="+url.QueryEscape(words), "/staff/?state="+url.QueryEscape(words), "/staff/?page="+url.QueryEscape(words),
			"/staff/login?next="+url.QueryEscape(words))
	}
	pages = append(pages, searches...)
	if asked := b.ask(client, http.MethodGet, "/staff/questions", nil); !strings.Contains(asked.body, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("the barbed question is not there as text")
	}
	for _, path := range pages {
		got := b.ask(client, http.MethodGet, path, nil)
		if got.status >= 500 {
			t.Errorf("%.60s: %d", path, got.status)
		}
		for _, alive := range []string{"<script>alert", "<img src=x", "onerror=alert(1)>"} {
			if strings.Contains(got.body, alive) {
				t.Errorf("%.60s: %q is alive on the page", path, alive)
			}
		}
		if slices.Contains(searches, path) && strings.Contains(got.body, "/staff/candidates/") {
			t.Errorf("%.60s finds somebody", path)
		}
		if got.header.Get("Set-Cookie") != "" && strings.Contains(got.header.Get("Set-Cookie"), "staff=x") {
			t.Errorf("%.60s sets a cookie", path)
		}
	}
}

// A candidate's page is nobody else's, whatever the browser claims.
func TestSnapshotUsersSeeNothing(t *testing.T) {
	b := newBattlefield(t)
	b.Platform.Fail(wechattest.Fault{API: "oauth/snapshot", Times: 1})
	resp, err := b.victim.Browser().Get(b.URL + "/mine")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("a snapshot user: %d", resp.StatusCode)
	}
}
