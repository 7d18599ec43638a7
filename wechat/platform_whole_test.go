package wechat_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"cailiao/watch/watchtest"
	"cailiao/wechat"
	"cailiao/wechat/wechattest"
)

// world is the account and the fake platform, each behind real HTTP, with a server between them like the program's.
type world struct {
	*wechattest.Platform
	account  *wechat.Account
	mu       sync.Mutex
	received []wechat.Message
	refused  []error
	answer   func(wechat.Message) ([]byte, error)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Platform: wechattest.New(wechattest.Options{Secret: watchtest.Secret})}
	t.Cleanup(w.Close)
	api := httptest.NewServer(w.Platform)
	t.Cleanup(api.Close)
	o := w.Options()
	account, err := wechat.Open(wechat.Config{
		AppID: o.AppID, AppSecret: o.AppSecret, Token: o.Token, EncodingAESKey: o.EncodingAESKey, APIBase: api.URL,
	}, newCache(), wechat.Options{BrowserBase: api.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(account.Close)
	w.account = account
	w.answer = func(m wechat.Message) ([]byte, error) { return account.Reply(m, "") }
	server := httptest.NewServer(w.handler())
	t.Cleanup(server.Close)
	w.SetCallback(server.URL + "/wechat")
	return w
}

// handler is the least a program does around Echo, Receive and Reply.
func (w *world) handler() http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			echo, err := w.account.Echo(r.URL.Query())
			if err != nil {
				http.Error(rw, "", http.StatusForbidden)
				return
			}
			io.WriteString(rw, echo)
			return
		}
		m, err := w.account.Receive(r)
		w.mu.Lock()
		defer w.mu.Unlock()
		if err != nil {
			w.refused = append(w.refused, err)
			http.Error(rw, "", http.StatusForbidden)
			return
		}
		w.received = append(w.received, m)
		body, err := w.answer(m)
		if err != nil {
			http.Error(rw, "", http.StatusInternalServerError)
			return
		}
		rw.Write(body)
	}
}

func (w *world) last(t *testing.T) wechat.Message {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.received) == 0 {
		t.Fatalf("nothing received; refused: %v", w.refused)
	}
	return w.received[len(w.received)-1]
}

func TestTheWholeWayWithThePlatform(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	if err := w.Verify(ctx); err != nil {
		t.Fatal(err)
	}
	if err := w.account.Check(ctx); err != nil {
		t.Fatal(err)
	}
	person := w.User("oPerson1")

	if d := person.FollowByScan(ctx, "site-1"); d.Broken != "" || w.last(t).Scene != "site-1" || w.last(t).Event != wechat.EventSubscribe {
		t.Errorf("follow: %s, %v", d, w.last(t))
	}
	w.answer = func(m wechat.Message) ([]byte, error) { return w.account.Reply(m, "收到：<"+m.Text+">") }
	if d := person.Say(ctx, "你好 ]]> & <b>"); d.Reply != "收到：<你好 ]]> & <b>>" || w.last(t).OpenID != "oPerson1" {
		t.Errorf("text: %s", d)
	}
	first := w.last(t)
	if d := person.TapLink(ctx, "进度", "101"); d.Broken != "" || w.last(t).MenuID != "101" || w.last(t).Text != "进度" {
		t.Errorf("tapped link: %s, %q", d, w.last(t).MenuID)
	}
	if w.last(t).Key == first.Key {
		t.Errorf("two messages have the key %q", first.Key)
	}

	w.answer = func(m wechat.Message) ([]byte, error) { return w.account.Reply(m, "") }
	picture := []byte("\xff\xd8\xff\xe0 not really a picture")
	person.SendPhoto(ctx, picture)
	if m := w.last(t); m.Kind != wechat.KindImage {
		t.Errorf("photo: %v", m)
	}
	w.RevokeTokens()
	media, err := w.account.Media(ctx, w.last(t).MediaID)
	if err != nil || !bytes.Equal(media.Bytes, picture) {
		t.Errorf("media after a revoked token: %q, %v", media.Bytes, err)
	}
	for name, send := range map[wechat.Kind]func() wechattest.Delivery{
		wechat.KindVoice:      func() wechattest.Delivery { return person.SendVoice(ctx, []byte("amr")) },
		wechat.KindVideo:      func() wechattest.Delivery { return person.SendVideo(ctx, []byte("mp4")) },
		wechat.KindShortVideo: func() wechattest.Delivery { return person.SendShortVideo(ctx, []byte("mp4")) },
		wechat.KindLocation:   func() wechattest.Delivery { return person.SendLocation(ctx, 39.9, 116.4, "北京") },
		wechat.KindLink:       func() wechattest.Delivery { return person.SendLink(ctx, "标题", "https://x.cn") },
		wechat.KindFile:       func() wechattest.Delivery { return person.SendFile(ctx, "证明.pdf", []byte("%PDF")) },
		wechat.KindText:       func() wechattest.Delivery { return person.SendSticker(ctx) },
	} {
		if d := send(); d.Broken != "" || w.last(t).Kind != name {
			t.Errorf("%s: %s, %v", name, d, w.last(t))
		}
	}

	uploaded, err := w.account.UploadImage(ctx, "example.jpg", picture)
	if err != nil {
		t.Fatal(err)
	}
	w.answer = func(m wechat.Message) ([]byte, error) { return w.account.ReplyImage(m, uploaded) }
	if d := person.Say(ctx, "示例"); d.Broken != "" || d.ReplyImage != uploaded {
		t.Errorf("picture as an answer: %s", d)
	}
	w.answer = func(m wechat.Message) ([]byte, error) { return w.account.Reply(m, "") }
	if err := w.account.SendText(ctx, "oPerson1", "审核好了"); err != nil || person.Last().Text != "审核好了" {
		t.Errorf("customer message: %v, %q", err, person.Last().Text)
	}
}

func TestTemplatesWithThePlatform(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	person := w.User("oPerson1")
	person.Follow(ctx)
	templates, err := w.account.Templates(ctx)
	if err != nil || len(templates) == 0 || len(templates[0].Fields) == 0 {
		t.Fatalf("%+v, %v", templates, err)
	}
	w.AddTemplate(wechattest.Template{ID: "T9", Title: "结果", Content: "结果：{{thing1.DATA}}\n时间：{{time2.DATA}}"})
	notice := wechat.TemplateMessage{OpenID: "oPerson1", TemplateID: "T9", ClientMsgID: "notice-1", Data: map[string]string{
		"thing1": strings.Repeat("很长的说明", 9), "time2": "2026年3月4日 18:00",
	}}
	id, err := w.account.SendTemplate(ctx, notice)
	w.Wait()
	if m := w.last(t); err != nil || m.Event != wechat.EventTemplateDone || m.MsgID != id || m.Status != "success" || id == 0 {
		t.Errorf("sent as %d, %v; delivery event: id %d, %q", id, err, m.MsgID, m.Status)
	}
	person.RefuseMessages()
	notice.ClientMsgID = "notice-2"
	if id, err = w.account.SendTemplate(ctx, notice); err != nil && wechat.ActionFor(err) != wechat.GiveUpPerson {
		t.Errorf("to somebody who refuses: %v", err)
	}
	w.Wait()
	if m := w.last(t); err == nil && (m.MsgID != id || !strings.HasPrefix(m.Status, "failed")) {
		t.Errorf("to somebody who refuses: id %d, %q", m.MsgID, m.Status)
	}
	notice.Data["time2"], notice.ClientMsgID = "soon", "notice-3"
	if _, err := w.account.SendTemplate(ctx, notice); wechat.ActionFor(err) != wechat.Bug {
		t.Errorf("a wrong time: %v", err)
	}
	person.Unfollow(ctx)
	notice.Data["time2"], notice.ClientMsgID = "2026年3月4日 18:00", "notice-4"
	if _, err := w.account.SendTemplate(ctx, notice); wechat.ActionFor(err) != wechat.GiveUpPerson {
		t.Errorf("to somebody who left: %v", err)
	}
	if f, err := w.account.Follower(ctx, "oPerson1"); err != nil || f.Subscribed {
		t.Errorf("Follower who left: %+v, %v", f, err)
	}
}

func TestPagesAndMenuWithThePlatform(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	person := w.User("oPerson1")
	person.Follow(ctx)
	if f, err := w.account.Follower(ctx, "oPerson1"); err != nil || !f.Subscribed || f.Since.IsZero() {
		t.Errorf("Follower: %+v, %v", f, err)
	}
	if err := w.account.SetMenu(ctx, []wechat.MenuButton{{Name: "进度", Type: "click", Key: "progress"}}); err != nil || len(w.Menu()) != 1 {
		t.Errorf("SetMenu: %v, %+v", err, w.Menu())
	}
	person.Click(ctx, "progress")
	if m := w.last(t); m.Event != wechat.EventClick || m.EventKey != "progress" {
		t.Errorf("click: %v", m)
	}
	qr, err := w.account.CreateQR(ctx, "site-7", time.Hour)
	if err != nil || w.Scene(qr.Ticket) != "site-7" {
		t.Errorf("CreateQR: %+v, %v", qr, err)
	}
	if picture, err := http.Get(qr.ImageURL); err != nil || picture.StatusCode != 200 {
		t.Errorf("%s: %v", qr.ImageURL, err)
	} else {
		picture.Body.Close()
	}

	var got url.Values
	page := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { got = r.URL.Query() }))
	defer page.Close()
	back, err := person.Browser().Get(w.account.OAuthURL(page.URL+"/bind", "state1"))
	if err != nil {
		t.Fatal(err)
	}
	back.Body.Close()
	openID, err := w.account.OAuthOpenID(ctx, got.Get("code"))
	if err != nil || openID != "oPerson1" || got.Get("state") != "state1" {
		t.Errorf("OAuth: %q, %v", openID, err)
	}
	if _, err := w.account.OAuthOpenID(ctx, got.Get("code")); wechat.ActionFor(err) != wechat.SignInAgain {
		t.Errorf("the code a second time: %v", err)
	}
}

func TestForgedPushesFromThePlatformAreRefused(t *testing.T) {
	w := newWorld(t)
	inner := w.TextMessage("oVictim", "删除")
	good := w.Sealed(inner, w.Now())
	for name, c := range map[string]struct {
		wechattest.Raw
		want error
	}{
		"plain":        {w.Plain(inner, w.Now()), wechat.ErrForged},
		"an hour old":  {w.Sealed(inner, w.Now().Add(-time.Hour)), wechat.ErrStale},
		"no signature": {good.Without("msg_signature"), wechat.ErrForged},
		"other nonce":  {good.With("nonce", "1"), wechat.ErrForged},
	} {
		answer, err := w.Post(t.Context(), c.Raw)
		if err != nil || answer.Status != http.StatusForbidden || len(w.refused) == 0 || !errors.Is(w.refused[len(w.refused)-1], c.want) {
			t.Errorf("%s: %v, %d; refused %v", name, err, answer.Status, w.refused)
		}
	}
	if answer, err := w.Post(t.Context(), good); err != nil || answer.Status != 200 || string(answer.Body) != "success" {
		t.Errorf("the good one: %v, %d %q", err, answer.Status, answer.Body)
	}
	if len(w.received) != 1 {
		t.Errorf("%d messages got through", len(w.received))
	}
}
