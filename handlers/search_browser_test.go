package handlers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A search by a real browser's form: no address it goes to has the words, and the way back finds them.
func TestSearchingInARealBrowser(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(6)
	for _, c := range people[:3] {
		w.submit(c)
	}
	v := chromium(t, w)
	v.Size(1366, 768)
	v.signIn("王老师")
	clean := func(where string) {
		t.Helper()
		at := v.Value(`decodeURIComponent(location.href) + " " + performance.getEntries().map((e) => decodeURIComponent(e.name)).join(" ")`)
		for _, words := range []string{people[2].Name, people[2].IDNumber[14:] + " ", people[2].Number} {
			if strings.Contains(at, words) {
				t.Errorf("%s: %s", where, at)
			}
		}
	}
	rest := func() { // before that nobody listens to what was just put into the page
		t.Helper()
		v.Until("at rest", `document.readyState === "complete" && !document.querySelector(".htmx-added, .htmx-settling, .htmx-request")`)
	}
	field := `document.querySelector(".find [name=q]").value`
	only := func(numbers string) string {
		return `[...document.querySelectorAll(".person small")].map((s) => s.textContent).join(" ") === "` + numbers + `"`
	}
	rest()
	v.Type(".find [name=q]", people[2].Name+"\r")
	v.Until("the one who is looked for", only(people[2].Number)+` && location.search.includes("q=") && `+field+` === "`+people[2].Name+`"`)
	clean("a search")
	v.Shot("search")
	rest()
	v.Do(chromedp.Evaluate[chromedp.Void](`(() => { const s = document.querySelector(".find [name=item]"); s.value = "diploma"; s.dispatchEvent(new Event("change", { bubbles: true })) })()`))
	v.Until("the same, by material", only(people[2].Number)+` && location.search.includes("item=diploma") && location.search.includes("q=")`)
	rest()
	v.Keys("s")
	v.Until("the sheet", `document.querySelector("#decision .item.on") && location.search.includes("q=")`)
	clean("the sheet")
	rest()
	v.Keys("f")
	v.Until("the list again", only(people[2].Number)+` && `+field+` === "`+people[2].Name+`"`)
	rest()
	v.Click(".tab:last-child")
	v.Until("in all states", only(people[2].Number)+` && location.search.includes("state=all")`)
	rest()
	v.Do(chromedp.Evaluate[chromedp.Void](field + ` = ""`))
	v.Click(".find button")
	v.Until("without a search", only(people[0].Number+" "+people[1].Number+" "+people[2].Number)+` && !location.search.includes("q=")`)

	// Reloaded after signing in anew, it says that the words are gone.
	rest()
	v.Type(".find [name=q]", people[2].IDNumber[14:]+"\r")
	v.Until("by the end of the ID", only(people[2].Number))
	clean("a search by number")
	at := v.Value(`location.href`)
	rest()
	v.Click(".user button")
	v.Until("signed out", `document.querySelector("input[name=password]")`)
	v.Go(at)
	v.Until("the form", `document.querySelector("input[name=password]")`)
	v.Type("input[name=name]", "王老师")
	v.Type("input[name=password]", password+"\r")
	v.Until("told", `document.querySelector(".alert.soft") && document.body.innerText.includes("`+lostWords+`")`)
	v.Until("everybody", only(people[0].Number+" "+people[1].Number+" "+people[2].Number))
	v.Shot("search-lost")
	v.Go(v.base + sheetPath(people[1]) + "?q=aaaaaaaaaaaa")
	v.Until("the sheet tells, too", `document.querySelector("#decision .item.on") && document.body.innerText.includes("`+lostWords+`")`)
	v.Until("the sheet fits the screen", `document.documentElement.scrollHeight <= innerHeight`)
	v.Shot("search-lost-sheet")
	rest()
	v.Keys("f")
	v.Until("and the list once more", `document.querySelector(".find") && document.body.innerText.includes("`+lostWords+`")`)
	rest()
	v.Type(".find [name=q]", people[1].Name+"\r")
	v.Until("searched again", only(people[1].Number)+` && !document.body.innerText.includes("`+lostWords+`")`)
	rest()
	v.Click(".tab:last-child")
	v.Until("in all states", `location.search.includes("state=all")`)
	v.Do(chromedp.Evaluate[chromedp.Void](`history.back()`))
	v.Until("back at what was found", only(people[1].Number)+` && !location.search.includes("state=all") && `+field+` === "`+people[1].Name+`"`)
}

func TestALinkFromElsewhereInARealBrowser(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	foreign := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(rw, `<a href="%s%s">x</a><img src="%[1]s%[2]s">`, w.server.URL, sheetPath(c))
	}))
	t.Cleanup(foreign.Close)
	held := func() int {
		all, err := w.DB.HeldAmong(t.Context(), []int64{c.ID}, w.clock)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	v := chromium(t, w)
	v.Size(1366, 768)
	v.signIn("王老师")
	v.Go(strings.Replace(foreign.URL, "127.0.0.1", "localhost", 1))
	v.Click("a")
	v.Until("the sheet, to look at", `document.querySelector(".item.on") && !document.querySelector("#decision") && document.body.innerText.includes("我来审核")`)
	v.Until("the sheet fits the screen", `document.documentElement.scrollHeight <= innerHeight`)
	v.Shot("led")
	if held() != 0 {
		t.Error("a click on a foreign page holds the case")
	}
	v.Click(".held button")
	v.Until("the sheet, to be judged", `document.querySelector("#decision .item.on") && document.querySelector("[name=claim]").value !== ""`)
	if held() != 1 {
		t.Error("the button does not hold the case")
	}
	v.Keys("aaa\r")
	v.Until("decided", `document.querySelector(".empty")`)
}
