package handlers_test

import "testing"

// What overlaps or stands beside where it belongs below is found by no test of words.
func TestNothingOverlapsAtALaptopsWidth(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	v := chromium(t, w)
	v.Size(1366, 768)
	v.signIn("王老师")
	v.Until("tabs do not scroll upwards", `(() => { const t = document.querySelector(".tabs"); return t.scrollHeight <= t.clientHeight })()`)

	v.Click("input[name=c]")
	v.Click("#batch button")
	v.Until("one way of working below the other", `(() => {
		const [pass, back] = [...document.querySelectorAll(".batch input[name=act]")].map((i) => i.getBoundingClientRect());
		return Math.abs(pass.left - back.left) < 2 && back.top > pass.bottom })()`)
	v.Until("materials and the comment below both", `(() => {
		const at = (s) => document.querySelector(".batch " + s).getBoundingClientRect();
		return at(".materials").top > at("input[value=return]").bottom && at(".word").top >= at(".materials").bottom && at(".word").left < 400 })()`)

	v.Go(v.base + "/staff/")
	v.Until("the list", `document.readyState === "complete" && document.querySelector("[data-key=s]")`)
	v.Size(1366, 600) // the reasons scroll, and their bar takes its room
	v.Keys("s")
	v.Until("the sheet", `document.querySelector(".item.on .marks")`)
	v.Keys("x")
	v.Until("the ID number ends before its buttons", `(() => {
		const row = document.querySelector(".item.on .checks .long"), words = document.createRange();
		words.selectNodeContents(row.querySelector("dd:not(.marks)"));
		return words.getBoundingClientRect().right <= row.querySelector(".marks").getBoundingClientRect().left })()`)
}
