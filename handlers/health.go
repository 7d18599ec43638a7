package handlers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
)

const readyPatience = 2 * time.Second

// healthz says that the process runs, whatever its surroundings do.
func (h *House) healthz(c *gin.Context) error {
	c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
	return nil
}

// Readiness is the answer of /readyz: "ready", "degraded" (Redis is gone: no sign-in, no order
// between instances, nothing lost; the virus scanner is silent: files wait; or messages wait too long) or "down" (with 503).
type Readiness struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks"` // "ok", or what is wrong
}

func (h *House) readyz(c *gin.Context) error {
	ctx, cancel := context.WithTimeout(c.Request.Context(), readyPatience)
	defer cancel()
	type check struct {
		name string
		dead bool // without it there is no service
		ask  func(context.Context) error
	}
	checks := []check{
		{"database", true, h.databaseReady},
		{"blobs", true, h.Blobs.Ping},
		{"redis", false, h.Redis.Ping},
		{"inbox", false, h.inboxReady},
	}
	if h.Clamd != nil {
		checks = append(checks, check{"clamd", false, h.Clamd.Ping})
	}
	r := Readiness{Status: "ready", Checks: make(map[string]string)}
	errs := make([]error, len(checks))
	var asking sync.WaitGroup
	for i, check := range checks {
		asking.Go(func() { errs[i] = check.ask(ctx) })
	}
	asking.Wait()
	status := http.StatusOK
	for i, check := range checks {
		if errs[i] == nil {
			r.Checks[check.name] = "ok"
			continue
		}
		h.log().WarnContext(ctx, "not ready", "check", check.name, "err", errs[i])
		r.Checks[check.name] = why(errs[i])
		switch {
		case check.dead:
			r.Status, status = "down", http.StatusServiceUnavailable
		case status == http.StatusOK:
			r.Status = "degraded"
		}
	}
	c.JSON(status, r)
	return nil
}

func (h *House) databaseReady(ctx context.Context) error {
	if err := h.DB.Ping(ctx); err != nil {
		return err
	}
	have, want, err := h.DB.Version(ctx)
	if err != nil {
		return err
	}
	if have < want {
		return plain(fmt.Sprintf("schema is at version %d, the program needs %d", have, want))
	}
	return nil
}

// inboxOld is how long a message may wait before somebody should look.
const inboxOld = time.Minute

// inboxReady is an error when messages wait: more come than are worked on, or nobody works.
func (h *House) inboxReady(ctx context.Context) error {
	now := h.now()
	b, err := h.DB.Backlog(ctx, now)
	if err != nil {
		return err
	}
	if age := b.Age(now); age > inboxOld {
		return plain(fmt.Sprintf("%d messages wait, the oldest for %s", b.Waiting, age.Round(time.Second)))
	}
	return nil
}

// plain is an error whose text may be shown: it names no host, no user and nobody's data.
type plain string

func (p plain) Error() string { return string(p) }

// why tells what is wrong in words that may be shown to everybody; the cause itself, which names hosts and users, is in
// the log.
func why(err error) string {
	var shown plain
	switch {
	case errors.As(err, &shown):
		return string(shown)
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer within " + readyPatience.String()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refuses the connection"
	case errors.Is(err, syscall.ENOSPC):
		return "no space left"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "may not be written"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return "out of file descriptors"
	}
	return "does not answer; see the log"
}
