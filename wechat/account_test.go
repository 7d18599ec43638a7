package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cailiao/wechat"
)

func TestValidateNamesEveryFault(t *testing.T) {
	if err := config().Validate(); err != nil {
		t.Errorf("a good configuration: %v", err)
	}
	err := wechat.Config{APIBase: "api.weixin.qq.com", PreviousAESKey: "short"}.Validate()
	for _, key := range []string{"app_id", "app_secret", "token", "encoding_aes_key", "previous_aes_key", "api_base"} {
		if err == nil || !strings.Contains(err.Error(), key+": expected ") {
			t.Errorf("nothing about %s in %v", key, err)
		}
	}
	for name, c := range map[string]struct {
		key   string
		spoil func(*wechat.Config)
	}{
		"an app id with another beginning": {"app_id", func(c *wechat.Config) { c.AppID = "gh_0123456789ab" }},
		"an app id with a space":           {"app_id", func(c *wechat.Config) { c.AppID += " " }},
		"a secret with a line end":         {"app_secret", func(c *wechat.Config) { c.AppSecret += "\n" }},
		"a token with a dash":              {"token", func(c *wechat.Config) { c.Token = "a-b-c" }},
		"a key one too short":              {"encoding_aes_key", func(c *wechat.Config) { c.EncodingAESKey = c.EncodingAESKey[1:] }},
		"a key with a sign":                {"encoding_aes_key", func(c *wechat.Config) { c.EncodingAESKey = c.EncodingAESKey[1:] + "+" }},
		"a base without a host":            {"api_base", func(c *wechat.Config) { c.APIBase = "https://" }},
		"a base of another kind":           {"api_base", func(c *wechat.Config) { c.APIBase = "ftp://x" }},
		"a base with a password":           {"api_base", func(c *wechat.Config) { c.APIBase = "https://a:hunter2@x" }},
		"a base with a query":              {"api_base", func(c *wechat.Config) { c.APIBase = "https://x?a=b" }},
	} {
		cfg := config()
		c.spoil(&cfg)
		err := cfg.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), c.key+": ") || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckAsksThePlatformEveryTime(t *testing.T) {
	p := newPlatform(t)
	a := open(t, p, newCache())
	for range 2 {
		if err := a.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	p.on("/cgi-bin/stable_token", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"errcode":40125,"errmsg":"invalid appsecret"}`)
	})
	err := a.Check(t.Context())
	if wechat.ActionFor(err) != wechat.Alarm || p.tokens() != 3 {
		t.Errorf("%v after %d requests", err, p.tokens())
	}
	request := fields(t, p.body("/cgi-bin/stable_token"))
	want := map[string]any{"grant_type": "client_credential", "appid": config().AppID, "secret": config().AppSecret, "force_refresh": false}
	if diff := cmp.Diff(want, request); diff != "" {
		t.Error(diff)
	}
}

func TestAWrongSecretIsNotAskedAboutForEveryCall(t *testing.T) {
	for _, code := range []int{40001, 40013, 40125, 40164, 40243, 61004, 45009} {
		p := newPlatform(t)
		good := p.answers["/cgi-bin/stable_token"]
		p.on("/cgi-bin/stable_token", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"errcode":%d,"errmsg":"no"}`, code)
		})
		p.says("/cgi-bin/message/custom/send", `{"errcode":0}`)
		now, cfg := noon, config()
		cfg.APIBase = p.URL
		a := openWith(t, cfg, nil, wechat.Options{Now: func() time.Time { return now }})
		for range 5 {
			err := a.SendText(t.Context(), someone, "x")
			if action := wechat.ActionFor(err); action != wechat.Alarm && action != wechat.PauseUntilMidnight {
				t.Errorf("%d: %v", code, err)
			}
		}
		if p.tokens() != 1 || p.called("/cgi-bin/message/custom/send") != 0 {
			t.Errorf("%d: %d fetches, %d calls", code, p.tokens(), p.called("/cgi-bin/message/custom/send"))
		}
		p.on("/cgi-bin/stable_token", good)
		now = now.Add(11 * time.Second)
		if err := a.SendText(t.Context(), someone, "x"); err != nil {
			t.Errorf("%d put right: %v", code, err)
		}
	}
}

func TestABusyPlatformIsAskedAgain(t *testing.T) {
	p := newPlatform(t)
	good := p.answers["/cgi-bin/stable_token"]
	p.says("/cgi-bin/message/custom/send", `{"errcode":0}`)
	a := open(t, p, nil)
	for _, answer := range []string{`{"errcode":-1,"errmsg":"system error"}`, `oops`, `{}`} {
		p.on("/cgi-bin/stable_token", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, answer) })
		if err := a.SendText(t.Context(), someone, "x"); wechat.ActionFor(err) != wechat.Retry || errors.Is(err, wechat.ErrOutcomeUnknown) {
			t.Errorf("%s: %v (it was not sent)", answer, err)
		}
	}
	p.on("/cgi-bin/stable_token", good)
	if err := a.SendText(t.Context(), someone, "x"); err != nil {
		t.Error(err)
	}
}

func TestActionFor(t *testing.T) {
	refused := func(code int) error {
		return fmt.Errorf("notice 7: %w", &wechat.Error{API: "message/template/send", Code: code, Message: "x"})
	}
	for action, codes := range map[wechat.Action][]int{
		wechat.Retry:              {-1},
		wechat.RefreshToken:       {40001, 40014, 42001},
		wechat.Alarm:              {40013, 40125, 40243, 40164, 61004, 40037, 43116, 43100, 43106, 48001, 48004, 50002, 41030},
		wechat.GiveUpPerson:       {40003, 43004, 50005, 43019, 48002},
		wechat.AskConsent:         {43101},
		wechat.DelayPerson:        {43117},
		wechat.AskAgain:           {40007, 40004, 40005, 40006, 40009, 45001, 41006, 44001},
		wechat.PauseUntilMidnight: {45009},
		wechat.RetryLater:         {45011},
		wechat.Fallback:           {45015, 45047},
		wechat.GiveUp:             {45168, 48006},
		wechat.SignInAgain:        {40029, 40163, 42003},
		wechat.Bug:                {41001, 47003, 47001, 40033, 44002, 45157, 45158, 45056, 99999},
	} {
		for _, code := range codes {
			if got := wechat.ActionFor(refused(code)); got != action {
				t.Errorf("%d: %q, want %q", code, got, action)
			}
		}
	}
	for _, c := range []struct {
		err  error
		want wechat.Action
	}{
		{nil, wechat.None}, {context.DeadlineExceeded, wechat.Retry}, {wechat.ErrOutcomeUnknown, wechat.Retry},
		{wechat.ErrTruncated, wechat.Retry}, {wechat.ErrMediaTooLarge, wechat.AskAgain}, {wechat.ErrNotMedia, wechat.AskAgain},
		{wechat.ErrTooLong, wechat.Bug}, {wechat.ErrArgument, wechat.Bug}, {wechat.ErrSnapshotUser, wechat.SignInAgain},
		{&wechat.Error{API: "stable_token", Code: 40001}, wechat.Alarm},
	} {
		if got := wechat.ActionFor(c.err); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}
