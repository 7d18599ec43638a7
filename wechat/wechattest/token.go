package wechattest

import (
	"encoding/json"
	"maps"
	"time"
)

// overlap is how long old and new token are both valid after a renewal.
const overlap = 5 * time.Minute

// tokenDesk issues access tokens. The token and stable_token lanes do not know each other.
type tokenDesk struct {
	valid  map[string]issued
	plain  string // newest token of each lane
	stable string
	forced []time.Time // force_refresh calls
}

type issued struct {
	until    time.Time
	replaced bool // a newer token exists; past until the platform says "not latest"
}

func newTokenDesk() tokenDesk { return tokenDesk{valid: map[string]issued{}} }

// token is GET token: every call makes a new token; the one before lives 5 minutes more.
func (p *Platform) token(c call) answer {
	q := c.URL.Query()
	if a, ok := p.credentials(q.Get("grant_type"), q.Get("appid"), q.Get("secret")); !ok {
		return a
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens.plain = p.issue(p.tokens.plain)
	return p.tokenAnswer(p.tokens.plain)
}

// stableToken is POST stable_token: the same token while it has more than 5 minutes to live;
// force_refresh kills it, 20 times a day, 30 seconds apart.
func (p *Platform) stableToken(c call) answer {
	var in struct {
		GrantType    string `json:"grant_type"`
		AppID        string `json:"appid"`
		Secret       string `json:"secret"`
		ForceRefresh bool   `json:"force_refresh"`
	}
	if err := json.Unmarshal(c.body, &in); err != nil {
		return fail(47001, "data format error")
	}
	if a, ok := p.credentials(in.GrantType, in.AppID, in.Secret); !ok {
		return a
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.Now()
	if in.ForceRefresh {
		if code := p.force(now); code != 0 {
			return fail(code, "force_refresh too often")
		}
		delete(p.tokens.valid, p.tokens.stable)
		p.tokens.stable = p.issue("")
		return p.tokenAnswer(p.tokens.stable)
	}
	left := p.tokens.valid[p.tokens.stable].until.Sub(now)
	if p.tokens.stable == "" || left <= min(overlap, p.opts.TokenLife/2) {
		p.tokens.stable = p.issue(p.tokens.stable)
	}
	return p.tokenAnswer(p.tokens.stable)
}

// force counts a force_refresh; not 0 is the error code of one too many. p.mu is held.
func (p *Platform) force(now time.Time) int {
	today := 0
	for _, at := range p.tokens.forced {
		if now.Sub(at) < 30*time.Second {
			return 45011
		}
		if at.In(china).Format(time.DateOnly) == now.In(china).Format(time.DateOnly) {
			today++
		}
	}
	if today >= 20 {
		return 45009
	}
	p.tokens.forced = append(p.tokens.forced, now)
	return 0
}

func (p *Platform) credentials(grant, appID, secret string) (answer, bool) {
	switch {
	case grant != "client_credential":
		return fail(40002, "invalid grant_type"), false
	case appID != p.opts.AppID:
		return fail(40013, "invalid appid"), false
	case secret != p.opts.AppSecret:
		return fail(40125, "invalid appsecret, view more at http://t.cn/RAEkdVq,"), false
	}
	return answer{}, true
}

// issue makes a token that replaces old. p.mu is held.
func (p *Platform) issue(old string) string {
	now := p.Now()
	maps.DeleteFunc(p.tokens.valid, func(_ string, t issued) bool { return now.Sub(t.until) > 24*time.Hour })
	if t, ok := p.tokens.valid[old]; ok {
		t.replaced = true
		if limit := now.Add(overlap); t.until.After(limit) {
			t.until = limit
		}
		p.tokens.valid[old] = t
	}
	value := "86_" + randomText(133)
	p.opts.Secret("access token", value)
	p.tokens.valid[value] = issued{until: now.Add(p.opts.TokenLife)}
	return value
}

func (p *Platform) tokenAnswer(value string) answer {
	left := p.tokens.valid[value].until.Sub(p.Now())
	return jsonAnswer(map[string]any{"access_token": value, "expires_in": int(left.Seconds())})
}

// RevokeTokens kills every token at once, as another fetcher or a changed secret would: the
// next call with one gets 40001.
func (p *Platform) RevokeTokens() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens = newTokenDesk()
}

// checkToken is the error code for a call with this token; 0: fine.
func (p *Platform) checkToken(value string) int {
	if value == "" {
		return 41001
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t, ok := p.tokens.valid[value]
	switch {
	case !ok:
		return 40001
	case p.Now().Before(t.until):
		return 0
	case t.replaced:
		return 40001
	}
	return 42001
}

func tokenFailure(code int) answer {
	switch code {
	case 41001:
		return fail(code, "access_token missing")
	case 42001:
		return fail(code, "access_token expired")
	}
	return fail(code, "invalid credential, access_token is invalid or not latest")
}
