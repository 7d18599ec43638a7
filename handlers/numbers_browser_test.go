package handlers_test

import (
	"strconv"
	"testing"
	"time"

	"cailiao/storage"
)

func TestNumbersInARealBrowser(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(8)
	for _, c := range people[:6] {
		w.submit(c)
	}
	var figures []storage.Figure
	add := func(day int, site, what, code string, who int64, n int) {
		figures = append(figures, storage.Figure{Day: day, Site: site, What: what, Code: code, Who: who, N: n})
	}
	for back := range 25 {
		at := w.clock.Add(-time.Duration(back) * 24 * time.Hour)
		day, n := at.Year()*10_000+int(at.Month())*100+at.Day(), 40+17*back%23
		for i, site := range []string{"S1", "S2"} {
			add(day, site, "submit", "", 0, n+9*i)
			add(day, site, "pass", "site", int64(1+i), n-12)
			add(day, site, "return", "site", int64(1+i), 9+back%5)
			add(day, site, "pass", "area", 3, n-20)
			add(day, site, "return", "area", 3, back%3)
			add(day, site, "reason", "IMG_BLUR", 0, 5)
			add(day, site, "reason", "TR_SEAL", 0, 3+i)
			add(day, site, "reason", "INFO_FIX", 0, 1)
			add(day, site, "pace", strconv.Itoa(2+back%4), int64(1+i), n)
			add(day, site, "rounds", strconv.Itoa(1+back%2), 0, n)
		}
	}
	if err := w.DB.AddFigures(t.Context(), storage.FromDecisions, 0, figures); err != nil {
		t.Fatal(err)
	}
	const drawn = `[...document.querySelectorAll(".chart img")].length === 4 && [...document.querySelectorAll(".chart img")].every(i => i.complete && i.naturalWidth > 0)`
	v := chromium(t, w)
	v.Size(1366, 768)
	v.signIn("管理员")
	v.Go(w.server.URL + "/staff/numbers")
	v.Until("the charts are drawn", drawn)
	v.Size(1366, 2400)
	v.Shot("numbers-light")
	v.Dark()
	v.Until("the charts are drawn in the dark", drawn+` && [...document.querySelectorAll(".chart img")].every(i => i.currentSrc.includes("dark"))`)
	v.Shot("numbers-dark")
	v.Phone()
	v.Go(w.server.URL + "/staff/numbers")
	v.Until("the charts are drawn for a phone", drawn+` && [...document.querySelectorAll(".chart img")].every(i => i.currentSrc.includes("narrow"))`)
	v.Until("it is not wider than the phone", `document.documentElement.scrollWidth <= 390`)
	v.Shot("numbers-phone-dark")
}
