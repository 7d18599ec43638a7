package handlers_test

import (
	"fmt"
	texts "html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// Barbs for every field of every form. What is alive of one on a page, or a header of its own, is a hole.
var barbs = []string{
	`'"` + "`" + ` OR 1=1 --`, `\'; DROP TABLE candidates; --`, `1) UNION SELECT password_hash FROM staff --`, `1 AND SLEEP(20)`, "%_\x00\u202e",
	`"><script>alert(1)</script><img src=x onerror=alert(1)>`, `" autofocus onfocus="alert(1)`, "javascript:alert(1)", "x\r\nX-Evil: yes\r\n\r\n<script>alert(1)</script>",
	"{{printf `%s` 7}}${7*7}", strings.Repeat("9", 400), "-1", "NaN",
}

var (
	formOnPage  = regexp.MustCompile(`(?s)<form([^>]*)>(.*?)</form>`)
	fieldOnPage = regexp.MustCompile(`(?s)<(?:input|select|textarea|button)\b[^>]*>`)
	attrOfTag   = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
	aliveOnPage = regexp.MustCompile(`<script>alert|<img src=x|" autofocus onfocus="alert|(?:href|src|action)="javascript:`)
)

// onPage is a form as a page shows it.
type onPage struct {
	method, action string
	fields         url.Values
}

// forms are all forms of a page with the values they come with; a field elsewhere may belong to one by its id.
func forms(page, at string) (all []onPage) {
	for _, m := range formOnPage.FindAllStringSubmatch(page, -1) {
		own := attrs(m[1])
		f := onPage{strings.ToUpper(own["method"]), own["action"], url.Values{}}
		if f.action == "" {
			f.action = at
		}
		tags := fieldOnPage.FindAllString(m[2], -1)
		if id := own["id"]; id != "" {
			for _, tag := range fieldOnPage.FindAllString(page, -1) {
				if attrs(tag)["form"] == id {
					tags = append(tags, tag)
				}
			}
		}
		for _, tag := range tags {
			if a := attrs(tag); a["name"] != "" && a["type"] != "file" && !f.fields.Has(a["name"]) {
				f.fields.Set(a["name"], a["value"])
			}
		}
		all = append(all, f)
	}
	return all
}

func attrs(tag string) map[string]string {
	all := map[string]string{}
	for _, m := range attrOfTag.FindAllStringSubmatch(tag, -1) {
		all[m[1]] = texts.UnescapeString(m[2])
	}
	return all
}

// SQL metacharacters, script and line breaks in every field of every form there is, on both databases: each is
// refused, or is text from then on. Nobody vanishes, no page is alive afterwards, nothing waits, nothing fails.
func TestEveryFieldOfEveryForm(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorldOn(t, db).open()
		people := w.people(4)
		for _, c := range people[:3] {
			w.submit(c)
		}
		question := storage.Question{CandidateID: people[0].ID, Site: "S1", Text: barbs[5], AskedAt: w.clock}
		if err := w.DB.AddQuestion(t.Context(), question); err != nil {
			t.Fatal(err)
		}
		admin := w.signedIn("管理员")
		site := w.signedIn("王老师")
		if got := site.send(barbs[5]+".csv", "报名号,姓名,"+barbs[5]+"\nN001,"+barbs[5]+",x\n"); got.status != http.StatusSeeOther {
			t.Fatalf("the roster: %d", got.status)
		}
		tries := barbs
		if strings.HasSuffix(t.Name(), "/mysql") {
			tries = barbs[:5] // the pages are the same
		}
		before, err := w.DB.TableCounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		job := site.get("/staff/roster").body
		pages := []string{
			"/staff/", "/staff/?state=all", sheetPath(people[0]), sheetPath(people[1]), sheetPath(people[0]) + "/deadline", sheetPath(people[1]) + "/case",
			sheetPath(people[3]) + "/erase", "/staff/notices", "/staff/questions", "/staff/export", "/staff/codes", "/staff/roster", "/staff/numbers",
			"/staff/batches", "/staff/people", "/staff/log", "/staff/me", "/staff/me/totp", "/staff/me/sessions", "/staff/again",
		}
		pages = append(pages, regexp.MustCompile(`/staff/roster/\d+`).FindAllString(job, 1)...)
		tried, names := 0, map[string]bool{}
		for who, b := range map[string]*browser{"管理员": admin, "王老师": site} {
			for _, at := range pages {
				shown := b.get(at)
				for _, form := range forms(shown.body, at) {
					if strings.Contains(form.action, "/logout") {
						continue
					}
					for _, name := range slices.Sorted(maps.Keys(form.fields)) {
						names[form.method+" "+form.action+" "+name] = true
						for _, barb := range tries {
							tried++
							b = w.barbed(b, who, form, name, barb)
						}
					}
				}
			}
		}
		if tried < 500 || len(names) < 80 {
			t.Errorf("only %d tries at %d fields", tried, len(names))
		}
		t.Logf("%d tries at %d fields", tried, len(names))
		after, err := w.DB.TableCounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"candidates", "photos", "submissions"} {
			if after[table] != before[table] {
				t.Errorf("%s: %d rows became %d", table, before[table], after[table])
			}
		}
		admin = w.signedIn("管理员")
		for _, at := range pages {
			if got := admin.get(at); got.status >= 500 || aliveOnPage.MatchString(got.body) {
				t.Errorf("afterwards %s is %d, alive: %q", at, got.status, aliveOnPage.FindString(got.body))
			}
		}
	})
}

// barbed sends a form with a barb in one field; who has lost their session meanwhile signs in again.
func (w *world) barbed(b *browser, who string, form onPage, name, barb string) *browser {
	w.t.Helper()
	filled := maps.Clone(form.fields)
	filled.Set(name, barb)
	began := time.Now()
	var got answer
	if path, query, _ := strings.Cut(form.action, "?"); form.method == http.MethodPost {
		got = b.post(form.action, filled)
	} else {
		got = b.get(path + "?" + query + "&" + filled.Encode())
	}
	what := fmt.Sprintf("%s %s, %s=%.40q", form.method, form.action, name, barb)
	if got.status >= 500 || got.header.Get("X-Evil") != "" || aliveOnPage.MatchString(got.body) {
		w.t.Errorf("%s: %d, alive: %q", what, got.status, aliveOnPage.FindString(got.body))
	}
	if to := got.location(); to != "" && (!strings.HasPrefix(to, "/staff") || strings.HasPrefix(to, "//")) {
		w.t.Errorf("%s leads to %q", what, to)
	}
	if took := time.Since(began); took > time.Minute {
		w.t.Errorf("%s took %s", what, took)
	}
	if strings.HasPrefix(got.location(), "/staff/login") {
		return w.signedIn(who)
	}
	return b
}

// A comment and a note made of script are shown as text: to the next reviewer, on the case's page, in the numbers.
func TestCommentsAreShownAsText(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	site := w.signedIn("王老师")
	site.get(sheetPath(c))
	form := w.form(c, map[string]string{"id_front": "IMG_BLUR", "diploma": "", "trial": ""})
	form.Set("comment.id_front", barbs[5])
	if got := site.post(decisionPath(c), form); got.status != http.StatusSeeOther && got.status != http.StatusOK {
		t.Fatalf("the decision: %d", got.status)
	}
	if item := w.caseOf(c).Item("id_front"); item.Comment != barbs[5] {
		t.Fatalf("the comment is %q", item.Comment)
	}
	for _, who := range []string{"王老师", "管理员"} {
		b := w.signedIn(who)
		shown := false
		for _, at := range []string{sheetPath(c), sheetPath(c) + "/case", "/staff/?state=all", "/staff/numbers", "/staff/questions", "/staff/notices"} {
			got := b.get(at)
			if aliveOnPage.MatchString(got.body) {
				t.Errorf("%s sees %q alive on %s", who, aliveOnPage.FindString(got.body), at)
			}
			shown = shown || strings.Contains(got.body, "&lt;script&gt;alert(1)")
		}
		if !shown {
			t.Errorf("%s does not see the comment anywhere", who)
		}
	}
}
