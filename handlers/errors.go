package handlers

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/templates"
)

// statuses maps errors to HTTP; the first that fits counts, and what is not listed is 500.
var statuses = []struct {
	err    error
	status int
	cause  string // of templates.ProblemPage
}{
	{intake.ErrNotFound, http.StatusNotFound, ""},
	{intake.ErrSamePerson, http.StatusForbidden, "same-person"},
	{intake.ErrFinalAlone, http.StatusForbidden, "final-alone"},
	{intake.ErrForbidden, http.StatusForbidden, ""},
	{intake.ErrConflict, http.StatusConflict, ""},
	{intake.ErrTooLate, http.StatusUnprocessableEntity, "too-late"},
	{intake.ErrIncomplete, http.StatusUnprocessableEntity, ""},
	{intake.ErrBox, http.StatusUnprocessableEntity, ""},
	{intake.ErrMismatch, http.StatusUnprocessableEntity, ""},
	{intake.ErrNoReason, http.StatusUnprocessableEntity, ""},
	{review.ErrBatchSize, http.StatusUnprocessableEntity, ""},
	{review.ErrTooLong, http.StatusUnprocessableEntity, ""},
	{review.ErrTooMany, http.StatusTooManyRequests, ""},
	{errMethod, http.StatusMethodNotAllowed, ""},
	{errBadRequest, http.StatusBadRequest, ""},
	{errSessions, http.StatusServiceUnavailable, ""},
}

// httpStatus is the status of an error, and the cause its page may tell.
func httpStatus(err error) (status int, cause string) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge, ""
	}
	for _, s := range statuses {
		if errors.Is(err, s.err) {
			return s.status, s.cause
		}
	}
	return http.StatusInternalServerError, ""
}

// serve turns a handler that returns an error into one of gin's. It is the place where errors end.
func (h *House) serve(f func(c *gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := f(c); err != nil {
			h.fail(c, err)
		}
	}
}

func (h *House) fail(c *gin.Context, err error) {
	status, cause := httpStatus(err)
	gone := errors.Is(err, context.Canceled) && c.Request.Context().Err() != nil // nobody waits any more
	if status >= http.StatusInternalServerError && !gone {
		h.log().ErrorContext(c.Request.Context(), "request failed", "route", c.FullPath(), "status", status, "err", err)
	}
	if c.Writer.Written() {
		return
	}
	h.problem(c, status, cause)
}

// problem answers with the page for a status: to people; machines get one line.
func (h *House) problem(c *gin.Context, status int, cause string) {
	var b bytes.Buffer
	err := templates.Page(&b, templates.ProblemPage{Frame: h.frame(c), Status: status, Cause: cause})
	if err != nil || c.FullPath() == "/wechat" {
		c.Data(status, "text/plain; charset=utf-8", []byte(http.StatusText(status)+"\n"))
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Data(status, "text/html; charset=utf-8", b.Bytes())
}

// render answers with a whole page, or with a block of it when htmx asks for that.
func render(c *gin.Context, status int, v templates.View, block string) error {
	var b bytes.Buffer
	var err error
	if block != "" && fromHtmx(c) {
		err = templates.Part(&b, v, block)
	} else {
		err = templates.Page(&b, v)
	}
	if err != nil {
		return err
	}
	c.Header("Vary", "HX-Request")
	c.Data(status, "text/html; charset=utf-8", b.Bytes())
	return nil
}

func fromHtmx(c *gin.Context) bool { return c.GetHeader("HX-Request") == "true" }
