package handlers

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/privacy"
	"cailiao/review"
	"cailiao/templates"
)

// What the law lets a person ask for: a copy of everything held about them, and its erasure. Only
// an admin may do either, and both want a recent proof.

const receiptsPath = "/staff/erasures"

// ofAdmin is a candidate an admin asks about.
func (h *House) ofAdmin(c *gin.Context, staff intake.Staff) (intake.Candidate, error) {
	id, err := pathID(c)
	if err != nil {
		return intake.Candidate{}, err
	}
	k, err := h.Desk.Case(c.Request.Context(), staff, id)
	if err == nil && staff.Role != intake.RoleAdmin {
		err = intake.ErrForbidden
	}
	return k.Candidate, err
}

// eraseForm shows what erasing a candidate would take.
func (h *House) eraseForm(c *gin.Context, staff intake.Staff) error {
	who, err := h.ofAdmin(c, staff)
	if err != nil {
		return err
	}
	return h.showErase(c, who, templates.ErasePage{})
}

// erase takes a candidate away for good. The 报名号 is typed once more, and a reason given.
func (h *House) erase(c *gin.Context, staff intake.Staff) error {
	who, err := h.ofAdmin(c, staff)
	if err != nil {
		return err
	}
	page := templates.ErasePage{Typed: c.PostForm("number"), Reason: c.PostForm("reason")}
	if page.Typed != who.Number {
		page.Problem = "number"
		return h.showErase(c, who, page)
	}
	done, err := h.Keeper.Erase(c.Request.Context(), who.ID, review.Actor(staff), page.Reason)
	if errors.Is(err, privacy.ErrReason) {
		page.Problem = "reason"
		return h.showErase(c, who, page)
	}
	if done.ID == 0 {
		return err
	}
	if err != nil { // the rows are gone; the pictures follow by themselves
		h.log().ErrorContext(c.Request.Context(), "pictures of an erased person not all deleted yet", "erasure", done.ID, "err", err)
	}
	c.Redirect(http.StatusSeeOther, fmt.Sprintf("%s/%d", receiptsPath, done.ID))
	return nil
}

func (h *House) showErase(c *gin.Context, who intake.Candidate, page templates.ErasePage) error {
	would, err := h.DB.PersonRows(c.Request.Context(), who)
	if err != nil {
		return err
	}
	page.Frame, page.ID, page.Name, page.Number = h.frame(c), who.ID, who.Name, who.Number
	page.Rows, page.Pictures = would.Rows(), would.Blobs
	status := http.StatusOK
	if page.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	return render(c, status, page, "")
}

// receipt shows the proof of an erasure. It names nobody.
func (h *House) receipt(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if staff.Role != intake.RoleAdmin {
		return intake.ErrForbidden
	}
	e, err := h.DB.Erasure(c.Request.Context(), id)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, templates.ReceiptPage{
		Frame: h.frame(c), ID: e.ID, At: h.local(e.At), Reason: e.Reason, Rows: e.Rows(), Pictures: e.Blobs,
	}, "")
}

// exportPerson sends everything held about a candidate, for that person.
func (h *House) exportPerson(c *gin.Context, staff intake.Staff) error {
	who, err := h.ofAdmin(c, staff)
	if err != nil {
		return err
	}
	out := &opening{open: func() io.Writer {
		attach(c, "application/zip", fmt.Sprintf("person-%d.zip", who.ID))
		return patient{c.Writer, http.NewResponseController(c.Writer)}
	}}
	err = h.Keeper.Export(c.Request.Context(), who.ID, review.Actor(staff), out)
	if err == nil || out.to == nil {
		return err
	}
	h.log().ErrorContext(c.Request.Context(), "export cut off", "route", c.FullPath(), "err", err)
	panic(http.ErrAbortHandler) // the browser then knows that the file is not whole
}

// opening is a file that begins with its first byte: until then the answer may be another one.
type opening struct {
	open func() io.Writer
	to   io.Writer
}

func (o *opening) Write(b []byte) (int, error) {
	if o.to == nil {
		o.to = o.open()
	}
	return o.to.Write(b)
}
