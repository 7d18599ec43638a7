package handlers_test

import (
	"fmt"
	text "html"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cailiao/intake"
)

// Pages ask by themselves how long their session lasts, and hold the candidate they show: that is
// nobody at work. What a person does in a page is.
func TestWhatPagesAskByThemselvesKeepsNoSessionAlive(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	begin := w.clock
	roster, batch := w.running()
	opened := w.signedIn("王老师")
	by := func(path string) func(b *browser) answer {
		url := asks(t, opened.get(path).body)
		return func(b *browser) answer { return b.get(url, "HX-Request", "true") }
	}
	for _, test := range []struct {
		name string
		ask  func(b *browser) answer
		want int // an hour after signing in
	}{
		{"how long it lasts", func(b *browser) answer { return b.get("/staff/left") }, http.StatusSeeOther},
		{"the hold of a sheet", func(b *browser) answer { return b.post(sheetPath(c)+"/claim", nil) }, http.StatusSeeOther},
		{"how far a roster is", by(roster), http.StatusSeeOther},
		{"how far an order for many is", by(batch), http.StatusSeeOther},
		{"how far an export is", by("/staff/export"), http.StatusSeeOther},
		{"how far a roster is, without scripts", func(b *browser) answer { return b.get(roster + "?aside=1") }, http.StatusSeeOther},
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

// running are the pages of a roster and of an order for many, both of 王老师's and under way.
func (w *world) running() (roster, batch string) {
	w.t.Helper()
	b := w.signedIn("王老师")
	roster = b.send("名单.csv", rosterText(1, "S1")).location()
	b.post(roster+"/columns", rosterForm(b.get(roster).body, nil))
	return roster, w.begin(w.people(2)[0])
}

// begin starts an order about one candidate, which stays under way.
func (w *world) begin(c intake.Candidate) string {
	w.t.Helper()
	id, err := w.Desk.StartBatch(w.t.Context(), w.staffNamed("王老师"), map[int64]int64{c.ID: w.caseOf(c).Submission.Version}, passAll)
	if err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprintf("/staff/batches/%d", id)
}

// asks is the address a page asks by itself.
func asks(t *testing.T, page string) string {
	t.Helper()
	_, rest, _ := strings.Cut(page, ` hx-get="`)
	address, _, ok := strings.Cut(rest, `"`)
	if !ok {
		t.Fatal("the page asks nothing")
	}
	return text.UnescapeString(address)
}

func TestWhatWasBegunGoesOnWithoutItsSession(t *testing.T) {
	w := newWorld(t).open()
	w.submit(w.people(2)[0])
	roster, batch := w.running()
	w.clock = w.clock.Add(time.Hour)
	if got := w.signedIn("王老师").get(roster).body; !strings.Contains(got, "正在检查") {
		t.Fatal("it does not run")
	}
	w.clock = w.clock.Add(time.Hour) // nobody is signed in
	w.work()
	if _, err := w.Desk.WorkBatch(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := w.browser()
	for page, want := range map[string]string{roster: "共 1 行，没有问题", batch: "处理完了"} {
		asked := b.get(page)
		b.post("/staff/login", url.Values{"name": {"王老师"}, "password": {password}})
		if got := b.get(page).body; asked.status != http.StatusSeeOther || !strings.Contains(got, want) {
			t.Errorf("%s: %d, then no %q", page, asked.status, want)
		}
		b.post("/staff/logout", nil)
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
