package wechat_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/silenceper/wechat/v2/util"

	"cailiao/wechat"
)

func TestEdge07NothingPanics(t *testing.T) {
	a := open(t, nil, nil)
	noBody := pushed(text("你好")).request(t)
	noBody.Body = nil
	if _, err := a.Receive(noBody); !errors.Is(err, wechat.ErrMalformed) {
		t.Errorf("no body: %v", err)
	}
	cut := pushed(text("你好")).request(t)
	cut.Body = io.NopCloser(io.MultiReader(strings.NewReader("<xml>"), brokenReader{}))
	cut.ContentLength = -1
	if _, err := a.Receive(cut); !errors.Is(err, wechat.ErrMalformed) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("connection cut: %v", err)
	}
	if _, err := a.Reply(wechat.Message{}, "an answer to nothing"); !errors.Is(err, wechat.ErrArgument) {
		t.Errorf("Reply to no message: %v", err)
	}
	// Short, unaligned and garbled cipher texts under a right signature.
	for _, encrypted := range []string{"A", "AAAA", strings.Repeat("A", 44), strings.Repeat("////", 32), "%%%%"} {
		r := pushed(text("你好")).request(t)
		q := r.URL.Query()
		q.Set("msg_signature", util.Signature(config().Token, q.Get("timestamp"), q.Get("nonce"), encrypted))
		r = httptest.NewRequest(http.MethodPost, "/wechat?"+q.Encode(), strings.NewReader("<xml><Encrypt>"+encrypted+"</Encrypt></xml>"))
		if _, err := a.Receive(r); !errors.Is(err, wechat.ErrForged) {
			t.Errorf("cipher text %q: %v", encrypted, err)
		}
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestEdge08OneOddByteDoesNotLoseTheMessage(t *testing.T) {
	a := open(t, nil, nil)
	for name, c := range map[string]struct{ xml, want string }{
		"a control character":      {text("a\bb"), "ab"},
		"a zero byte":              {text("a\x00b"), "ab"},
		"a control number":         {strings.Replace(text("X"), "<![CDATA[X]]>", "a&#8;b&#x4f60;&amp;&lt;", 1), "ab你&<"},
		"an unknown entity":        {strings.Replace(text("X"), "<![CDATA[X]]>", "AT&T &nbsp; &", 1), "AT&T &nbsp; &"},
		"invalid UTF-8":            {text("a\xffb"), "a\uFFFDb"},
		"half a character":         {text("a\xe4\xbd"), "a\uFFFD"},
		"a section's end":          {text("a]]>b"), "a]]>b"},
		"a joined section":         {text("a]]]]><![CDATA[>b"), "a]]>b"},
		"tags in the text":         {text("<b>&amp;</Content"), "<b>&amp;</Content"},
		"a carriage return":        {text("a\r\nb\rc"), "a\nb\nc"},
		"a line separator":         {text("a\u2028b"), "a\nb"},
		"emoji":                    {text("👍🏽"), "👍🏽"},
		"spaces around":            {text("  a "), "  a "},
		"a number that is none":    {strings.Replace(text("a"), "23456789012345678", "12x", 1), "a"},
		"a number too large":       {strings.Replace(text("a"), "23456789012345678", strings.Repeat("9", 30), 1), "a"},
		"no time":                  {strings.Replace(text("a"), "1772452800", "soon", 1), "a"},
		"an instruction before it": {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x -->" + text("a"), "a"},
		"a byte order mark":        {"\uFEFF" + text("a"), "a"},
		"attributes":               {strings.Replace(text("a"), "<Content>", `<Content x="a>b" y='1'>`, 1), "a"},
	} {
		m, err := a.Receive(pushed(c.xml).request(t))
		if err != nil || m.Text != c.want || m.OpenID != someone {
			t.Errorf("%s: %q from %q, %v; want %q", name, m.Text, m.OpenID, err, c.want)
		}
	}
	// Were the platform ever not to escape what people type, elements typed by them come too late to count.
	smuggled := receive(t, a, pushed(text("x]]></Content><FromUserName>oOther</FromUserName><Event>subscribe</Event><Content><![CDATA[")))
	if smuggled.OpenID != someone || smuggled.Kind != wechat.KindText || smuggled.Event != "" || smuggled.Text != "x" {
		t.Errorf("smuggled elements were believed: %q %q %q", smuggled.OpenID, smuggled.Event, smuggled.Text)
	}
}

func TestEdge09BodiesAreBounded(t *testing.T) {
	a := open(t, nil, nil)
	p := pushed(text("你好"))
	p.body = func(string) string { return "<xml>" + strings.Repeat(" ", 1<<20) + "</xml>" }
	announced := p.request(t)
	streamed := p.request(t)
	streamed.ContentLength = -1
	for name, r := range map[string]*http.Request{"announced": announced, "streamed": streamed} {
		if _, err := a.Receive(r); !errors.Is(err, wechat.ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	streamed = p.request(t)
	streamed.ContentLength = -1
	count := &countingReader{r: streamed.Body}
	streamed.Body = count
	a.Receive(streamed)
	if count.n > 1<<20+4096 {
		t.Errorf("%d bytes were read", count.n)
	}
	// A small body must not cost much either: nothing in the reader may be quadratic.
	for name, filler := range map[string]string{
		"ampersands":      "<Encrypt>" + strings.Repeat("&", 1<<20-99) + "</Encrypt>",
		"broken sections": strings.Repeat("<a><![CDATA[]]>x</a>", 1<<20/20-9),
		"open sections":   strings.Repeat("<a><![CDATA[]]>", 1<<15),
		"open tags":       strings.Repeat("<a>", 1<<17),
	} {
		p.body = func(string) string { return "<xml>" + filler + "</xml>" }
		r, start := p.request(t), time.Now()
		if _, err := a.Receive(r); err == nil {
			t.Errorf("%s accepted", name)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}

type countingReader struct {
	r io.ReadCloser
	n int
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += n
	return n, err
}

func (c *countingReader) Close() error { return c.r.Close() }

func TestEdge10NoAnswerIsTheWordSuccess(t *testing.T) {
	a := open(t, nil, nil)
	m := receive(t, a, pushed(text("你好")))
	for _, nothing := range []string{"", " \n", "\x08", "\u2028"} {
		body, err := a.Reply(m, nothing)
		if err != nil || string(body) != "success" {
			t.Errorf("Reply(%q) is %q, %v", nothing, body, err)
		}
	}
	for _, said := range []string{"收到", "a]]>b <a href=\"weixin://bizmsgmenu?msgmenucontent=进度&msgmenuid=1\">进度</a>", strings.Repeat("好", 682)} {
		body, err := a.Reply(m, said)
		if err != nil {
			t.Fatal(err)
		}
		var answer struct{ ToUserName, FromUserName, MsgType, Content, CreateTime string }
		if err := xml.Unmarshal([]byte(unseal(t, config(), body)), &answer); err != nil {
			t.Fatal(err)
		}
		want := answer
		want.ToUserName, want.FromUserName, want.MsgType, want.Content, want.CreateTime = someone, original, "text", said, "1772452800"
		if diff := cmp.Diff(want, answer); diff != "" {
			t.Errorf("Reply(%q):\n%s", said, diff)
		}
	}
	if _, err := a.Reply(m, strings.Repeat("好", 683)); !errors.Is(err, wechat.ErrTooLong) {
		t.Errorf("2049 bytes: %v", err)
	}
	body, err := a.ReplyImage(m, "MEDIA-1")
	if err != nil {
		t.Fatal(err)
	}
	if plain := unseal(t, config(), body); !strings.Contains(plain, "<Image><MediaId><![CDATA[MEDIA-1]]></MediaId></Image>") || !strings.Contains(plain, "<![CDATA[image]]>") {
		t.Errorf("ReplyImage: %s", plain)
	}
	if _, err := a.ReplyImage(m, ""); !errors.Is(err, wechat.ErrArgument) {
		t.Errorf("ReplyImage without a media id: %v", err)
	}
}

func TestEdge11AMessageOfAnotherFormIsAnErrorNotAnEmptyMessage(t *testing.T) {
	a := open(t, nil, nil)
	p := pushed(text("你好"))
	p.body = func(e string) string { return `{"ToUserName":"gh","Encrypt":"` + e + `"}` }
	r := p.request(t)
	r.Header.Set("Content-Type", "application/json")
	if m, err := a.Receive(r); !errors.Is(err, wechat.ErrMalformed) || m.Kind != "" {
		t.Errorf("JSON: %v, %v", m, err)
	}
	unknown := receive(t, a, pushed(strings.Replace(text("?"), "[text]", "[hologram]", 1)))
	if unknown.Kind != "hologram" || unknown.OpenID != someone || unknown.Field("Content") != "?" {
		t.Errorf("an unknown kind: %v", unknown)
	}
}

func TestEdge12TheYear2040Works(t *testing.T) {
	later := time.Date(2040, 3, 2, 12, 0, 0, 0, time.UTC)
	a := openWith(t, config(), nil, wechat.Options{Now: func() time.Time { return later }})
	p := pushed(strings.Replace(text("你好"), "1772452800", strconv.FormatInt(later.Unix(), 10), 1))
	p.at = later
	m := receive(t, a, p)
	if !m.Created.Equal(later) {
		t.Errorf("Created %s", m.Created)
	}
	body, err := a.Reply(m, "好")
	if err != nil {
		t.Fatal(err)
	}
	if plain := unseal(t, config(), body); !strings.Contains(plain, "<CreateTime>2214302400</CreateTime>") {
		t.Errorf("reply: %s", plain)
	}
}

func TestEdge13TheOpenIDOfTheQueryIsIgnored(t *testing.T) {
	p := pushed(text("你好"))
	p.extra = url.Values{"openid": {"oSomebodyElse"}}
	if m := receive(t, open(t, nil, nil), p); m.OpenID != someone {
		t.Errorf("OpenID %q", m.OpenID)
	}
}

func TestEdge14EveryLineOfASubscriptionEventIsRead(t *testing.T) {
	a := open(t, nil, nil)
	popup := receive(t, a, pushed(event("subscribe_msg_popup_event", `<SubscribeMsgPopupEvent>
		<List><TemplateId><![CDATA[T1]]></TemplateId><SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString><PopupScene>2</PopupScene></List>
		<List><TemplateId><![CDATA[T2]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString><PopupScene>1</PopupScene></List>
		</SubscribeMsgPopupEvent>`)))
	want := []wechat.Consent{{TemplateID: "T1", Status: "accept", Scene: "2"}, {TemplateID: "T2", Status: "reject", Scene: "1"}}
	if diff := cmp.Diff(want, popup.Consents); diff != "" {
		t.Error(diff)
	}
	sent := receive(t, a, pushed(event(wechat.EventPopupSent, `<SubscribeMsgSentEvent><List><TemplateId>T1</TemplateId><MsgID>77</MsgID>`+
		`<ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus></List></SubscribeMsgSentEvent>`)))
	if diff := cmp.Diff([]wechat.Consent{{TemplateID: "T1", Status: "success", MsgID: "77"}}, sent.Consents); diff != "" {
		t.Error(diff)
	}
	article := receive(t, a, pushed(strings.Replace(text("你好"), "</xml>", "<MsgDataId>2247_1</MsgDataId><Idx>1</Idx></xml>", 1)))
	if article.Field("MsgDataId") != "2247_1" || article.Field("Idx") != "1" || article.Field("Nothing") != "" {
		t.Errorf("Field: %q %q", article.Field("MsgDataId"), article.Field("Idx"))
	}
}

func TestEdge15TheDeliveryEventHasItsTemplateID(t *testing.T) {
	m := receive(t, open(t, nil, nil), pushed(event("TEMPLATESENDJOBFINISH", "<MsgID>4123456789012345678</MsgID><Status><![CDATA[failed:user block]]></Status>")))
	if m.MsgID != 4123456789012345678 || m.Status != "failed:user block" || m.Event != wechat.EventTemplateDone {
		t.Errorf("MsgID %d, status %q", m.MsgID, m.Status)
	}
}

func TestEdge16NothingPersonalIsLogged(t *testing.T) {
	log, logger := logged()
	a := openWith(t, config(), nil, wechat.Options{Log: logger})
	m := receive(t, a, pushed(text("我的身份证号")))
	body, err := a.Reply(m, "收到身份证号")
	if err != nil || len(body) == 0 {
		t.Fatal(err)
	}
	logger.Info("a careless line", "message", m, "config", config())
	for _, printed := range []string{log.String(), fmt.Sprintf("%v %+v %#v %s", m, m, m, m), fmt.Sprintf("%v %+v %#v", config(), config(), config())} {
		for _, secret := range []string{someone, "身份证", config().AppSecret, config().Token, config().EncodingAESKey} {
			if strings.Contains(printed, secret) {
				t.Errorf("%q appears in %q", secret, printed)
			}
		}
	}
	if !strings.Contains(log.String(), wechat.LogID(someone)) {
		t.Errorf("the person cannot be followed through the log: %s", log)
	}
	// The SDK's root package turns on debug logging of whole messages, its server package writes it.
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range parsed.Imports {
			switch path, _ := strconv.Unquote(i.Path.Value); path {
			case "github.com/silenceper/wechat/v2", "github.com/silenceper/wechat/v2/officialaccount",
				"github.com/silenceper/wechat/v2/officialaccount/server", "github.com/silenceper/wechat/v2/officialaccount/js":
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}

func TestEdge29RandomnessAndAddresses(t *testing.T) {
	a := open(t, nil, nil)
	m := receive(t, a, pushed(text("你好")))
	seen := map[string]bool{}
	for range 50 { // within one tick of a clock that seeds
		body, err := a.Reply(m, "好")
		if err != nil {
			t.Fatal(err)
		}
		nonce, _, _ := bytes.Cut(body[bytes.Index(body, []byte("<Nonce>"))+7:], []byte("<"))
		if len(nonce) < 20 || seen[string(nonce)] {
			t.Fatalf("nonce %q again or too short", nonce)
		}
		seen[string(nonce)] = true
	}
	got := a.OAuthURL("https://cailiao.example.cn/staff/wechat?a=1&b=2", "x&scope=snsapi_userinfo#y")
	want := "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx0123456789abcdef&redirect_uri=" +
		"https%3A%2F%2Fcailiao.example.cn%2Fstaff%2Fwechat%3Fa%3D1%26b%3D2&response_type=code&scope=snsapi_base&state=" +
		"x%26scope%3Dsnsapi_userinfo%23y#wechat_redirect"
	if got != want {
		t.Errorf("OAuthURL:\n%s\nwant\n%s", got, want)
	}
}

func TestEdge30BothKeysAreAcceptedDuringAChange(t *testing.T) {
	old, changed := config(), config()
	changed.EncodingAESKey, changed.PreviousAESKey = strings.Repeat("n3w", 14)+"K", old.EncodingAESKey
	a := openWith(t, changed, nil, wechat.Options{})
	for name, cfg := range map[string]wechat.Config{"old key": old, "new key": changed} {
		p := pushed(text("你好"))
		p.cfg = cfg
		m := receive(t, a, p)
		body, err := a.Reply(m, "收到")
		if err != nil {
			t.Fatal(err)
		}
		if plain := unseal(t, cfg, body); !strings.Contains(plain, "收到") {
			t.Errorf("%s: %s", name, plain)
		}
	}
}
