package handlers

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/templates"
)

const (
	codesPath  = "/staff/codes"
	codesPage  = 60 // five sheets of twelve
	codesDays  = 7
	codesLong  = 30              // WeChat keeps a code no longer
	codesGrace = 2 * time.Minute // the last of a page is asked for a little later
)

// codes shows what personal QR codes can be made.
func (h *House) codes(c *gin.Context, staff intake.Staff) error {
	return render(c, http.StatusOK, h.codesPage(c, staff), "")
}

func (h *House) codesPage(c *gin.Context, staff intake.Staff) templates.CodesPage {
	page := templates.CodesPage{Frame: h.frame(c), Days: codesDays, Longest: codesLong, PageLength: codesPage}
	for _, s := range h.Season.Sites {
		if staff.Sees(s.Code) {
			page.Sites = append(page.Sites, templates.ExportSite{Code: s.Code, Name: s.Name})
		}
	}
	return page
}

// makeCodes makes one page of codes to print; the next one follows behind its last candidate.
func (h *House) makeCodes(c *gin.Context, staff intake.Staff) error {
	ctx := c.Request.Context()
	page := h.codesPage(c, staff)
	page.Site = c.PostForm("site")
	page.SiteName = h.siteName(page.Site)
	days, err := strconv.Atoi(c.PostForm("days"))
	if err != nil || days < 1 || days > codesLong {
		page.Problem = "days"
		return render(c, http.StatusUnprocessableEntity, page, "")
	}
	after := int64(0)
	if text := c.PostForm("after"); text != "" {
		if after, err = strconv.ParseInt(text, 10, 64); err != nil {
			return fmt.Errorf("%w: after", errBadRequest)
		}
	}
	some, err := h.Desk.Unbound(ctx, staff, page.Site, after, codesPage+1)
	if err != nil {
		return err
	}
	if more := len(some) > codesPage; more {
		some = some[:codesPage]
		page.After = some[codesPage-1].ID
	}
	until := h.now().Add(time.Duration(days)*24*time.Hour - codesGrace)
	page.Days, page.Until, page.Made = days, h.local(until), true
	if len(some) == 0 {
		return render(c, http.StatusOK, page, "")
	}
	if err := h.Desk.CodesMade(ctx, staff, page.Site, len(some), until); err != nil {
		return err
	}
	if h.Codes == nil {
		return fmt.Errorf("codes: %w", intake.ErrNotFound)
	}
	if page.Codes, err = h.Codes.Codes(ctx, some, until); err != nil {
		h.log().Error("codes", "err", err)
		page.Problem, page.Codes, page.Made = "wechat", nil, false
		return render(c, http.StatusBadGateway, page, "")
	}
	return render(c, http.StatusOK, page, "")
}
