package wechat_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cailiao/wechat"
)

func TestTemplateValuesAreMadeAcceptable(t *testing.T) {
	p := newPlatform(t)
	a := open(t, p, nil)
	p.says("/cgi-bin/message/template/send", `{"errcode":0,"msgid":1}`)
	for _, c := range []struct{ field, value, want string }{
		{"thing1", "试用期证明等2项需重传", "试用期证明等2项需重传"},
		{"thing1", strings.Repeat("好", 20), strings.Repeat("好", 20)},
		{"thing1", strings.Repeat("好", 21), strings.Repeat("好", 19) + "…"},
		{"thing12", strings.Repeat("👍", 11), strings.Repeat("👍", 9) + "…"},
		{"thing1", "一\n二\t三\u2028四\x00", "一 二 三 四"},
		{"thing1", "a\xffb", "a\uFFFDb"},
		{"thing1", " \n ", "-"},
		{"character_string2", "", "-"},
		{"character_string2", strings.Repeat("a", 33), strings.Repeat("a", 32)},
		{"phrase3", "审核未通过的", "审核未通过"},
		{"time4", "2026年3月4日 18:00", "2026年3月4日 18:00"},
		{"name5", "欧阳", "欧阳"},
		{"remark", strings.Repeat("长", 50), strings.Repeat("长", 50)}, // test accounts have fields of any name
	} {
		_, err := a.SendTemplate(t.Context(), wechat.TemplateMessage{OpenID: someone, TemplateID: "T", Data: map[string]string{c.field: c.value}})
		if err != nil {
			t.Errorf("%s %q: %v", c.field, c.value, err)
			continue
		}
		body := p.body("/cgi-bin/message/template/send")
		got := fields(t, body)["data"].(map[string]any)[c.field].(map[string]any)["value"]
		if got != c.want {
			t.Errorf("%s %q is sent as %q, want %q", c.field, c.value, got, c.want)
		}
		if strings.Contains(body, `\u`) {
			t.Errorf("the platform does not read \\u: %s", body)
		}
	}
	for _, m := range []wechat.TemplateMessage{
		{TemplateID: "T", Data: map[string]string{"thing1": "x"}},
		{OpenID: someone, Data: map[string]string{"thing1": "x"}},
		{OpenID: someone, TemplateID: "T"},
		{OpenID: someone, TemplateID: "T", Data: map[string]string{"time4": ""}},
	} {
		if _, err := a.SendTemplate(t.Context(), m); !errors.Is(err, wechat.ErrArgument) || wechat.ActionFor(err) != wechat.Bug {
			t.Errorf("%+v: %v", m, err)
		}
	}
}

func TestTemplatesListTheirFields(t *testing.T) {
	p := newPlatform(t)
	p.says("/cgi-bin/template/get_all_private_template", `{"template_list":[{"template_id":"T1","title":"审核结果通知",`+
		`"content":"审核结果:{{phrase1.DATA}}\n事项:{{ thing2.DATA }}\n","example":"审核结果:通过"},{"template_id":"T2","content":"{{first.data}}"}]}`)
	got, err := open(t, p, nil).Templates(t.Context())
	want := []wechat.Template{
		{ID: "T1", Title: "审核结果通知", Content: "审核结果:{{phrase1.DATA}}\n事项:{{ thing2.DATA }}\n", Example: "审核结果:通过", Fields: []string{"phrase1", "thing2"}},
		{ID: "T2", Content: "{{first.data}}"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestSendText(t *testing.T) {
	p := newPlatform(t)
	a := open(t, p, nil)
	p.says("/cgi-bin/message/custom/send", `{"errcode":0,"errmsg":"ok"}`)
	said := "<a href=\"weixin://bizmsgmenu?msgmenucontent=进度&msgmenuid=1\">进度</a>\x01\u2028好"
	if err := a.SendText(t.Context(), someone, said); err != nil {
		t.Fatal(err)
	}
	want := `{"touser":"` + someone + `","msgtype":"text","text":{"content":"<a href=\"weixin://bizmsgmenu?msgmenucontent=进度&msgmenuid=1\">进度</a>\n好"}}`
	if got := strings.TrimSpace(p.body("/cgi-bin/message/custom/send")); got != want {
		t.Errorf("sent %s\nwant %s", got, want)
	}
	for text, want := range map[string]error{
		"": wechat.ErrArgument, "\x01": wechat.ErrArgument, strings.Repeat("好", 683): wechat.ErrTooLong, strings.Repeat("好", 682): nil,
	} {
		if err := a.SendText(t.Context(), someone, text); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v, want %v", len(text), err, want)
		}
	}
	if err := a.SendText(t.Context(), "", "x"); !errors.Is(err, wechat.ErrArgument) {
		t.Errorf("nobody: %v", err)
	}
}

func TestSetMenu(t *testing.T) {
	p := newPlatform(t)
	a := open(t, p, nil)
	p.says("/cgi-bin/menu/create", `{"errcode":0,"errmsg":"ok"}`)
	err := a.SetMenu(t.Context(), []wechat.MenuButton{
		{Name: "传照片", Type: "pic_photo_or_album", Key: "photo"},
		{Name: "我的", Sub: []wechat.MenuButton{{Name: "进度", Type: "click", Key: "progress"}, {Name: "说明", Type: "view", URL: "https://x.cn/?a=1&b=2"}}},
	})
	want := `{"button":[{"type":"pic_photo_or_album","name":"传照片","key":"photo"},{"name":"我的","sub_button":[` +
		`{"type":"click","name":"进度","key":"progress"},{"type":"view","name":"说明","url":"https://x.cn/?a=1&b=2"}]}]}`
	if got := strings.TrimSpace(p.body("/cgi-bin/menu/create")); err != nil || got != want {
		t.Errorf("%v, sent %s\nwant %s", err, got, want)
	}
	click := wechat.MenuButton{Name: "a", Type: "click", Key: "k"}
	nested := wechat.MenuButton{Name: "a", Sub: []wechat.MenuButton{click}}
	for name, buttons := range map[string][]wechat.MenuButton{
		"none": nil, "four": {click, click, click, click}, "no name": {{Type: "click", Key: "k"}}, "no type": {{Name: "a"}},
		"no key": {{Name: "a", Type: "click"}}, "no url": {{Name: "a", Type: "view"}},
		"a long key":        {{Name: "a", Type: "click", Key: strings.Repeat("k", 129)}},
		"six below":         {{Name: "a", Sub: []wechat.MenuButton{click, click, click, click, click, click}}},
		"three levels":      {{Name: "a", Sub: []wechat.MenuButton{nested}}},
		"a type and a menu": {{Name: "a", Type: "click", Key: "k", Sub: []wechat.MenuButton{click}}},
	} {
		if err := a.SetMenu(t.Context(), buttons); !errors.Is(err, wechat.ErrArgument) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := p.called("/cgi-bin/menu/create"); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestFollower(t *testing.T) {
	p := newPlatform(t)
	p.says("/cgi-bin/user/info", `{"subscribe":1,"openid":"o","subscribe_time":4102444800,"subscribe_scene":"ADD_SCENE_QR_CODE",`+
		`"qr_scene":0,"qr_scene_str":"site-1","remark":"r","tagid_list":[2,128]}`)
	got, err := open(t, p, nil).Follower(t.Context(), someone)
	want := wechat.Follower{Subscribed: true, Since: time.Unix(4102444800, 0), Way: "ADD_SCENE_QR_CODE", Scene: "site-1", Remark: "r", Tags: []int{2, 128}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestOAuth(t *testing.T) {
	p := newPlatform(t)
	cfg := config()
	cfg.APIBase = p.URL + "/proxy/" // a path in front is kept
	a := openWith(t, cfg, nil, wechat.Options{BrowserBase: "http://127.0.0.1:9/"})
	if got := a.OAuthURL("http://x.cn", "s"); !strings.HasPrefix(got, "http://127.0.0.1:9/connect/oauth2/authorize?appid=wx") {
		t.Errorf("OAuthURL with a stand-in: %s", got)
	}
	answer := ""
	p.on("/proxy/sns/oauth2/access_token", func(w http.ResponseWriter, r *http.Request) {
		want := url.Values{"appid": {cfg.AppID}, "secret": {cfg.AppSecret}, "code": {"c&d"}, "grant_type": {"authorization_code"}}
		if diff := cmp.Diff(want, r.URL.Query()); diff != "" {
			t.Error(diff)
		}
		io.WriteString(w, answer)
	})
	for _, c := range []struct {
		answer string
		openID string
		action wechat.Action
	}{
		{`{"access_token":"x","openid":"oReal","scope":"snsapi_base"}`, "oReal", wechat.None},
		{`{"access_token":"x","openid":"oGhost","is_snapshotuser":1}`, "", wechat.SignInAgain},
		{`{"errcode":40163,"errmsg":"code been used"}`, "", wechat.SignInAgain},
		{`{"errcode":40029,"errmsg":"invalid code"}`, "", wechat.SignInAgain},
		{`{"access_token":"x"}`, "", wechat.Retry},
	} {
		answer = c.answer
		got, err := a.OAuthOpenID(t.Context(), "c&d")
		if got != c.openID || wechat.ActionFor(err) != c.action {
			t.Errorf("%s: %q, %v", c.answer, got, err)
		}
	}
	if p.tokens() != 0 {
		t.Error("OAuth needs no access token")
	}
	answer = `{"openid":"oGhost","is_snapshotuser":1}`
	if _, err := a.OAuthOpenID(t.Context(), "c&d"); !errors.Is(err, wechat.ErrSnapshotUser) {
		t.Errorf("snapshot: %v", err)
	}
	if _, err := a.OAuthOpenID(t.Context(), ""); !errors.Is(err, wechat.ErrArgument) {
		t.Errorf("no code: %v", err)
	}
}
