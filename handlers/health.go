package handlers

import (
	"context"
	"fmt"
	"net/http"
	"sync"
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
// between instances, nothing lost) or "down" (with 503).
type Readiness struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks"` // "ok", or what is wrong
}

func (h *House) readyz(c *gin.Context) error {
	ctx, cancel := context.WithTimeout(c.Request.Context(), readyPatience)
	defer cancel()
	checks := []struct {
		name string
		dead bool // without it there is no service
		ask  func(context.Context) error
	}{
		{"database", true, h.databaseReady},
		{"blobs", true, h.Blobs.Ping},
		{"redis", false, h.Redis.Ping},
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
		h.log().Warn("not ready", "check", check.name, "err", errs[i])
		r.Checks[check.name] = "does not answer; see the log" // the cause names hosts and users
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
		return fmt.Errorf("database is at version %d, the program needs %d", have, want)
	}
	return nil
}
