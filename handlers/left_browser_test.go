package handlers_test

import (
	"strings"
	"testing"
	"time"

	"cailiao/intake"
)

const (
	shortIdle = 16 * time.Second
	here      = `document.documentElement.outerHTML`
	asleep    = `document.querySelector(".login h1")?.textContent === "登录已过期"`
)

// impatient is a world whose sessions idle out in seconds, by the real clock, with a sheet to look at.
func impatient(t *testing.T) (*world, intake.Candidate, *window) {
	t.Helper()
	w := newWorld(t)
	w.Now = time.Now
	w.IdleAfter(shortIdle)
	w.open()
	c := w.people(2)[0]
	w.submit(c)
	v := chromium(t, w)
	v.Size(1366, 768)
	v.signIn("王老师")
	v.Go(w.server.URL + sheetPath(c))
	v.Until("the sheet", `document.querySelector(".item.on") && document.body.innerText.includes("`+c.Name+`")`)
	return w, c, v
}

// empty waits until nothing of a candidate is left in the tab.
func (v *window) empty(t *testing.T, c intake.Candidate) {
	t.Helper()
	v.Until("the page is emptied", asleep)
	if page := v.Value(here); strings.Contains(page, c.Name) || strings.Contains(page, c.Number) || strings.Contains(page, "/staff/photos/") {
		t.Error("something of the candidate is left")
	}
}

// elsewhere posts a form as another tab of the same browser would.
func (v *window) elsewhere(path, form string) {
	v.Value(`(() => { window.done = false; fetch("` + path + `", {method: "POST", body: new URLSearchParams(` + form + `)}).then(() => { window.done = true; new BroadcastChannel("session").postMessage("somebody"); }); return ""; })()`)
}

// heard waits until this tab, which is not loaded anew, has heard of it.
func (v *window) heard() {
	v.Until("done elsewhere", `window.done`)
	for range 2 { // the page asks again only after it has done what the first answer says
		v.Value(`(() => { performance.clearResourceTimings(); new BroadcastChannel("session").postMessage("somebody"); return ""; })()`)
		v.Until("asked", `performance.getEntriesByName(location.origin + "/staff/left").length > 0`)
	}
}

func (v *window) signInElsewhere(name string) {
	v.elsewhere("/staff/login", `{name: "`+name+`", password: "`+password+`"}`)
}

func TestAStaffPageDoesNotOutliveItsSession(t *testing.T) {
	_, c, v := impatient(t)
	began := time.Now()
	v.empty(t, c)
	if lasted := time.Since(began); lasted < shortIdle/2 {
		t.Errorf("emptied after %s already", lasted)
	}
	v.Until("a way to sign in again and come back", `document.querySelector(".login a").href.endsWith("/staff/login?next=" + encodeURIComponent(location.pathname))`)
	v.Shot("left")
	v.Click(".login a")
	v.Type("input[name=name]", "王老师")
	v.Type("input[name=password]", password+"\r")
	v.Until("back on the sheet", `location.pathname === "`+sheetPath(c)+`" && document.querySelector(".item.on")`)

	// Whoever signs out in another tab does not leave this one open; nor does somebody else who signs in.
	v.elsewhere("/staff/logout", "{}")
	v.empty(t, c)
	v.signInElsewhere("赵老师")
	v.heard()
	if page := v.Value(here); strings.Contains(page, c.Name) {
		t.Error("somebody else is shown the page")
	}
	v.signInElsewhere("王老师")
	v.Until("the sheet by itself", `document.querySelector(".item.on") && document.body.innerText.includes("`+c.Name+`")`)
}

func TestAPageLivesAsLongAsSomebodyWorks(t *testing.T) {
	_, c, v := impatient(t)
	for begin := time.Now(); time.Since(begin) < 3*shortIdle/2; time.Sleep(500 * time.Millisecond) {
		v.Press("ShiftLeft") // here …
	}
	v.Until("the sheet", `document.querySelector(".item.on")`)
	for begin := time.Now(); time.Since(begin) < 3*shortIdle/2; time.Sleep(500 * time.Millisecond) {
		v.Value(`(() => { fetch("/staff/"); return ""; })()`) // … or in another tab
	}
	v.Until("the sheet", `document.querySelector(".item.on")`)
	v.empty(t, c)
}

func TestAHalfWrittenFormComesBackAfterSigningInAgain(t *testing.T) {
	w, c, v := impatient(t)
	v.Keys("x1")
	v.Press("KeyM")
	v.Until("writing", `document.activeElement.name === "comment.id_front"`)
	v.Keys("请补拍背面")
	v.empty(t, c)
	if page := v.Value(here); strings.Contains(page, "请补拍背面") {
		t.Error("what was written is still in the page")
	}
	v.Shot("left-half")
	v.signInElsewhere("赵老师")
	v.heard()
	if page := v.Value(here); strings.Contains(page, c.Name) || strings.Contains(page, "请补拍背面") {
		t.Error("somebody else is shown it")
	}
	v.signInElsewhere("王老师")
	v.Until("what was written", `document.querySelector("[name='comment.id_front']")?.value === "请补拍背面" && document.title.includes("`+c.Name+`")`)
	v.Keys("\u001b")
	v.Keys("jaa\r")
	v.Until("sent", `document.querySelector("form.undo")`)
	if item := w.caseOf(c).Item("id_front"); item.State != intake.ItemReturned || item.Comment != "请补拍背面" {
		t.Errorf("%+v", item)
	}
}

// A page that asks how far something is is nobody at work. Who comes back finds what became of it.
func TestAPageThatWaitsIdlesOutAndIsFoundAgain(t *testing.T) {
	w, c, v := impatient(t)
	batch := w.begin(c)
	v.Go(w.server.URL + batch)
	v.Until("it runs", `document.querySelector("#progress progress")`)
	v.Until("it asks", `performance.getEntriesByType("resource").filter((r) => r.name.includes("aside=1")).length > 2`)
	v.empty(t, c)
	if _, err := w.Desk.WorkBatch(t.Context()); err != nil {
		t.Fatal(err)
	}
	v.Click(".login a")
	v.Type("input[name=name]", "王老师")
	v.Type("input[name=password]", password+"\r")
	v.Until("the result", `location.pathname === "`+batch+`" && document.querySelector("#progress .s-passed") && !document.querySelector("#progress progress")`)

	// The export's page has an address by then, and what was chosen in it comes back.
	v.Go(w.server.URL + "/staff/export")
	v.Value(`(() => { document.querySelector("form[data-export]").addEventListener("submit", (e) => e.preventDefault()); return ""; })()`)
	v.Value(`(() => { document.querySelector("[name=state]").selectedIndex = 1; return ""; })()`)
	v.Click("form[data-export] button")
	v.Until("its address", `location.search === "?watch=" + document.querySelector("[name=watch]").value`)
	v.empty(t, c)
	v.signInElsewhere("王老师")
	v.Until("what was chosen", `document.querySelector("[name=state]")?.selectedIndex === 1`)
}

func TestAPageIsEmptiedWhenTheServerCannotBeReached(t *testing.T) {
	w, c, v := impatient(t)
	w.server.CloseClientConnections()
	w.server.Close()
	v.empty(t, c)
}
