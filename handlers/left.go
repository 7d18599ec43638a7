package handlers

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
)

// A page knows how long its session lasts, so that static/left.js can empty it in time.

const (
	leftPath = "/staff/left"
	asideKey = "aside" // in gin's context, or in the query: the request is none of a person's
)

// aside marks a route whose requests pages send by themselves: nobody need be there. A page that asks its own address
// how far something is says so in the query, see byItself.
func (h *House) aside(next gin.HandlerFunc) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Set(asideKey, true)
		next(c)
	}
}

// byItself says that nobody stands behind a request.
func byItself(c *gin.Context) bool { return c.GetBool(asideKey) || c.Query(asideKey) != "" }

// sayLeft tells a page how long the session lasts, and whose it is by now. Posted, it says that
// somebody is at work in the page.
func (h *House) sayLeft(c *gin.Context, staff intake.Staff) error {
	c.Data(http.StatusOK, "text/plain; charset=utf-8", fmt.Appendf(nil, "%d %d", seconds(h.left(c.Request.Context())), staff.ID))
	return nil
}

// left is how long the session lasts if nothing more is done.
func (h *House) left(ctx context.Context) time.Duration {
	since := func(key string) time.Duration { return h.now().Sub(time.Unix(h.sessions.GetInt64(ctx, key), 0)) }
	return max(0, min(h.idleAfter()-since(keySeen), sessionLife-since(keyBegan)))
}

func (h *House) idleAfter() time.Duration {
	if h.idle == 0 {
		return sessionIdle
	}
	return h.idle
}

// step is after how long using a session is written down again.
func (h *House) step() time.Duration { return h.idleAfter() / sessionSteps }

// seconds are begun ones: a page must not take its session for over before it is.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
