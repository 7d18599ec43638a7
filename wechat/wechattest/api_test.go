package wechattest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cailiao/wechat/wechattest"
)

func TestCallsThatAreWrongFromTheStart(t *testing.T) {
	w := newWorld(t)
	token := w.token()
	for _, c := range []struct {
		name, method, path, body string
		want                     int
	}{
		{"no token", "GET", "/cgi-bin/menu/get", "", 41001},
		{"wrong token", "GET", "/cgi-bin/menu/get?access_token=x", "", 40001},
		{"unknown path", "GET", "/cgi-bin/nope?access_token=" + token, "", 40066},
		{"GET for POST", "GET", "/cgi-bin/message/custom/send?access_token=" + token, "", 43002},
		{"POST for GET", "POST", "/cgi-bin/menu/get?access_token=" + token, "{}", 43001},
		{"empty body", "POST", "/cgi-bin/message/custom/send?access_token=" + token, "", 44002},
		{"no JSON", "POST", "/cgi-bin/message/custom/send?access_token=" + token, "{", 47001},
		{`\u escape`, "POST", "/cgi-bin/message/custom/send?access_token=" + token, `{"touser":"\u4f60"}`, 40033},
		{"escaped backslash", "POST", "/cgi-bin/message/custom/send?access_token=" + token, `{"touser":"\\u4f60"}`, 40008},
		{"wrong secret", "GET", "/cgi-bin/token?grant_type=client_credential&secret=x&appid=" + w.Options().AppID, "", 40125},
		{"wrong appid", "GET", "/cgi-bin/token?grant_type=client_credential&secret=x&appid=x", "", 40013},
		{"wrong grant", "GET", "/cgi-bin/token?grant_type=x", "", 40002},
	} {
		req, _ := http.NewRequest(c.method, w.api+c.path, strings.NewReader(c.body))
		resp, err := http.DefaultClient.Do(req)
		out := w.read(resp, err)
		if code(out) != c.want || resp.StatusCode != 200 || !strings.Contains(out["errmsg"].(string), "rid: ") {
			t.Errorf("%s: %v, want %d", c.name, out, c.want)
		}
	}
}

func TestStableTokenStaysUntilItsLastFiveMinutes(t *testing.T) {
	w := newWorld(t)
	first := w.token()
	w.clock.Advance(114 * time.Minute)
	if w.token() != first {
		t.Error("changed while 6 minutes were left")
	}
	w.clock.Advance(2 * time.Minute)
	second := w.token()
	if second == first {
		t.Fatal("not renewed with 4 minutes left")
	}
	for name, token := range map[string]string{"old": first, "new": second} {
		if out := w.get("/cgi-bin/menu/get?access_token=" + token); code(out) != 46003 {
			t.Errorf("%s token within the overlap: %v", name, out)
		}
	}
	w.clock.Advance(5 * time.Minute)
	wantCode(t, w.get("/cgi-bin/menu/get?access_token="+first), 40001)
	wantCode(t, w.get("/cgi-bin/menu/get?access_token="+second), 46003)
	w.clock.Advance(3 * time.Hour)
	wantCode(t, w.get("/cgi-bin/menu/get?access_token="+second), 42001)
	third := w.token()
	w.RevokeTokens()
	wantCode(t, w.get("/cgi-bin/menu/get?access_token="+third), 40001)
}

func TestForceRefreshKillsTheOldTokenAndIsRationed(t *testing.T) {
	w := newWorld(t)
	force := func() map[string]any {
		return w.post("/cgi-bin/stable_token", map[string]any{
			"grant_type": "client_credential", "appid": w.Options().AppID, "secret": w.Options().AppSecret, "force_refresh": true,
		})
	}
	old := w.token()
	wantCode(t, force(), 0)
	wantCode(t, w.get("/cgi-bin/menu/get?access_token="+old), 40001)
	wantCode(t, force(), 45011)
	for range 19 {
		w.clock.Advance(31 * time.Second)
		wantCode(t, force(), 0)
	}
	w.clock.Advance(31 * time.Second)
	wantCode(t, force(), 45009)
}

func TestPlainTokensReplaceEachOtherAndAreLimited(t *testing.T) {
	w := newWorld(t)
	fetch := func() map[string]any {
		return w.get("/cgi-bin/token?grant_type=client_credential&appid=" + w.Options().AppID + "&secret=" + w.Options().AppSecret)
	}
	stable, first, second := w.token(), fetch()["access_token"].(string), fetch()["access_token"].(string)
	if first == second {
		t.Error("two fetches gave one token")
	}
	wantCode(t, w.get("/cgi-bin/menu/get?access_token="+first), 46003)
	w.clock.Advance(6 * time.Minute)
	wantCode(t, w.get("/cgi-bin/menu/get?access_token="+first), 40001)
	wantCode(t, w.get("/cgi-bin/menu/get?access_token="+second), 46003)
	wantCode(t, w.get("/cgi-bin/menu/get?access_token="+stable), 46003)
	for range 1998 {
		fetch()
	}
	wantCode(t, fetch(), 45009)
	wantCode(t, w.call("/cgi-bin/clear_quota", map[string]string{"appid": w.Options().AppID}), 0)
	wantCode(t, fetch(), 0)
	for range 9 {
		wantCode(t, w.call("/cgi-bin/clear_quota", map[string]string{"appid": w.Options().AppID}), 0)
	}
	wantCode(t, w.call("/cgi-bin/clear_quota", map[string]string{"appid": w.Options().AppID}), 48006)
}

func TestMediaComeBackAsSentForThreeDays(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	for _, c := range []struct {
		data       []byte
		kind, name string
	}{
		{jpeg, "image/jpeg", ".jpg"},
		{png, "image/png", ".png"},
		{[]byte("%PDF-1.4"), "image/jpeg", ".jpg"},
	} {
		u.SendPhoto(ctx, c.data)
		got := w.account.messages()
		path := w.api + "/cgi-bin/media/get?media_id=" + got[len(got)-1].MediaID + "&access_token=" + w.token()
		resp, err := http.Get(path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if !bytes.Equal(body, c.data) || resp.Header.Get("Content-Type") != c.kind || !strings.Contains(resp.Header.Get("Content-Disposition"), c.name+`"`) {
			t.Errorf("%v: %d bytes", resp.Header, len(body))
		}
	}
	got := w.account.messages()
	w.clock.Advance(72 * time.Hour)
	wantCode(t, w.get("/cgi-bin/media/get?media_id="+got[len(got)-1].MediaID+"&access_token="+w.token()), 40007)
	u.SendVideo(ctx, []byte("mp4"))
	got = w.account.messages()
	out := w.get("/cgi-bin/media/get?media_id=" + got[len(got)-1].MediaID + "&access_token=" + w.token())
	if out["video_url"] == nil {
		t.Errorf("a video is JSON with its address: %v", out)
	}
}

func TestAnUploadedPictureCanBeSentAndReplied(t *testing.T) {
	w := newWorld(t)
	upload := func(field string, data []byte) map[string]any {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		part, _ := form.CreateFormFile(field, "a.png")
		part.Write(data)
		form.Close()
		resp, err := http.Post(w.api+"/cgi-bin/media/upload?type=image&access_token="+w.token(), form.FormDataContentType(), &b)
		return w.read(resp, err)
	}
	wantCode(t, upload("other", png), 41005)
	wantCode(t, upload("media", nil), 44001)
	wantCode(t, upload("media", []byte("text")), 40005)
	id := upload("media", png)["media_id"].(string)
	w.account.answer(func(m received) any {
		return inner(strings.Replace(textReply(m, "x"), "<MsgType>text</MsgType>", "<MsgType>image</MsgType><Image><MediaId>"+id+"</MediaId></Image>", 1))
	})
	u := w.User("oLi")
	u.Follow(ctx)
	if d := u.Say(ctx, "示例"); d.ReplyImage != id || d.Broken != "" || !bytes.Equal(u.Last().Image, png) {
		t.Errorf("%+v", d)
	}
	wantCode(t, w.call("/cgi-bin/message/custom/send", map[string]any{"touser": "oLi", "msgtype": "image", "image": map[string]string{"media_id": id}}), 0)
	wantCode(t, w.call("/cgi-bin/message/custom/send", map[string]any{"touser": "oLi", "msgtype": "image", "image": map[string]string{"media_id": "x"}}), 40007)
}

func TestTheMenuIsCheckedKeptAndDeleted(t *testing.T) {
	w := newWorld(t)
	click := func(name string) map[string]any {
		return map[string]any{"type": "click", "name": name, "key": "k"}
	}
	create := func(buttons ...any) map[string]any {
		return w.call("/cgi-bin/menu/create", map[string]any{"button": buttons})
	}
	sub := func(n int) map[string]any {
		list := []any{}
		for range n {
			list = append(list, click("材料"))
		}
		return map[string]any{"name": "更多", "sub_button": list}
	}
	wantCode(t, create(), 40016)
	wantCode(t, create(click("一"), click("二"), click("三"), click("四")), 40016)
	wantCode(t, create(click("上传我的材料了")), 40018)
	wantCode(t, create(sub(6)), 40023)
	wantCode(t, create(map[string]any{"type": "click", "name": "进度"}), 40019)
	wantCode(t, create(map[string]any{"type": "tap", "name": "进度"}), 40017)
	wantCode(t, create(map[string]any{"type": "view", "name": "进度"}), 40020)
	if w.Menu() != nil {
		t.Error("a refused menu was kept")
	}
	wantCode(t, create(click("上传材料"), sub(5)), 0)
	want := []wechattest.Button{{Type: "click", Name: "上传材料", Key: "k"}, {Name: "更多"}}
	for range 5 {
		want[1].Sub = append(want[1].Sub, wechattest.Button{Type: "click", Name: "材料", Key: "k"})
	}
	if diff := cmp.Diff(want, w.Menu()); diff != "" {
		t.Error(diff)
	}
	if out := w.get("/cgi-bin/menu/get?access_token=" + w.token()); out["menu"] == nil {
		t.Errorf("%v", out)
	}
	wantCode(t, w.get("/cgi-bin/menu/delete?access_token="+w.token()), 0)
	wantCode(t, w.get("/cgi-bin/menu/get?access_token="+w.token()), 46003)
}

func TestFaultsSpoilCalls(t *testing.T) {
	w := newWorld(t)
	token := w.token()
	u := w.User("oLi")
	u.Follow(ctx)
	u.Say(ctx, "在")
	u.SendPhoto(ctx, bytes.Repeat(jpeg, 1000))
	got := w.account.messages()
	picture := w.api + "/cgi-bin/media/get?access_token=" + token + "&media_id=" + got[len(got)-1].MediaID
	fetch := func() (*http.Response, []byte, error) {
		resp, err := http.Get(picture)
		if err != nil {
			return nil, nil, err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return resp, body, err
	}

	undo := w.Fail(wechattest.Fault{API: "media/get", Status: 502})
	if resp, _, _ := fetch(); resp.StatusCode != 502 {
		t.Errorf("status %d", resp.StatusCode)
	}
	undo()
	w.Fail(wechattest.Fault{API: "media/get", Truncate: true, OpenID: "oLi", Times: 1})
	if _, body, err := fetch(); !errors.Is(err, io.ErrUnexpectedEOF) || len(body) >= 1000*len(jpeg) {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	if _, body, err := fetch(); err != nil || len(body) != 1000*len(jpeg) {
		t.Errorf("after its one time: %d bytes, %v", len(body), err)
	}
	w.Fail(wechattest.Fault{API: "*", ErrCode: -1, Message: "system error"})
	say := map[string]any{"touser": "oLi", "msgtype": "text", "text": map[string]string{"content": "补发"}}
	wantCode(t, w.post("/cgi-bin/message/custom/send?access_token="+token, say), -1)
	if strings.Contains(u.Text(), "补发") {
		t.Error("a failed call took effect")
	}
	w.ClearFaults()
	w.Fail(wechattest.Fault{API: "custom/send", Status: 504, After: true})
	resp, err := http.Post(w.api+"/cgi-bin/message/custom/send?access_token="+token, "", strings.NewReader(`{"touser":"oLi","msgtype":"text","text":{"content":"补发"}}`))
	if err != nil || resp.StatusCode != 504 || !strings.Contains(u.Text(), "补发") {
		t.Errorf("outcome unknown: %v %v", resp, err)
	}
	resp.Body.Close()
	w.ClearFaults()
	w.Fail(wechattest.Fault{API: "token", ErrCode: 40164})
	wantCode(t, w.post("/cgi-bin/stable_token", map[string]string{}), 40164)
	if n := len(w.Faults()); n != 1 {
		t.Errorf("%d faults", n)
	}

	calls := w.Calls("custom/send")
	var codes []int
	for _, c := range calls {
		codes = append(codes, c.ErrCode)
	}
	if len(calls) != 2 || calls[0].OpenID != "oLi" || !calls[1].Faulty || calls[1].Status != 504 {
		t.Errorf("recorded %v %+v", codes, calls)
	}
}

func TestADelayedCallThatIsGivenUpHasNoEffect(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	u.Say(ctx, "在")
	token := w.token()
	w.Fail(wechattest.Fault{API: "custom/send", Delay: 200 * time.Millisecond, Times: 1})
	client := http.Client{Timeout: 50 * time.Millisecond}
	body := `{"touser":"oLi","msgtype":"text","text":{"content":"迟到"}}`
	if _, err := client.Post(w.api+"/cgi-bin/message/custom/send?access_token="+token, "", strings.NewReader(body)); err == nil {
		t.Fatal("no timeout")
	}
	time.Sleep(300 * time.Millisecond)
	if strings.Contains(u.Text(), "迟到") {
		t.Error("shown although the caller had gone")
	}
}

func TestPageAuthorisationGivesACodeOnce(t *testing.T) {
	w := newWorld(t)
	authorize := func(u *wechattest.User) url.Values {
		client := u.Browser()
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		resp, err := client.Get(w.api + "/connect/oauth2/authorize?appid=" + w.Options().AppID +
			"&redirect_uri=https%3A%2F%2Fa.cn%2Fme%3Fx%3D1&response_type=code&scope=snsapi_base&state=s1#wechat_redirect")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		back, err := resp.Location()
		if err != nil {
			t.Fatal(err)
		}
		if back.Host != "a.cn" || back.Query().Get("x") != "1" || back.Query().Get("state") != "s1" {
			t.Errorf("sent to %s", back)
		}
		return back.Query()
	}
	exchange := func(code string) map[string]any {
		return w.get("/sns/oauth2/access_token?grant_type=authorization_code&appid=" + w.Options().AppID + "&secret=" + w.Options().AppSecret + "&code=" + code)
	}
	u := w.User("oLi")
	first := authorize(u).Get("code")
	if out := exchange(first); out["openid"] != "oLi" || out["is_snapshotuser"] != nil {
		t.Errorf("%v", out)
	}
	wantCode(t, exchange(first), 40163)
	wantCode(t, exchange("x"), 40029)
	late := authorize(u).Get("code")
	w.clock.Advance(6 * time.Minute)
	wantCode(t, exchange(late), 42003)
	w.Fail(wechattest.Fault{API: "oauth/snapshot"})
	if out := exchange(authorize(u).Get("code")); out["is_snapshotuser"] != json.Number("1") || out["openid"] == "oLi" {
		t.Errorf("%v", out)
	}
	resp, err := http.Get(w.api + "/connect/oauth2/authorize?appid=" + w.Options().AppID)
	if err != nil || resp.StatusCode != 200 {
		t.Errorf("outside WeChat: %v %v", resp, err)
	}
	resp.Body.Close()
}

func TestChatsSurviveASaveAndIdsNeverRepeat(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	u.SendPhoto(ctx, png)
	sent := w.account.messages()[1]
	var memory bytes.Buffer
	if err := w.Save(&memory); err != nil {
		t.Fatal(err)
	}
	again := newWorld(t)
	if err := again.Load(&memory); err != nil {
		t.Fatal(err)
	}
	v := again.User("oLi")
	before, _ := json.Marshal(u.Chat())
	after, _ := json.Marshal(v.Chat())
	if string(before) != string(after) || !v.Following() || !bytes.Equal(v.Chat()[1].Image, png) {
		t.Errorf("%s\n%s", before, after)
	}
	v.Say(ctx, "在")
	if next := again.account.messages()[0]; next.MsgID <= sent.MsgID {
		t.Errorf("id %d after %d", next.MsgID, sent.MsgID)
	}
	resp, err := http.Get(again.api + "/cgi-bin/media/get?media_id=" + sent.MediaID + "&access_token=" + again.token())
	if err != nil || resp.Header.Get("Content-Type") != "image/png" {
		t.Errorf("the picture is gone: %v %v", resp, err)
	}
	resp.Body.Close()
	if err := again.Load(strings.NewReader("no gob")); err == nil {
		t.Error("loaded nonsense")
	}
}
