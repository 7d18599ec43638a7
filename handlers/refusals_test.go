package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
)

// What went wrong inside stands in the log; the page says only that something did.
func TestAnErrorPageTellsNoCause(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(1)[0]
	b := w.signedIn("王老师")
	w.DB.Close()
	got := b.get(sheetPath(c))
	if got.status != http.StatusInternalServerError || !strings.Contains(w.log.String(), "database is closed") {
		t.Fatalf("without database: %d; log:\n%s", got.status, w.log.String())
	}
	for _, inner := range []string{"sql", "database", "closed", "goroutine", ".go:", "SELECT", "staff:"} {
		if strings.Contains(got.body, inner) {
			t.Errorf("the page holds %q", inner)
		}
	}
}

func TestRefusedRoutesAreLogged(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(1)[0]
	w.submit(c)
	w.signedIn("赵老师").get(sheetPath(c)) // of another site
	w.signedIn("王老师").post(decisionPath(c), url.Values{}, "Sec-Fetch-Site", "cross-site")
	guesser := w.browser()
	for range 11 {
		guesser.post("/staff/login", url.Values{"name": {"王老师"}, "password": {"wrong"}})
	}
	for _, want := range []string{"route=/staff/candidates/:id status=404", "cross-site post refused", "route=/staff/login status=422", "route=/staff/login status=429"} {
		if !strings.Contains(w.log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, w.log.String())
		}
	}
}

func TestAVerdictGivenTwiceCountsAsNone(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(1)[0]
	w.submit(c)
	form := w.form(c, allPass)
	form.Add("verdict.diploma", "return")
	if got := w.signedIn("王老师").post(decisionPath(c), form); got.status != http.StatusUnprocessableEntity {
		t.Errorf("%d", got.status)
	}
	if state := w.caseOf(c).Submission.State; state != intake.Submitted {
		t.Errorf("the case is %s", state)
	}
}

func TestSignInsAndRefusedTriesAreInTheAuditLog(t *testing.T) {
	w := newWorld(t).open()
	for _, guess := range [][2]string{{"王老师", "wrong"}, {"无此人", password}} {
		w.browser().post("/staff/login", url.Values{"name": {guess[0]}, "password": {guess[1]}})
	}
	w.signedIn("王老师")
	for action, want := range map[string]int{review.ActionLogin: 1, review.ActionRefused: 2} {
		events, err := w.DB.SearchEvents(t.Context(), storage.EventSearch{Action: action, Limit: 10})
		if err != nil || len(events) != want {
			t.Fatalf("%s: %d events, %v", action, len(events), err)
		}
		for _, e := range events {
			if !strings.Contains(e.Detail, `"with":"password"`) || !strings.Contains(e.Detail, `"from":"`) || strings.Contains(e.Detail, "127.0.0.1") {
				t.Errorf("%s: %s", action, e.Detail)
			}
		}
	}
}
