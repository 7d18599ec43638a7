package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/templates"
)

const (
	againPath = "/staff/again"
	proofLife = 5 * time.Minute
)

// recent runs a handler only for somebody who has shown within the last five minutes, by signing
// in or on the page /staff/again, that they are who they are: for taking data out of the system,
// for erasing, and for what gives others power. Wrap it in a route as
//
//	{post, "/staff/exports", h.staff(h.recent(h.export))},
//
// A page that is asked for comes after the proof by itself. A form that is posted is not kept: its
// sender comes back to the page it stands on, so wrap that page too if it is long.
func (h *House) recent(f staffHandler) staffHandler {
	return func(c *gin.Context, staff intake.Staff) error {
		proven := time.Unix(h.sessions.GetInt64(c.Request.Context(), keyProof), 0)
		if age := h.now().Sub(proven); age >= 0 && age < proofLife {
			return f(c, staff)
		}
		next := c.Request.URL.RequestURI()
		if c.Request.Method != http.MethodGet {
			next = ownReferer(c)
		}
		target := againPath + "?next=" + url.QueryEscape(next)
		if fromHtmx(c) {
			c.Header("HX-Redirect", target)
			c.Status(http.StatusNoContent)
			return nil
		}
		c.Redirect(http.StatusSeeOther, target)
		return nil
	}
}

// ownReferer is the page of ours a form was sent from.
func ownReferer(c *gin.Context) string {
	u, err := url.Parse(c.Request.Referer())
	if err != nil {
		return staffHome
	}
	return safeNext(u.RequestURI())
}

func (h *House) againForm(c *gin.Context, staff intake.Staff) error {
	return render(c, http.StatusOK, templates.AgainPage{Frame: h.frame(c), Next: safeNext(c.Query("next")), Code: staff.TOTP()}, "")
}

// again takes the proof and leads on to where it was asked for.
func (h *House) again(c *gin.Context, staff intake.Staff) error {
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	page := templates.AgainPage{Frame: h.frame(c), Next: safeNext(c.PostForm("next")), Code: staff.TOTP()}
	try := review.Attempt{Password: c.PostForm("password"), Code: c.PostForm("code"), Address: c.ClientIP()}
	err := h.Desk.Prove(c.Request.Context(), staff, try)
	switch {
	case errors.Is(err, review.ErrTooMany):
		page.Problem = "many"
		return render(c, http.StatusTooManyRequests, page, "")
	case errors.Is(err, review.ErrBadLogin):
		page.Problem = "bad"
		return render(c, http.StatusUnprocessableEntity, page, "")
	case err != nil:
		return err
	}
	ctx := c.Request.Context()
	h.sessions.Put(ctx, keyProof, h.now().Unix())
	if err := h.commit(ctx); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, page.Next)
	return nil
}
