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
	"cailiao/review"
	"cailiao/storage"
	"cailiao/watch/watchtest"
)

var secretOnPage = regexp.MustCompile(`<p class="secret num">([a-z2-7-]+)</p>`)

// given is the initial password a page shows.
func (a answer) given(t *testing.T) string {
	t.Helper()
	found := secretOnPage.FindStringSubmatch(a.body)
	if a.status != http.StatusOK || found == nil {
		t.Fatalf("no password is shown: %d", a.status)
	}
	watchtest.Secret("initial password", found[1])
	return found[1]
}

func (w *world) idOf(name string) int64 {
	w.t.Helper()
	s, err := w.DB.StaffByName(w.t.Context(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.ID
}

func (w *world) change(name, what string) string {
	return fmt.Sprintf("/staff/people/%d/%s", w.idOf(name), what)
}

func TestANewAccountBeginsWithItsOwnPassword(t *testing.T) {
	w := newWorld(t).open()
	admin := w.signedIn("管理员")
	got := admin.post("/staff/people", url.Values{"name": {"孙老师"}, "role": {"site"}, "site": {"S1"}})
	initial := got.given(t)
	if got := admin.get("/staff/people"); strings.Contains(got.body, initial) || !strings.Contains(got.body, "孙老师") {
		t.Error("the password is shown a second time, or the account is not listed")
	}
	if strings.Contains(w.log.String(), initial) {
		t.Error("the password is in the log")
	}
	b := w.browser()
	if got := b.post("/staff/login", url.Values{"name": {"孙老师"}, "password": {initial}}); got.location() != "/staff/" {
		t.Fatalf("%d to %q", got.status, got.location())
	}
	if got := b.get("/staff/"); got.location() != "/staff/me" {
		t.Errorf("work before the own password: %d to %q", got.status, got.location())
	}
	long := strings.Repeat("seven whales, ", 74)[:1024]
	for name, form := range map[string]url.Values{
		"differ": {"password": {initial}, "new": {"four plain words here"}, "again": {"four plain words"}},
		"old":    {"password": {"wrong"}, "new": {"four plain words here"}, "again": {"four plain words here"}},
		"same":   {"password": {initial}, "new": {initial}, "again": {initial}},
		"short":  {"password": {initial}, "new": {"kurz"}, "again": {"kurz"}},
		"common": {"password": {initial}, "new": {"password123456"}, "again": {"password123456"}},
		"long":   {"password": {initial}, "new": {long + "s"}, "again": {long + "s"}},
	} {
		if got := b.post("/staff/me/password", form); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, `role="alert"`) || strings.Contains(got.body, "太长了") != (name == "long") {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	own := "four plain words here"
	elsewhere := w.browser()
	elsewhere.post("/staff/login", url.Values{"name": {"孙老师"}, "password": {initial}})
	if got := b.post("/staff/me/password", url.Values{"password": {initial}, "new": {own}, "again": {own}}); got.location() != "/staff/me" {
		t.Fatalf("%d", got.status)
	}
	if got := b.get("/staff/"); got.status != http.StatusOK {
		t.Errorf("afterwards: %d", got.status)
	}
	if got := elsewhere.get("/staff/me"); got.status != http.StatusSeeOther {
		t.Errorf("another session outlives the password: %d", got.status)
	}
}

// A browser cuts what is pasted to maxlength and says nothing.
func TestNoPasswordFieldCutsWhatIsPasted(t *testing.T) {
	w := newWorld(t).open()
	b := w.signedIn("王老师")
	fields := regexp.MustCompile(`<input [^>]*type="password"[^>]*>`)
	for page, want := range map[string]int{"/staff/me": 3, "/staff/again": 1} {
		found := fields.FindAllString(b.get(page).body, -1)
		if len(found) != want || strings.Contains(strings.Join(found, ""), "maxlength") {
			t.Errorf("%s: %q", page, found)
		}
	}
	if found := fields.FindAllString(w.browser().get("/staff/login").body, -1); len(found) != 1 || strings.Contains(found[0], "maxlength") {
		t.Errorf("signing in: %q", found)
	}
	longest := strings.Repeat("seven whales 七", 63) + "and their keeper" // 1,024 bytes
	if got := b.post("/staff/me/password", url.Values{"password": {password}, "new": {longest}, "again": {longest}}); got.location() != "/staff/me" {
		t.Fatalf("%d bytes as a password: %d", len(longest), got.status)
	}
	if got := w.browser().post("/staff/login", url.Values{"name": {"王老师"}, "password": {longest[:1023]}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("without its last byte: %d", got.status)
	}
	if got := w.browser().post("/staff/login", url.Values{"name": {"王老师"}, "password": {longest}}); got.location() != "/staff/" {
		t.Errorf("the whole: %d", got.status)
	}
}

func TestAnInitialPasswordSpoils(t *testing.T) {
	w := newWorld(t).open()
	initial := w.signedIn("管理员").post("/staff/people", url.Values{"name": {"孙老师"}, "role": {"area"}}).given(t)
	w.clock = w.clock.Add(7 * 24 * time.Hour)
	if got := w.browser().post("/staff/login", url.Values{"name": {"孙老师"}, "password": {initial}}); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "初始密码") {
		t.Errorf("a week later: %d", got.status)
	}
}

// Who has somebody's password reset still lacks their telephone.
func TestAResetPasswordStillTakesTheCode(t *testing.T) {
	w := newWorld(t).open()
	secret, _ := w.signedIn("王老师").enrol()
	initial := w.signedIn("管理员").post(w.change("王老师", "password"), nil).given(t)
	w.clock = w.clock.Add(time.Minute)
	b := w.browser()
	if got := b.post("/staff/login", url.Values{"name": {"王老师"}, "password": {initial}}); !strings.HasPrefix(got.location(), "/staff/login/code") {
		t.Fatalf("%d to %q", got.status, got.location())
	}
	if got := b.get("/staff/me"); !strings.HasPrefix(got.location(), "/staff/login") {
		t.Errorf("without the code: %d to %q", got.status, got.location())
	}
	if got := b.post("/staff/login/code", url.Values{"code": {w.code(secret)}}); got.location() != "/staff/" {
		t.Errorf("with the code: %d to %q", got.status, got.location())
	}
	if got := b.get("/staff/"); got.location() != "/staff/me" {
		t.Errorf("work with the initial password: %d to %q", got.status, got.location())
	}
}

// What an admin does to an account is felt by its open sessions at once, and is logged.
func TestChangesOfAnAccountEndItsSessions(t *testing.T) {
	w := newWorld(t).open()
	admin := w.signedIn("管理员")
	for _, test := range []struct {
		what   string
		form   url.Values
		action string
		undo   string
	}{
		{"disable", nil, "staff.disable", "enable"}, {"role", url.Values{"role": {"area"}}, "staff.role", ""}, {"totp", nil, "staff.totp", ""}, {"sessions", nil, "staff.sessions", ""}, {"password", nil, "staff.password", ""},
	} {
		name := map[string]string{"password": "李主任"}[test.what]
		if name == "" {
			name = "王老师"
		}
		b, elsewhere := w.signedIn(name), w.signedIn(name)
		if got := admin.post(w.change(name, test.what), test.form); got.status >= 400 {
			t.Fatalf("%s: %d", test.what, got.status)
		}
		if test.undo != "" {
			admin.post(w.change(name, test.undo), nil) // before the session notices
		}
		for _, b := range []*browser{b, elsewhere} {
			if got := b.get("/staff/"); got.status != http.StatusSeeOther {
				t.Errorf("%s: a session goes on: %d", test.what, got.status)
			}
		}
		events, err := w.DB.SearchEvents(t.Context(), storage.EventSearch{Action: test.action, Limit: 5})
		if err != nil || len(events) != 1 || events[0].Actor != fmt.Sprintf("staff:%d", w.idOf("管理员")) || !strings.Contains(events[0].Detail, fmt.Sprintf(`"staff":%d`, w.idOf(name))) {
			t.Errorf("%s: logged as %+v, %v", test.what, events, err)
		}
	}
	if got := w.signedIn("王老师").get("/staff/"); got.status != http.StatusOK {
		t.Errorf("opened again: %d", got.status)
	}
}

func TestWhoLooksAfterWhom(t *testing.T) {
	w := newWorld(t).open()
	admin, lead, area := w.signedIn("管理员"), w.signedIn("组长"), w.signedIn("考区组长")
	for _, test := range []struct {
		name string
		by   *browser
		path string
		form url.Values
		want int
	}{
		{"a lead after a reviewer of the site", lead, w.change("王老师", "totp"), nil, 303},
		{"a lead after another site's reviewer", lead, w.change("赵老师", "disable"), nil, 404},
		{"a lead after an admin", lead, w.change("管理员", "password"), nil, 404},
		{"a lead after another lead", lead, w.change("外站组长", "password"), nil, 404},
		{"a lead after the area", lead, w.change("李主任", "password"), nil, 404},
		{"a lead of the area after a site", area, w.change("王老师", "password"), nil, 404},
		{"a lead of the area after the area", area, w.change("李主任", "totp"), nil, 303},
		{"a lead makes an admin", lead, "/staff/people", url.Values{"name": {"孙老师"}, "role": {"admin"}}, 403},
		{"a lead makes another site's reviewer", lead, "/staff/people", url.Values{"name": {"孙老师"}, "role": {"site"}, "site": {"S2"}}, 403},
		{"a lead promotes a reviewer", lead, w.change("王老师", "role"), url.Values{"role": {"admin"}}, 403},
		{"a lead makes a reviewer", lead, "/staff/people", url.Values{"name": {"孙老师"}, "role": {"site"}, "site": {"S1"}}, 200},
		{"a name that is taken", admin, "/staff/people", url.Values{"name": {"孙老师"}, "role": {"area"}}, 409},
		{"a site for the area", admin, "/staff/people", url.Values{"name": {"钱老师"}, "role": {"area"}, "site": {"S1"}}, 422},
		{"no such role", admin, "/staff/people", url.Values{"name": {"钱老师"}, "role": {"boss"}}, 422},
		{"an admin closes the own account", admin, w.change("管理员", "disable"), nil, 422},
		{"an admin steps down", admin, w.change("管理员", "role"), url.Values{"role": {"area"}}, 422},
	} {
		if got := test.by.post(test.path, test.form); got.status != test.want {
			t.Errorf("%s: %d, want %d", test.name, got.status, test.want)
		}
	}
	page := lead.get("/staff/people").body
	if strings.Contains(page, "赵老师") || strings.Contains(page, "管理员</b></td>") || !strings.Contains(page, "王老师") {
		t.Error("a lead sees others than the reviewers of the site")
	}
	if s, err := w.DB.StaffByName(t.Context(), "王老师"); err != nil || s.Role != intake.RoleSite {
		t.Errorf("%+v %v", s, err)
	}
}

func TestTheLogIsFoundByWhoWhatWhomAndWhen(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	reviewer := w.signedIn("王老师")
	for range 3 { // looked at again and again, logged once
		reviewer.get(sheetPath(c))
	}
	reviewer.get(fmt.Sprintf("/staff/photos/%d/original", w.caseOf(c).Photos[0].ID))
	w.browser().post("/staff/login", url.Values{"name": {"王老师"}, "password": {"wrong"}})
	admin := w.signedIn("管理员")
	lines := func(query string) int {
		form, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(admin.get(admin.post("/staff/log", form).location()).body, "<tr>") - 1
	}
	who := url.QueryEscape(fmt.Sprintf("staff:%d", w.idOf("王老师")))
	for query, want := range map[string]int{
		"number=" + c.Number:                            2,
		"number=" + c.Number + "&action=sheet.open":     1,
		"number=none":                                   -1,
		"actor=" + who:                                  3, // login, sheet, original
		"actor=" + who + "&action=login":                1,
		"actor=nobody":                                  1,
		"from=2026-02-03&until=2026-02-03&action=login": 2,
		"until=2026-02-02":                              -1,
		"from=2026-02-04":                               -1,
		"action=%27%20OR%201%3D1%20--":                  -1,
		"before=x&from=yesterday&actor=":                lines(""),
		"actor=王老师":                                     lines(""), // of no account: as if it were not there
		"actor=staff:x":                                 lines(""),
	} {
		if got := lines(query); got != want {
			t.Errorf("%s: %d lines, want %d", query, got, want)
		}
	}
	w.clock = w.clock.Add(11 * time.Minute)
	reviewer.get(sheetPath(c))
	if got := lines("action=sheet.open"); got != 2 {
		t.Errorf("a later look: %d lines, want 2", got)
	}
	if got := reviewer.get(sheetPath(c)).body; !strings.Contains(got, "打开了材料") || !strings.Contains(got, "单独取看了照片") {
		t.Error("the timeline beside the case does not tell")
	}
	for i := range 60 {
		if err := w.DB.Log(t.Context(), storage.Event{At: w.clock, Actor: "candidate", Action: "photo", CandidateID: c.ID, Detail: fmt.Sprintf(`{"n":%d}`, i)}); err != nil {
			t.Fatal(err)
		}
	}
	old := admin.get("/staff/log?action=photo&actor=" + url.QueryEscape("王老师"))
	if links := addresses(old.body); !strings.Contains(links, "/staff/log?action=photo&before=") || strings.Contains(links, "actor") {
		t.Errorf("a name in an old address: %d, and on to\n%s", old.status, links)
	}
	if to := admin.post("/staff/log", url.Values{"actor": {"王老师"}}).location(); to != "/staff/log" {
		t.Errorf("a name goes into the address: %s", to)
	}
	if page := admin.get("/staff/log?actor=" + who).body; !strings.Contains(page, "selected>王老师<") || strings.Contains(addresses(page), url.QueryEscape("王老师")) {
		t.Error("an account is not chosen by its id, or its name is in an address")
	}
	first := admin.get("/staff/log?action=photo").body
	older := regexp.MustCompile(`href="(/staff/log\?[^"]*before=\d+)"`).FindStringSubmatch(strings.ReplaceAll(first, "&amp;", "&"))
	if older == nil {
		t.Fatal("no way to older lines")
	}
	if second := admin.get(older[1]).body; strings.Count(first, "<tr>") != 51 || strings.Count(second, "<tr>") != 11 {
		t.Errorf("%d and %d lines", strings.Count(first, "<tr>")-1, strings.Count(second, "<tr>")-1)
	}
}

// Whatever an event's detail holds is told in words, not by the keys and codes of the program.
func TestTheLogIsToldInWords(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(1)[0]
	for _, e := range []struct{ action, detail string }{
		{review.ActionDecide, `{"level":"site","round":1,"from":"submitted","to":"returned","returned":["id_front","trial"],"back":true}`},
		{review.ActionExtend, `{"round":1,"from":"2026-02-04T04:00:00Z","until":"2026-02-05T04:00:00Z","reason":"考生住院"}`},
		{review.ActionReopen, `{"from":"passed","round":2,"items":["diploma"],"reason":"x"}`},
		{review.ActionTakeOver, `{"from":"staff:3"}`},
		{review.ActionLogin, `{"with":"all","from":"12ca17b4"}`},
		{review.ActionExportPhotos, `{"site":"S1","state":"collecting","after":3,"whole":true,"numbers":true,"seen":1,"total":2,"candidates":1,"photos":1,"missing":1,"bytes":9,"last":4,"more":true}`},
	} {
		if err := w.DB.Log(t.Context(), storage.Event{At: w.clock, Actor: "staff:1", Action: e.action, CandidateID: c.ID, Detail: e.detail}); err != nil {
			t.Fatal(err)
		}
	}
	page := w.signedIn("管理员").get("/staff/log").body
	for _, cell := range regexp.MustCompile(`(?s)<td class="facts">(.*?)</td>`).FindAllStringSubmatch(page, -1) {
		told := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(cell[1], "")
		if raw := regexp.MustCompile(`[a-z_]{4,}|\[|\d{4}-\d\d`).FindString(strings.ReplaceAll(told, "12ca17b4", "")); raw != "" {
			t.Errorf("%q stands in %q", raw, told)
		}
	}
	for _, words := range []string{"身份证人像面、", "已退回", "原定到</small> 2月4日 12:00", "地址代号</small> 12ca17b4", "原持有账号编号</small> 3"} {
		if !strings.Contains(page, words) {
			t.Errorf("the log does not say %q", words)
		}
	}
}
