package handlers_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"cailiao/wechat/wechattest"
)

func TestWeChatVerifiesTheAddress(t *testing.T) {
	w := newWorld(t).open()
	if err := w.platform.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if got := w.browser().get("/wechat?signature=x&timestamp=1&nonce=1&echostr=hello"); got.status == http.StatusOK || strings.Contains(got.body, "hello") {
		t.Errorf("unsigned: %d %q", got.status, got.body)
	}
}

func TestAMessageIsAnsweredInTheSameExchange(t *testing.T) {
	w := newWorld(t).open()
	w.bot.reply = "收到"
	user := w.platform.User("someone")
	user.Follow(t.Context())
	d := user.Say(t.Context(), "你好")
	if d.Reply != "收到" || d.Attempts != 1 || d.Broken != "" {
		t.Errorf("delivery %+v", d)
	}
	w.bot.reply = ""
	if d := user.Say(t.Context(), "再见"); d.Reply != "" || d.Attempts != 1 || d.Broken != "" {
		t.Errorf("without an answer: %+v", d)
	}
	if len(w.bot.heard) != 3 || w.bot.heard[1].Text != "你好" {
		t.Errorf("heard %d messages", len(w.bot.heard))
	}
	answer, err := w.platform.Post(t.Context(), w.platform.Sealed(w.platform.TextMessage("someone", "x"), w.clock))
	if err != nil || string(answer.Body) != "success" || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("%q as %q, %v", answer.Body, answer.Header.Get("Content-Type"), err)
	}
	w.bot.reply = "收到"
	answer, err = w.platform.Post(t.Context(), w.platform.Sealed(w.platform.TextMessage("someone", "x"), w.clock))
	if err != nil || !strings.HasPrefix(string(answer.Body), "<xml>") || !strings.HasPrefix(answer.Header.Get("Content-Type"), "application/xml") ||
		strings.Contains(string(answer.Body), "收到") {
		t.Errorf("%.60q as %q, %v", answer.Body, answer.Header.Get("Content-Type"), err)
	}
}

func TestWithoutARowThereIsNoSuccess(t *testing.T) {
	for name, break_ := range map[string]func(*answers){
		"an error":                    func(a *answers) { a.err = errors.New("no database") },
		"a panic":                     func(a *answers) { a.panic = true },
		"a reply that cannot be sent": func(a *answers) { a.reply = strings.Repeat("长", 3000) },
	} {
		w := newWorld(t).open()
		break_(w.bot)
		user := w.platform.User("someone")
		user.Follow(t.Context())
		d := user.Say(t.Context(), "你好")
		if d.Attempts != 3 || d.Broken == "" {
			t.Errorf("%s: WeChat gives up after %d deliveries: %q", name, d.Attempts, d.Broken)
		}
		if log := w.log.String(); !strings.Contains(log, "status=500") || strings.Contains(log, "a secret") || strings.Contains(log, "你好") {
			t.Errorf("%s: log:\n%s", name, log)
		}
	}
}

func TestWhatIsNotWeChatsIsRefused(t *testing.T) {
	w := newWorld(t).open()
	good := func() wechattest.Raw {
		return w.platform.Sealed(w.platform.TextMessage("someone", "x"), w.clock)
	}
	bent := func(bend func(*wechattest.Raw)) wechattest.Raw {
		raw := good()
		bend(&raw)
		return raw
	}
	for _, test := range []struct {
		name string
		raw  wechattest.Raw
		want int
	}{
		{"a wrong signature", bent(func(r *wechattest.Raw) { r.Query.Set("msg_signature", strings.Repeat("0", 40)) }), http.StatusForbidden},
		{"plain text", w.platform.Plain(w.platform.TextMessage("someone", "x"), w.clock), http.StatusForbidden},
		{"signed yesterday", w.platform.Sealed(w.platform.TextMessage("someone", "x"), w.clock.Add(-24*time.Hour)), http.StatusForbidden},
		{"a body that is no XML", bent(func(r *wechattest.Raw) { r.Body = []byte("hello") }), http.StatusBadRequest},
		{"2 MiB", bent(func(r *wechattest.Raw) { r.Body = append(r.Body, make([]byte, 2<<20)...) }), http.StatusRequestEntityTooLarge},
	} {
		got, err := w.platform.Post(t.Context(), test.raw)
		if err != nil || got.Status != test.want {
			t.Errorf("%s: %d, want %d; %v", test.name, got.Status, test.want, err)
		}
	}
	if len(w.bot.heard) != 0 {
		t.Errorf("the bot heard %d messages", len(w.bot.heard))
	}
	if log := w.log.String(); strings.Count(log, "callback refused") != 5 || strings.Contains(log, "someone") {
		t.Errorf("log:\n%s", log)
	}
}
