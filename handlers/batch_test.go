package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

var field = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// hidden are the hidden fields of the form that posts to action.
func hidden(t *testing.T, page, action string) url.Values {
	t.Helper()
	_, rest, found := strings.Cut(page, `action="`+action+`"`)
	form, _, closed := strings.Cut(rest, "</form>")
	if !found || !closed {
		t.Fatalf("no form posts to %s", action)
	}
	v := url.Values{}
	for _, m := range field.FindAllStringSubmatch(form, -1) {
		v.Add(m[1], m[2])
	}
	return v
}

func TestManyAreReturnedFromTheListWithoutJavaScript(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorldOn(t, db).open()
		people := w.people(6) // three of S1
		for _, c := range people {
			w.submit(c)
		}
		b := w.signedIn("王老师")
		list := b.get("/staff/").body
		for _, c := range people[:3] {
			if !strings.Contains(list, fmt.Sprintf(`name="c" value="%d"`, c.ID)) {
				t.Fatal("the list offers no box for a candidate")
			}
		}
		form := url.Values{"c": {fmt.Sprint(people[0].ID), fmt.Sprint(people[1].ID), fmt.Sprint(people[5].ID)}}
		page := b.post("/staff/batch", form)
		if page.status != http.StatusOK || strings.Contains(page.body, people[5].Number) || !strings.Contains(page.body, people[1].Number) {
			t.Fatalf("chosen: %d; shows another site's: %v", page.status, strings.Contains(page.body, people[5].Number))
		}
		form.Set("act", "return")
		form.Set("material", "trial")
		if got := b.post("/staff/batch", form); got.status != http.StatusUnprocessableEntity {
			t.Errorf("without a reason: %d", got.status)
		}
		form.Set("reason.trial", "TR_SEAL")
		form.Set("comment", "请到医务科盖公章")
		preview := b.post("/staff/batch", form).body
		for _, want := range []string{"退回 2 位", "缺单位公章", "盖章再拍", "请到医务科盖公章", "其余 2 项通过"} {
			if !strings.Contains(preview, want) {
				t.Errorf("the preview lacks %q", want)
			}
		}
		if state := w.caseOf(people[0]).Submission.State; state != intake.Submitted {
			t.Fatalf("a preview has changed something: %s", state)
		}
		begun := b.post("/staff/batches", hidden(t, preview, "/staff/batches"))
		if begun.status != http.StatusSeeOther {
			t.Fatalf("begin: %d", begun.status)
		}
		if page := b.get(begun.location()).body; !strings.Contains(page, "还剩 2 位") {
			t.Error("the page does not say that it goes on")
		}
		if _, err := w.Desk.WorkBatch(t.Context()); err != nil {
			t.Fatal(err)
		}
		if page := b.get(begun.location()).body; strings.Count(page, "已退回") != 2 || !strings.Contains(page, "处理完了") {
			t.Error("the page does not list both results")
		}
		for name, want := range map[string]int{"赵老师": 404, "李主任": 404, "管理员": 200} {
			if got := w.signedIn(name).get(begun.location()); got.status != want {
				t.Errorf("%s looks at it: %d, want %d", name, got.status, want)
			}
		}
		if state := w.caseOf(people[1]).Submission.State; state != intake.Returned {
			t.Errorf("afterwards: %s", state)
		}
		if got := b.post(begun.location()+"/stop", nil); got.status != http.StatusSeeOther || got.location() != begun.location() {
			t.Errorf("stopped when it is done: %d", got.status)
		}
		all := b.post("/staff/batch", url.Values{"all": {"1"}, "filter": {"state=submitted"}, "act": {"pass"}})
		if all.status != http.StatusOK || !strings.Contains(all.body, "通过 1 位") || !strings.Contains(b.get("/staff/batches").body, begun.location()) {
			t.Errorf("the whole list: %d", all.status)
		}
	})
}

func TestManyAtOnceInARealBrowser(t *testing.T) {
	w := newWorld(t).open()
	for _, c := range w.people(8) {
		w.submit(c)
	}
	v := chromium(t, w)
	v.Size(1366, 768)
	v.signIn("王老师")
	v.Click("[data-all]")
	v.Until("all are ticked", `document.querySelectorAll("input[name=c]:checked").length === 4`)
	v.Shot("batch-queue")
	v.Click("#batch button")
	v.Click("input[name=act][value=return]")
	v.Click("input[name=material][value=diploma]")
	v.Click(`input[name="reason.diploma"][value=IMG_BLUR]`)
	v.Click(".batch form button")
	v.Until("the preview", `document.querySelector(".told")`)
	v.Shot("batch-preview")
	v.Phone()
	v.Until("it is not wider than the phone", `document.documentElement.scrollWidth <= 390`)
	v.Shot("batch-phone")
	v.Click(".go button")
	v.Until("it goes on", `document.querySelector("#progress progress")`)
	v.Shot("batch-runs")
	if _, err := w.Desk.WorkBatch(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.Until("the page has found out by itself", `document.querySelectorAll("#progress .s-returned").length === 4 && !document.querySelector("#progress progress") &&
		getComputedStyle(document.querySelector(".stop")).display === "none"`)
	v.Shot("batch-done")
	v.Dark()
	v.Go(w.server.URL + "/staff/?state=submitted")
	v.Shot("batch-empty")
}

func TestAnOrderIsStoppedInARealBrowser(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(8)
	for _, c := range people {
		w.submit(c)
	}
	v := chromium(t, w)
	v.Phone()
	v.signIn("王老师")
	v.Go(w.server.URL + w.begin(people[0]))
	v.Until("it can be stopped", `document.querySelector(".stop button")`)
	v.Click(".stop button")
	v.Until("who waited is told as left out", `document.querySelector("#progress").textContent.includes("没轮到就停下了")`)
	if _, err := w.Desk.WorkBatch(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.Until("it is over", `!document.querySelector("#progress progress") && document.querySelector(".stop").offsetParent === null`)
	v.Shot("batch-stopped")
	if state := w.caseOf(people[0]).Submission.State; state != intake.Submitted {
		t.Errorf("it was decided all the same: %s", state)
	}
}

var passAll = review.BatchOrder{Pass: true}

// staffNamed is an account of the world.
func (w *world) staffNamed(name string) intake.Staff {
	w.t.Helper()
	who, err := w.DB.StaffByName(w.t.Context(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	return who
}
