package handlers

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
)

// Routes lists every route as "METHOD path", for the access table.
func Routes() []string {
	var all []string
	for _, r := range (&House{}).routes() {
		all = append(all, r.method+" "+r.path)
	}
	return all
}

// RouterWithRecent is the router and, beside it, GET and POST of one path that wants a recent proof.
func (h *House) RouterWithRecent(path string, answer gin.HandlerFunc) (http.Handler, error) {
	router, err := h.Router()
	if err != nil {
		return nil, err
	}
	engine := gin.New()
	guarded := h.staff(h.recent(func(c *gin.Context, _ intake.Staff) error {
		answer(c)
		return nil
	}))
	engine.GET(path, guarded)
	engine.POST(path, guarded)
	engine.NoRoute(func(c *gin.Context) {
		c.Status(http.StatusOK) // gin's own 404 stands until somebody answers
		router.ServeHTTP(c.Writer, c.Request)
	})
	return engine, nil
}

// Agent and Network are what a page tells of where somebody is signed in.
var (
	Agent   = agent
	Network = network
)

// IdleAfter lets sessions end after this time without a request.
func (h *House) IdleAfter(d time.Duration) { h.idle = d }
