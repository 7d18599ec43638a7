package wechattest_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/silenceper/wechat/v2/officialaccount"
	"github.com/silenceper/wechat/v2/officialaccount/basic"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/officialaccount/customerservice"
	"github.com/silenceper/wechat/v2/officialaccount/material"
	"github.com/silenceper/wechat/v2/officialaccount/menu"
	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/util"

	"cailiao/wechat/wechattest"
)

// The SDK was written against the real platform: whatever it sends must be understood here,
// and whatever comes back must please it.
func TestTheSDKSpeaksToThePlatform(t *testing.T) {
	w := newWorld(t)
	util.SetURIModifier(func(uri string) string {
		uri = strings.Replace(uri, "https://api.weixin.qq.com", w.api, 1)
		return strings.Replace(uri, "https://file.api.weixin.qq.com", w.api, 1)
	})
	t.Cleanup(func() { util.SetURIModifier(nil) })
	opts := w.Options()
	oa := officialaccount.NewOfficialAccount(&config.Config{
		AppID: opts.AppID, AppSecret: opts.AppSecret, Token: opts.Token, EncodingAESKey: opts.EncodingAESKey,
		Cache: &shelf{}, UseStableAK: true,
	})
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		srv := oa.GetServer(r, rw)
		srv.SetMessageHandler(func(m *message.MixMessage) *message.Reply {
			return &message.Reply{MsgType: message.MsgTypeText, MsgData: message.NewText("收到 " + m.Content + m.PicURL + string(m.Event))}
		})
		if err := srv.Serve(); err != nil {
			t.Errorf("serve: %v", err)
			return
		}
		if err := srv.Send(); err != nil {
			t.Errorf("send: %v", err)
		}
	}))
	t.Cleanup(server.Close)
	w.SetCallback(server.URL)
	if err := w.Verify(ctx); err != nil {
		t.Fatal(err)
	}
	u := w.User("oLi")
	if d := u.Follow(ctx); d.Reply != "收到 subscribe" {
		t.Error(d)
	}
	if d := u.Say(ctx, "你好"); d.Reply != "收到 你好" {
		t.Error(d)
	}
	if d := u.SendPhoto(ctx, jpeg); !strings.HasPrefix(d.Reply, "收到 http://mmbiz.qpic.cn/") {
		t.Error(d)
	}

	ok := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	media, err := oa.GetMaterial().MediaUploadFromReader(material.MediaTypeImage, "a.png", bytes.NewReader(png))
	ok("upload", err)
	from, err := oa.GetMaterial().GetMediaURL(media.MediaID)
	ok("media URL", err)
	picture, err := util.HTTPGet(from)
	ok("media/get", err)
	if !bytes.Equal(picture, png) {
		t.Errorf("media/get: %d bytes", len(picture))
	}
	ok("custom text", oa.GetCustomerMessageManager().Send(message.NewCustomerTextMessage("oLi", "补充")))
	ok("custom image", oa.GetCustomerMessageManager().Send(message.NewCustomerImgMessage("oLi", media.MediaID)))
	ok("typing", oa.GetCustomerServiceManager().SendTypingStatus("oLi", customerservice.Typing))
	_, err = oa.GetTemplate().Send(&message.TemplateMessage{
		ToUser: "oLi", TemplateID: "TPL_RESULT", URL: "https://a.cn", ClientMsgID: "n1",
		Data: map[string]*message.TemplateDataItem{"thing1": {Value: "全部材料"}, "phrase2": {Value: "审核通过"}, "time3": {Value: "2026年2月4日 18:00"}},
	})
	ok("template", err)
	list, err := oa.GetTemplate().List()
	ok("template list", err)
	if len(list) != len(wechattest.DefaultTemplates()) {
		t.Errorf("%d templates", len(list))
	}
	ok("menu", oa.GetMenu().SetMenu([]*menu.Button{menu.NewClickButton("进度", "progress"), menu.NewSubButton("更多", []*menu.Button{menu.NewViewButton("看", "https://a.cn")})}))
	if got, err := oa.GetMenu().GetMenu(); err != nil || len(got.Menu.Button) != 2 {
		t.Errorf("menu: %+v, %v", got, err)
	}
	ticket, err := oa.GetBasic().GetQRTicket(basic.NewTmpQrRequest(time.Hour, "bind.7"))
	ok("QR ticket", err)
	if err == nil && w.Scene(ticket.Ticket) != "bind.7" {
		t.Errorf("%+v", ticket)
	}
	if info, err := oa.GetUser().GetUserInfo("oLi"); err != nil || info.Subscribe != 1 {
		t.Errorf("user: %+v, %v", info, err)
	}
	u.Allow(ctx, "TPL_RESULT")
	ok("subscription notice", oa.GetSubscribe().Send(&message.SubscribeMessage{
		ToUser: "oLi", TemplateID: "TPL_RESULT",
		Data: map[string]*message.SubscribeDataItem{"thing1": {Value: "全部材料"}, "phrase2": {Value: "审核通过"}, "time3": {Value: "18:00"}},
	}))
	ok("clear quota", oa.GetBasic().ClearQuota())

	page, err := oa.GetOauth().GetRedirectURL("https://a.cn/me", "snsapi_base", "s1")
	ok("redirect URL", err)
	target, _ := url.Parse(page)
	client := u.Browser()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Get(w.api + target.RequestURI())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		t.Fatal(err)
	}
	who, err := oa.GetOauth().GetUserAccessToken(back.Query().Get("code"))
	if err != nil || who.OpenID != "oLi" {
		t.Errorf("OAuth: %+v, %v", who, err)
	}

	w.Wait()
	kinds := []string{}
	for _, e := range u.Chat() {
		if e.From == wechattest.FromAccount {
			kinds = append(kinds, e.Kind)
		}
	}
	if got := strings.Join(kinds, " "); got != "text text text text image template template" {
		t.Errorf("the chat shows %s", got)
	}
	if n := len(w.Calls("stable_token")); n != 1 {
		t.Errorf("%d token calls", n)
	}
}

// shelf is the SDK's cache, guarded.
type shelf struct{ m sync.Map }

func (s *shelf) Get(key string) any {
	v, _ := s.m.Load(key)
	return v
}

func (s *shelf) Set(key string, v any, _ time.Duration) error {
	s.m.Store(key, v)
	return nil
}

func (s *shelf) IsExist(key string) bool {
	_, ok := s.m.Load(key)
	return ok
}

func (s *shelf) Delete(key string) error {
	s.m.Delete(key)
	return nil
}
