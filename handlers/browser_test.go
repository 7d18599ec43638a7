package handlers_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"cailiao/app/browsertest"
	"cailiao/intake"
)

// window is a real browser's tab, for somebody with a session of their own.
type window struct {
	*browsertest.Window
	base string
}

func chromium(t *testing.T, w *world) *window {
	t.Helper()
	return &window{browsertest.Open(t), w.server.URL}
}

func (v *window) signIn(name string) {
	v.Go(v.base + "/staff/login")
	v.Type("input[name=name]", name)
	v.Type("input[name=password]", password+"\r")
	v.Until("signed in", `document.readyState === "complete" && document.querySelector(".tabs")`) // keys are heard once the scripts run
}

func TestReviewingByKeyboardInARealBrowser(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(4)
	first, second := people[0], people[1]
	w.submit(first)
	w.submit(second)
	v := chromium(t, w)
	v.Size(1366, 768)
	v.signIn("王老师")

	v.Keys("s") // begin with the first of the list
	v.Until("the sheet of the first", `document.querySelector(".item.on") && document.body.innerText.includes("`+first.Name+`")`)
	v.Until("the sheet fits the screen", `document.documentElement.scrollHeight <= innerHeight`)
	v.Until("the picture is loaded and visible", `(() => { const i = document.querySelector(".item.on .page.on img"); return i.naturalWidth > 0 && i.getBoundingClientRect().width > 300 })()`)

	v.Keys("a") // the first item passes …
	v.Until("the second item", `document.querySelector(".item.on").dataset.item === "diploma"`)
	v.Keys("x1") // … the second is returned, for the first reason …
	v.Until("a reason is chosen", `document.querySelector(".item.on .reason input:checked")`)
	v.Keys("z")
	v.Until("the step is taken back", `!document.querySelector(".item.on .reason input:checked")`)
	v.Keys("\r") // … nothing is sent while something is open …
	v.Until("still here", `document.querySelector("[data-sum=left]").textContent === "1" && location.pathname.endsWith("/`+strconv.FormatInt(first.ID, 10)+`")`)
	v.Keys("1")
	v.Press("KeyM") // … with a word for the candidate, in which letters are letters
	v.Until("writing", `document.activeElement.name === "comment.diploma"`)
	v.Keys("Ajax 1")
	v.Keys("\u001b")
	v.Keys("j")
	v.Until("the third item", `document.querySelector(".item.on").dataset.item === "trial"`)
	v.Keys("r")
	v.Until("turned", `document.querySelector(".item.on .page.on .zoom").style.transform.includes("rotate(90deg)")`)
	v.Keys("a")
	v.Until("all decided", `document.querySelector("[data-then]").dataset.then === "return"`)
	v.Keys("\r")
	v.Until("the next candidate", `document.querySelector(".case h1").innerText.includes("`+second.Name+`") && location.pathname.endsWith("/`+strconv.FormatInt(second.ID, 10)+`")`)

	v.Until("it was sent", `document.querySelector("form.undo")`)
	got := w.caseOf(first)
	item := got.Item("diploma")
	if got.Submission.State != intake.Returned || item.State != intake.ItemReturned || strings.Join(item.Reasons, " ") != "IMG_BLUR" || item.Comment != "Ajax 1" {
		t.Errorf("state %q, item %+v", got.Submission.State, item)
	}

	v.Do(chromedp.KeyEvent("A", chromedp.KeyModifiers(chromedp.ModifierShift))) // all without doubt pass
	v.Until("all pass", `document.querySelector("[data-then]").dataset.then === "pass"`)
	v.Keys("\r")
	v.Until("the list, which is empty", `document.querySelector(".empty")`)
	if state := w.caseOf(second).Submission.State; state != intake.SitePassed {
		t.Errorf("the second is %q", state)
	}

	area := chromium(t, w)
	area.Size(1366, 768)
	area.signIn("李主任")
	area.Keys("s")
	area.Until("what the site passed", `document.readyState === "complete" && document.querySelector(".item.on") && document.body.innerText.includes("`+second.Name+`")`)
	area.Keys("aaa")
	area.Until("all pass", `document.querySelector("[data-then]").dataset.then === "pass"`)
	area.Keys("\r")
	area.Until("done", `document.querySelector(".empty")`)
	if state := w.caseOf(second).Submission.State; state != intake.Passed {
		t.Errorf("after the area: %q", state)
	}
}

func TestAConflictShowsTheFreshSheetInARealBrowser(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	v := chromium(t, w)
	v.Size(1366, 768)
	v.signIn("王老师")
	v.Go(w.server.URL + sheetPath(c))
	v.Until("the sheet", `document.querySelector(".item.on")`)
	admin := w.signedIn("管理员")
	admin.post(sheetPath(c)+"/takeover", nil)
	if got := admin.post(decisionPath(c), w.form(c, allPass)); got.status != 303 {
		t.Fatalf("the other reviewer: %d", got.status)
	}
	v.Keys("aaa\r")
	v.Until("told", `document.querySelector(".alert.strong")`)
	v.Until("nothing to decide any more", `!document.querySelector("#decision") && document.querySelector(".item.on")`)
	if decisions, err := w.DB.Decisions(t.Context(), c.ID); err != nil || len(decisions) != 1 {
		t.Errorf("%d decisions, %v", len(decisions), err)
	}
}

func TestTheSheetOnAPhone(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	v := chromium(t, w)
	v.Phone()
	v.signIn("王老师")
	v.Until("the list is not wider than the phone", `document.documentElement.scrollWidth <= 390`)
	v.Click(".person a")
	v.Until("the sheet", `document.querySelector(".item.on")`)
	v.Until("it is not wider than the phone", `document.documentElement.scrollWidth <= 390`)
	for range 2 {
		v.Click(".item.on .verdict .pass span")
		v.Do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".cell[aria-current]").nextElementSibling.click()`))
	}
	v.Click(".item.on .verdict .return span")
	v.Click(".item.on .reason span")
	v.Click("button.send.primary")
	v.Until("sent", `document.querySelector(".empty")`)
	got := w.caseOf(c)
	if got.Submission.State != intake.Returned || got.Item("trial").State != intake.ItemReturned || got.Item("diploma").State == intake.ItemReturned {
		t.Errorf("%+v", got.Items)
	}
}
