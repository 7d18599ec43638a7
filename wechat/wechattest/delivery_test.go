package wechattest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cailiao/wechat/wechattest"
)

func TestTheConsoleAcceptsAServerThatEchoes(t *testing.T) {
	w := newWorld(t)
	if err := w.Verify(ctx); err != nil {
		t.Fatal(err)
	}
	w.account.opts.Token = "another"
	if err := w.Verify(ctx); err == nil {
		t.Error("a server with another token passed")
	}
}

func TestATextIsDeliveredAndItsReplyShown(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	u.Say(ctx, "你好 <b>&]]>")
	w.account.answer(func(m received) any { return "收到：" + m.Content })
	d := u.Say(ctx, "你好")
	if d.Reply != "收到：你好" || d.Attempts != 1 || d.Broken != "" {
		t.Errorf("%+v", d)
	}
	got := w.account.messages()
	if got[0].Event != "subscribe" || got[2].Content != "你好" || got[2].FromUserName != "oLi" || got[2].MsgID <= got[1].MsgID {
		t.Errorf("callbacks %+v", got)
	}
	if got[1].Content != "你好 <b>&]]>" {
		t.Errorf("special characters arrived as %q", got[1].Content)
	}
	if !strings.Contains(got[2].Query, "openid=oLi") {
		t.Error("no openid in the query")
	}
	chat := u.Chat()
	last := chat[len(chat)-1]
	if last.From != wechattest.FromAccount || last.Text != "收到：你好" || last.N != len(chat)-1 {
		t.Errorf("chat ends with %+v", last)
	}
}

func TestDeliveriesAreRepeatedUpToThree(t *testing.T) {
	late := func(received) any { time.Sleep(600 * time.Millisecond); return "太晚了" }
	for _, c := range []struct {
		name     string
		reply    func(received) any
		fault    wechattest.Fault
		attempts int
		arrived  int
		broken   bool
	}{
		{"an answer in time", func(received) any { return "ok" }, wechattest.Fault{}, 1, 1, false},
		{"too late", late, wechattest.Fault{}, 3, 3, true},
		{"status 500", func(received) any { return 500 }, wechattest.Fault{}, 3, 3, true},
		{"one callback lost", func(received) any { return "ok" }, wechattest.Fault{API: "callback-loss", Times: 1}, 2, 1, false},
		{"one answer lost", func(received) any { return "ok" }, wechattest.Fault{API: "reply-loss", Times: 1}, 2, 2, false},
		{"all answers lost", func(received) any { return "ok" }, wechattest.Fault{API: "reply-loss"}, 3, 3, true},
		{"another person's fault", func(received) any { return "ok" }, wechattest.Fault{API: "reply-loss", OpenID: "oOther"}, 1, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			timeout := 10 * time.Second
			if c.name == "too late" {
				timeout = 300 * time.Millisecond
			}
			w := newHastyWorld(t, timeout)
			u := w.User("oLi")
			u.Follow(ctx)
			before := len(w.account.messages())
			w.account.answer(c.reply)
			if c.fault.API != "" {
				w.Fail(c.fault)
			}
			d := u.Say(ctx, "在吗")
			if d.Attempts != c.attempts || (d.Broken != "") != c.broken {
				t.Errorf("%+v", d)
			}
			got := w.account.messages()[before:]
			if len(got) != c.arrived {
				t.Fatalf("%d arrived, want %d", len(got), c.arrived)
			}
			for _, m := range got {
				if m.MsgID != got[0].MsgID || m.CreateTime != got[0].CreateTime {
					t.Error("a repeat has another id or time")
				}
			}
			if c.arrived == 3 && (got[0].Cipher != got[1].Cipher || got[1].Cipher == got[2].Cipher) {
				t.Error("the second push must be identical, the third sealed anew")
			}
			shown := u.Last()
			if c.broken != (shown.Kind == wechattest.KindNotice && shown.Text == wechattest.Outage) {
				t.Errorf("chat ends with %+v", shown)
			}
		})
	}
}

func TestMalformedAnswersShowTheOutage(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply func(m received) any
	}{
		{"JSON", func(received) any { return []byte(`{"ok":1}`) }},
		{"a word", func(received) any { return []byte("ok") }},
		{"plaintext XML", func(m received) any { return []byte(textReply(m, "hi")) }},
		{"empty text", func(received) any { return "" + " " }},
		{"too long", func(received) any { return strings.Repeat("字", 683) }},
		{"to somebody else", func(m received) any { m.FromUserName = "oOther"; return inner(textReply(m, "hi")) }},
		{"from another account", func(m received) any { m.ToUserName = "gh_other"; return inner(textReply(m, "hi")) }},
		{"no XML inside", func(received) any { return inner("hi") }},
		{"unknown medium", func(m received) any {
			return inner(strings.Replace(textReply(m, "x"), "<MsgType>text</MsgType>", "<MsgType>image</MsgType><Image><MediaId>nix</MediaId></Image>", 1))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			u := w.User("oLi")
			u.Follow(ctx)
			w.account.answer(c.reply)
			d := u.Say(ctx, "在吗")
			if d.Broken == "" || d.Attempts != 1 {
				t.Errorf("%+v", d)
			}
			if u.Last().Text != wechattest.Outage {
				t.Errorf("chat ends with %+v", u.Last())
			}
		})
	}
}

func TestAReplySealedForAnotherKeyOrSignedWrongIsBroken(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	real := w.account.opts
	for name, bend := range map[string]func(*wechattest.Options){
		"app id": func(o *wechattest.Options) { o.AppID = "wx0000000000000000" },
		"key":    func(o *wechattest.Options) { o.EncodingAESKey = strings.Repeat("A", 43) },
		"token":  func(o *wechattest.Options) { o.Token = "another" },
	} {
		other := account{t: t, opts: real}
		bend(&other.opts)
		w.account.answer(func(m received) any { return other.seal(m, textReply(m, "hi")) })
		if d := u.Say(ctx, "在吗"); d.Broken == "" {
			t.Errorf("wrong %s accepted: %+v", name, d)
		}
	}
}

func TestEmptyBodyAndSuccessMeanNoReply(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	for _, body := range []string{"", "success"} {
		w.account.answer(func(received) any { return []byte(body) })
		before := len(u.Chat())
		if d := u.Say(ctx, "在吗"); d.Broken != "" || d.Reply != "" || d.Attempts != 1 {
			t.Errorf("%q: %+v", body, d)
		}
		if len(u.Chat()) != before+1 {
			t.Errorf("%q: something was shown", body)
		}
	}
}

func TestRedeliverRepeatsTheMessageAndReplayTheRequest(t *testing.T) {
	w := newWorld(t)
	w.account.answer(func(received) any { return "ok" })
	u := w.User("oLi")
	u.Follow(ctx)
	d := u.Say(ctx, "在吗")
	shown := len(u.Chat())
	again, replay := w.Redeliver(ctx, d), w.Replay(ctx, d)
	if again.Reply != "ok" || replay.Reply != "ok" {
		t.Errorf("%+v %+v", again, replay)
	}
	got := w.account.messages()
	first, second, third := got[1], got[2], got[3]
	if first.MsgID != second.MsgID || first.Cipher == second.Cipher {
		t.Error("Redeliver must keep the id and seal anew")
	}
	if first.Cipher != third.Cipher || first.Query != third.Query {
		t.Error("Replay must repeat byte for byte")
	}
	if len(u.Chat()) != shown {
		t.Error("a repeat must not show in the chat")
	}
}

func TestForgedRequestsReachTheServerAsForged(t *testing.T) {
	w := newWorld(t)
	message := w.TextMessage("oLi", "我是别人")
	sealed := w.Sealed(message, w.Now())
	for _, c := range []struct {
		name string
		raw  wechattest.Raw
		want int
	}{
		{"whole", sealed, 200},
		{"unsigned", sealed.Without("signature"), 403},
		{"wrong message signature", sealed.With("msg_signature", strings.Repeat("0", 40)), 403},
		{"plaintext", w.Plain(message, w.Now()), 403},
		{"oversized but whole", w.Sealed(w.TextMessage("oLi", strings.Repeat("x", 1<<20)), w.Now()), 200},
	} {
		a, err := w.Post(ctx, c.raw)
		if err != nil || a.Status != c.want {
			t.Errorf("%s: status %d, want %d (%v)", c.name, a.Status, c.want, err)
		}
	}
	if sealed.Query.Get("msg_signature") == strings.Repeat("0", 40) || sealed.Query.Get("signature") == "" {
		t.Error("bending a copy bent the original")
	}
	stale := w.Sealed(message, w.Now().Add(-time.Hour))
	if stale.Query.Get("timestamp") >= sealed.Query.Get("timestamp") {
		t.Error("a stale push is not stamped in the past")
	}
}

func TestNoCallbackAndNoServerAreBroken(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	w.SetCallback("")
	if d := u.Follow(ctx); d.Broken == "" || d.Attempts != 3 {
		t.Errorf("%+v", d)
	}
	w.SetCallback("http://127.0.0.1:1/wechat")
	if d := u.Say(ctx, "在吗"); d.Broken == "" || d.Attempts != 3 {
		t.Errorf("%+v", d)
	}
}

func TestARedirectIsAFailedDelivery(t *testing.T) {
	w := newWorld(t)
	elsewhere := 0
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			elsewhere++
		}
		http.Redirect(rw, r, "/moved", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	w.SetCallback(server.URL + "/wechat")
	if d := w.User("oLi").Follow(ctx); d.Broken == "" || d.Attempts != 3 || elsewhere != 0 {
		t.Errorf("%+v, %d requests followed", d, elsewhere)
	}
}
