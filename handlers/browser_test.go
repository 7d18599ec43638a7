package handlers_test

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"cailiao/intake"
)

// window is a real browser's tab, for somebody with a session of their own.
type window struct {
	t    *testing.T
	ctx  context.Context
	base string
}

// chromium starts the browser named by CAILIAO_TEST_CHROMIUM. Without one the test is skipped,
// unless CAILIAO_TEST_ENGINES=all wants everything.
func chromium(t *testing.T, w *world) *window {
	t.Helper()
	path := os.Getenv("CAILIAO_TEST_CHROMIUM")
	switch {
	case testing.Short():
		t.Skip("needs a browser: not in -short")
	case path == "" && os.Getenv("CAILIAO_TEST_ENGINES") == "all":
		t.Fatal("CAILIAO_TEST_CHROMIUM is empty, but CAILIAO_TEST_ENGINES wants everything")
	case path == "":
		t.Skip("needs a browser: name it in CAILIAO_TEST_CHROMIUM")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("lang", "zh-CN"))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // starts it, without a limit on its life
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	v := &window{t: t, ctx: ctx, base: w.server.URL}
	v.watch()
	return v
}

// watch fails the test on any script error and on anything the content policy blocks.
func (v *window) watch() {
	messages := chromedp.Console(v.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if text := m.String(); strings.Contains(text, "Content Security Policy") || strings.Contains(text, "Uncaught") {
				v.t.Errorf("console: %s", text)
			}
		}
	}()
}

func (v *window) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, steps...); err != nil {
		v.t.Fatal(err)
	}
}

func (v *window) size(width, height int64) { v.do(chromedp.EmulateViewport(width, height)) }

// keys presses keys one after the other.
func (v *window) keys(keys string) { v.do(chromedp.KeyEvent(keys)) }

// press presses one key the way a keyboard does: a key that a script takes for itself types no
// character. (KeyEvent always types it.)
func (v *window) press(code string) {
	v.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		params := input.DispatchKeyEventParams{Type: kind, Code: code, Key: code}
		if _, err := chromedp.Call(v.ctx, input.DispatchKeyEvent, params); err != nil {
			v.t.Fatal(err)
		}
	}
}

// until waits for a JavaScript condition.
func (v *window) until(what, condition string) {
	v.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		// A page that is being replaced answers with an error: asking again is the answer.
		if ok, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool]("Boolean("+condition+")")); err == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			where, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string]("location.pathname + ' ' + document.body.innerText.slice(0, 600)"))
			v.t.Fatalf("not until the deadline: %s\n%s", what, where)
		}
		time.Sleep(30 * time.Millisecond)
	}
}

func (v *window) signIn(name string) {
	v.t.Helper()
	v.do(chromedp.Navigate(v.base+"/staff/login"), chromedp.WaitVisible(chromedp.CSS("input[name=name]")))
	v.do(chromedp.SendKeys(chromedp.CSS("input[name=name]"), name), chromedp.SendKeys(chromedp.CSS("input[name=password]"), password+"\r"))
	v.until("signed in", `document.querySelector(".tabs")`)
}

func TestReviewingByKeyboardInARealBrowser(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(4)
	first, second := people[0], people[1]
	w.submit(first)
	w.submit(second)
	v := chromium(t, w)
	v.size(1366, 768)
	v.signIn("王老师")

	v.keys("s") // begin with the first of the list
	v.until("the sheet of the first", `document.querySelector(".item.on") && document.body.innerText.includes("`+first.Name+`")`)
	v.until("the sheet fits the screen", `document.documentElement.scrollHeight <= innerHeight`)
	v.until("the picture is loaded and visible", `(() => { const i = document.querySelector(".item.on .page.on img"); return i.naturalWidth > 0 && i.getBoundingClientRect().width > 300 })()`)

	v.keys("a") // the first item passes …
	v.until("the second item", `document.querySelector(".item.on").dataset.item === "diploma"`)
	v.keys("x1") // … the second is returned, for the first reason …
	v.until("a reason is chosen", `document.querySelector(".item.on .reason input:checked")`)
	v.keys("z")
	v.until("the step is taken back", `!document.querySelector(".item.on .reason input:checked")`)
	v.keys("\r") // … nothing is sent while something is open …
	v.until("still here", `document.querySelector("[data-sum=left]").textContent === "1" && location.pathname.endsWith("/`+strconv.FormatInt(first.ID, 10)+`")`)
	v.keys("1")
	v.press("KeyM") // … with a word for the candidate, in which letters are letters
	v.until("writing", `document.activeElement.name === "comment.diploma"`)
	v.keys("Ajax 1")
	v.do(chromedp.KeyEvent("\u001b"))
	v.keys("j")
	v.until("the third item", `document.querySelector(".item.on").dataset.item === "trial"`)
	v.keys("r")
	v.until("turned", `document.querySelector(".item.on .page.on .zoom").style.transform.includes("rotate(90deg)")`)
	v.keys("a")
	v.until("all decided", `document.querySelector("[data-then]").dataset.then === "return"`)
	v.keys("\r")
	v.until("the next candidate", `document.querySelector(".case h1").innerText.includes("`+second.Name+`") && location.pathname.endsWith("/`+strconv.FormatInt(second.ID, 10)+`")`)

	got := w.caseOf(first)
	item := got.Item("diploma")
	if got.Submission.State != intake.Returned || item.State != intake.ItemReturned || strings.Join(item.Reasons, " ") != "IMG_BLUR" || item.Comment != "Ajax 1" {
		t.Errorf("state %q, item %+v", got.Submission.State, item)
	}

	v.do(chromedp.KeyEvent("A", chromedp.KeyModifiers(chromedp.ModifierShift))) // all without doubt pass
	v.until("all pass", `document.querySelector("[data-then]").dataset.then === "pass"`)
	v.keys("\r")
	v.until("the list, which is empty", `document.querySelector(".empty")`)
	if state := w.caseOf(second).Submission.State; state != intake.SitePassed {
		t.Errorf("the second is %q", state)
	}

	area := chromium(t, w)
	area.size(1366, 768)
	area.signIn("李主任")
	area.keys("s")
	area.until("what the site passed", `document.querySelector(".item.on") && document.body.innerText.includes("`+second.Name+`")`)
	area.keys("aaa")
	area.until("all pass", `document.querySelector("[data-then]").dataset.then === "pass"`)
	area.keys("\r")
	area.until("done", `document.querySelector(".empty")`)
	if state := w.caseOf(second).Submission.State; state != intake.Passed {
		t.Errorf("after the area: %q", state)
	}
}

func TestAConflictShowsTheFreshSheetInARealBrowser(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	v := chromium(t, w)
	v.size(1366, 768)
	v.signIn("王老师")
	v.do(chromedp.Navigate(w.server.URL + sheetPath(c)))
	v.until("the sheet", `document.querySelector(".item.on")`)
	if got := w.signedIn("管理员").post(decisionPath(c), w.form(c, allPass)); got.status != 303 {
		t.Fatalf("the other reviewer: %d", got.status)
	}
	v.keys("aaa\r")
	v.until("told", `document.querySelector(".alert.strong")`)
	v.until("nothing to decide any more", `!document.querySelector("#decision") && document.querySelector(".item.on")`)
	if decisions, err := w.DB.Decisions(t.Context(), c.ID); err != nil || len(decisions) != 1 {
		t.Errorf("%d decisions, %v", len(decisions), err)
	}
}

func TestTheSheetOnAPhone(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	v := chromium(t, w)
	v.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait))
	v.signIn("王老师")
	v.until("the list is not wider than the phone", `document.documentElement.scrollWidth <= 390`)
	v.do(chromedp.Click(chromedp.CSS(".person a")))
	v.until("the sheet", `document.querySelector(".item.on")`)
	v.until("it is not wider than the phone", `document.documentElement.scrollWidth <= 390`)
	for range 2 {
		v.do(chromedp.Click(chromedp.CSS(".item.on .verdict .pass span")))
		v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".cell[aria-current]").nextElementSibling.click()`))
	}
	v.do(chromedp.Click(chromedp.CSS(".item.on .verdict .return span")))
	v.do(chromedp.Click(chromedp.CSS(".item.on .reason span")))
	v.do(chromedp.Click(chromedp.CSS("button.send.primary")))
	v.until("sent", `document.querySelector(".empty")`)
	got := w.caseOf(c)
	if got.Submission.State != intake.Returned || got.Item("trial").State != intake.ItemReturned || got.Item("diploma").State == intake.ItemReturned {
		t.Errorf("%+v", got.Items)
	}
}
