package handlers

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
)

// photo sends one form of a photo; the screen copy carries a stamp of who looks at it. Thumbnails and screen copies may stay in this browser's cache
// for this session (Vary: Cookie; signing out empties it); what is taken out of the system, the
// original and the copy, is never kept and never shown in place.
func (h *House) photo(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	picture, err := h.Desk.Photo(c.Request.Context(), staff, id, review.PhotoKind(c.Param("kind")))
	if err != nil {
		return err
	}
	tag := `"` + picture.Tag + `"`
	switch picture.Kind {
	case review.Thumb, review.Screen:
		c.Header("Cache-Control", "private, max-age=3600, immutable")
		c.Header("Vary", "Cookie")
		c.Header("ETag", tag)
		if matches(c.GetHeader("If-None-Match"), tag) {
			c.Status(http.StatusNotModified)
			return nil
		}
	default:
		c.Header("Cache-Control", "private, no-store")
		c.Header("Content-Disposition", fmt.Sprintf("attachment; filename=%q", picture.Name))
		c.Header("Content-Security-Policy", filePolicy)
	}
	data, err := picture.Bytes(c.Request.Context())
	if err != nil {
		clearCaching(c)
		return err
	}
	c.Data(http.StatusOK, picture.Type, data)
	return nil
}

// clearCaching takes back what was promised for a success.
func clearCaching(c *gin.Context) {
	for _, name := range []string{"ETag", "Vary", "Content-Disposition"} {
		c.Writer.Header().Del(name)
	}
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Security-Policy", contentPolicy)
}

// matches reads If-None-Match.
func matches(header, tag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimSpace(part); strings.TrimPrefix(part, "W/") == tag {
			return true
		}
	}
	return false
}
