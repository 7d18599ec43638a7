package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// privacy tells anybody, without a session, what is held of candidates. It is the same for all.
func (h *House) privacy(c *gin.Context) error {
	c.Header("Cache-Control", "public, max-age=300")
	return render(c, http.StatusOK, h.Privacy, "")
}
