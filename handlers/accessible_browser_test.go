package handlers_test

import (
	"fmt"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/app/browsertest"
	"cailiao/storage"
	"cailiao/wechat/wechattest"
)

// Every page staff see, in both colours, on a screen and on a phone.
func TestNoPageOfStaffHasABarrier(t *testing.T) {
	axe := browsertest.OpenAxe(t)
	w := newWorld(t).open()
	people := w.people(4)
	for i, c := range people {
		w.submit(c)
		w.lost(c, i)
	}
	if err := w.DB.AddQuestion(t.Context(), storage.Question{CandidateID: people[0].ID, Site: "S1", Text: "可以晚交吗", AskedAt: w.clock}); err != nil {
		t.Fatal(err)
	}
	b := w.signedIn("王老师")
	returned := map[string]string{"id_front": "IMG_BLUR", "diploma": "", "trial": ""}
	if got := b.post(decisionPath(people[1]), w.form(people[1], returned)); got.status != 303 {
		t.Fatalf("return: %d", got.status)
	}
	id, err := w.Desk.StartBatch(t.Context(), w.staffNamed("管理员"), map[int64]int64{people[2].ID: w.caseOf(people[2]).Submission.Version}, passAll)
	if err != nil {
		t.Fatal(err)
	}
	v := chromium(t, w)
	v.Size(1366, 768)
	v.Go(w.server.URL + "/staff/login")
	axe.Look(v.Window, "login")
	v.signIn("管理员")
	pages := []string{
		"/staff/?state=all", "/staff/?state=unbound", "/staff/?state=submitted", sheetPath(people[0]), sheetPath(people[1]), sheetPath(people[1]) + "/deadline",
		"/staff/notices", "/staff/questions", "/staff/numbers", "/staff/batches", fmt.Sprintf("/staff/batches/%d", id), "/staff/nothing",
		"/staff/people", "/staff/me", "/staff/me/sessions", "/staff/log", "/staff/roster",
	}
	look := func(how string) {
		for _, page := range pages {
			v.Go(w.server.URL + page)
			v.Until("the page of "+page, `document.readyState === "complete" && document.querySelector("main")`)
			axe.Look(v.Window, page+how)
		}
	}
	look("")
	v.Go(w.server.URL + "/staff/?state=submitted")
	v.Click("[data-all]")
	v.Click("#batch button")
	v.Until("the order", `document.querySelector("main.batch")`)
	axe.Look(v.Window, "an order for many")
	v.Dark()
	look(" in the dark")
	v.Phone()
	look(" in the dark on a phone")
}

func TestTheCandidatesPageHasNoBarrier(t *testing.T) {
	axe := browsertest.OpenAxe(t)
	v := browsertest.Open(t)
	w := apptest.Start(t, "sqlite", time.Date(2026, 2, 1, 10, 0, 0, 0, cst))
	w.Import(t)
	mine := settled(t, w, 0)
	v.Phone()
	v.Go(w.URL + "/healthz")
	v.Value("document.cookie = '" + wechattest.BrowserCookie + "=" + mine.OpenID + "; path=/'") // whose WeChat it is
	v.Go(w.URL + "/mine")
	v.Until("the page", "location.pathname === '/mine' && document.querySelector('main')")
	axe.Look(v, "/mine")
	v.Dark()
	axe.Look(v, "/mine in the dark")
}
