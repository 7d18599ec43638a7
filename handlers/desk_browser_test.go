package handlers_test

import (
	"crypto/sha256"
	"encoding/hex"
	"image/color"
	"slices"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"

	"cailiao/intake"
	"cailiao/storage"
)

// resubmit lets the site return the diploma, and the candidate send another one.
func (w *world) resubmit(c intake.Candidate) {
	w.t.Helper()
	ctx := w.t.Context()
	site, err := w.DB.StaffByName(ctx, "王老师")
	if err != nil {
		w.t.Fatal(err)
	}
	decision := intake.Decision{Version: w.caseOf(c).Submission.Version}
	old := w.caseOf(c).PhotosOf("diploma")[0]
	for _, material := range intake.Waiting(w.caseOf(c)) {
		j := intake.Judgement{Material: material, Pass: material != "diploma"}
		if !j.Pass {
			j.Reasons, j.Boxes = []string{"IMG_BLUR"}, []intake.Box{{Photo: old.ID, X: .2, Y: .2, W: .3, H: .3}}
		}
		decision.Judgements = append(decision.Judgements, j)
	}
	if _, err := w.Desk.Decide(ctx, site, c.ID, decision); err != nil {
		w.t.Fatal(err)
	}
	if err := w.DB.SetPhotoState(ctx, old.ID, intake.Replaced, w.clock); err != nil {
		w.t.Fatal(err)
	}
	data := picture(900, 600, color.Gray{Y: 230})
	sum := sha256.Sum256(data)
	fresh := old
	fresh.SHA256, fresh.Round, fresh.State, fresh.Width, fresh.Height = hex.EncodeToString(sum[:]), 2, intake.Kept, 900, 600
	fresh.Screen, fresh.Thumb = storage.BlobKey(c.ID, fresh.SHA256, "screen"), storage.BlobKey(c.ID, fresh.SHA256, "thumb")
	for _, key := range []string{fresh.Screen, fresh.Thumb} {
		if err := w.Blobs.Put(ctx, key, data); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := w.DB.AddPhoto(ctx, fresh); err != nil {
		w.t.Fatal(err)
	}
	materials, err := w.Season.List(c.Attrs)
	if err != nil {
		w.t.Fatal(err)
	}
	before := w.caseOf(c)
	after, short := intake.Submit(materials, before, w.clock)
	if len(short) > 0 {
		w.t.Fatalf("cannot be submitted: %v", short)
	}
	if _, err := w.DB.SaveCase(ctx, before, after); err != nil {
		w.t.Fatal(err)
	}
}

// TestTheWholeSheetByKeyboard never touches the mouse: two reviewers, frames, marks, comparing,
// rotation, taking a decision back, the next sheet that was loaded ahead.
func TestTheWholeSheetByKeyboard(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(4)
	first, second := people[0], people[1]
	w.submit(first)
	w.submit(second)
	w.resubmit(first)
	v := chromium(t, w)
	v.Size(1366, 768)
	v.signIn("王老师")
	v.Shot("desk-queue")
	v.Keys("s")
	v.Until("the sheet of who sent again", `document.querySelector(".item.on")?.dataset.item === "diploma" && document.body.innerText.includes("`+first.Name+`")`)
	v.Until("the sheet fits the screen", `document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth`)

	v.Keys("c")
	v.Until("old and new side by side", `(() => { const [o, n] = [".against img", ".page.on img"].map((s) => document.querySelector(".item.on " + s)); const [a, b] = [o, n].map((i) => i.getBoundingClientRect()); return o.naturalWidth > 0 && n.naturalWidth > 0 && a.width > 100 && b.width > 100 && a.right <= b.left })()`)
	v.Until("with the frame drawn then", `document.querySelector(".item.on .against .given")`)
	v.Shot("desk-compare")
	v.Keys("c")
	v.Until("the new one alone", `!document.querySelector(".stage.compare")`)

	v.Keys("r")
	v.Until("turned", `document.querySelector(".item.on .page.on").dataset.turn === "1"`)
	v.Keys("b")
	v.Until("drawing", `document.querySelector(".stage.drawing")`)
	for _, key := range []string{"ArrowRight", "ArrowRight", "ArrowDown"} {
		v.Press(key)
	}
	v.Shift("ArrowRight")
	v.Until("a frame", `document.querySelectorAll(".item.on .frames .draft").length === 1 && document.querySelector(".item.on .drawn .chip")`)
	v.Press("Enter")
	v.Until("drawn", `!document.querySelector(".stage.drawing") && document.querySelector(".item.on .verdict [value=return]").checked`)
	v.Keys("b")
	v.Press("ArrowLeft")
	v.Until("a second frame", `document.querySelectorAll(".item.on .frames .draft").length === 2`)
	v.Press("Delete")
	v.Press("Escape")
	v.Until("taken away again", `document.querySelectorAll(".item.on .frames .draft").length === 1`)

	v.Keys("v")
	v.Until("all data are right", `document.querySelectorAll(".item.on .marks .right input:checked").length === document.querySelectorAll(".item.on .marks").length`)
	v.Shift("Digit1")
	v.Until("the first is wrong", `document.querySelector(".item.on [data-field='1'] .wrong input").checked`)
	v.Keys("a")
	v.Until("what is wrong cannot pass", `document.querySelector(".item.on .verdict [value=return]").checked && document.querySelector(".toast")`)
	v.Keys("2")
	v.Press("KeyN")
	v.Until("writing a note", `document.activeElement.name === "note.diploma"`)
	v.Keys("n1\u001b")
	v.Shot("desk-frame")
	v.Until("the next sheet is loaded ahead", `performance.getEntriesByType("resource").some((e) => e.name.includes("ahead=1"))`)
	if held, err := w.DB.HeldAmong(t.Context(), []int64{second.ID}, w.clock); err != nil || len(held) != 0 || !w.caseOf(second).Submission.OpenedAt.IsZero() {
		t.Errorf("loading ahead claims: %v, %v", held, err)
	}
	v.Keys("\r")
	v.Until("the next one", `location.pathname.endsWith("/`+strconv.FormatInt(second.ID, 10)+`") && document.body.innerText.includes("`+second.Name+`")`)
	v.Until("told, and it can be taken back", `document.querySelector("form.undo")`)
	v.Shot("desk-undo")
	v.Until("the claim", `document.querySelector("#decision [name=claim]").value !== ""`)
	got := w.caseOf(first)
	item := got.Item("diploma")
	if got.Submission.State != intake.Returned || len(item.Boxes) != 1 || item.Note != "n1" || len(item.Reasons) != 1 {
		t.Errorf("state %q, item %+v", got.Submission.State, item)
	}
	if photo := got.PhotosOf("diploma")[0]; photo.Turn != 1 || len(item.Boxes) == 1 && item.Boxes[0].Photo != photo.ID {
		t.Errorf("photo %d turned by %d, frames %+v", photo.ID, photo.Turn, item.Boxes)
	}
	decisions, err := w.DB.Decisions(t.Context(), first.ID)
	if err != nil || len(decisions) != 2 || !slices.Equal(decisions[1].Judgements[0].Wrong, []string{"name"}) {
		t.Errorf("decisions %+v, %v", decisions, err)
	}

	v.Keys("z")
	v.Until("the sheet as it was filled in", `location.pathname.endsWith("/`+strconv.FormatInt(first.ID, 10)+`") && document.querySelector(".item.on .verdict [value=return]")?.checked && document.querySelectorAll(".item.on .frames .draft").length === 1 && document.querySelector(".item.on [data-field='1'] .wrong input").checked`)
	if state := w.caseOf(first).Submission.State; state != intake.Submitted {
		t.Errorf("after taking it back: %q", state)
	}
	v.Keys("\r")
	v.Until("the next one again", `location.pathname.endsWith("/`+strconv.FormatInt(second.ID, 10)+`") && document.querySelector("form.undo")`)
	v.Shift("Slash")
	v.Until("all keys shown", `document.querySelector("dialog[open]")`)
	v.Dark()
	v.Shot("desk-keys-dark")
	v.Shift("Slash")
	v.Until("and gone", `!document.querySelector("dialog[open]")`)
	v.Shot("desk-sheet-dark")
	v.Shift("KeyA")
	v.Keys("\r")
	v.Until("the list, which is empty", `document.querySelector(".empty") && document.querySelector("form.undo")`)
	if state := w.caseOf(second).Submission.State; state != intake.SitePassed {
		t.Errorf("the second is %q", state)
	}
	v.Keys("z")
	v.Until("taken back from the list, too", `document.querySelector(".item.on .verdict [value=pass]")?.checked`)
	v.Keys("\r")
	v.Until("sent again", `document.querySelector(".empty")`)
}

func TestFramesByMouseAndTouch(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	v := chromium(t, w)
	v.Phone()
	v.signIn("王老师")
	v.Click(".person a")
	v.Until("the sheet", `document.querySelector(".item.on .page.on img")?.naturalWidth > 0`)
	v.Click(".item.on [data-act=box]")
	v.Until("drawing", `document.querySelector(".stage.drawing")`)
	drag := `((type, x, y) => { const s = document.querySelector(".item.on .page.on .zoom").getBoundingClientRect(); const at = { clientX: s.left + s.width * x, clientY: s.top + s.height * y };
		document.querySelector(".item.on .page.on img").dispatchEvent(new PointerEvent(type, { bubbles: true, cancelable: true, isPrimary: true, pointerId: 1, pointerType: "touch", ...at })) })`
	v.Do(chromedp.Evaluate[chromedp.Void](`Element.prototype.setPointerCapture = () => {};` + drag + `("pointerdown", .25, .25); ` + drag + `("pointermove", .75, .5); ` + drag + `("pointerup", .75, .5)`))
	v.Until("a frame", `document.querySelector(".item.on [name='box.id_front']")`)
	v.Shot("desk-phone")
	v.Dark()
	v.Shot("desk-phone-dark")
	if got := v.Value(`document.querySelector(".item.on [name='box.id_front']").value.split(" ").slice(1).map((n) => Number(n).toFixed(2)).join(" ")`); got != "0.25 0.25 0.50 0.25" {
		t.Errorf("the frame is %s", got)
	}
	v.Until("not wider than the phone", `document.documentElement.scrollWidth <= 390`)
	v.Click(".item.on .drawn .chip")
	v.Until("taken away", `!document.querySelector(".item.on [name='box.id_front']")`)
}
