package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/bot"
	"cailiao/wechat"
)

// refusals maps what package wechat refuses to HTTP, and counts it for the log.
var refusals = []struct {
	err    error
	status int
	name   string
	count  *atomic.Int64
}{
	{wechat.ErrForged, http.StatusForbidden, "forged", new(atomic.Int64)},
	{wechat.ErrStale, http.StatusForbidden, "stale", new(atomic.Int64)},
	{wechat.ErrTooLarge, http.StatusRequestEntityTooLarge, "too large", new(atomic.Int64)},
	{wechat.ErrMalformed, http.StatusBadRequest, "malformed", new(atomic.Int64)},
}

// echo answers WeChat's verification of the address, verbatim.
func (h *House) echo(c *gin.Context) error {
	text, err := h.Account.Echo(c.Request.URL.Query())
	if err != nil {
		h.refuse(c, err)
		return nil
	}
	c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte(text))
	return nil
}

// callback takes one message. WeChat counts it as delivered when the answer is 200, so that is
// sent only once the bot has the message in the database.
func (h *House) callback(c *gin.Context) error {
	began := time.Now() // a duration, not a moment
	m, err := h.Account.Receive(c.Request)
	if err != nil {
		h.refuse(c, err)
		return nil
	}
	reply, err := h.Bot.Answer(c.Request.Context(), m)
	if err != nil {
		h.Metrics.Callback(string(m.Kind), "failed", time.Since(began))
		return fmt.Errorf("answer: %w", err)
	}
	defer func() {
		outcome := "replied"
		if reply == "" {
			outcome = "acknowledged"
		}
		h.Metrics.Callback(string(m.Kind), outcome, time.Since(began))
	}()
	body, err := h.sealed(m, reply)
	if err != nil {
		return fmt.Errorf("reply: %w", err)
	}
	contentType := "application/xml; charset=utf-8"
	if len(body) > 0 && body[0] != '<' {
		contentType = "text/plain; charset=utf-8" // the literal "success"
	}
	c.Data(http.StatusOK, contentType, body)
	return nil
}

// sealed is the passive answer: a picture or a text.
func (h *House) sealed(m wechat.Message, reply string) ([]byte, error) {
	if mediaID, image := bot.ImageReply(reply); image {
		return h.Account.ReplyImage(m, mediaID)
	}
	return h.Account.Reply(m, reply)
}

// refuse answers what is not WeChat's, and logs that it happened and how often; nothing of the
// request is written there.
func (h *House) refuse(c *gin.Context, err error) {
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			h.log().WarnContext(c.Request.Context(), "callback refused", "why", r.name, "so_far", r.count.Add(1))
			h.Metrics.Callback("", r.name, 0)
			c.Data(r.status, "text/plain; charset=utf-8", []byte(http.StatusText(r.status)+"\n"))
			return
		}
	}
	h.fail(c, err)
}
