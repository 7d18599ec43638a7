package handlers

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
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
		if h.proven(c, keyProof) {
			return f(c, staff)
		}
		h.askAgain(c, "")
		return nil
	}
}

// fully is recent for what signing in rests on: the proof takes all that signing in takes, the
// password and, where it is set up, the one-time code.
func (h *House) fully(f staffHandler) staffHandler {
	return func(c *gin.Context, staff intake.Staff) error {
		if h.proven(c, keyFull) {
			return f(c, staff)
		}
		h.askAgain(c, "&full=1")
		return nil
	}
}

// proven says whether the proof a session keeps under a key is recent.
func (h *House) proven(c *gin.Context, key string) bool {
	age := h.now().Sub(time.Unix(h.sessions.GetInt64(c.Request.Context(), key), 0))
	return age >= 0 && age < proofLife
}

func (h *House) askAgain(c *gin.Context, how string) {
	next := c.Request.URL.RequestURI()
	if c.Request.Method != http.MethodGet {
		next = ownReferer(c)
	}
	target := againPath + "?next=" + url.QueryEscape(next) + how
	if fromHtmx(c) {
		c.Header("HX-Redirect", target)
		c.Status(http.StatusNoContent)
		return
	}
	c.Redirect(http.StatusSeeOther, target)
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
	return render(c, http.StatusOK, h.againPage(c, staff, c.Query), "")
}

func (h *House) againPage(c *gin.Context, staff intake.Staff, sent func(string) string) templates.AgainPage {
	full := sent("full") != ""
	return templates.AgainPage{
		Frame: h.frame(c), Next: safeNext(sent("next")), Full: full, Code: staff.TOTP(), Password: full || !staff.TOTP(),
	}
}

// again takes the proof and leads on, under a new session id, to where it was asked for.
func (h *House) again(c *gin.Context, staff intake.Staff) error {
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	page := h.againPage(c, staff, c.PostForm)
	ctx, try := c.Request.Context(), h.attempt(c)
	prove, keys := h.Desk.Prove, []string{keyProof}
	if page.Full || !staff.TOTP() { // without one-time codes the password is all there is
		prove, keys = h.Desk.ProveFully, []string{keyProof, keyFull}
	}
	err := prove(ctx, staff, try)
	if status, problem := disbelieved(err); problem != "" {
		page.Problem = problem
		return render(c, status, page, "")
	}
	if err != nil {
		return err
	}
	for _, key := range keys {
		h.sessions.Put(ctx, key, h.now().Unix())
	}
	if err := h.renew(c, staff); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, page.Next)
	return nil
}
