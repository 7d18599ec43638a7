package wechattest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/util"

	"cailiao/wechat/wechattest"
)

// account is the other side of the platform: a server that checks, decrypts and answers
// callbacks with the SDK's crypto, which knows nothing of this package.
type account struct {
	t     *testing.T
	opts  wechattest.Options
	reply func(m received) any // nil: "success"; string: text; []byte: sent as it is; int: that status

	mu  sync.Mutex
	got []received
}

// received is a decrypted callback.
type received struct {
	ToUserName, FromUserName, MsgType, Content, Event, EventKey, Ticket string
	MediaID                                                             string `xml:"MediaId"`
	MenuID                                                              string `xml:"bizmsgmenuid"`
	MsgID                                                               int64  `xml:"MsgId"`
	JobID                                                               int64  `xml:"MsgID"`
	CreateTime                                                          int64
	Status, Label, Title, URL                                           string
	ThumbID                                                             string              `xml:"ThumbMediaId"`
	X                                                                   string              `xml:"Location_X"`
	Pics                                                                struct{ Count int } `xml:"SendPicsInfo"`
	Query                                                               string              `xml:"-"`
	Cipher                                                              string              `xml:"-"`
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if util.Signature(a.opts.Token, q.Get("timestamp"), q.Get("nonce")) != q.Get("signature") {
		http.Error(w, "signature", http.StatusForbidden)
		return
	}
	if r.Method == http.MethodGet {
		io.WriteString(w, q.Get("echostr"))
		return
	}
	var env struct{ ToUserName, Encrypt string }
	body, _ := io.ReadAll(r.Body)
	if err := xml.Unmarshal(body, &env); err != nil || q.Get("encrypt_type") != "aes" {
		http.Error(w, "envelope", http.StatusForbidden)
		return
	}
	if util.Signature(a.opts.Token, q.Get("timestamp"), q.Get("nonce"), env.Encrypt) != q.Get("msg_signature") {
		http.Error(w, "msg_signature", http.StatusForbidden)
		return
	}
	_, plain, err := util.DecryptMsg(a.opts.AppID, env.Encrypt, a.opts.EncodingAESKey)
	if err != nil {
		a.t.Errorf("SDK cannot decrypt: %v", err)
	}
	var m received
	if err := xml.Unmarshal(plain, &m); err != nil {
		a.t.Errorf("callback is no XML: %v\n%s", err, plain)
	}
	m.Query, m.Cipher = r.URL.RawQuery, env.Encrypt
	a.mu.Lock()
	a.got = append(a.got, m)
	reply := a.reply
	a.mu.Unlock()
	if reply == nil {
		io.WriteString(w, "success")
		return
	}
	switch out := reply(m).(type) {
	case string:
		w.Write(a.seal(m, textReply(m, out)))
	case []byte:
		w.Write(out)
	case int:
		w.WriteHeader(out)
	case inner:
		w.Write(a.seal(m, string(out)))
	default:
		io.WriteString(w, "success")
	}
}

// inner is a passive reply's XML to be sealed as it stands.
type inner string

func textReply(m received, text string) string {
	return fmt.Sprintf("<xml><ToUserName>%s</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><MsgType>text</MsgType><Content><![CDATA[%s]]></Content></xml>",
		m.FromUserName, m.ToUserName, m.CreateTime, text)
}

func (a *account) seal(m received, reply string) []byte {
	stamp, nonce := strconv.FormatInt(m.CreateTime, 10), "n0nce"
	cipher, err := util.EncryptMsg([]byte("0123456789abcdef"), []byte(reply), a.opts.AppID, a.opts.EncodingAESKey)
	if err != nil {
		a.t.Errorf("SDK cannot encrypt: %v", err)
	}
	signature := util.Signature(a.opts.Token, stamp, nonce, string(cipher))
	return fmt.Appendf(nil, "<xml><Encrypt>%s</Encrypt><MsgSignature>%s</MsgSignature><TimeStamp>%s</TimeStamp><Nonce>%s</Nonce></xml>",
		cipher, signature, stamp, nonce)
}

// messages are the callbacks so far, in order of arrival.
func (a *account) messages() []received {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]received(nil), a.got...)
}

func (a *account) answer(reply func(received) any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reply = reply
}

// clock is a hand-moved clock.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a platform with one account, both over real HTTP.
type world struct {
	*wechattest.Platform
	account *account
	clock   *clock
	api     string
	t       *testing.T
}

func newWorld(t *testing.T) *world { return newHastyWorld(t, 10*time.Second) }

// newHastyWorld is newWorld with another timeout than WeChat's five seconds.
func newHastyWorld(t *testing.T, timeout time.Duration) *world {
	t.Helper()
	c := &clock{now: time.Date(2026, 2, 3, 10, 0, 0, 0, time.UTC)}
	p := wechattest.New(wechattest.Options{Now: c.Now, Timeout: timeout})
	a := &account{t: t, opts: p.Options()}
	server, api := httptest.NewServer(a), httptest.NewServer(p)
	p.SetCallback(server.URL + "/wechat")
	t.Cleanup(func() { p.Close(); server.Close(); api.Close() })
	return &world{Platform: p, account: a, clock: c, api: api.URL, t: t}
}

// token gets a stable token.
func (w *world) token() string {
	w.t.Helper()
	out := w.post("/cgi-bin/stable_token", map[string]any{
		"grant_type": "client_credential", "appid": w.Options().AppID, "secret": w.Options().AppSecret,
	})
	return out["access_token"].(string)
}

// call posts body with a token.
func (w *world) call(path string, body any) map[string]any {
	w.t.Helper()
	return w.post(path+"?access_token="+w.token(), body)
}

func (w *world) post(path string, body any) map[string]any {
	w.t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		w.t.Fatal(err)
	}
	resp, err := http.Post(w.api+path, "application/json", &b)
	return w.read(resp, err)
}

func (w *world) get(path string) map[string]any {
	w.t.Helper()
	resp, err := http.Get(w.api + path)
	return w.read(resp, err)
}

func (w *world) read(resp *http.Response, err error) map[string]any {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	dec := json.NewDecoder(resp.Body)
	dec.UseNumber() // a msgid does not fit a float64
	if err := dec.Decode(&out); err != nil {
		w.t.Fatalf("%s: %v", resp.Request.URL.Path, err)
	}
	return out
}

// code is the errcode of an answer, 0 when it has none.
func code(out map[string]any) int {
	n, _ := number(out["errcode"])
	return int(n)
}

func number(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil
}

func wantCode(t *testing.T, out map[string]any, want int) {
	t.Helper()
	if code(out) != want {
		t.Errorf("errcode %v, want %d (%v)", out["errcode"], want, out["errmsg"])
	}
}

var ctx = context.Background()

// jpeg is a picture small enough to read here: start and end of a JPEG.
var jpeg = []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\xff\xd9")

var png, _ = base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
