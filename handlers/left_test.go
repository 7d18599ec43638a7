package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Pages ask by themselves how long their session lasts, and hold the candidate they show: that is
// nobody at work. What a person does in a page is.
func TestWhatPagesAskByThemselvesKeepsNoSessionAlive(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	begin := w.clock
	for _, test := range []struct {
		name string
		ask  func(b *browser) answer
		want int // an hour after signing in
	}{
		{"how long it lasts", func(b *browser) answer { return b.get("/staff/left") }, http.StatusSeeOther},
		{"the hold of a sheet", func(b *browser) answer { return b.post(sheetPath(c)+"/claim", nil) }, http.StatusSeeOther},
		{"somebody at work", func(b *browser) answer { return b.post("/staff/left", nil) }, http.StatusOK},
	} {
		w.clock = begin
		b := w.signedIn("王老师")
		for _, since := range []time.Duration{20 * time.Minute, 29 * time.Minute, 40 * time.Minute, 58 * time.Minute} {
			w.clock = begin.Add(since)
			if got := test.ask(b).status; got != http.StatusOK && (test.want == http.StatusOK || since < 30*time.Minute) {
				t.Errorf("%s, after %s: %d", test.name, since, got)
			}
		}
		w.clock = begin.Add(time.Hour)
		if got := b.get("/staff/"); got.status != test.want {
			t.Errorf("%s: an hour later %d, want %d", test.name, got.status, test.want)
		}
	}
}

func TestAPageIsToldHowLongItsSessionLasts(t *testing.T) {
	w := newWorld(t).open()
	begin := w.clock
	b := w.signedIn("王老师")
	staff, err := w.DB.StaffByName(t.Context(), "王老师")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		since time.Duration
		use   bool
		left  int
	}{
		{0, false, 1800},
		{10 * time.Minute, false, 1200},
		{10 * time.Minute, true, 1800},
		{10*time.Minute + 30*time.Second, true, 1770}, // not written down again within a minute
	} {
		w.clock = begin.Add(row.since)
		if row.use {
			page := b.get("/staff/").body
			if want := fmt.Sprintf(`data-left="%d" data-step="60" data-who="%d"`, row.left, staff.ID); !strings.Contains(page, want) {
				t.Errorf("after %s: no %s in the page", row.since, want)
			}
		}
		if got := b.get("/staff/left").body; got != fmt.Sprintf("%d %d", row.left, staff.ID) {
			t.Errorf("after %s, used %v: %q", row.since, row.use, got)
		}
	}
	for _, since := range every(20*time.Minute, 12*time.Hour-2*time.Minute) {
		w.clock = begin.Add(since)
		b.post("/staff/left", nil)
	}
	if got := b.get("/staff/left").body; !strings.HasPrefix(got, "120 ") {
		t.Errorf("two minutes before the day's end: %q", got)
	}
	if got := w.browser().get("/staff/login").body; strings.Contains(got, "data-left") {
		t.Error("the page to sign in is told of a session")
	}
	if got := w.browser().get("/staff/left", "HX-Request", "true"); got.status != http.StatusUnauthorized {
		t.Errorf("signed out: %d", got.status)
	}
	if got := w.browser().post("/staff/left", url.Values{}, "HX-Request", "true"); got.status != http.StatusUnauthorized {
		t.Errorf("signed out, posted: %d", got.status)
	}
}
