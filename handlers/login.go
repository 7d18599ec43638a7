package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

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
	try := review.Attempt{
		Name: c.PostForm("name"), Password: c.PostForm("password"), Address: c.ClientIP(),
	}
	next := safeNext(c.PostForm("next"))
	who, err := h.Desk.Login(c.Request.Context(), try)
	page := templates.LoginPage{Frame: h.frame(c), Name: try.Name, Next: next}
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
	if err := h.begin(c, who); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, next)
	return nil
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
		f.User = &templates.User{Name: who.Name, Role: who.Role, Site: h.siteName(who.Site)}
	}
	return f
}

func (h *House) siteName(code string) string {
	site, ok := h.Season.Site(code)
	if !ok {
		return code
	}
	return site.Name
}
