package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

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
