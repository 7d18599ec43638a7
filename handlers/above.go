package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
)

// Some addresses only forms post to, and yet pages stand at them: a preview, a form with what was wrong. Who
// signs in again from such a page comes back to it by GET, where nothing is left of what was posted.

// noMethod leads staff who come so to the page above, and says why; to others it is 405.
func (h *House) noMethod() gin.HandlerFunc {
	var pages []string
	for _, r := range h.routes() {
		if r.method == http.MethodGet {
			pages = append(pages, r.path)
		}
	}
	lead := h.own(func(c *gin.Context, _ intake.Staff) error {
		code := "not-kept"
		if c.Request.URL.Path == batchPath {
			code = "preview-gone"
		}
		to, tells := above(pages, c.Request.URL.Path)
		if tells {
			if err := h.leave(c.Request.Context(), code, ""); err != nil {
				return err
			}
		}
		c.Redirect(http.StatusSeeOther, to)
		return nil
	})
	refuse := h.serve(func(*gin.Context) error { return errMethod })
	return func(c *gin.Context) {
		if c.Request.Method == http.MethodGet && strings.HasPrefix(c.Request.URL.Path, staffHome) {
			lead(c)
			return
		}
		refuse(c)
	}
}

// mute are the pages that show no message of the page before.
var mute = []string{exportPath, rosterPath + "/:id"}

// above is the nearest page above a path of staff, and whether it shows messages.
func above(pages []string, path string) (page string, tells bool) {
	for {
		path = path[:strings.LastIndex(path, "/")]
		if len(path) < len(staffHome) {
			return staffHome, true
		}
		if i := slices.IndexFunc(pages, func(pattern string) bool { return fits(pattern, path) }); i >= 0 {
			return path, !slices.Contains(mute, pages[i])
		}
	}
}

// fits says that a path is one of a route.
func fits(pattern, path string) bool {
	return slices.EqualFunc(strings.Split(pattern, "/"), strings.Split(path, "/"), func(p, s string) bool {
		return p == s || strings.HasPrefix(p, ":") && s != ""
	})
}
