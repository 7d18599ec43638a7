package handlers_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cailiao/storage"
	"cailiao/wechat/wechattest"
)

// openTLS starts the server behind TLS, under the name the browsers use.
func (w *world) openTLS() *world {
	w.t.Helper()
	w.server = httptest.NewUnstartedServer(nil)
	w.PublicURL = "https://" + w.server.Listener.Addr().String()
	router, err := w.Router()
	if err != nil {
		w.t.Fatal(err)
	}
	w.server.Config.Handler = router
	w.server.StartTLS()
	w.t.Cleanup(w.server.Close)
	return w
}

// shown are the headers the table below looks at: what is not in a row must be as always, or not
// there at all.
var shown = []string{
	"Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
	"Cross-Origin-Resource-Policy", "Permissions-Policy", "Cache-Control", "Content-Type", "Content-Disposition", "Vary", "Set-Cookie", "Clear-Site-Data",
	"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Server", "X-Powered-By",
}

const (
	html       = "text/html; charset=utf-8"
	plain      = "text/plain; charset=utf-8"
	spread     = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	forFiles   = "default-src 'none'; frame-ancestors 'none'; sandbox"
	aCookie    = "__Host-staff=…; Path=/; HttpOnly; Secure; SameSite=Lax"
	aDevice    = "__Host-device=…; Path=/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax"
	withCookie = `no-store AND no-cache="Set-Cookie"`
	noCookie   = "__Host-staff=; Path=/; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; HttpOnly; Secure; SameSite=Lax"
)

var always = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	"Strict-Transport-Security": "max-age=31536000; includeSubDomains", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
	"Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy": "camera=(), microphone=(), geolocation=()", "Cache-Control": "no-store", "Content-Type": html,
}

// Every kind of answer there is, over TLS, with all its headers.
func TestTheHeadersOfEveryKindOfAnswer(t *testing.T) {
	w := newWorld(t)
	var roster storage.RosterJob
	w.openTLS()
	c := w.people(2)[0]
	w.submit(c)
	signIn := url.Values{"name": {"王老师"}, "password": {password}}
	staff := w.browser()
	if got := staff.post("/staff/login", signIn); got.status != http.StatusSeeOther {
		t.Fatal(got.status)
	}
	photo := fmt.Sprintf("/staff/photos/%d/", w.caseOf(c).PhotosOf("id_front")[0].ID)
	site, err := w.DB.StaffByName(t.Context(), "王老师")
	if err == nil {
		roster, err = w.Desk.UploadRoster(t.Context(), site, "名单.csv", strings.NewReader("报名号,姓名\n1,2\n"))
	}
	if err != nil {
		t.Fatal(err)
	}
	callback := func(mangle func(*wechattest.Raw)) func() answer {
		return func() answer {
			raw := w.platform.Sealed(w.platform.TextMessage("open", "你好"), w.clock)
			mangle(&raw)
			return w.send(t, http.MethodPost, "/wechat?"+raw.Query.Encode(), string(raw.Body))
		}
	}
	page := staff.get("/staff/").body
	static := func(ending string) func() answer {
		return func() answer {
			return w.send(t, http.MethodGet, regexp.MustCompile(`/static/[^"]+\.`+ending).FindString(page), "")
		}
	}
	const forEver = "public, max-age=31536000, immutable"
	get := func(path string) func() answer { return func() answer { return staff.get(path) } }
	post := func(path string, form url.Values, headers ...string) func() answer {
		return func() answer { return staff.post(path, form, headers...) }
	}
	public := func(method, path, body string) func() answer {
		return func() answer { return w.send(t, method, path, body) }
	}
	for _, row := range []struct {
		name   string
		ask    func() answer
		status int
		other  map[string]string // than always; empty: not there
	}{
		{"callback, answered with a text", callback(func(*wechattest.Raw) {}), 200, map[string]string{"Content-Type": "application/xml; charset=utf-8"}},
		{"callback, forged", callback(func(r *wechattest.Raw) { r.Query.Set("msg_signature", "0") }), 403, map[string]string{"Content-Type": plain}},
		{"callback, too large", callback(func(r *wechattest.Raw) { r.Body = append(r.Body, make([]byte, 2<<20)...) }), 413, map[string]string{"Content-Type": plain}},
		{"callback, the address verified by nobody", public("GET", "/wechat?signature=x&timestamp=1&nonce=1&echostr=x", ""), 403, map[string]string{"Content-Type": plain}},
		{"login page", public("GET", "/staff/login", ""), 200, map[string]string{"Vary": "HX-Request"}},
		{"login, right", func() answer { return w.browser().post("/staff/login", signIn) }, 303, map[string]string{"Content-Type": "", "Set-Cookie": aCookie + " AND " + aDevice, "Cache-Control": withCookie}},
		{"login, wrong", func() answer {
			return w.browser().post("/staff/login", url.Values{"name": {"王老师"}, "password": {"wrong"}})
		}, 422, map[string]string{"Vary": "HX-Request"}},
		{"staff page, signed out", public("GET", "/staff/", ""), 303, nil},
		{"staff page, of a session that is over", func() answer {
			return w.browser().get("/staff/", "Cookie", "__Host-staff=of-yesterday")
		}, 303, map[string]string{"Clear-Site-Data": `"cache"`}},
		{"staff page", get("/staff/"), 200, map[string]string{"Vary": "HX-Request"}},
		{"staff page, one candidate", get(sheetPath(c)), 200, map[string]string{"Vary": "HX-Request"}},
		{"staff page, a foreign or unknown candidate", get("/staff/candidates/99"), 404, nil},
		{"staff page, not for this role", get("/staff/people"), 403, nil},
		{"chart", get("/staff/numbers/days"), 200, map[string]string{
			"Content-Type": "image/svg+xml; charset=utf-8", "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"}},
		{"photo shown", get(photo + "screen"), 200, map[string]string{"Content-Type": "image/jpeg", "Cache-Control": "private, max-age=3600, immutable", "Vary": "Cookie"}},
		{"photo taken out", get(photo + "original"), 200, map[string]string{"Content-Type": "image/jpeg", "Cache-Control": "private, no-store",
			"Content-Disposition": "attachment", "Content-Security-Policy": forFiles}},
		{"attachment, CSV", get(fmt.Sprintf("/staff/roster/%d/problems/csv", roster.ID)), 200, map[string]string{"Content-Type": "text/csv; charset=utf-8",
			"Cache-Control": "private, no-store", "Content-Disposition": "attachment", "Content-Security-Policy": forFiles}},
		{"attachment, XLSX", get(fmt.Sprintf("/staff/roster/%d/problems/xlsx", roster.ID)), 200, map[string]string{"Content-Type": spread,
			"Cache-Control": "private, no-store", "Content-Disposition": "attachment", "Content-Security-Policy": forFiles}},
		{"attachment, of a form that does not exist", get(fmt.Sprintf("/staff/roster/%d/problems/exe", roster.ID)), 404, nil},
		{"export of one candidate", post(sheetPath(c)+"/export", nil), 200, map[string]string{"Content-Type": "application/zip", "Cache-Control": "private, no-store",
			"Content-Disposition": "attachment", "Content-Security-Policy": forFiles}},
		{"candidate's page, outside WeChat", public("GET", "/mine", ""), 302, map[string]string{"Set-Cookie": aCookie, "Cache-Control": withCookie}},
		{"candidate's page, a way back that nobody asked for", public("GET", "/mine/back?code=x&state=y", ""), 403, map[string]string{"Vary": "HX-Request"}},
		{"candidate's page, signing out", public("POST", "/mine/logout", ""), 303, map[string]string{"Content-Type": "", "Set-Cookie": noCookie, "Cache-Control": withCookie, "Clear-Site-Data": `"cache"`}},
		{"candidate's page, signed out", public("GET", "/mine/logout", ""), 200, map[string]string{"Vary": "HX-Request", "Clear-Site-Data": `"cache"`}},
		{"candidate's photo, of nobody", public("GET", "/mine/photos/1/screen", ""), 404, nil},
		{"style sheet", static("css"), 200, map[string]string{"Content-Type": "text/css; charset=utf-8", "Cache-Control": forEver}},
		{"script", static("js"), 200, map[string]string{"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": forEver}},
		{"icon", static("svg"), 200, map[string]string{"Content-Type": "image/svg+xml; charset=utf-8", "Cache-Control": forEver}},
		{"static file, of another version", public("GET", "/static/x/app.css", ""), 404, nil},
		{"example picture", public("GET", "/examples/id_front", ""), 200, map[string]string{"Content-Type": "image/jpeg", "Cache-Control": "public, max-age=3600"}},
		{"privacy notice", public("GET", "/privacy", ""), 200, map[string]string{"Cache-Control": "public, max-age=300", "Vary": "HX-Request"}},
		{"health", public("GET", "/healthz", ""), 200, map[string]string{"Content-Type": plain}},
		{"readiness", public("GET", "/readyz", ""), 200, map[string]string{"Content-Type": "application/json; charset=utf-8"}},
		{"root", public("GET", "/", ""), 303, nil},
		{"no such page", public("GET", "/nothing", ""), 404, nil},
		{"no such method", public("DELETE", "/staff/", ""), 405, nil},
		{"a form that is too large", post("/staff/questions/1", url.Values{"text": {strings.Repeat("x", 600<<10)}}), 413, nil},
		{"a form from another site", post("/staff/logout", nil, "Sec-Fetch-Site", "cross-site"), 403, map[string]string{"Content-Type": plain}},
		{"signing out", post("/staff/logout", nil), 303, map[string]string{"Content-Type": "", "Set-Cookie": noCookie, "Cache-Control": withCookie, "Clear-Site-Data": `"cache"`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			w.bot.reply = "收到"
			got := row.ask()
			want := map[string]string{}
			for name, value := range always {
				want[name] = value
			}
			for name, value := range row.other {
				want[name] = value
				if value == "" {
					delete(want, name)
				}
			}
			if got.status != row.status {
				t.Errorf("status %d, want %d", got.status, row.status)
			}
			if diff := cmp.Diff(want, shownOf(got.header)); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

var cookieValue = regexp.MustCompile(`(__Host-\w+)=[^;]+`)

func shownOf(header http.Header) map[string]string {
	got := map[string]string{}
	for _, name := range shown {
		if all := header.Values(name); len(all) > 0 {
			got[name] = strings.Join(all, " AND ")
		}
	}
	if value, ok := got["Set-Cookie"]; ok {
		got["Set-Cookie"] = cookieValue.ReplaceAllString(value, "$1=…")
	}
	if value, ok := got["Content-Disposition"]; ok { // names are told of in other tests
		got["Content-Disposition"], _, _ = strings.Cut(value, ";")
	}
	return got
}

// send asks as nobody in particular; redirects are shown, not followed.
func (w *world) send(t *testing.T, method, path, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := w.browser().client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(data)}
}

func TestHSTSFollowsTheAddressAndTheConfiguration(t *testing.T) {
	for _, row := range []struct {
		url      string
		hostOnly bool
		want     string
	}{
		{"https://example.org", false, "max-age=31536000; includeSubDomains"},
		{"https://example.org", true, "max-age=31536000"},
		{"http://example.org", false, ""},
		{"", true, ""},
	} {
		w := newWorld(t)
		w.PublicURL, w.HSTSHostOnly = row.url, row.hostOnly
		w.open()
		for _, path := range []string{"/staff/login", "/nothing", "/wechat"} {
			if got := w.browser().get(path).header.Get("Strict-Transport-Security"); got != row.want {
				t.Errorf("%+v, %s: %q", row, path, got)
			}
		}
	}
}
