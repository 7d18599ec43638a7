package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/silenceper/wechat/v2/credential"
)

// The access token comes from stable_token in normal mode: asking again returns the same token while it is valid, so
// instances, tests and a lost cache cannot invalidate each other. force_refresh is never used.

const (
	tokenMargin   = 5 * time.Minute  // the platform renews that early, and both tokens are valid meanwhile
	tokenMinimum  = time.Minute      // held at least, if its life allows: expires_in may legally be just the margin
	tokenPatience = 10 * time.Second // for one fetch
	tokenLockTTL  = 15 * time.Second // a little longer than a fetch
	cachePatience = 2 * time.Second  // for one look into the shared cache
	tokenPoll     = 100 * time.Millisecond
	tokenWait     = 3 * time.Second  // for another instance that is fetching
	tokenPenalty  = 10 * time.Second // how long a refusal that asking again cannot change stands
)

type token struct {
	value string
	until time.Time
}

// tokenStore is the token of this process and the one refresh under way.
type tokenStore struct {
	key string // in the shared cache

	mu      sync.Mutex
	held    token
	refresh *refresh
	refused error     // the platform's last refusal that asking again cannot change,
	retryAt time.Time // which stands until then
}

// refresh is one attempt to get a token; everybody else waits for it.
type refresh struct {
	avoid  string // the token that was refused, or ""
	done   chan struct{}
	got    token
	err    error
	gaveUp bool // the leader's own context ended: says nothing about the platform
}

// tokenKey is different for another account, another secret and another platform address (a stand-in, say).
func tokenKey(cfg Config, base *url.URL) string {
	return "wechat:token:" + cfg.AppID + ":" + digest(base.String() + "\n" + cfg.AppSecret)[:16]
}

// accessToken returns a token to use now. avoid is a token the platform has just refused, or "": it is forgotten if it is
// still the current one. One goroutine refreshes; the others wait for it as long as their context allows.
func (a *Account) accessToken(ctx context.Context, avoid string) (string, error) {
	s := &a.tokens
	for {
		if err := ctx.Err(); err != nil {
			return "", a.failed("stable_token", err)
		}
		s.mu.Lock()
		now := a.now()
		if s.held.value == avoid {
			s.held = token{}
		}
		if s.held.value != "" && now.Before(s.held.until) {
			value := s.held.value
			s.mu.Unlock()
			return value, nil
		}
		if s.refused != nil && now.Before(s.retryAt) {
			err := s.refused
			s.mu.Unlock()
			return "", err
		}
		r := s.refresh
		if r == nil {
			r = &refresh{avoid: avoid, done: make(chan struct{})}
			s.refresh = r
			s.mu.Unlock()
			a.lead(ctx, r)
			return r.got.value, r.err
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return "", a.failed("stable_token", ctx.Err())
		case <-r.done:
		}
		switch {
		case r.err == nil && (r.got.value != avoid || r.avoid == avoid):
			return r.got.value, nil
		case r.err != nil && !r.gaveUp:
			return "", r.err
		}
		// The leader ran out of its own time, or brought the very token we must avoid: next turn.
	}
}

// lead carries out one refresh and tells the waiters, even if it panics.
func (a *Account) lead(ctx context.Context, r *refresh) {
	s := &a.tokens
	r.err = errors.New("wechat stable_token: the refresh broke off")
	defer func() {
		s.mu.Lock()
		switch ActionFor(r.err) {
		case None:
			s.held, s.refused = r.got, nil
		case Alarm, PauseUntilMidnight, RetryLater:
			s.refused, s.retryAt = r.err, a.now().Add(tokenPenalty)
		}
		r.gaveUp = ctx.Err() != nil
		s.refresh = nil
		s.mu.Unlock()
		close(r.done)
	}()
	r.got, r.err = a.sharedToken(ctx, r.avoid)
}

// sharedToken takes the token from the shared cache, or fetches it while holding the shared lock. A cache that fails is
// left out: fetching costs little, since the platform returns the same token.
func (a *Account) sharedToken(ctx context.Context, avoid string) (token, error) {
	if a.cache == nil {
		return a.fetchToken(ctx)
	}
	if t, ok := a.cachedToken(ctx, avoid); ok {
		return t, nil
	}
	unlock, ok, err := a.cache.Lock(ctx, a.tokens.key+":lock", tokenLockTTL)
	switch {
	case err != nil:
		a.log.Warn("shared lock for the WeChat token failed, going on without", "error", err)
	case ok:
		defer unlock()
		if t, ok := a.cachedToken(ctx, avoid); ok { // somebody was faster
			return t, nil
		}
	default:
		if t, ok := a.awaitToken(ctx, avoid); ok {
			return t, nil
		}
	}
	t, err := a.fetchToken(ctx)
	if err != nil {
		return token{}, err
	}
	a.shareToken(ctx, t)
	return t, nil
}

// shareToken puts the token where the other instances look. A life below a second is not shared: Redis refuses 0.
func (a *Account) shareToken(ctx context.Context, t token) {
	ttl := t.until.Sub(a.now())
	if ttl < time.Second {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, cachePatience)
	defer cancel()
	value := strconv.FormatInt(t.until.Unix(), 10) + " " + t.value
	if err := a.cache.Set(ctx, a.tokens.key, value, ttl); err != nil {
		a.log.Warn("could not share the WeChat token", "error", err)
	}
}

// awaitToken looks for the token another instance is fetching, for a while.
func (a *Account) awaitToken(ctx context.Context, avoid string) (token, bool) {
	poll := time.NewTicker(tokenPoll)
	defer poll.Stop()
	patience := time.NewTimer(tokenWait)
	defer patience.Stop()
	for {
		select {
		case <-ctx.Done():
			return token{}, false
		case <-patience.C:
			return token{}, false
		case <-poll.C:
			if t, ok := a.cachedToken(ctx, avoid); ok {
				return t, true
			}
		}
	}
}

// cachedToken reads the shared token, stored as "<unix second it is held until> <token>".
func (a *Account) cachedToken(ctx context.Context, avoid string) (token, bool) {
	ctx, cancel := context.WithTimeout(ctx, cachePatience)
	defer cancel()
	stored, found, err := a.cache.Get(ctx, a.tokens.key)
	if err != nil {
		a.log.Warn("could not read the shared WeChat token", "error", err)
		return token{}, false
	}
	seconds, value, ok := strings.Cut(stored, " ")
	until, err := strconv.ParseInt(seconds, 10, 64)
	if !found || !ok || err != nil || value == "" || value == avoid {
		return token{}, false
	}
	t := token{value: value, until: time.Unix(until, 0)}
	return t, a.now().Before(t.until)
}

// fetchToken asks the platform, once.
func (a *Account) fetchToken(ctx context.Context) (token, error) {
	body, err := encodeJSON(map[string]any{
		"grant_type":    "client_credential",
		"appid":         a.cfg.AppID,
		"secret":        a.cfg.AppSecret,
		"force_refresh": false,
	})
	if err != nil {
		return token{}, err
	}
	var answer credential.ResAccessToken
	err = a.once(ctx, call{
		api:      "stable_token",
		method:   http.MethodPost,
		path:     "/cgi-bin/stable_token",
		body:     body,
		patience: tokenPatience,
		read:     a.readJSON("stable_token", &answer),
	}, "")
	if err != nil {
		return token{}, err
	}
	if answer.AccessToken == "" || answer.ExpiresIn <= 0 {
		return token{}, a.failed("stable_token", fmt.Errorf("no token or no life in the answer: expires_in %d", answer.ExpiresIn))
	}
	hold := holdFor(time.Duration(min(answer.ExpiresIn, 7200)) * time.Second)
	a.log.Info("fetched a WeChat token", "held", hold)
	return token{value: answer.AccessToken, until: a.now().Add(hold)}, nil
}

// holdFor is how long a token with this life is used without asking again.
func holdFor(life time.Duration) time.Duration {
	if hold := life - tokenMargin; hold >= tokenMinimum {
		return hold
	}
	return min(tokenMinimum, life/2)
}
