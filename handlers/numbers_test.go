package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestNumbersShowOnlyTheOwnSiteAndAreDrawnAsSVG(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorldOn(t, db).open()
		people := w.people(4)
		for _, c := range people {
			w.submit(c)
		}
		own, area := w.signedIn("王老师"), w.signedIn("李主任")
		if page := own.get("/staff/numbers"); page.status != http.StatusOK || strings.Contains(page.body, "西城考点") {
			t.Errorf("own site: %d, names another site: %v", page.status, strings.Contains(page.body, "西城考点"))
		}
		if page := area.get("/staff/numbers").body; !strings.Contains(page, "东城考点") || !strings.Contains(page, "西城考点") {
			t.Error("the area sees both sites")
		}
		for _, query := range []string{"", "?dark=1", "?narrow=1", "?dark=1&narrow=1"} {
			for _, name := range []string{"funnel", "sites", "days"} {
				got := area.get("/staff/numbers/" + name + query)
				if got.status != http.StatusOK || got.header.Get("Content-Type") != "image/svg+xml; charset=utf-8" || !strings.HasPrefix(got.body, "<svg") ||
					!strings.Contains(got.body, "<text") {
					t.Errorf("%s%s: %d %s", name, query, got.status, got.header.Get("Content-Type"))
				}
			}
		}
		if got := own.get("/staff/numbers/sites").body; strings.Contains(got, "西城考点") {
			t.Error("the chart names another site")
		}
		if got := area.get("/staff/numbers/reasons"); got.status != http.StatusNotFound {
			t.Errorf("a chart of nothing: %d", got.status)
		}
	})
}
