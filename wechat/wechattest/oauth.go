package wechattest

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"time"
)

// BrowserCookie names the cookie that tells the authorisation page whose WeChat is open; the
// phone page sets it when a person taps a link.
const BrowserCookie = "wechattest_openid"

// codeLife is how long an OAuth code can be exchanged.
const codeLife = 5 * time.Minute

// oauthCode is a code on its way to the account's server.
type oauthCode struct {
	openID   string
	scope    string
	snapshot bool
	until    time.Time
	used     bool
}

// authorize is the page open.weixin.qq.com shows inside WeChat: it sends the person straight
// back with code and state.
func (p *Platform) authorize(c call) answer {
	q := c.URL.Query()
	cookie, err := c.Cookie(BrowserCookie)
	if err != nil || cookie.Value == "" {
		return page(http.StatusOK, "请在微信客户端打开链接")
	}
	back, err := url.Parse(q.Get("redirect_uri"))
	scope := q.Get("scope")
	switch {
	case q.Get("appid") != p.opts.AppID:
		return page(http.StatusOK, "AppID 参数错误")
	case err != nil || back.Host == "" || p.opts.OAuthDomain != "" && back.Host != p.opts.OAuthDomain:
		return page(http.StatusOK, "redirect_uri 参数错误 (10003)")
	case q.Get("response_type") != "code" || scope != "snsapi_base" && scope != "snsapi_userinfo":
		return page(http.StatusOK, "Scope 参数错误或没有 Scope 权限 (10005)")
	}
	code := "0" + randomText(31)
	p.opts.Secret("OAuth code", code)
	p.opts.Secret("OAuth state", q.Get("state"))
	snapshot := p.trip("oauth/snapshot", cookie.Value) != nil
	p.mu.Lock()
	p.oauth[code] = oauthCode{openID: cookie.Value, scope: scope, snapshot: snapshot, until: p.Now().Add(codeLife)}
	p.mu.Unlock()
	params := back.Query()
	params.Set("code", code)
	params.Set("state", q.Get("state"))
	back.RawQuery = params.Encode()
	return answer{status: http.StatusFound, header: http.Header{"Location": {back.String()}}}
}

func page(status int, text string) answer {
	return answer{
		status: status,
		header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		body:   []byte("<!doctype html><title>微信</title><p>" + text + "</p>"),
	}
}

// oauthToken exchanges a code, once, for the open id. A snapshot user's is virtual.
func (p *Platform) oauthToken(c call) answer {
	q := c.URL.Query()
	if a, ok := p.credentials("client_credential", q.Get("appid"), q.Get("secret")); !ok {
		return a
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code, ok := p.oauth[q.Get("code")]
	switch {
	case !ok || q.Get("grant_type") != "authorization_code":
		return fail(40029, "invalid code")
	case code.used:
		return fail(40163, "code been used")
	case !p.Now().Before(code.until):
		return fail(42003, "code expired")
	}
	code.used = true
	p.oauth[q.Get("code")] = code
	access, refresh := "87_"+randomText(86), "87_"+randomText(86)
	out := map[string]any{"access_token": access, "expires_in": 7200, "refresh_token": refresh, "openid": code.openID, "scope": code.scope}
	if code.snapshot {
		out["openid"], out["is_snapshotuser"] = "virtual"+md5Hex([]byte(code.openID))[:21], 1
	}
	p.opts.Secret("access token", access, refresh)
	return jsonAnswer(out)
}

// Browser is the browser inside the person's WeChat: it keeps cookies, and the authorisation
// page knows whose it is.
func (u *User) Browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic("wechattest: " + err.Error()) // a jar without options always works
	}
	return &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: insideWeChat{u.OpenID, u.p.client}}
}

// insideWeChat adds whose WeChat it is to requests for the authorisation page.
type insideWeChat struct {
	openID string
	client *http.Client
}

func (t insideWeChat) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/connect/oauth2/authorize" {
		r = r.Clone(r.Context())
		r.AddCookie(&http.Cookie{Name: BrowserCookie, Value: t.openID})
	}
	transport := t.client.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	return transport.RoundTrip(r)
}
