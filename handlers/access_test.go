package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cailiao/handlers"
)

// visitor is who asks: nobody, a reviewer of the candidate's own site, one of another site, the
// area, an admin.
var visitors = []string{"", "王老师", "赵老师", "李主任", "管理员"}

// access is the whole table: what each visitor gets, in the order above. A route that is not
// here fails the test.
var access = map[string][5]int{
	"GET /staff/login":  {200, 303, 303, 303, 303},
	"POST /staff/login": {422, 422, 422, 422, 422}, // without name and password
	"GET /staff/":       {303, 200, 200, 200, 200},

	"GET /staff/candidates/:id":           {303, 200, 404, 200, 200},
	"POST /staff/candidates/:id/decision": {303, 422, 404, 403, 422}, // nothing filled in; the area's turn has not come
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
	"GET /mine/photos/:id/:kind": {404, 404, 404, 404, 404},

	"GET /wechat":             {400, 400, 400, 400, 400}, // not signed
	"POST /wechat":            {403, 403, 403, 403, 403},
	"GET /examples/:code":     {200, 200, 200, 200, 200},
	"GET /static/:mark/:name": {200, 200, 200, 200, 200},
	"GET /healthz":            {200, 200, 200, 200, 200},
	"GET /readyz":             {200, 200, 200, 200, 200},
	"GET /":                   {303, 303, 303, 303, 303},
	"GET /staff":              {303, 303, 303, 303, 303},
	"POST /staff/logout":      {303, 303, 303, 303, 303}, // last: it ends the sessions
}

func TestWhoMayAskForWhat(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	photo := w.caseOf(c).Photos[0]
	browsers := make([]*browser, len(visitors))
	for i, name := range visitors {
		if browsers[i] = w.browser(); name != "" {
			browsers[i] = w.signedIn(name)
		}
	}
	stylesheet := w.stylesheet()
	empty := w.form(c, nil)

	routes := handlers.Routes()
	if len(routes) != len(access) {
		t.Errorf("%d routes, %d in the table", len(routes), len(access))
	}
	for _, last := range []bool{false, true} {
		for _, route := range routes {
			want, listed := access[route]
			if !listed {
				t.Errorf("%s is not in the access table", route)
			}
			if logout := strings.HasSuffix(route, "logout"); logout != last {
				continue
			}
			method, path, _ := strings.Cut(route, " ")
			for _, kind := range kinds(path) {
				url := strings.NewReplacer(":kind", kind, ":mark/:name", stylesheet, ":code", "id_front").Replace(path)
				id := c.ID
				if strings.Contains(path, "photos") {
					id = photo.ID
				}
				form := empty
				if !strings.Contains(path, "decision") {
					form = nil
				}
				for i, b := range browsers {
					own := b.do(method, strings.Replace(url, ":id", fmt.Sprint(id), 1), form)
					if own.status != want[i] {
						t.Errorf("%s as %q: %d, want %d", route, visitors[i], own.status, want[i])
					}
					if !strings.Contains(url, ":id") || visitors[i] == "" {
						continue
					}
					unknown := b.do(method, strings.Replace(url, ":id", "987654", 1), form)
					if unknown.status != http.StatusNotFound {
						t.Errorf("%s of nobody as %q: %d", route, visitors[i], unknown.status)
					}
					if own.status == http.StatusNotFound && own.body != unknown.body {
						t.Errorf("%s as %q: a foreign one and an unknown one can be told apart", route, visitors[i])
					}
				}
			}
		}
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
		{http.MethodGet, decisionPath(c), 405},
		{http.MethodPost, "/staff/", 405},
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
