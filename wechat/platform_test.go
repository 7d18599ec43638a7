package wechat_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"cailiao/wechat"
)

// What the tests share: a platform of a few lines per test, an account on it, a shared cache, and signed pushes.

const (
	someone  = "oPerson_00000000000000000001"
	original = "gh_0123456789ab"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func config() wechat.Config {
	return wechat.Config{
		AppID:          "wx0123456789abcdef",
		AppSecret:      "s3cr3t0123456789s3cr3t0123456789",
		Token:          "cailiaoToken",
		EncodingAESKey: "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
	}
}

// platform answers by path; stable_token works by itself and hands out token-1, token-2 … after each revoke.
type platform struct {
	*httptest.Server
	mu      sync.Mutex
	answers map[string]http.HandlerFunc
	calls   map[string]int
	bodies  map[string]string // the last one per path
	valid   int               // which token is valid
	life    int               // expires_in
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{answers: map[string]http.HandlerFunc{}, calls: map[string]int{}, bodies: map[string]string{}, valid: 1, life: 7200}
	p.on("/cgi-bin/stable_token", func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		fmt.Fprintf(w, `{"access_token":"token-%d","expires_in":%d}`, p.valid, p.life)
	})
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		p.mu.Lock()
		p.calls[r.URL.Path]++
		p.bodies[r.URL.Path] = string(body)
		answer := p.answers[r.URL.Path]
		p.mu.Unlock()
		if answer == nil {
			http.NotFound(w, r)
			return
		}
		answer(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *platform) on(path string, answer http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[path] = answer
}

// says answers with text, and refuses any token but the valid one.
func (p *platform) says(path, text string) {
	p.on(path, func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		valid := fmt.Sprintf("token-%d", p.valid)
		p.mu.Unlock()
		if r.URL.Query().Get("access_token") != valid {
			text := `{"errcode":40001,"errmsg":"invalid credential, access_token is invalid or not latest"}`
			io.WriteString(w, text)
			return
		}
		io.WriteString(w, text)
	})
}

func (p *platform) revoke() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.valid++
}

func (p *platform) called(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls[path]
}

func (p *platform) body(path string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bodies[path]
}

func (p *platform) tokens() int { return p.called("/cgi-bin/stable_token") }

// open opens an account on p, with the clock at noon.
func open(t *testing.T, p *platform, cache wechat.Cache) *wechat.Account {
	t.Helper()
	cfg := config()
	if p != nil {
		cfg.APIBase = p.URL
	}
	return openWith(t, cfg, cache, wechat.Options{})
}

func openWith(t *testing.T, cfg wechat.Config, cache wechat.Cache, opts wechat.Options) *wechat.Account {
	t.Helper()
	if opts.Now == nil {
		opts.Now = func() time.Time { return noon }
	}
	a, err := wechat.Open(cfg, cache, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

// sharedCache is what storage's Redis does, in memory.
type sharedCache struct {
	mu     sync.Mutex
	values map[string]string
	ttls   []time.Duration
	locked map[string]bool
	err    error // every method fails with it
}

func newCache() *sharedCache {
	return &sharedCache{values: map[string]string{}, locked: map[string]bool{}}
}

func (c *sharedCache) Get(_ context.Context, key string) (string, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	value, found := c.values[key]
	return value, found, c.err
}

func (c *sharedCache) Set(_ context.Context, key, value string, ttl time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ttl < time.Second {
		return errors.New("ERR invalid expire time in 'setex' command")
	}
	if c.err == nil {
		c.values[key] = value
		c.ttls = append(c.ttls, ttl)
	}
	return c.err
}

func (c *sharedCache) Lock(_ context.Context, key string, ttl time.Duration) (func(), bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.locked[key] {
		return nil, false, c.err
	}
	c.locked[key] = true
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.locked, key)
	}, true, nil
}

// push is one callback as the platform sends it; change it before request.
type push struct {
	cfg   wechat.Config
	xml   string
	at    time.Time
	nonce string
	extra url.Values // added to the query, last word
	body  func(encrypted string) string
}

func pushed(xml string) push {
	return push{cfg: config(), xml: xml, at: noon, nonce: "1372623149"}
}

func (p push) request(t testing.TB) *http.Request {
	t.Helper()
	encrypted, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(p.xml), p.cfg.AppID, p.cfg.EncodingAESKey)
	if err != nil {
		t.Fatal(err)
	}
	body := "<xml><ToUserName><![CDATA[" + original + "]]></ToUserName><Encrypt><![CDATA[" + string(encrypted) + "]]></Encrypt></xml>"
	if p.body != nil {
		body = p.body(string(encrypted))
	}
	timestamp := strconv.FormatInt(p.at.Unix(), 10)
	q := url.Values{
		"timestamp": {timestamp}, "nonce": {p.nonce}, "openid": {someone}, "encrypt_type": {"aes"},
		"signature":     {util.Signature(p.cfg.Token, timestamp, p.nonce)},
		"msg_signature": {util.Signature(p.cfg.Token, timestamp, p.nonce, string(encrypted))},
	}
	for name, values := range p.extra {
		q[name] = values
	}
	return httptest.NewRequest(http.MethodPost, "/wechat?"+q.Encode(), bytes.NewReader([]byte(body)))
}

// text is the XML of a text message.
func text(content string) string {
	return "<xml><ToUserName><![CDATA[" + original + "]]></ToUserName>\n<FromUserName><![CDATA[" + someone + "]]></FromUserName>\n" +
		"<CreateTime>1772452800</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[" + content + "]]></Content>\n" +
		"<MsgId>23456789012345678</MsgId>\n</xml>"
}

// event is the XML of an event with more elements inside.
func event(name, inside string) string {
	return "<xml><ToUserName><![CDATA[" + original + "]]></ToUserName><FromUserName><![CDATA[" + someone + "]]></FromUserName>" +
		"<CreateTime>1772452800</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[" + name + "]]></Event>" + inside + "</xml>"
}

func receive(t *testing.T, a *wechat.Account, p push) wechat.Message {
	t.Helper()
	m, err := a.Receive(p.request(t))
	if err != nil {
		t.Fatalf("Receive: %v", err)
	}
	return m
}

// unseal decrypts a passive reply the way the platform does, and checks its signature.
func unseal(t *testing.T, cfg wechat.Config, body []byte) string {
	t.Helper()
	var sealed struct {
		Encrypt, MsgSignature, TimeStamp, Nonce string
	}
	if err := xml.Unmarshal(body, &sealed); err != nil {
		t.Fatalf("reply %q: %v", body, err)
	}
	if want := util.Signature(cfg.Token, sealed.TimeStamp, sealed.Nonce, sealed.Encrypt); want != sealed.MsgSignature {
		t.Errorf("MsgSignature %q, want %q", sealed.MsgSignature, want)
	}
	_, plain, err := util.DecryptMsg(cfg.AppID, sealed.Encrypt, cfg.EncodingAESKey)
	if err != nil {
		t.Fatalf("decrypt the reply: %v", err)
	}
	return string(plain)
}

// everyCall is each call to the platform once, by its path.
func everyCall(a *wechat.Account) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"/cgi-bin/message/custom/send": func(ctx context.Context) error { return a.SendText(ctx, someone, "你好") },
		"/cgi-bin/message/template/send": func(ctx context.Context) error {
			_, err := a.SendTemplate(ctx, wechat.TemplateMessage{OpenID: someone, TemplateID: "T1", Data: map[string]string{"thing1": "x"}})
			return err
		},
		"/cgi-bin/media/get":     func(ctx context.Context) error { _, err := a.Media(ctx, "MEDIA"); return err },
		"/cgi-bin/media/upload":  func(ctx context.Context) error { _, err := a.UploadImage(ctx, "a.jpg", []byte("jpeg")); return err },
		"/cgi-bin/qrcode/create": func(ctx context.Context) error { _, err := a.CreateQR(ctx, "site-1", time.Hour); return err },
		"/cgi-bin/menu/create": func(ctx context.Context) error {
			return a.SetMenu(ctx, []wechat.MenuButton{{Name: "进度", Type: "click", Key: "progress"}})
		},
		"/cgi-bin/user/info":                         func(ctx context.Context) error { _, err := a.Follower(ctx, someone); return err },
		"/cgi-bin/template/get_all_private_template": func(ctx context.Context) error { _, err := a.Templates(ctx); return err },
		"/sns/oauth2/access_token":                   func(ctx context.Context) error { _, err := a.OAuthOpenID(ctx, "the-code"); return err },
	}
}

// wellAnswered is a good answer for each of them.
func wellAnswered(p *platform) {
	p.says("/cgi-bin/message/custom/send", `{"errcode":0,"errmsg":"ok"}`)
	p.says("/cgi-bin/message/template/send", `{"errcode":0,"errmsg":"ok","msgid":4123456789012345678}`)
	p.says("/cgi-bin/media/get", "\xff\xd8\xff\xe0 a picture")
	p.says("/cgi-bin/media/upload", `{"type":"image","media_id":"NEW","created_at":1772452800}`)
	p.says("/cgi-bin/qrcode/create", `{"ticket":"T+/=","expire_seconds":3600,"url":"http://weixin.qq.com/q/x"}`)
	p.says("/cgi-bin/menu/create", `{"errcode":0,"errmsg":"ok"}`)
	p.says("/cgi-bin/user/info", `{"subscribe":1,"openid":"`+someone+`","subscribe_time":4102444800,"tagid_list":[2]}`)
	p.says("/cgi-bin/template/get_all_private_template", `{"template_list":[{"template_id":"T1","title":"审核","content":"结果:{{phrase1.DATA}}"}]}`)
	p.on("/sns/oauth2/access_token", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"access_token":"personal","expires_in":7200,"openid":"`+someone+`","scope":"snsapi_base"}`)
	})
}

// logged collects everything an account logs, at every level.
func logged() (*bytes.Buffer, *slog.Logger) {
	var b bytes.Buffer
	return &b, slog.New(slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func fields(t *testing.T, body string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	return m
}
