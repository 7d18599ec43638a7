package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cailiao/handlers"
)

// A foreign page that posts for a signed-in person gets nowhere, on any route there is.
func TestForeignPagesPostNothing(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(1)[0]
	b := w.signedIn("管理员")
	for _, route := range handlers.Routes() {
		method, path, _ := strings.Cut(route, " ")
		if method == http.MethodGet || path == "/wechat" {
			continue
		}
		path = strings.NewReplacer(":id", fmt.Sprint(c.ID), ":kind", "screen", ":what", "pause").Replace(path)
		for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			if got := b.do(method, path, url.Values{}, header...); got.status != http.StatusForbidden {
				t.Errorf("%s with %v: %d", route, header, got.status)
			}
		}
	}
}

// Nothing that comes from outside makes a line of the log, or a field of one.
func TestTheLogCannotBeForged(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(1)[0]
	b := w.signedIn("王老师")
	const forged = "\r\n" + `time=2026-01-01T00:00:00Z level=ERROR msg="all is well" route=/forged status=200`
	escaped := url.QueryEscape(forged)
	b.get("/nothing" + url.PathEscape(forged))
	b.get("/staff/?state=all&q=" + escaped + "&page=" + escaped)
	b.get("/staff/candidates/" + url.PathEscape(forged))
	b.get(sheetPath(c) + "?q=" + escaped)
	b.get("/mine/back?code=" + escaped + "&state=" + escaped)
	b.get("/wechat?signature=" + escaped + "&timestamp=1&nonce=" + escaped + "&echostr=" + escaped)
	for _, header := range []string{"User-Agent", "Referer", "X-Request-Id", "X-Forwarded-For", "If-None-Match", "Accept-Language", "Cookie"} {
		got := b.get("/staff/", header, ` level=ERROR msg="all is well" route=/forged`)
		if strings.Contains(got.header.Get("X-Request-Id"), "forged") {
			t.Error("the id of a request is the client's")
		}
	}
	w.browser().post("/staff/login", url.Values{"name": {"王老师" + forged}, "password": {forged}})
	b.post("/staff/login/code", url.Values{"code": {forged}})
	b.send(forged+".csv", "报名号,姓名"+forged)
	b.post(decisionPath(c), url.Values{"version": {forged}, "then": {forged}, "verdict.id_front": {forged}})
	raw := w.platform.Sealed(w.platform.TextMessage("o"+forged, forged), w.clock)
	if _, err := w.platform.Post(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	w.DB.Close()
	b.get(sheetPath(c) + "?q=" + escaped) // an error, with its cause
	log := w.log.String()
	if lines := strings.Count(log, "msg=request"); lines < 18 {
		t.Fatalf("only %d requests are logged:\n%s", lines, log)
	}
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "time="+time.Now().Format("2006-")) || strings.Contains(line, "/forged") || strings.Contains(line, "all is well") {
			t.Errorf("the log has the line %q", line)
		}
	}
}
