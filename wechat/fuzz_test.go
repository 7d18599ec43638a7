package wechat

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// What stands inside the encryption is the platform's, what stands outside is anybody's: neither may crash or grow.

func FuzzParseMessage(f *testing.F) {
	for _, seed := range []string{
		"", "<xml/>", "<xml></xml>", "<xml><a><![CDATA[x]]></a></xml>", "<xml><FromUserName>o</FromUserName><MsgType>text</MsgType></xml>",
		"<xml><FromUserName><![CDATA[o]]></FromUserName><MsgType>event</MsgType><Event>SCAN</Event><EventKey>\xff]]></EventKey></xml>",
		"<xml><FromUserName>o&#x41;&amp;</FromUserName><MsgType a='>'>image</MsgType><List><List></List></List></xml>",
		"<xml><SubscribeMsgPopupEvent><List><TemplateId>T</TemplateId></List></SubscribeMsgPopupEvent>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		m, err := parseMessage(doc, time.Unix(1, 0))
		if err != nil {
			if m.Key != "" || m.OpenID != "" {
				t.Errorf("an error and a message: %q", m.Key)
			}
			return
		}
		if m.Key == "" || len(m.Key) > 191 || !plainASCII(m.Key) {
			t.Errorf("key %q", m.Key)
		}
		for _, text := range []string{m.OpenID, m.Text, m.EventKey, m.Event, m.MediaID, string(m.Kind), m.Field("List")} {
			if !utf8.ValidString(text) || clean(text) != text {
				t.Errorf("%q is not clean", text)
			}
		}
		again, err := parseMessage(doc, time.Unix(2, 0))
		if err != nil || again.Key != m.Key {
			t.Errorf("a repeat has key %q, not %q: %v", again.Key, m.Key, err)
		}
	})
}

// FuzzTextSurvives holds the reader against encoding/xml: what it writes, in CDATA or escaped, we read unchanged.
func FuzzTextSurvives(f *testing.F) {
	for _, seed := range []string{"", "你好", "a]]>b", "]]]]>", "<b>&amp;</b>", "]]></Content><Content>", " a\n", "\u2028", "\x08\xff", "👍"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = clean(text)
		for name, value := range map[string]any{
			"CDATA": struct {
				XMLName xml.Name `xml:"xml"`
				Content struct {
					Text string `xml:",cdata"`
				}
			}{Content: struct {
				Text string `xml:",cdata"`
			}{text}},
			"escaped": struct {
				XMLName xml.Name `xml:"xml"`
				Content string
			}{Content: text},
		} {
			doc, err := xml.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			got, want := "nothing", text
			if err := eachChild(doc, func(e element) { got = e.text() }); err != nil {
				t.Fatalf("%s %q: %v", name, doc, err)
			}
			if name == "escaped" { // white space there is layout
				got, want = strings.TrimSpace(got), strings.TrimSpace(want)
			}
			if got != want {
				t.Errorf("%s %q read as %q from %s", name, want, got, doc)
			}
		}
	})
}

func FuzzDecrypt(f *testing.F) {
	a, err := Open(Config{
		AppID: "wx0123456789abcdef", AppSecret: "s", Token: "token",
		EncodingAESKey: strings.Repeat("a", 43), PreviousAESKey: strings.Repeat("b", 43),
	}, nil, Options{})
	if err != nil {
		f.Fatal(err)
	}
	for _, plain := range []string{"", "<xml/>", strings.Repeat("x", 1000)} {
		encrypted, err := a.encrypt([]byte(plain), a.cfg.PreviousAESKey)
		if err != nil {
			f.Fatal(err)
		}
		if got, key, err := a.decrypt(encrypted); string(got) != plain || key != a.cfg.PreviousAESKey || err != nil {
			f.Fatalf("%q came back as %q with key %q: %v", plain, got, key, err)
		}
		f.Add(encrypted)
		f.Add(encrypted[4:])
	}
	f.Fuzz(func(t *testing.T, encrypted string) {
		if xml, key, err := a.decrypt(encrypted); err != nil && (xml != nil || key != "") {
			t.Errorf("an error and a result: %q", xml)
		}
	})
}
