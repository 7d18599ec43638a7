package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
)

// claim keeps a reviewer's hold on a candidate while the sheet is looked at, or takes it for a
// sheet that was loaded ahead. The answer is the token, or 409. The button of a sheet that was only
// looked at sends a filter and is answered by the sheet, which says so if somebody was faster.
func (h *House) claim(c *gin.Context, staff intake.Staff) error {
	id, filter, err := h.sheetForm(c, staff)
	if err != nil {
		return err
	}
	hold, err := h.Desk.Renew(c.Request.Context(), staff, id, c.PostForm("claim"))
	if c.Request.PostForm.Has("filter") && (err == nil || errors.Is(err, intake.ErrConflict)) {
		c.Redirect(http.StatusSeeOther, sheetURL(id, filter))
		return nil
	}
	if err != nil {
		return err
	}
	c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte(hold.Token))
	return nil
}

// release gives a candidate free; browsers send it when the sheet is left.
func (h *House) release(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := h.Desk.Release(c.Request.Context(), staff, id, c.PostForm("claim")); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// takeOver gives a lead what another reviewer holds.
func (h *House) takeOver(c *gin.Context, staff intake.Staff) error {
	id, filter, err := h.sheetForm(c, staff)
	if err != nil {
		return err
	}
	if err := h.Desk.TakeOver(c.Request.Context(), staff, id); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, sheetURL(id, filter))
	return nil
}

// undo takes the reviewer's last decision back and shows the sheet as it was filled in.
func (h *House) undo(c *gin.Context, staff intake.Staff) error {
	id, filter, err := h.sheetForm(c, staff)
	if err != nil {
		return err
	}
	version, _ := strconv.ParseInt(c.PostForm("version"), 10, 64) // none is none that was decided
	if err := h.Desk.Undo(c.Request.Context(), staff, id, version); err != nil {
		return h.refusedOn(c, staff, sheetView{candidate: id, filter: filter}, err)
	}
	if err := h.leave(c.Request.Context(), "undone", ""); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, sheetURL(id, filter))
	return nil
}

// back sends a case from the area back to the exam site.
func (h *House) back(c *gin.Context, staff intake.Staff) error {
	id, filter, err := h.sheetForm(c, staff)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	version, _ := strconv.ParseInt(c.PostForm("version"), 10, 64)
	next, err := h.Desk.Next(ctx, staff, filter, id)
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return err
	}
	after, err := h.Desk.SendBack(ctx, staff, id, intake.Back{Version: version, Note: c.PostForm("note")})
	if err != nil {
		return h.refusedOn(c, staff, sheetView{candidate: id, filter: filter}, err)
	}
	return h.onward(c, staff, decided{after: after, code: "sent-back", filter: filter, next: next})
}

// turnPhoto keeps how a photo is looked at.
func (h *House) turnPhoto(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	turn, err := strconv.Atoi(c.PostForm("turn"))
	if err != nil {
		turn = -1 // refused below, once it is known whose photo it is
	}
	if err := h.Desk.TurnPhoto(c.Request.Context(), staff, id, turn); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// refusedOn shows a refusal on the fresh sheet, if it is one of those; else it is the answer.
func (h *House) refusedOn(c *gin.Context, staff intake.Staff, v sheetView, err error) error {
	if v.status, v.banner = refused(err); v.banner == "" {
		return err
	}
	return h.showSheet(c, staff, v)
}

// sheetForm reads what every form of the sheet carries: whose sheet, and the queue's filter.
func (h *House) sheetForm(c *gin.Context, staff intake.Staff) (int64, review.Filter, error) {
	id, err := pathID(c)
	if err != nil {
		return 0, review.Filter{}, err
	}
	if err := c.Request.ParseForm(); err != nil {
		return 0, review.Filter{}, badForm(err)
	}
	filter, err := url.ParseQuery(c.PostForm("filter"))
	if err != nil {
		return 0, review.Filter{}, fmt.Errorf("%w: filter", errBadRequest)
	}
	return id, h.filter(c.Request.Context(), staff, filter), nil
}
