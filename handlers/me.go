package handlers

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/templates"
)

const mePath = "/staff/me"

// me shows somebody their own account.
func (h *House) me(c *gin.Context, staff intake.Staff) error {
	page, err := h.mePage(c, staff)
	if err != nil {
		return err
	}
	if page.Offer {
		if err := h.offerTOTP(c, staff, &page); err != nil {
			return err
		}
	}
	return render(c, http.StatusOK, page, "")
}

// totpForm is one's account with what it takes to set up one-time codes.
func (h *House) totpForm(c *gin.Context, staff intake.Staff) error {
	if staff.TOTP() || staff.MustChange() {
		c.Redirect(http.StatusSeeOther, mePath)
		return nil
	}
	page, err := h.mePage(c, staff)
	if err != nil {
		return err
	}
	if err := h.offerTOTP(c, staff, &page); err != nil {
		return err
	}
	return render(c, http.StatusOK, page, "")
}

func (h *House) mePage(c *gin.Context, staff intake.Staff) (templates.MePage, error) {
	page := templates.MePage{
		Frame: h.frame(c), Duty: h.duty(staff), TOTPSince: h.local(staff.TOTPSince), MayDrop: h.Desk.MayDropTOTP(staff),
		Least: h.Desk.LeastPassword(staff), AskCode: review.PasswordTakesCode(staff), LastLogin: h.local(staff.LastLogin),
	}
	page.Offer = page.Duty == "totp"
	ctx := c.Request.Context()
	var err error
	if page.Flash, _, err = h.takeFlash(ctx); err != nil {
		return page, err
	}
	if staff.TOTP() {
		if page.CodesLeft, err = h.DB.RecoveryCodes(ctx, staff.ID); err != nil {
			return page, err
		}
	}
	all, err := h.places(ctx, staff)
	page.Places = len(all)
	return page, err
}

func (h *House) offerTOTP(c *gin.Context, staff intake.Staff, page *templates.MePage) error {
	secret, address, err := h.Desk.OfferTOTP(c.Request.Context(), staff)
	if err != nil {
		return err
	}
	page.Offer, page.Secret = true, grouped(secret)
	page.QRSize, page.QR, err = review.QRPath(address)
	return err
}

// grouped puts a space after every four characters, for typing.
func grouped(secret string) string {
	var b []byte
	for i := range len(secret) {
		if i > 0 && i%4 == 0 {
			b = append(b, ' ')
		}
		b = append(b, secret[i])
	}
	return string(b)
}

// changePassword gives somebody the password they wish.
func (h *House) changePassword(c *gin.Context, staff intake.Staff) error {
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	wish, repeated := c.PostForm("new"), c.PostForm("again")
	var err error
	after := staff
	problem := "differ"
	if wish == repeated {
		after, err = h.Desk.ChangePassword(c.Request.Context(), staff, h.attempt(c), wish)
		problem = passwordProblem(err)
	}
	if problem == "" && err != nil {
		return err
	}
	if problem != "" {
		page, err := h.mePage(c, staff)
		if err != nil {
			return err
		}
		page.Problem = problem
		return render(c, http.StatusUnprocessableEntity, page, "")
	}
	return h.afterOwn(c, after, "own-password")
}

// passwordProblem is a code for what is wrong with a password; empty: nothing, or another error.
func passwordProblem(err error) string {
	switch {
	case errors.Is(err, review.ErrTooMany):
		return "many"
	case errors.Is(err, review.ErrBadLogin):
		return "old"
	case errors.Is(err, review.ErrSamePassword):
		return "same"
	case errors.Is(err, review.ErrStaffPassword):
		return "short"
	case errors.Is(err, review.ErrLongPassword):
		return "long"
	case errors.Is(err, review.ErrCommonPassword):
		return "common"
	}
	return ""
}

// setUpTOTP takes the first code of a telephone and shows the recovery codes, once.
func (h *House) setUpTOTP(c *gin.Context, staff intake.Staff) error {
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	if staff.TOTP() {
		return intake.ErrConflict
	}
	after, codes, err := h.Desk.SetUpTOTP(c.Request.Context(), staff, h.attempt(c))
	if status, problem := disbelieved(err); problem != "" {
		page, err := h.mePage(c, staff)
		if err != nil {
			return err
		}
		page.SetUp = problem
		if err := h.offerTOTP(c, staff, &page); err != nil {
			return err
		}
		return render(c, status, page, "")
	}
	if err != nil {
		return err
	}
	return h.showCodes(c, after, codes)
}

// newCodes makes new recovery codes and shows them, once.
func (h *House) newCodes(c *gin.Context, staff intake.Staff) error {
	after, codes, err := h.Desk.NewRecoveryCodes(c.Request.Context(), staff)
	if err != nil {
		return err
	}
	return h.showCodes(c, after, codes)
}

func (h *House) showCodes(c *gin.Context, after intake.Staff, codes []string) error {
	if err := h.renew(c, after); err != nil {
		return err
	}
	c.Set(whoKey, after)
	page, err := h.mePage(c, after)
	if err != nil {
		return err
	}
	page.Codes = codes
	return render(c, http.StatusOK, page, "")
}

// dropTOTP does away with one-time codes, for another telephone or for good.
func (h *House) dropTOTP(c *gin.Context, staff intake.Staff) error {
	after, err := h.Desk.DropTOTP(c.Request.Context(), staff)
	if err != nil {
		return err
	}
	return h.afterOwn(c, after, "own-totp-off")
}

// endOthers ends all of somebody's sessions but this one.
func (h *House) endOthers(c *gin.Context, staff intake.Staff) error {
	after, err := h.Desk.EndSessions(c.Request.Context(), staff)
	if err != nil {
		return err
	}
	if err := h.renew(c, after); err != nil {
		return err
	}
	if err := h.leave(c.Request.Context(), "own-sessions", ""); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, placesPath)
	return nil
}

// afterOwn keeps this session, the only one, and leads back to the account's page.
func (h *House) afterOwn(c *gin.Context, after intake.Staff, flash string) error {
	if err := h.renew(c, after); err != nil {
		return err
	}
	if err := h.leave(c.Request.Context(), flash, ""); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, mePath)
	return nil
}
