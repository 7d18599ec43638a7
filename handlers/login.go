package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/templates"
)

const staffHome = "/staff/"

// loginForm shows the form; who is signed in already goes on.
func (h *House) loginForm(c *gin.Context) error {
	next := safeNext(c.Query("next"))
	_, ok, err := h.signedIn(c.Request.Context())
	if err != nil {
		return err
	}
	if ok {
		c.Redirect(http.StatusSeeOther, next)
		return nil
	}
	page := templates.LoginPage{Frame: h.frame(c), Next: next}
	if _, err := c.Request.Cookie(h.sessions.Cookie.Name); err == nil && c.Query("next") != "" {
		page.Problem = "expired"
	}
	return render(c, http.StatusOK, page, "")
}

// login checks name and password and begins a session.
func (h *House) login(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	try := h.attempt(c)
	try.Name = c.PostForm("name")
	next := safeNext(c.PostForm("next"))
	who, err := h.Desk.Login(c.Request.Context(), try)
	page := templates.LoginPage{Frame: h.frame(c), Name: try.Name, Next: next}
	if status, problem := disbelieved(err); problem != "" {
		page.Problem = problem
		return render(c, status, page, "")
	}
	if err != nil {
		return err
	}
	if who.TOTP() {
		if err := h.beginHalf(c, who); err != nil {
			return err
		}
		c.Redirect(http.StatusSeeOther, codePath+"?next="+url.QueryEscape(next))
		return nil
	}
	if err := h.begin(c, who); err != nil {
		return err
	}
	h.know(c, try.Device)
	c.Redirect(http.StatusSeeOther, next)
	return nil
}

// attempt is a try to prove who somebody is, as a form sends it. A browser that is not known by
// anything yet is given something when the try ends in signing in.
func (h *House) attempt(c *gin.Context) review.Attempt {
	a := review.Attempt{Password: c.PostForm("password"), Code: c.PostForm("code"), Address: c.ClientIP(), Device: rand.Text()}
	if device, err := c.Request.Cookie(h.deviceCookie()); err == nil && len(device.Value) == len(a.Device) {
		a.Device = device.Value
	}
	return a
}

func (h *House) deviceCookie() string {
	if h.secure() {
		return "__Host-device"
	}
	return "device"
}

// know lets a browser be known from now on: the wrong tries of others are then not counted against
// who has signed in with it. It signs nobody in.
func (h *House) know(c *gin.Context, device string) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: h.deviceCookie(), Value: device, Path: "/", MaxAge: int(review.KnownFor / time.Second),
		HttpOnly: true, Secure: h.secure(), SameSite: http.SameSiteLaxMode,
	})
}

// disbelieved is how a proof that was not believed is answered: a password, a code, or both. The
// problem is a code for the page's words; empty: the error, if any, is another one.
func disbelieved(err error) (status int, problem string) {
	switch {
	case errors.Is(err, review.ErrTooMany):
		return http.StatusTooManyRequests, "many"
	case errors.Is(err, review.ErrBadLogin):
		return http.StatusUnprocessableEntity, "bad"
	case errors.Is(err, review.ErrExpired):
		return http.StatusUnprocessableEntity, "initial"
	}
	return 0, ""
}

const (
	codePath = "/staff/login/code"
	halfLife = 5 * time.Minute // how long the code may take after the password
)

// codeForm asks for the one-time code of somebody whose password was right.
func (h *House) codeForm(c *gin.Context) error {
	_, ok, err := h.halfSignedIn(c.Request.Context())
	if err != nil {
		return err
	}
	next := safeNext(c.Query("next"))
	if !ok {
		c.Redirect(http.StatusSeeOther, loginPath+"?next="+url.QueryEscape(next))
		return nil
	}
	return render(c, http.StatusOK, templates.CodePage{Frame: h.frame(c), Next: next}, "")
}

// loginCode checks the code and begins the session.
func (h *House) loginCode(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	who, ok, err := h.halfSignedIn(c.Request.Context())
	if err != nil {
		return err
	}
	page := templates.CodePage{Frame: h.frame(c), Next: safeNext(c.PostForm("next"))}
	if !ok {
		c.Redirect(http.StatusSeeOther, loginPath+"?next="+url.QueryEscape(page.Next))
		return nil
	}
	try := h.attempt(c)
	err = h.Desk.LoginCode(c.Request.Context(), who, try)
	if status, problem := disbelieved(err); problem != "" {
		page.Problem = problem
		return render(c, status, page, "")
	}
	if err != nil {
		return err
	}
	if err := h.begin(c, who); err != nil {
		return err
	}
	h.know(c, try.Device)
	c.Redirect(http.StatusSeeOther, page.Next)
	return nil
}

// halfSignedIn is whose password was right a moment ago.
func (h *House) halfSignedIn(ctx context.Context) (who intake.Staff, ok bool, err error) {
	age := h.now().Sub(time.Unix(h.sessions.GetInt64(ctx, keyProof), 0))
	if age < 0 || age >= halfLife {
		return who, false, nil
	}
	return h.account(ctx, keyHalf)
}

func (h *House) logout(c *gin.Context) error {
	if err := h.end(c); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, loginPath)
	return nil
}

func (h *House) root(c *gin.Context) error {
	c.Redirect(http.StatusSeeOther, staffHome)
	return nil
}

// safeNext lets a login lead to one of our pages only.
func safeNext(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, staffHome) ||
		strings.HasPrefix(u.Path, loginPath) || strings.ContainsAny(next, "\\\r\n\t") || strings.Contains(u.Path, "//") {
		return staffHome
	}
	return u.RequestURI()
}

func badForm(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return fmt.Errorf("%w: form", errBadRequest) // the cause may quote what was typed
}

// frame is what every page shows around its matter.
func (h *House) frame(c *gin.Context) templates.Frame {
	f := templates.Frame{Season: h.Season.Name}
	if who, ok := c.Value(whoKey).(intake.Staff); ok {
		f.User = &templates.User{
			Name: who.Name, Role: who.Role, Site: h.siteName(who.Site),
			Bound: h.duty(who) != "", People: review.ManagesAny(who), Log: review.ReadsLog(who), Waiting: h.waiting(c, who),
			ID: who.ID, Left: seconds(h.left(c.Request.Context())), Step: seconds(h.step()),
		}
	}
	return f
}

// waiting counts the questions that wait for an account, when its page is written: not for the parts that htmx
// asks for. A page does not fail for want of the count.
func (h *House) waiting(c *gin.Context, who intake.Staff) func() int {
	return func() int {
		n, err := h.Desk.WaitingQuestions(c.Request.Context(), who, templates.MostWaiting)
		if err != nil {
			h.log().WarnContext(c.Request.Context(), "questions are not counted", "err", err)
		}
		return n
	}
}

func (h *House) siteName(code string) string {
	site, ok := h.Season.Site(code)
	if !ok {
		return code
	}
	return site.Name
}
