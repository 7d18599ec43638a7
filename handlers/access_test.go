package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cailiao/handlers"
	"cailiao/intake"
)

// visitors are who asks: nobody, a reviewer of the candidate's own site, one of another site, the
// area, an admin, a lead of the own site, a lead of another site, a lead of the area.
var visitors = []string{"", "王老师", "赵老师", "李主任", "管理员", "组长", "外站组长", "考区组长"}

// gets is the status each visitor gets, in the order above. The three leads may be left out: they
// then get what the reviewer of their site, or the area, gets.
type gets [8]int

func (g gets) of(visitor int) int {
	if g[visitor] == 0 && visitor >= 5 {
		return g[visitor-4]
	}
	return g[visitor]
}

// How a route gets its row:
//   - Rows stand in maps, one for each room of the house; a room of your own is a new file
//     access_<room>_test.go with its map, and one line in accessTables.
//   - A row's request must change nothing: leave out what the form needs, and expect 422 or the like.
//   - :id is the id of a submitted candidate of site S1, unless aboutOther says what it is of.
//   - The form of a POST is empty, unless accessForms has one.
//   - A row of a route that is sent along with h.recent needs no more: its visitors have just signed in.
//
// A route that is in no map fails the test, as does a row without a route. For an id that is
// nobody's the test asks by itself: it must be 404, like a foreign one, or look the same as ours.
var accessTables = []map[string]gets{access, accessPeople, accessStats, accessOffice, accessDesk}

// aboutOther: below these paths :id is something else than a candidate.
var aboutOther = map[string]func(w *world, c intake.Candidate) int64{
	"/staff/photos/": func(w *world, c intake.Candidate) int64 { return w.caseOf(c).Photos[0].ID },
	"/staff/roster/": rosterOf,
	"/mine/photos/":  func(w *world, c intake.Candidate) int64 { return w.caseOf(c).Photos[0].ID },
}

// accessForms are the forms of posts to these routes.
var accessForms = map[string]func(w *world, c intake.Candidate) url.Values{
	"POST /staff/export/states":           func(*world, intake.Candidate) url.Values { return url.Values{"site": {"S9"}} },
	"POST /staff/export/photos":           func(*world, intake.Candidate) url.Values { return url.Values{"site": {"S9"}} },
	"POST /staff/candidates/:id/decision": func(w *world, c intake.Candidate) url.Values { return w.form(c, nil) },
}

var access = map[string]gets{
	"GET /staff/":  {303, 200, 200, 200, 200},
	"POST /staff/": {303, 303, 303, 303, 303}, // for nothing: to the list

	"GET /staff/candidates/:id":           {303, 200, 404, 200, 200},
	"POST /staff/candidates/:id/decision": {303, 422, 404, 403, 409, 409, 404, 403}, // nothing filled in; the area's turn has not come; the reviewer of the site holds it
	"POST /staff/candidates/:id/phone":    {303, 200, 404, 200, 200},

	"GET /staff/photos/:id/:kind": {303, 200, 404, 200, 200},

	"GET /staff/candidates/:id/deadline":  {303, 200, 404, 200, 200},
	"POST /staff/candidates/:id/deadline": {303, 409, 404, 409, 409}, // of no version
	"GET /staff/notices":                  {303, 200, 200, 200, 200},
	"POST /staff/notices/:what":           {303, 404, 404, 404, 404}, // nothing of that name; see notices_test.go
	"GET /staff/questions":                {303, 200, 200, 200, 200},
	"POST /staff/questions/:id":           {303, 404, 404, 404, 404}, // no such question

	"GET /mine":                  {302, 302, 302, 302, 302}, // off to WeChat: staff is nobody here
	"GET /mine/back":             {403, 403, 403, 403, 403}, // without the state
	"GET /mine/logout":           {200, 200, 200, 200, 200},
	"POST /mine/logout":          {303, 303, 303, 303, 303},
	"GET /mine/photos/:id/:kind": {404, 404, 404, 404, 404},

	"GET /wechat":             {400, 400, 400, 400, 400}, // not signed
	"POST /wechat":            {403, 403, 403, 403, 403},
	"GET /privacy":            {200, 200, 200, 200, 200},
	"GET /examples/:code":     {200, 200, 200, 200, 200},
	"GET /static/:mark/:name": {200, 200, 200, 200, 200},
	"GET /healthz":            {200, 200, 200, 200, 200},
	"GET /readyz":             {200, 200, 200, 200, 200},
	"GET /":                   {303, 303, 303, 303, 303},
	"GET /staff":              {303, 303, 303, 303, 303},
}

func TestWhoMayAskForWhat(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	browsers := make([]*browser, len(visitors))
	for i, name := range visitors {
		if browsers[i] = w.browser(); name != "" {
			browsers[i] = w.signedIn(name)
		}
	}
	table := make(map[string]gets)
	for _, rows := range accessTables {
		for route, row := range rows {
			if _, twice := table[route]; twice {
				t.Errorf("%s has two rows", route)
			}
			table[route] = row
		}
	}
	routes := handlers.Routes()
	for route := range table {
		if !slices.Contains(routes, route) {
			t.Errorf("%s has a row, but is no route", route)
		}
	}
	// Signing out comes last: it ends the sessions.
	slices.SortStableFunc(routes, func(a, b string) int { return strings.Count(a, "logout") - strings.Count(b, "logout") })
	stylesheet := w.stylesheet()
	for _, route := range routes {
		row, listed := table[route]
		if !listed {
			t.Errorf("%s is not in the access table", route)
			continue
		}
		_, path, _ := strings.Cut(route, " ")
		for _, kind := range kinds(path) {
			url := strings.NewReplacer(":kind", kind, ":mark/:name", stylesheet, ":code", "id_front").Replace(path)
			for i, b := range browsers {
				b.knock(route, url, knock{c, i, row.of(i)})
			}
		}
	}
}

// knock is one try at a route: about which candidate, by which visitor, and the status expected.
type knock struct {
	about   intake.Candidate
	visitor int
	want    int
}

func (b *browser) knock(route, url string, k knock) {
	b.w.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	id, form := k.about.ID, accessForms[route]
	for below, other := range aboutOther {
		if strings.HasPrefix(path, below) {
			id = other(b.w, k.about)
		}
	}
	ask := func(id int64) answer {
		url := strings.Replace(url, ":id", fmt.Sprint(id), 1)
		if form == nil {
			return b.do(method, url, nil)
		}
		return b.do(method, url, form(b.w, k.about))
	}
	who := visitors[k.visitor]
	own := ask(id)
	if own.status != k.want {
		b.w.t.Errorf("%s as %q: %d, want %d", route, who, own.status, k.want)
	}
	if !strings.Contains(url, ":id") || who == "" {
		return
	}
	unknown := ask(987654)
	alike := own.status == unknown.status && own.body == unknown.body
	if unknown.status != http.StatusNotFound && !alike {
		b.w.t.Errorf("%s of nobody as %q: %d", route, who, unknown.status)
	}
	if own.status == http.StatusNotFound && !alike {
		b.w.t.Errorf("%s as %q: a foreign one and an unknown one can be told apart", route, who)
	}
}

func kinds(path string) []string {
	if strings.Contains(path, ":kind") {
		return []string{"thumb", "screen", "copy", "original"}
	}
	return []string{""}
}

// stylesheet is mark/name of a static file, as the login page links it.
func (w *world) stylesheet() string {
	page := w.browser().get("/staff/login").body
	_, rest, ok := strings.Cut(page, `href="/static/`)
	path, _, closed := strings.Cut(rest, `"`)
	if !ok || !closed {
		w.t.Fatal("the login page links no static file")
	}
	return path
}

func TestWhatIsNoRouteIsNotFound(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	b := w.signedIn("管理员")
	for _, test := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/nothing", 404},
		{http.MethodGet, "/staff/candidates/", 404},
		{http.MethodGet, "/staff/candidates/0", 404},
		{http.MethodGet, "/staff/candidates/-1", 404},
		{http.MethodGet, "/staff/candidates/99999999999999999999", 404},
		{http.MethodGet, "/staff/candidates/1%2e%2e", 404},
		{http.MethodGet, "/staff/photos/1/raw", 404},
		{http.MethodGet, "/staff/photos/x/thumb", 404},
		{http.MethodGet, "/examples/..%2f..%2fseason.yaml", 404},
		{http.MethodGet, "/examples/diploma", 404}, // has no example
		{http.MethodGet, "/static/000000000000/app.css", 404},
		{http.MethodGet, "/static/../house.go", 404},
		{http.MethodGet, decisionPath(c), 303}, // to the sheet: above_test.go
		{http.MethodPut, decisionPath(c), 405},
		{http.MethodPost, "/staff/numbers", 405},
		{http.MethodPut, "/wechat", 405},
	} {
		if got := b.do(test.method, test.path, nil); got.status != test.want {
			t.Errorf("%s %s: %d, want %d", test.method, test.path, got.status, test.want)
		}
	}
	for name, form := range map[string]url.Values{
		"no version": {"verdict.id_front": {"pass"}}, "a version that is no number": {"version": {"x"}},
		"a verdict that is none": {"version": {"1"}, "verdict.id_front": {"maybe"}},
		"a filter that is none":  {"version": {"1"}, "filter": {"%zz"}},
	} {
		if got := b.post(decisionPath(c), form); got.status != http.StatusBadRequest {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	if got := b.post(decisionPath(c), url.Values{"note.x": {strings.Repeat("x", 600<<10)}}); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("600 KiB of form: %d", got.status)
	}
}
