package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
)

// sheet shows one candidate, and holds them for whoever came here by themselves.
func (h *House) sheet(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	query := c.Request.URL.Query()
	view := sheetView{candidate: id, filter: h.filter(c.Request.Context(), staff, query)}
	switch {
	case query.Get("ahead") != "" && fromHtmx(c):
		view.load, view.ahead = h.Desk.Peek, true
	case !h.deliberate(c):
		view.load, view.led = h.Desk.Peek, true
	}
	return h.showSheet(c, staff, view)
}

// decide sends a decision: everything passed goes up, anything returned goes back.
func (h *House) decide(c *gin.Context, staff intake.Staff) error {
	id, filter, err := h.sheetForm(c, staff)
	if err != nil {
		return err
	}
	form := c.Request.PostForm
	decision, err := readDecision(form)
	if err != nil {
		return err
	}
	view := sheetView{candidate: id, filter: filter, keys: form}
	// Before deciding, because afterwards the candidate stands elsewhere in the queue.
	next, err := h.Desk.Next(c.Request.Context(), staff, view.filter, id)
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return err
	}
	after, err := h.Desk.Decide(c.Request.Context(), staff, id, decision)
	if err != nil {
		if _, banner := refused(err); !errors.Is(err, intake.ErrConflict) && banner != "" {
			view.draft = decision.Judgements
		}
		return h.refusedOn(c, staff, view, err)
	}
	outcome := decided{after: after, code: string(after.Submission.State), filter: filter, next: next, stay: form.Get("then") == "stay", shown: form.Get("shown")}
	if after.Submission.State == intake.Submitted {
		outcome.code = "proposed"
	}
	return h.onward(c, staff, outcome)
}

// refused tells which refusals are shown on the sheet itself, and how.
func refused(err error) (status int, banner string) {
	status, _ = httpStatus(err)
	switch {
	case errors.Is(err, intake.ErrPhotos):
		return status, "photos"
	case errors.Is(err, review.ErrUndoLate):
		return status, "undo-late"
	case errors.Is(err, intake.ErrConflict):
		return status, "conflict"
	case errors.Is(err, intake.ErrMismatch):
		return status, "mismatch"
	case errors.Is(err, intake.ErrFinalAlone):
		return status, "final-alone"
	case errors.Is(err, intake.ErrBox):
		return status, "box"
	case errors.Is(err, intake.ErrIncomplete):
		return status, "incomplete"
	case errors.Is(err, intake.ErrNoReason):
		return status, "reason"
	case errors.Is(err, review.ErrTooLong):
		return status, "long"
	}
	return status, ""
}

type decided struct {
	after  intake.Case
	code   string // of the words for it
	filter review.Filter
	next   int64 // 0: there is none
	stay   bool
	shown  string // the next sheet, id and version, that the browser shows already
}

// onward shows what follows a decision: the same sheet, the next one, or the list when it is empty.
func (h *House) onward(c *gin.Context, staff intake.Staff, d decided) error {
	here := sheetURL(d.after.Candidate.ID, d.filter)
	target, candidate, link := here, d.after.Candidate.ID, ""
	if !d.stay {
		link = here
		target, candidate = queueURL(d.filter), 0
		if d.next != 0 {
			target, candidate = sheetURL(d.next, d.filter), d.next
		}
	}
	if err := h.leave(c.Request.Context(), d.code, link); err != nil {
		return err
	}
	if err := h.offerUndo(c.Request.Context(), d.after, d.filter); err != nil {
		return err
	}
	switch {
	case !fromHtmx(c):
		c.Redirect(http.StatusSeeOther, target)
		return nil
	case candidate == 0:
		c.Header("HX-Redirect", target)
		c.Status(http.StatusOK)
		return nil
	}
	c.Header("HX-Push-Url", target)
	return h.showSheet(c, staff, sheetView{candidate: candidate, filter: d.filter, shown: d.shown})
}

// phone shows the sheet with the phone number in full; the look is logged.
func (h *House) phone(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	number, err := h.Desk.Phone(c.Request.Context(), staff, id)
	if err != nil {
		return err
	}
	return h.showSheet(c, staff, sheetView{
		candidate: id, filter: h.filter(c.Request.Context(), staff, c.Request.URL.Query()), phone: number, block: "phone",
	})
}

// sheetView says how a sheet is to be shown. The zero value of all but candidate is the plain sheet.
type sheetView struct {
	candidate int64
	filter    review.Filter
	status    int                                                                                    // 0: 200
	banner    string                                                                                 // what was wrong with the last try
	draft     []intake.Judgement                                                                     // what was filled in then
	phone     string                                                                                 // in full
	block     string                                                                                 // for htmx; empty: the whole sheet
	keys      url.Values                                                                             // of the try: keys.CODE are the reasons in the order they had their keys
	ahead     bool                                                                                   // it is loaded ahead: nobody looks at it yet
	led       bool                                                                                   // a link from elsewhere led here: it is shown without being held
	shown     string                                                                                 // id and version of the sheet that the browser shows already
	load      func(ctx context.Context, staff intake.Staff, candidateID int64) (review.Sheet, error) // nil: Desk.Sheet
}

func (h *House) showSheet(c *gin.Context, staff intake.Staff, v sheetView) error {
	ctx := c.Request.Context()
	if v.load == nil {
		v.load = h.Desk.Sheet
	}
	sheet, err := v.load(ctx, staff, v.candidate)
	if err != nil {
		return err
	}
	note := h.Desk.Looked
	if v.ahead {
		note = h.Desk.LoadedAhead
	}
	if err := note(ctx, staff, sheet); err != nil {
		return err
	}
	page := h.sheetPage(sheet, v)
	page.TakesOver = page.WhyNot == "held" && staff.Leads()
	page.SendsBack = page.Decidable() && page.Level == storage.LevelArea
	page.Frame = h.frame(c)
	next, err := h.Desk.Next(ctx, staff, v.filter, v.candidate)
	switch {
	case err == nil:
		page.NextURL = sheetURL(next, v.filter)
	case !errors.Is(err, intake.ErrNotFound):
		return err
	}
	if v.banner == "" && !v.ahead {
		if page.Flash, page.Path, err = h.takeFlash(ctx); err != nil {
			return err
		}
		if page.Undo, err = h.takeUndo(ctx); err != nil {
			return err
		}
	}
	if v.shown != "" && v.shown == fmt.Sprintf("%d.%d", v.candidate, page.Version) && page.Decidable() {
		c.Header("X-Shown", "kept")
		v.block = "shown"
	}
	if v.status == 0 {
		v.status = http.StatusOK
	}
	if v.block == "" {
		v.block = "sheet-part"
	}
	return render(c, v.status, page, v.block)
}

// pathID is the number in the path; what is no number is not found.
func pathID(c *gin.Context) (int64, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, fmt.Errorf("id in path: %w", intake.ErrNotFound)
	}
	return id, nil
}

// deliberate says that whoever asks for a page clicked on one of ours or typed its address: a link or a
// picture on a foreign page must not act for them. Over plain http, and by old browsers, no Sec-Fetch
// headers are sent; then the page before must be named and ours: a foreign page can only leave it
// unnamed. Who typed the address then, or lets nothing be named, clicks once more.
func (h *House) deliberate(c *gin.Context) bool {
	site, dest := c.GetHeader("Sec-Fetch-Site"), c.GetHeader("Sec-Fetch-Dest")
	switch {
	case site == "none":
		return dest == "document"
	case site == "same-origin":
		return dest == "document" || fromHtmx(c) // htmx restores what is gone back to
	case site != "":
		return false
	case fromHtmx(c):
		return true // a header no foreign page can send
	}
	before, err := url.Parse(c.Request.Referer())
	return err == nil && before.Host != "" && (before.Host == c.Request.Host || before.Scheme+"://"+before.Host == h.origin())
}
