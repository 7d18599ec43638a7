package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/silenceper/wechat/v2/officialaccount/oauth"
)

// OAuthURL is where a page in WeChat sends a person to learn their open id, silently (snsapi_base). They come back to
// redirect with a code and with state; its host must be registered with the account. The platform wants this order.
func (a *Account) OAuthURL(redirect, state string) string {
	return a.page("https://open.weixin.qq.com") + "/connect/oauth2/authorize?appid=" + url.QueryEscape(a.cfg.AppID) +
		"&redirect_uri=" + url.QueryEscape(redirect) + "&response_type=code&scope=snsapi_base&state=" +
		url.QueryEscape(state) + "#wechat_redirect"
}

// OAuthOpenID exchanges the code, which works once. ErrSnapshotUser: the page was opened as a snapshot, its open id belongs
// to nobody and must not be bound.
func (a *Account) OAuthOpenID(ctx context.Context, code string) (string, error) {
	const api = "sns/oauth2/access_token"
	if code == "" {
		return "", fmt.Errorf("wechat %s: %w: no code", api, ErrArgument)
	}
	var answer oauth.ResAccessToken
	err := a.once(ctx, call{
		api:    api,
		method: http.MethodGet,
		path:   "/" + api,
		query: url.Values{
			"appid": {a.cfg.AppID}, "secret": {a.cfg.AppSecret}, "code": {code}, "grant_type": {"authorization_code"},
		},
		hide: []string{code},
		read: a.readJSON(api, &answer, code),
	}, "")
	switch {
	case err != nil:
		return "", err
	case answer.IsSnapShotUser == 1:
		return "", fmt.Errorf("wechat %s: %w", api, ErrSnapshotUser)
	case answer.OpenID == "":
		return "", a.failed(api, errors.New("no open id in the answer"))
	}
	return answer.OpenID, nil
}
