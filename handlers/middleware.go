package handlers

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/watch"
)

// identify gives every request an id, which stands in its log lines and in the answer.
func (h *House) identify(c *gin.Context) {
	ctx := watch.NewRequest(c.Request.Context())
	c.Request = c.Request.WithContext(ctx)
	c.Header("X-Request-Id", watch.Request(ctx))
	c.Next()
}

// accessLog writes one line a request: the route, not the path, and no query, because paths and
// queries may carry personal data.
func (h *House) accessLog(c *gin.Context) {
	start := time.Now() // a duration, not a moment
	c.Next()
	status := c.Writer.Status()
	level := slog.LevelInfo
	if c.FullPath() == "/healthz" || c.FullPath() == "/readyz" || c.FullPath() == "/static/:mark/:name" {
		level = slog.LevelDebug
	}
	h.log().Log(c.Request.Context(), level, "request",
		"method", method(c.Request.Method), "route", c.FullPath(), "status", status,
		"bytes", max(c.Writer.Size(), 0), "ms", time.Since(start).Milliseconds())
	if c.FullPath() != "/wechat" { // has its own figures
		h.Metrics.Page(c.FullPath(), status, time.Since(start))
	}
}

// method keeps made-up methods out of the log.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch:
		return m
	}
	return "other"
}

// recover turns a panic into a 500 and a log line with its stack; nothing of the request is
// written there.
func (h *House) recover(c *gin.Context) {
	defer func() {
		caught := recover()
		if caught == nil {
			return
		}
		if caught == http.ErrAbortHandler {
			panic(caught) // net/http's own way of hanging up
		}
		h.log().ErrorContext(c.Request.Context(), "panic", "route", c.FullPath(), "kind", kindOf(caught), "stack", string(debug.Stack()))
		c.Abort()
		if !c.Writer.Written() {
			h.problem(c, http.StatusInternalServerError, "")
		}
	}()
	c.Next()
}

// kindOf names a panic without its text, unless the runtime wrote it: others may quote data.
func kindOf(caught any) string {
	if err, ok := caught.(interface {
		error
		RuntimeError()
	}); ok {
		return err.Error()
	}
	return "not a runtime error"
}

// contentPolicy lets a page use what this server sends, and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// filePolicy is for what is saved, not shown: opened all the same, it can do nothing.
const filePolicy = "default-src 'none'; frame-ancestors 'none'; sandbox"

// secured sets what every answer carries, whoever gives it; handlers may say otherwise. Tests:
// headers_test.go has the table.
func (h *House) secured(next http.Handler) http.Handler {
	always := [][2]string{
		{"Content-Security-Policy", contentPolicy},
		{"X-Content-Type-Options", "nosniff"},
		{"X-Frame-Options", "DENY"},
		// Not no-referrer: browsers would then send "Origin: null" with our own forms, and over plain
		// http, where Sec-Fetch-Site is missing, they would be taken for foreign.
		{"Referrer-Policy", "same-origin"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
		{"Cache-Control", "no-store"}, // pages are personal; the few public files say otherwise
	}
	switch {
	case h.secure() && h.HSTSHostOnly:
		always = append(always, [2]string{"Strict-Transport-Security", "max-age=31536000"})
	case h.secure():
		always = append(always, [2]string{"Strict-Transport-Security", "max-age=31536000; includeSubDomains"})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, header := range always {
			w.Header().Set(header[0], header[1])
		}
		if len(r.TransferEncoding) > 0 { // where a proxy may have seen another end of the request, nothing is taken for the next one
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

const formLimit = 512 << 10 // bytes of a posted form

// limit bounds what is read of a request.
func (h *House) limit(c *gin.Context) {
	limit := int64(formLimit)
	switch c.FullPath() {
	case "/wechat": // package wechat bounds its own body
		c.Next()
		return
	case rosterPath:
		limit = uploadLimit
	}
	if c.Request.ContentLength > limit { // not a byte of it is awaited
		c.Abort()
		h.problem(c, http.StatusRequestEntityTooLarge, "")
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, limit)
	c.Next()
}
