package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/templates"
)

// caseForms shows what can be done with a candidate's whole case, apart from judging it.
func (h *House) caseForms(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return h.showCase(c, staff, templates.CasePage{ID: id})
}

// unbind frees the candidate from a WeChat account; a reason is required.
func (h *House) unbind(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	page := templates.CasePage{ID: id, Form: "unbind", Reason: c.PostForm("reason")}
	return h.afterCase(c, staff, page, "unbound", h.Desk.Unbind(c.Request.Context(), staff, id, page.Reason))
}

// reopen gives the candidate items back that are locked; a reason is required.
func (h *House) reopen(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	version, _ := strconv.ParseInt(c.PostForm("version"), 10, 64) // 0 conflicts
	r := intake.Reopening{Version: version, Items: c.Request.PostForm["item"], Reason: c.PostForm("reason")}
	page := templates.CasePage{ID: id, Form: "reopen", Reason: r.Reason, Chosen: r.Items}
	return h.afterCase(c, staff, page, "reopened", h.Desk.Reopen(c.Request.Context(), staff, id, r))
}

// afterCase goes back to the sheet, or shows the forms with what was wrong.
func (h *House) afterCase(c *gin.Context, staff intake.Staff, page templates.CasePage, flash string, err error) error {
	switch {
	case err == nil:
		if err := h.leave(c.Request.Context(), flash, ""); err != nil {
			return err
		}
		c.Redirect(http.StatusSeeOther, fmt.Sprintf("/staff/candidates/%d", page.ID))
		return nil
	case errors.Is(err, intake.ErrNoReason):
		page.Problem = "reason"
	case errors.Is(err, review.ErrTooLong):
		page.Problem = "long"
	case errors.Is(err, intake.ErrIncomplete):
		page.Problem = "items"
	case errors.Is(err, intake.ErrTooLate):
		page.Problem = "late"
	default:
		return err
	}
	return h.showCase(c, staff, page)
}

func (h *House) showCase(c *gin.Context, staff intake.Staff, page templates.CasePage) error {
	k, err := h.Desk.Case(c.Request.Context(), staff, page.ID)
	if err != nil {
		return err
	}
	page.Frame, page.Name, page.Number, page.State = h.frame(c), k.Candidate.Name, k.Candidate.Number, k.Submission.State
	page.Bound, page.BoundAt, page.Withdrawn = k.Candidate.OpenID != "", h.local(k.Candidate.BoundAt), h.local(k.Candidate.WithdrawnAt)
	page.Parted, page.Admin = h.local(k.Candidate.PartedAt), staff.Role == intake.RoleAdmin
	page.Version, page.Returned, page.Deadline = k.Submission.Version, k.Submission.State == intake.Returned, h.local(k.Submission.DeadlineAt)
	page.Photos, page.Reopens = len(k.Photos), staff.MayReopen(k) == nil
	for _, code := range intake.Reopenable(k) {
		item := templates.CaseItem{Code: code, Name: code, State: k.Item(code).State, Chosen: slices.Contains(page.Chosen, code)}
		if m, ok := h.Season.Material(code); ok {
			item.Name = m.Name
		}
		page.Items = append(page.Items, item)
	}
	status := http.StatusOK
	if page.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	return render(c, status, page, "")
}
