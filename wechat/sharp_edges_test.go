package wechat_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"cailiao/wechat"
)

// The sharp edges of silenceper/wechat v2, numbered as in the survey this package was built on. Each test proves what our path
// does instead. Here 1-6, who may speak; in sharp_edges_body_test.go 7-16, 29 and 30, what is said and answered; in
// sharp_edges_token_test.go 17-20 and in sharp_edges_calls_test.go 21-28.

func TestEdge01EveryDeliveryOfAMessageHasTheSameKey(t *testing.T) {
	a := open(t, nil, nil)
	first := pushed(text("你好"))
	again := pushed(text("你好"))
	again.at, again.nonce = noon.Add(5*time.Second), "998877"
	key := receive(t, a, first).Key
	if got := receive(t, a, again).Key; got != key {
		t.Errorf("the repeat has key %q, the first %q", got, key)
	}
	others := map[string]string{
		"another person":     strings.Replace(text("你好"), someone, someone[:len(someone)-1]+"2", 1),
		"another MsgId":      strings.Replace(text("你好"), "23456789012345678", "23456789012345679", 1),
		"another second":     strings.Replace(text("你好"), "1772452800", "1772452801", 1),
		"another kind":       strings.Replace(text("你好"), "[text]", "[image]", 1),
		"menu click a":       event("CLICK", "<EventKey><![CDATA[a]]></EventKey>"),
		"menu click b":       event("CLICK", "<EventKey><![CDATA[b]]></EventKey>"),
		"follow":             event("subscribe", ""),
		"template 1":         event("TEMPLATESENDJOBFINISH", "<MsgID>1</MsgID><Status>success</Status>"),
		"template 2":         event("TEMPLATESENDJOBFINISH", "<MsgID>2</MsgID><Status>success</Status>"),
		"a card":             event("user_view_card", "<UserCardCode>1</UserCardCode>"),
		"another card":       event("user_view_card", "<UserCardCode>2</UserCardCode>"),
		"a Chinese scene":    event("SCAN", "<EventKey><![CDATA[考点一]]></EventKey>"),
		"another scene":      event("SCAN", "<EventKey><![CDATA[考点二]]></EventKey>"),
		"a long address":     event("VIEW", "<EventKey><![CDATA[https://x.cn/"+strings.Repeat("a", 300)+"]]></EventKey>"),
		"a longer address":   event("VIEW", "<EventKey><![CDATA[https://x.cn/"+strings.Repeat("a", 301)+"]]></EventKey>"),
		"without MsgId":      strings.Replace(text("你好"), "<MsgId>23456789012345678</MsgId>", "", 1),
		"other, also no id":  strings.Replace(text("再见"), "<MsgId>23456789012345678</MsgId>", "", 1),
		"an odd MsgId":       strings.Replace(text("你好"), "23456789012345678", "abc", 1),
		"another odd MsgId ": strings.Replace(text("你好"), "23456789012345678", "abd", 1),
	}
	seen := map[string]string{key: "the first message"}
	for name, xml := range others {
		key := receive(t, a, pushed(xml)).Key
		if twin, taken := seen[key]; taken {
			t.Errorf("%s has the key of %s: %q", name, twin, key)
		}
		seen[key] = name
		if len(key) > 191 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%s: key %q is not plain ASCII of at most 191 bytes", name, key)
		}
	}
}

func TestEdge02StaleTimestampsAndWrongSignaturesAreRefused(t *testing.T) {
	a := open(t, nil, nil)
	for _, c := range []struct {
		name string
		at   time.Time
		want error
	}{
		{"now", noon, nil},
		{"five minutes ago", noon.Add(-5 * time.Minute), nil},
		{"five minutes ahead", noon.Add(5 * time.Minute), nil},
		{"a little longer ago", noon.Add(-5*time.Minute - time.Second), wechat.ErrStale},
		{"a little further ahead", noon.Add(5*time.Minute + time.Second), wechat.ErrStale},
		{"2001", time.Unix(1000000000, 0), wechat.ErrStale},
	} {
		p := pushed(text("你好"))
		p.at = c.at
		if _, err := a.Receive(p.request(t)); !errors.Is(err, c.want) {
			t.Errorf("Receive %s: %v, want %v", c.name, err, c.want)
		}
		if _, err := a.Echo(echo(c.at, "12345")); !errors.Is(err, c.want) {
			t.Errorf("Echo %s: %v, want %v", c.name, err, c.want)
		}
	}
	good := pushed(text("你好")).request(t).URL.Query().Get("msg_signature")
	last := "0"
	if strings.HasSuffix(good, "0") {
		last = "1"
	}
	for _, signature := range []string{"", "x", good[:39], good[:39] + last, strings.ToUpper(good), good + good} {
		p := pushed(text("你好"))
		p.extra = url.Values{"msg_signature": {signature}}
		if _, err := a.Receive(p.request(t)); !errors.Is(err, wechat.ErrForged) {
			t.Errorf("Receive with msg_signature %q: %v", signature, err)
		}
		q := echo(noon, "12345")
		q.Set("signature", signature)
		if _, err := a.Echo(q); !errors.Is(err, wechat.ErrForged) {
			t.Errorf("Echo with signature %q: %v", signature, err)
		}
	}
}

func echo(at time.Time, text string) url.Values {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	return url.Values{
		"timestamp": {timestamp}, "nonce": {"42"}, "echostr": {text},
		"signature": {util.Signature(config().Token, timestamp, "42")},
	}
}

func TestEdge03DowngradeToPlaintextIsRefused(t *testing.T) {
	a := open(t, nil, nil)
	plain := func(string) string { return text("forged") }
	for _, c := range []struct {
		name  string
		extra url.Values
		body  func(string) string
		want  error
	}{
		{"no encrypt_type, plain body", url.Values{"encrypt_type": nil}, plain, wechat.ErrForged},
		{"raw, plain body", url.Values{"encrypt_type": {"raw"}}, plain, wechat.ErrForged},
		{"no encrypt_type, encrypted body", url.Values{"encrypt_type": nil}, nil, wechat.ErrForged},
		{"aes without msg_signature", url.Values{"msg_signature": nil}, nil, wechat.ErrForged},
		{"aes, plain body", nil, plain, wechat.ErrMalformed},
		{"another encrypted body under the signature", nil, func(e string) string {
			return "<xml><Encrypt>" + strings.Repeat("A", len(e)) + "</Encrypt></xml>"
		}, wechat.ErrForged},
		{"two encrypted bodies", nil, func(e string) string {
			return "<xml><Encrypt>" + e + "</Encrypt><Encrypt>" + e + "</Encrypt></xml>"
		}, wechat.ErrMalformed},
	} {
		p := pushed(text("你好"))
		p.extra, p.body = c.extra, c.body
		m, err := a.Receive(p.request(t))
		if !errors.Is(err, c.want) || m.OpenID != "" {
			t.Errorf("%s: %v, %v; want %v", c.name, m, err, c.want)
		}
	}
	compatible := pushed(text("你好"))
	compatible.body = func(e string) string {
		return "<xml><FromUserName>forged</FromUserName><Content>forged</Content><Encrypt>" + e + "</Encrypt></xml>"
	}
	if m := receive(t, a, compatible); m.OpenID != someone || m.Text != "你好" {
		t.Errorf("the plain fields of compatible mode were believed: %q %q", m.OpenID, m.Text)
	}
}

func TestEdge04AnAccountWithoutTokenDoesNotOpen(t *testing.T) {
	for _, token := range []string{"", "ab", "with space", strings.Repeat("a", 33)} {
		cfg := config()
		cfg.Token = token
		a, err := wechat.Open(cfg, nil, wechat.Options{})
		if err == nil || a != nil || !strings.Contains(err.Error(), "token: expected") {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

func TestEdge05EchostrIsAnsweredOnlyThroughEcho(t *testing.T) {
	a := open(t, nil, nil)
	p := pushed(text("你好"))
	p.extra = url.Values{"echostr": {"<script>"}}
	m := receive(t, a, p)
	body, err := a.Reply(m, "")
	if err != nil || string(body) != "success" {
		t.Errorf("a POST with echostr is answered %q, %v", body, err)
	}
	r := p.request(t)
	r.Method = http.MethodGet
	if _, err := a.Receive(r); !errors.Is(err, wechat.ErrMalformed) {
		t.Errorf("GET taken for a message: %v", err)
	}
	got, err := a.Echo(echo(noon, "5837492048573920"))
	if err != nil || got != "5837492048573920" {
		t.Errorf("Echo: %q, %v", got, err)
	}
	for name, spoil := range map[string]func(url.Values){
		"no echostr":     func(q url.Values) { q.Del("echostr") },
		"a huge echostr": func(q url.Values) { q.Set("echostr", strings.Repeat("1", 1025)) },
		"no timestamp":   func(q url.Values) { q.Del("timestamp") },
		"no nonce":       func(q url.Values) { q.Del("nonce") },
	} {
		q := echo(noon, "1")
		spoil(q)
		if _, err := a.Echo(q); !errors.Is(err, wechat.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEdge06EveryRefusalHasANameToAnswerWith(t *testing.T) {
	a := open(t, nil, nil)
	wrongKey := pushed(text("你好"))
	wrongKey.cfg.EncodingAESKey = strings.Repeat("z", 43)
	wrongApp := pushed(text("你好"))
	wrongApp.cfg.AppID = "wx9999999999999999"
	body := func(s string) push {
		p := pushed(text("你好"))
		p.body = func(string) string { return s }
		return p
	}
	query := func(name, value string) push {
		p := pushed(text("你好"))
		p.extra = url.Values{name: {value}}
		return p
	}
	for name, c := range map[string]struct {
		push
		want error
	}{
		"another AES key":      {wrongKey, wechat.ErrForged},
		"another app id":       {wrongApp, wechat.ErrForged},
		"no XML at all":        {body("hello"), wechat.ErrMalformed},
		"cut off":              {body("<xml><Encrypt><![CDATA[abc"), wechat.ErrMalformed},
		"a DOCTYPE":            {body(`<!DOCTYPE x [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>`), wechat.ErrMalformed},
		"an empty body":        {body(""), wechat.ErrMalformed},
		"a timestamp of words": {query("timestamp", "yesterday"), wechat.ErrMalformed},
		"a negative timestamp": {query("timestamp", "-5"), wechat.ErrMalformed},
		"no nonce":             {query("nonce", ""), wechat.ErrMalformed},
		"a nonce too long":     {query("nonce", strings.Repeat("1", 65)), wechat.ErrMalformed},
		"another nonce":        {query("nonce", "1"), wechat.ErrForged},
		"no sender inside":     {pushed(strings.Replace(text("x"), "FromUserName", "Nobody", 2)), wechat.ErrMalformed},
		"no type inside":       {pushed(strings.Replace(text("x"), "MsgType", "Nothing", 2)), wechat.ErrMalformed},
		"cut off inside":       {pushed("<xml><FromUserName><![CDATA[o"), wechat.ErrMalformed},
	} {
		m, err := a.Receive(c.request(t))
		if !errors.Is(err, c.want) || m.Key != "" || m.OpenID != "" {
			t.Errorf("%s: %v, %v; want %v", name, m, err, c.want)
		}
		if strings.Contains(fmt.Sprint(err), config().Token) {
			t.Errorf("%s: the error shows the token: %v", name, err)
		}
	}
}
