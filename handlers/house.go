// Package handlers is HTTP in: WeChat's callback and the staff's pages. A handler parses, makes
// one call, and renders; it returns its error to one place. All routes stand in routes.go.
package handlers

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

	"cailiao/clamd"
	"cailiao/intake"
	"cailiao/privacy"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/templates"
	"cailiao/watch"
	"cailiao/wechat"
)

// Answerer answers one WeChat message: the text to reply with, empty for none. An error means
// that the message is not safely stored; WeChat then delivers it again.
type Answerer interface {
	Answer(ctx context.Context, m wechat.Message) (reply string, err error)
}

// CodeMaker makes personal QR codes, good until a time.
type CodeMaker interface {
	Codes(ctx context.Context, candidates []intake.Candidate, until time.Time) ([]templates.Code, error)
}

// House is everything the routes need. All fields without a remark must be set.
type House struct {
	Account      *wechat.Account
	Bot          Answerer
	Desk         *review.Desk
	Keeper       *privacy.Keeper
	DB           *storage.DB
	Redis        *storage.Redis
	Blobs        storage.Blobs
	Season       *intake.Season
	Clamd        *clamd.Client    // nil: files are not scanned
	SeasonFS     fs.FS            // where the season's example pictures are found; nil: there are none
	Codes        CodeMaker        // nil: no personal QR codes are made
	Now          func() time.Time // nil: time.Now
	Log          *slog.Logger     // nil: silent
	PublicURL    string           // the address people use; https makes cookies Secure and turns HSTS on; empty: http, whatever host
	HSTSHostOnly bool             // HSTS leaves out the subdomains
	Metrics      *watch.Metrics   // nil: nothing is counted
	Proxies      []string         // addresses or CIDRs of reverse proxies whose X-Forwarded-For is believed; usually none
	Privacy      templates.PrivacyPage

	sessions *scs.SessionManager
	idle     time.Duration // 0: sessionIdle
}

// Router builds the handler of all routes. Call it once.
func (h *House) Router() (http.Handler, error) {
	h.sessions = newSessions(h.Redis, h.secure(), h.idleAfter())
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false                 // it would repeat the query, where personal data may stand
	engine.RemoteIPHeaders = []string{"X-Forwarded-For"} // not X-Real-IP, which a proxy may pass on from the client
	if err := engine.SetTrustedProxies(h.Proxies); err != nil {
		return nil, err
	}
	engine.Use(h.identify, h.accessLog, h.recover, h.limit)
	for _, r := range h.routes() {
		engine.Handle(r.method, r.path, r.handler)
	}
	engine.NoRoute(h.serve(func(*gin.Context) error { return intake.ErrNotFound }))
	engine.NoMethod(h.noMethod())

	guard := http.NewCrossOriginProtection()
	if origin := h.origin(); origin != "" {
		if err := guard.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.log().Warn("cross-site post refused")
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
	}))
	return h.secured(guard.Handler(headAsGet(engine))), nil
}

// headAsGet answers HEAD, which monitors like to send, with the headers of GET; net/http leaves
// out the body.
func headAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(r.Context()) // a copy: the server looks at the original
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

func (h *House) secure() bool { return strings.HasPrefix(h.PublicURL, "https://") }

// origin is scheme and host of PublicURL, which a proxy may hide from the Host header.
func (h *House) origin() string {
	u, err := url.Parse(h.PublicURL)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func (h *House) now() time.Time {
	if h.Now == nil {
		return time.Now()
	}
	return h.Now()
}

func (h *House) log() *slog.Logger {
	if h.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return h.Log
}

var (
	errMethod     = errors.New("method not allowed")
	errBadRequest = errors.New("bad request")
)
