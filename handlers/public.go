package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/templates"
)

// static sends a file under its content's mark, to be kept for ever.
func (h *House) static(c *gin.Context) error {
	data, contentType, ok := templates.StaticFile(c.Param("mark"), c.Param("name"))
	if !ok {
		return intake.ErrNotFound
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Data(http.StatusOK, contentType, data)
	return nil
}

// example sends the season's example picture of a material.
func (h *House) example(c *gin.Context) error {
	m, ok := h.Season.Material(c.Param("code"))
	if !ok || m.Example == "" || h.SeasonFS == nil {
		return intake.ErrNotFound
	}
	data, err := fs.ReadFile(h.SeasonFS, m.Example)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("example of %s: %w", m.Code, intake.ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("example of %s: %w", m.Code, err)
	}
	contentType := http.DetectContentType(data)
	if !strings.HasPrefix(contentType, "image/") {
		return fmt.Errorf("example of %s: is %s, not a picture", m.Code, contentType)
	}
	sum := sha256.Sum256(data)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	c.Header("Cache-Control", "public, max-age=3600")
	c.Header("ETag", tag)
	if matches(c.GetHeader("If-None-Match"), tag) {
		c.Status(http.StatusNotModified)
		return nil
	}
	c.Data(http.StatusOK, contentType, data)
	return nil
}
