package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
)

// sheet shows one candidate.
func (h *House) sheet(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return h.showSheet(c, staff, sheetView{candidate: id, filter: readFilter(c.Request.URL.Query())})
}

// decide sends a decision: everything passed goes up, anything returned goes back.
func (h *House) decide(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	form := c.Request.PostForm
	decision, err := readDecision(form)
	if err != nil {
		return err
	}
	filter, err := url.ParseQuery(form.Get("filter"))
	if err != nil {
		return fmt.Errorf("%w: filter", errBadRequest)
	}
	view := sheetView{candidate: id, filter: readFilter(filter)}
	// Before deciding, because afterwards the candidate stands elsewhere in the queue.
	next, err := h.Desk.Next(c.Request.Context(), staff, view.filter, id)
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return err
	}
	after, err := h.Desk.Decide(c.Request.Context(), staff, id, decision)
	if err != nil {
		if view.status, view.banner = refused(err); view.banner == "" {
			return err
		}
		if view.banner != bannerConflict {
			view.draft = decision.Judgements
		}
		return h.showSheet(c, staff, view)
	}
	return h.onward(c, staff, decided{after: after, filter: view.filter, next: next, stay: form.Get("then") == "stay"})
}

const bannerConflict = "conflict"

// refused tells which refusals are shown on the sheet itself, and how.
func refused(err error) (status int, banner string) {
	status, _ = httpStatus(err)
	switch {
	case errors.Is(err, intake.ErrConflict):
		return status, bannerConflict
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
	filter review.Filter
	next   int64 // 0: there is none
	stay   bool
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
	if err := h.leave(c.Request.Context(), string(d.after.Submission.State), link); err != nil {
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
	return h.showSheet(c, staff, sheetView{candidate: candidate, filter: d.filter})
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
		candidate: id, filter: readFilter(c.Request.URL.Query()), phone: number, block: "phone",
	})
}

// sheetView says how a sheet is to be shown. The zero value of all but candidate is the plain sheet.
type sheetView struct {
	candidate int64
	filter    review.Filter
	status    int                // 0: 200
	banner    string             // what was wrong with the last try
	draft     []intake.Judgement // what was filled in then
	phone     string             // in full
	block     string             // for htmx; empty: the whole sheet
}

func (h *House) showSheet(c *gin.Context, staff intake.Staff, v sheetView) error {
	ctx := c.Request.Context()
	sheet, err := h.Desk.Sheet(ctx, staff, v.candidate)
	if err != nil {
		return err
	}
	page := h.sheetPage(sheet, v)
	page.Frame = h.frame(c)
	next, err := h.Desk.Next(ctx, staff, v.filter, v.candidate)
	switch {
	case err == nil:
		page.NextURL = sheetURL(next, v.filter)
	case !errors.Is(err, intake.ErrNotFound):
		return err
	}
	if v.banner == "" {
		if page.Flash, page.Path, err = h.takeFlash(ctx); err != nil {
			return err
		}
	}
	if v.status == 0 {
		v.status = http.StatusOK
	}
	if v.block == "" {
		v.block = "sheet-part"
	}
	return render(c, v.status, page, v.block)
}

// readDecision reads the form of the sheet: fields verdict.CODE, reason.CODE, comment.CODE and
// note.CODE for each material.
func readDecision(form url.Values) (intake.Decision, error) {
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return intake.Decision{}, fmt.Errorf("%w: version", errBadRequest)
	}
	d := intake.Decision{Version: version}
	for field, values := range form {
		code, ok := strings.CutPrefix(field, "verdict.")
		if !ok || len(values) != 1 {
			continue
		}
		j := intake.Judgement{Material: code, Comment: form.Get("comment." + code), Note: form.Get("note." + code)}
		switch values[0] {
		case "pass":
			j.Pass = true
		case "return":
			j.Reasons = form["reason."+code]
		default:
			return intake.Decision{}, fmt.Errorf("%w: verdict", errBadRequest)
		}
		d.Judgements = append(d.Judgements, j)
	}
	return d, nil
}

// pathID is the number in the path; what is no number is not found.
func pathID(c *gin.Context) (int64, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, fmt.Errorf("id in path: %w", intake.ErrNotFound)
	}
	return id, nil
}
