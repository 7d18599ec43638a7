package handlers_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	escaped "html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

const lostWords = "查找的内容已经不在了"

// addresses are where a page leads or posts to, and the filters its forms send on.
func addresses(body string) string {
	var all []string
	for _, m := range regexp.MustCompile(`(?:href|action|data-next|name="filter" value|hx-[a-z]+)="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		if !strings.HasPrefix(m[1], "/static/") {
			all = append(all, escaped.UnescapeString(m[1]))
		}
	}
	return strings.Join(all, "\n")
}

func TestWhatIsSearchedForStandsInNoAddress(t *testing.T) {
	storagetest.EachSet(t, func(t *testing.T, db *storage.DB, redis *storage.Redis) {
		w := newWorldWith(t, db, redis).open()
		people := w.people(6)
		for _, c := range people[:3] {
			w.submit(c)
		}
		first, second := people[0], people[2]
		site := w.signedIn("王老师")
		for _, words := range []string{first.Name, first.Number, first.IDNumber[14:], first.IDNumber, "考生"} {
			at, list := site.search(words, "state=submitted&item=diploma")
			if !regexp.MustCompile(`^/staff/\?item=diploma&q=[a-z2-7]{12}&state=submitted$`).MatchString(at) {
				t.Errorf("%s leads to %s", words, at)
			}
			if !strings.Contains(list.body, `name="q" value="`+words+`"`) || !strings.Contains(list.body, first.Number+"<") {
				t.Errorf("%s: the words are not in the field, or nobody is found", words)
			}
			sheet := site.get(sheetPath(first) + strings.TrimPrefix(at, "/staff/"))
			for page, got := range map[string]answer{"the list": list, "the sheet": sheet} {
				if links := addresses(got.body); strings.Contains(links, words) || strings.Contains(links, url.QueryEscape(words)) {
					t.Errorf("%s: %s leads on with the words", words, page)
				}
			}
			if !strings.Contains(addresses(sheet.body), at) {
				t.Errorf("%s: the sheet does not lead back to %s", words, at)
			}
		}
		if got := site.session(); strings.Contains(got, first.Name) || strings.Contains(got, first.IDNumber) || strings.Contains(got, first.Number) {
			t.Error("Redis holds the words as they are")
		}

		// The road through the cases that were found: from the first to the next, as a page and by script, and an
		// order for all of them.
		at, _ := site.search("考生", "state=submitted")
		site.get(sheetPath(people[1]) + strings.TrimPrefix(at, "/staff/")) // 王老师 holds it
		at, list := site.search(second.Name, "state=submitted")
		filter := strings.TrimPrefix(at, "/staff/?")
		if strings.Contains(list.body, first.Number+"<") || !strings.Contains(addresses(list.body), "\n"+filter) {
			t.Error("the search finds others, or is not sent along with an order for many")
		}
		if got := site.post("/staff/batch", url.Values{"filter": {filter}, "all": {"1"}}); !strings.Contains(got.body, second.Number) || strings.Contains(got.body, first.Number) {
			t.Errorf("an order for all who were found: %d", got.status)
		}
		form := w.form(first, allPass)
		form.Set("filter", filter)
		if got := site.post(decisionPath(first), form); got.location() != sheetPath(second)+"?"+filter {
			t.Errorf("after a decision: %d to %s", got.status, got.location())
		}
		form = w.form(second, allPass)
		form.Set("filter", filter)
		if got := site.post(decisionPath(second), form, "HX-Request", "true"); got.header.Get("HX-Redirect") != at {
			t.Errorf("after the last one: %d to %s", got.status, got.header.Get("HX-Redirect"))
		}
		undo := `name="filter" value="` + escaped.EscapeString(filter) + `"><button data-act="undo"`
		if got := site.get(at); !strings.Contains(got.body, undo) {
			t.Error("taking a decision back forgets the search")
		}
	})
}

// session is what Redis holds of the browser's session.
func (b *browser) session() string {
	b.w.t.Helper()
	mark := sha256.Sum256([]byte(b.token()))
	text, found, err := b.w.Redis.Get(b.w.t.Context(), "session:"+base64.RawURLEncoding.EncodeToString(mark[:]))
	if err != nil || !found {
		b.w.t.Fatalf("no session: %v", err)
	}
	return text
}

func TestASearchBelongsToItsSession(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(4)
	w.submit(people[0])
	w.submit(people[1])
	b := w.signedIn("王老师")
	at, _ := b.search(people[0].Name, "state=submitted")
	id := at[strings.Index(at, "q=")+2:][:12]
	lost := func(name string, b *browser, path string) {
		t.Helper()
		got := b.get(path)
		if got.status != http.StatusOK || !strings.Contains(got.body, lostWords) {
			t.Errorf("%s: %d, told: %v", name, got.status, strings.Contains(got.body, lostWords))
		}
		if !strings.Contains(got.body, people[1].Number+"<") || strings.Contains(got.body, `name="q" value="考`) {
			t.Errorf("%s: the search goes on", name)
		}
		if links := addresses(got.body); strings.Contains(links, "q=") {
			t.Errorf("%s: led on with:\n%s", name, links)
		}
	}
	other := w.signedIn("王老师")
	lost("another session of the account", other, at)
	lost("another account", w.signedIn("组长"), at)
	lost("an id that was never given", b, "/staff/?q=aaaaaaaaaaaa")
	lost("what stood there before", b, "/staff/?state=submitted&q="+url.QueryEscape(people[0].Name))
	lost("a number of twelve digits", b, "/staff/?q=223344556677")
	if got := b.get(at); strings.Contains(got.body, people[1].Number+"<") || strings.Contains(got.body, lostWords) {
		t.Error("the one's own is lost")
	}

	// Nobody acts on a longer list than the one that was seen, and a sheet says that its neighbours are others.
	filter := strings.TrimPrefix(at, "/staff/?")
	if got := other.post("/staff/batch", url.Values{"filter": {filter}, "all": {"1"}}); got.status != http.StatusSeeOther || got.location() != "/staff/?q=-&state=submitted" {
		t.Errorf("an order for all: %d to %q", got.status, got.location())
	}
	lost("where the order leads", other, "/staff/?q=-&state=submitted")
	sheet := other.get(sheetPath(people[1]) + "?" + filter)
	if !strings.Contains(sheet.body, lostWords) || strings.Contains(sheet.body, id) || !strings.Contains(addresses(sheet.body), "/staff/?q=-&state=submitted") {
		t.Error("the sheet does not say that the search is lost, or leads on with it")
	}

	// Signing in is a new session; what was asked for before does not follow it into the address.
	b.post("/staff/logout", nil)
	for _, path := range []string{at, "/staff/?q=" + url.QueryEscape(people[0].Name), "/staff/log?number=" + people[0].Number} {
		got := b.get(path)
		next, err := url.Parse(got.location())
		if to := next.Query().Get("next"); err != nil || !strings.Contains(to, "q=-") || strings.Contains(to, id) || strings.Contains(to, people[0].Name) || strings.Contains(to, people[0].Number) {
			t.Errorf("%s: signing in leads on to %q", path, to)
		}
	}
	b.post("/staff/login", url.Values{"name": {"王老师"}, "password": {password}})
	lost("signed in anew", b, at)
	if at, _ = b.search(people[0].Name, ""); strings.Contains(at, id) {
		t.Error("two sessions have one id")
	}
	b.post("/staff/login", url.Values{"name": {"组长"}, "password": {password}})
	lost("signed in as somebody else", b, at)
}

func TestASearchOutlivesAProof(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(4)
	b := w.signedIn("王老师")
	at, _ := b.search(people[0].Number, "state=all")
	token := b.token()
	if got := b.post("/staff/again", url.Values{"password": {password}, "next": {at}}); got.location() != at || b.token() == token {
		t.Fatalf("proof: %d to %q", got.status, got.location())
	}
	if got := b.get(at); !strings.Contains(got.body, people[0].Number+"<") || strings.Contains(got.body, people[1].Number+"<") {
		t.Error("the search is lost")
	}
}

func TestTheOldestOfManySearchesGoes(t *testing.T) {
	w := newWorld(t).open()
	w.people(2)
	b := w.signedIn("王老师")
	var at []string
	for i := range 30 {
		here, _ := b.search(fmt.Sprintf("%02d%s", i, strings.Repeat("很长", 100)), "state=all")
		at = append(at, here)
	}
	for i, path := range at {
		if got := b.get(path); strings.Contains(got.body, lostWords) != (i < 6) {
			t.Errorf("search %d of 30: lost %v", i, i >= 6)
		}
	}
	if size := len(b.session()); size > 8<<10 {
		t.Errorf("30 searches as long as can be make a session of %d bytes", size)
	}
	again, _ := b.search(fmt.Sprintf("%02d%s", 6, strings.Repeat("很长", 100)), "state=all")
	if again != at[6] {
		t.Errorf("the same words: %s, before %s", again, at[6])
	}
	b.search("new", "state=all")
	if got := b.get(at[6]); strings.Contains(got.body, lostWords) {
		t.Error("what was searched for again is still the oldest")
	}
}

func TestFoundCandidatesHavePages(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(120)
	b := w.signedIn("王老师")
	at, list := b.search("N0", "state=all")
	if strings.Contains(list.body, people[0].Number+"<") {
		t.Fatal("the beginning of a number finds")
	}
	at, list = b.search("考生", "state=all")
	next := strings.Replace(at, "?", "?page=2&", 1)
	if !strings.Contains(addresses(list.body), next) {
		t.Fatalf("no second page at %s", next)
	}
	list = b.get(next)
	if !strings.Contains(list.body, "第 51 位起") || !strings.Contains(addresses(list.body), at) {
		t.Error("the second page does not begin at 51, or has no way back")
	}
	if tab := strings.Replace(at, "state=all", "state=passed", 1); !strings.Contains(addresses(list.body), tab) {
		t.Error("the tabs forget the search")
	}
}

func TestTheLogIsSearchedWithoutNumbersInTheAddress(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(2)
	for range 60 {
		w.signedIn("王老师")
	}
	c := people[0]
	w.submit(c)
	w.signedIn("王老师").get(sheetPath(c))
	admin := w.signedIn("管理员")
	got := admin.post("/staff/log", url.Values{"number": {" " + c.Number}, "actor": {""}, "action": {"sheet.open"}, "from": {"2026-01-01"}, "until": {"not a day"}, "before": {"1"}})
	at := got.location()
	if !regexp.MustCompile(`^/staff/log\?action=sheet.open&from=2026-01-01&q=[a-z2-7]{12}$`).MatchString(at) {
		t.Fatalf("%d to %s", got.status, at)
	}
	link := fmt.Sprintf(`href="%s"`, sheetPath(c))
	page := admin.get(at)
	if strings.Count(page.body, link) != 1 || !strings.Contains(page.body, `name="number" value="`+c.Number+`"`) || strings.Contains(addresses(page.body), c.Number) {
		t.Errorf("found %d lines, with the number in an address: %v", strings.Count(page.body, link), strings.Contains(addresses(page.body), c.Number))
	}
	if got := admin.post("/staff/log", url.Values{"number": {"N999"}}); strings.Contains(admin.get(got.location()).body, link) {
		t.Error("an unknown number finds")
	}
	for _, old := range []string{"/staff/log?number=N999", "/staff/log?q=aaaaaaaaaaaa"} {
		page := admin.get(old)
		if !strings.Contains(page.body, link) || !strings.Contains(page.body, lostWords) || strings.Contains(page.body, "N999") {
			t.Errorf("%s searches, does not say that it does not, or shows what stands there", old)
		}
		if links := addresses(page.body); !strings.Contains(links, "/staff/log?before=") || strings.Contains(links, "q=") {
			t.Errorf("%s leads on to\n%s", old, links)
		}
	}
	if got := admin.post("/staff/log", url.Values{}); got.location() != "/staff/log" {
		t.Errorf("for nothing: %s", got.location())
	}
}
