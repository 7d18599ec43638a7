package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// Whoever clicks on a foreign page does not take a case by it, does not keep its candidate from withdrawing,
// and is in the log all the same.
func TestALinkFromElsewhereHoldsNothing(t *testing.T) {
	storagetest.EachSet(t, func(t *testing.T, db *storage.DB, redis *storage.Redis) {
		w := newWorldWith(t, db, redis)
		w.PublicURL = "http://review.example"
		w.open()
		people := w.people(2)
		c := people[0]
		w.submit(c)
		host := w.server.URL
		for name, test := range map[string]struct {
			headers []string
			held    bool
		}{
			"a click on a page of ours":           {[]string{}, true},
			"an address that was typed":           {[]string{"Sec-Fetch-Site", "none"}, true},
			"htmx, going back":                    {[]string{"Sec-Fetch-Dest", "empty", "HX-Request", "true"}, true},
			"a foreign page":                      {[]string{"Sec-Fetch-Site", "cross-site"}, false},
			"a foreign page that claims htmx":     {[]string{"Sec-Fetch-Site", "cross-site", "HX-Request", "true"}, false},
			"a foreign page with a stolen name":   {[]string{"Sec-Fetch-Site", "cross-site", "Referer", host + "/staff/"}, false},
			"another host of the domain":          {[]string{"Sec-Fetch-Site", "same-site"}, false},
			"another host's picture":              {[]string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Dest", "image"}, false},
			"a picture on a page of ours":         {[]string{"Sec-Fetch-Dest", "image"}, false},
			"a script without htmx":               {[]string{"Sec-Fetch-Dest", "empty"}, false},
			"a typed address, as a frame":         {[]string{"Sec-Fetch-Site", "none", "Sec-Fetch-Dest", "iframe"}, false},
			"a site that is none":                 {[]string{"Sec-Fetch-Site", "Same-Origin"}, false},
			"no destination":                      {[]string{"Sec-Fetch-Dest", ""}, false},
			"old browser, from a page of ours":    {[]string{"Sec-Fetch-Site", "", "Sec-Fetch-Dest", "", "Referer", host + "/staff/"}, true},
			"old browser, from the public name":   {[]string{"Sec-Fetch-Site", "", "Sec-Fetch-Dest", "", "Referer", "http://review.example/staff/"}, true},
			"old browser, htmx":                   {[]string{"Sec-Fetch-Site", "", "Sec-Fetch-Dest", "", "HX-Request", "true"}, true},
			"old browser, from a foreign page":    {[]string{"Sec-Fetch-Site", "", "Sec-Fetch-Dest", "", "Referer", "http://evil.example/"}, false},
			"old browser, by another scheme":      {[]string{"Sec-Fetch-Site", "", "Sec-Fetch-Dest", "", "Referer", "https://review.example/"}, false},
			"old browser, from nowhere":           {[]string{"Sec-Fetch-Site", "", "Sec-Fetch-Dest", ""}, false},
			"old browser, from something strange": {[]string{"Sec-Fetch-Site", "", "Sec-Fetch-Dest", "", "Referer", "::"}, false},
		} {
			w.clock = w.clock.Add(2 * review.Lease) // former holds and looks are over
			from := w.clock
			b := w.signedIn("王老师")
			got := b.get(sheetPath(c), test.headers...)
			held, err := w.DB.HeldAmong(t.Context(), []int64{c.ID}, w.clock)
			if err != nil || got.status != http.StatusOK || !strings.Contains(got.body, c.Name) {
				t.Fatalf("%s: %d, %v", name, got.status, err)
			}
			if decidable := strings.Contains(got.body, `id="decision"`); (len(held) > 0) != test.held || decidable != test.held {
				t.Errorf("%s: held %d, decidable %v", name, len(held), decidable)
			}
			if told := strings.Contains(got.body, "我来审核"); told == test.held {
				t.Errorf("%s: a button to take it: %v", name, told)
			}
			events, err := w.DB.SearchEvents(t.Context(), storage.EventSearch{CandidateID: c.ID, Action: "sheet.open", From: from, Limit: 2})
			if err != nil || len(events) != 1 {
				t.Errorf("%s: %d looks in the log, %v", name, len(events), err)
			}
		}
	})
}

func TestWhoWasLedToACaseTakesItByAButton(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(4)
	c := people[0]
	w.submit(c)
	w.submit(people[1])
	foreign := []string{"Sec-Fetch-Site", "cross-site"}
	b := w.signedIn("王老师")
	at, _ := b.search("考生", "state=submitted")
	filter := strings.TrimPrefix(at, "/staff/?")
	if b.get(sheetPath(c)+"?"+filter, foreign...); !w.caseOf(c).Submission.OpenedAt.IsZero() {
		t.Error("a look from elsewhere keeps the candidate from withdrawing")
	}
	got := b.post(sheetPath(c)+"/claim", url.Values{"filter": {filter}})
	if got.status != http.StatusSeeOther || got.location() != sheetPath(c)+"?"+filter {
		t.Fatalf("the button: %d to %q", got.status, got.location())
	}
	// A browser that names no page before this one still shows what is held by its reader.
	sheet := b.get(got.location(), "Sec-Fetch-Site", "", "Sec-Fetch-Dest", "")
	_, rest, _ := strings.Cut(sheet.body, `name="claim" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	if token == "" || strings.Contains(sheet.body, "我来审核") {
		t.Error("what was taken is not held, or is offered again")
	}
	if got := b.post(sheetPath(c)+"/claim", url.Values{"claim": {token}}); got.status != http.StatusOK || got.body != token {
		t.Errorf("the claim that the sheet carries: %d", got.status)
	}

	late := w.signedIn("管理员")
	if got := late.get(sheetPath(c), foreign...); !strings.Contains(got.body, "<b>王老师</b> 正在审核") || strings.Contains(got.body, "我来审核") {
		t.Error("a held case is offered to who was led to it")
	}
	got = late.post(sheetPath(c)+"/claim", url.Values{"filter": {""}})
	if got.location() != sheetPath(c) || !strings.Contains(late.get(got.location()).body, "<b>王老师</b> 正在审核") {
		t.Errorf("somebody was faster: %d to %q", got.status, got.location())
	}
	b.post(decisionPath(c), w.form(c, allPass))
	if got := b.post(sheetPath(c)+"/claim", url.Values{"filter": {""}}); got.location() != sheetPath(c) || w.caseOf(c).Submission.State != intake.SitePassed {
		t.Errorf("decided meanwhile: %d to %q", got.status, got.location())
	}
	if got := w.signedIn("赵老师").post(sheetPath(c)+"/claim", url.Values{"filter": {""}}); got.status != http.StatusNotFound {
		t.Errorf("another site's: %d", got.status)
	}
}
