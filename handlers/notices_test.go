package handlers_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestStaffSeeHowNoticesStandAndSteerThem(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorldOn(t, db).open()
		ctx := t.Context()
		people := w.people(4) // two of each site
		for _, c := range people {
			w.submit(c)
		}
		for i, c := range []intake.Candidate{people[0], people[3]} {
			n := intake.AnswerNotice(w.Season, w.caseOf(c), i, w.clock)
			if err := db.AddNotices(ctx, []intake.Notice{n}); err != nil {
				t.Fatal(err)
			}
			all, err := db.Notices(ctx, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.NoticeFailed(ctx, all[0].ID, 43004, "unfollowed", w.clock); err != nil {
				t.Fatal(err)
			}
		}
		own, area := w.signedIn("王老师"), w.signedIn("李主任")
		page := own.get("/staff/notices").body
		if !strings.Contains(page, people[0].Number) || strings.Contains(page, people[3].Number) {
			t.Error("a site must see its own undelivered notices, and no other's")
		}
		if strings.Contains(page, "/staff/notices/pause") {
			t.Error("a site is offered to pause everybody's notices")
		}
		page = area.get("/staff/notices").body
		for _, want := range []string{people[0].Number, people[3].Number, "没有关注公众号", "/staff/notices/pause", "重发未送达"} {
			if !strings.Contains(page, want) {
				t.Errorf("the area's page lacks %q", want)
			}
		}
		form := url.Values{"kind": {"answer"}}
		for _, what := range []string{"pause", "resume", "requeue"} {
			if got := own.post("/staff/notices/"+what, form); got.status != http.StatusForbidden {
				t.Errorf("%s by a site: %d", what, got.status)
			}
			if got := area.post("/staff/notices/"+what, url.Values{"kind": {"nonsense"}}); got.status != http.StatusNotFound {
				t.Errorf("%s of nonsense: %d", what, got.status)
			}
		}
		if got := area.post("/staff/notices/pause", form); got.status != http.StatusSeeOther {
			t.Fatalf("pause: %d", got.status)
		}
		pauses, err := db.Pauses(ctx, w.clock.AddDate(10, 0, 0))
		if err != nil || len(pauses) != 1 || pauses[0].Kind != intake.NoticeAnswer {
			t.Errorf("paused: %v (%v)", pauses, err)
		}
		if page := area.get("/staff/notices").body; !strings.Contains(page, "工作人员暂停") {
			t.Error("the page does not show the pause")
		}
		area.post("/staff/notices/resume", form)
		if pauses, err := db.Pauses(ctx, w.clock); err != nil || len(pauses) != 0 {
			t.Errorf("still paused: %v (%v)", pauses, err)
		}
		area.post("/staff/notices/requeue", form)
		due, err := db.DueCandidates(ctx, intake.NoticeKinds, w.clock, 9)
		if err != nil || len(due) != 2 {
			t.Errorf("requeued: %v (%v)", due, err)
		}
	})
}

func TestADeadlineIsExtendedWithAReason(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorldOn(t, db).open()
		ctx := t.Context()
		c := w.people(2)[0]
		w.submit(c)
		b := w.signedIn("王老师")
		if got := b.post(decisionPath(c), w.form(c, map[string]string{"id_front": "IMG_BLUR", "diploma": "", "trial": ""})); got.status != http.StatusSeeOther {
			t.Fatalf("return: %d", got.status)
		}
		before := w.caseOf(c).Submission
		path := sheetPath(c) + "/deadline"
		if page := b.get(path); page.status != http.StatusOK || !strings.Contains(page.body, "延长") {
			t.Fatalf("page: %d", page.status)
		}
		form := func(until time.Time, reason string) url.Values {
			return url.Values{
				"version": {versionOf(before)}, "until": {until.In(w.Season.Location).Format("2006-01-02T15:04")}, "reason": {reason},
			}
		}
		later := before.DeadlineAt.Add(24 * time.Hour)
		for name, f := range map[string]url.Values{
			"no reason": form(later, " "), "earlier": form(before.DeadlineAt.Add(-time.Hour), "停电"),
			"past": form(w.clock.Add(-time.Hour), "停电"), "beyond the window": form(w.Season.Window.Corrections.Add(time.Hour), "停电"),
			"no time": {"version": {versionOf(before)}, "reason": {"停电"}}, "a long reason": form(later, strings.Repeat("长", 201)),
		} {
			if got := b.post(path, f); got.status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d", name, got.status)
			}
		}
		if got := b.post(path, form(later, "医院停电")); got.status != http.StatusSeeOther {
			t.Fatalf("extend: %d", got.status)
		}
		after := w.caseOf(c).Submission
		if after.DeadlineAt.Sub(later).Abs() > time.Minute || after.Version == before.Version {
			t.Errorf("deadline %s, want %s", after.DeadlineAt, later)
		}
		if got := b.post(path, form(later.Add(time.Hour), "再来")); got.status != http.StatusConflict {
			t.Errorf("with an old page: %d", got.status)
		}
		notices, err := db.Notices(ctx, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range notices {
			if n.Kind == intake.NoticeOverdue && n.State == intake.NoticeWaiting && n.DueAt.Before(later.Add(-time.Minute)) {
				t.Error("the word that the old deadline has passed still waits")
			}
		}
		events, err := db.Events(ctx, c.ID, 10)
		if err != nil || events[0].Action != review.ActionExtend || !strings.Contains(events[0].Detail, "医院停电") {
			t.Errorf("audit: %+v (%v)", events, err)
		}
	})
}

func versionOf(s intake.Submission) string { return strconv.FormatInt(s.Version, 10) }
