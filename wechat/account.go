// Package wechat is one WeChat service account (服务号): what it pushes to us, verified, decrypted and parsed, and what we
// ask of it, with one shared token, time limits and errors that carry their code.
//
// It stands on silenceper/wechat for signatures, encryption and the shapes of messages, and does itself what that SDK leaves
// open: freshness, downgrade, key rotation, bounded bodies, token sharing, retries, redaction. The SDK's root package is
// never imported (it sets the global logger to debug), nor are its clients (they share one global http.Client without a
// timeout). Two accounts in one process do not touch each other.
//
// Reading order: account, config; callback, message, reply for what comes in; token, call, then one file per call.
package wechat

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Cache is the store that several instances share. It holds the access token, nothing else.
// When it fails, the account goes on with its own memory.
type Cache interface {
	Get(ctx context.Context, key string) (value string, found bool, err error)
	Set(ctx context.Context, key, value string, ttl time.Duration) error
	// Lock tries once, without waiting. ok is false when somebody else holds the lock; unlock is only called when ok.
	Lock(ctx context.Context, key string, ttl time.Duration) (unlock func(), ok bool, err error)
}

// Options are what a program or a test may choose besides the configuration. The zero value is right for production.
type Options struct {
	Now    func() time.Time // nil: time.Now
	Log    *slog.Logger     // nil: silent
	Client *http.Client     // nil: an own one with limits; a given one keeps its Transport, but never follows redirects

	// Observe is told of every call that was sent: its API, the error it ended with, and how long it took; nil: nobody asks.
	Observe func(api string, err error, took time.Duration)

	// BrowserBase is where a person's browser goes for the OAuth page and the picture of a QR code, for a stand-in of
	// the platform. Empty: open.weixin.qq.com and mp.weixin.qq.com.
	BrowserBase string
}

// Account is one service account. It is safe for use by many goroutines.
type Account struct {
	cfg    Config
	base   *url.URL // where every server-side call goes
	pages  string   // Options.BrowserBase without a trailing slash
	cache  Cache    // nil: this process alone
	client *http.Client
	log    *slog.Logger
	now    func() time.Time
	tokens tokenStore
	watch  func(api string, err error, took time.Duration)
}

// Open checks the configuration and returns the account. It makes no call; Check does.
// cache may be nil: then the token lives in this process only, which stable tokens allow.
func Open(cfg Config, cache Cache, opts Options) (*Account, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	base, err := cfg.apiBase()
	if err != nil {
		return nil, err
	}
	a := &Account{
		cfg:    cfg,
		base:   base,
		pages:  strings.TrimRight(cmp.Or(opts.BrowserBase, cfg.BrowserBase), "/"),
		cache:  cache,
		client: newClient(opts.Client),
		log:    opts.Log,
		now:    opts.Now,
		watch:  opts.Observe,
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.now == nil {
		a.now = time.Now
	}
	a.tokens.key = tokenKey(cfg, base)
	return a, nil
}

// Close lets go of idle connections. The account must not be used afterwards.
func (a *Account) Close() { a.client.CloseIdleConnections() }

// Check asks the platform itself for a token, past every cache: it proves app_id, app_secret, api_base and the IP allow-list.
func (a *Account) Check(ctx context.Context) error {
	if _, err := a.fetchToken(ctx); err != nil {
		return fmt.Errorf("wechat credentials: %w", err)
	}
	return nil
}

// LogID stands for an open id in logs: the first 12 hex digits of its SHA-256. The same person keeps the same mark.
func LogID(openID string) string {
	sum := sha256.Sum256([]byte(openID))
	return hex.EncodeToString(sum[:6])
}

// newClient bounds what the context of a call does not see, and refuses redirects: they would carry the token elsewhere.
func newClient(given *http.Client) *http.Client {
	client := &http.Client{}
	if given != nil {
		*client = *given
	}
	if client.Transport == nil {
		client.Transport = &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout:   5 * time.Second,
			ResponseHeaderTimeout: 15 * time.Second,
			ForceAttemptHTTP2:     true,
			MaxIdleConns:          64,
			MaxIdleConnsPerHost:   16,
			IdleConnTimeout:       90 * time.Second,
		}
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}
