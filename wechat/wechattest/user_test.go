package wechattest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cailiao/wechat/wechattest"
)

func TestEachDoingMakesItsCallback(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(u *wechattest.User) wechattest.Delivery
		want received
	}{
		{"click", func(u *wechattest.User) wechattest.Delivery { return u.Click(ctx, "progress") }, received{MsgType: "event", Event: "CLICK", EventKey: "progress"}},
		{"view", func(u *wechattest.User) wechattest.Delivery { return u.View(ctx, "https://a.cn/x?y=1&z") }, received{MsgType: "event", Event: "VIEW", EventKey: "https://a.cn/x?y=1&z"}},
		{"scan", func(u *wechattest.User) wechattest.Delivery { return u.FollowByScan(ctx, "bind.7") }, received{MsgType: "event", Event: "SCAN", EventKey: "bind.7"}},
		{"unfollow", func(u *wechattest.User) wechattest.Delivery { return u.Unfollow(ctx) }, received{MsgType: "event", Event: "unsubscribe"}},
		{"link tapped", func(u *wechattest.User) wechattest.Delivery { return u.TapLink(ctx, "提交", "9") }, received{MsgType: "text", Content: "提交", MenuID: "9"}},
		{"voice", func(u *wechattest.User) wechattest.Delivery { return u.SendVoice(ctx, []byte("#!AMR")) }, received{MsgType: "voice", MediaID: "*"}},
		{"video", func(u *wechattest.User) wechattest.Delivery { return u.SendVideo(ctx, []byte("mp4")) }, received{MsgType: "video", MediaID: "*", ThumbID: "*"}},
		{"short video", func(u *wechattest.User) wechattest.Delivery { return u.SendShortVideo(ctx, []byte("mp4")) }, received{MsgType: "shortvideo", MediaID: "*", ThumbID: "*"}},
		{"photo", func(u *wechattest.User) wechattest.Delivery { return u.SendPhoto(ctx, jpeg) }, received{MsgType: "image", MediaID: "*"}},
		{"location", func(u *wechattest.User) wechattest.Delivery {
			return u.SendLocation(ctx, 39.9042, 116.4074, "东城区")
		}, received{MsgType: "location", X: "39.904200", Label: "东城区"}},
		{"link shared", func(u *wechattest.User) wechattest.Delivery { return u.SendLink(ctx, "通知", "https://a.cn") }, received{MsgType: "link", Title: "通知"}},
		{"file", func(u *wechattest.User) wechattest.Delivery { return u.SendFile(ctx, "毕业证.pdf", []byte("%PDF")) }, received{MsgType: "file", Title: "毕业证.pdf"}},
		{"sticker", func(u *wechattest.User) wechattest.Delivery { return u.SendSticker(ctx) }, received{MsgType: "text", Content: "【收到不支持的消息类型，暂无法显示】"}},
		{"consent", func(u *wechattest.User) wechattest.Delivery { return u.Allow(ctx, "TPL_RESULT") }, received{MsgType: "event", Event: "subscribe_msg_popup_event"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			u := w.User("oLi")
			u.Follow(ctx)
			if d := c.do(u); d.Attempts != 1 || d.Broken != "" {
				t.Fatalf("%+v", d)
			}
			got := w.account.messages()[1]
			if got.FromUserName != "oLi" || got.ToUserName != w.Options().OriginalID || got.CreateTime < w.Now().Unix() {
				t.Errorf("head %+v", got)
			}
			if (got.MsgType == "event") != (got.MsgID == 0) {
				t.Errorf("MsgId %d in a %s", got.MsgID, got.MsgType)
			}
			for got, want := range map[*string]string{&got.MediaID: c.want.MediaID, &got.ThumbID: c.want.ThumbID} {
				if want == "*" && *got != "" {
					*got = "*"
				}
			}
			brief := received{
				MsgType: got.MsgType, Event: got.Event, EventKey: got.EventKey, Content: got.Content, MenuID: got.MenuID,
				MediaID: got.MediaID, ThumbID: got.ThumbID, X: got.X, Label: got.Label, Title: got.Title,
			}
			if diff := cmp.Diff(c.want, brief); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFollowingByAQRCodeCarriesSceneAndTicket(t *testing.T) {
	w := newWorld(t)
	out := w.call("/cgi-bin/qrcode/create", map[string]any{
		"action_name": "QR_STR_SCENE", "expire_seconds": 600,
		"action_info": map[string]any{"scene": map[string]any{"scene_str": "bind.7.abc"}},
	})
	if _, has := out["errmsg"]; has {
		t.Error("qrcode/create must not say errmsg on success")
	}
	ticket, _ := out["ticket"].(string)
	if w.Scene(ticket) != "bind.7.abc" {
		t.Fatalf("%v", out)
	}
	u := w.User("oLi")
	u.FollowByScan(ctx, "bind.7.abc")
	got := w.account.messages()[0]
	if got.Event != "subscribe" || got.EventKey != "qrscene_bind.7.abc" || got.Ticket != ticket {
		t.Errorf("%+v", got)
	}
	info := w.get("/cgi-bin/user/info?openid=oLi&access_token=" + w.token())
	if info["subscribe"] != json.Number("1") || info["qr_scene_str"] != "bind.7.abc" {
		t.Errorf("%v", info)
	}
	u.Unfollow(ctx)
	info = w.get("/cgi-bin/user/info?openid=oLi&access_token=" + w.token())
	if info["subscribe"] != json.Number("0") || info["subscribe_time"] != nil {
		t.Errorf("after leaving: %v", info)
	}
	wantCode(t, w.get("/cgi-bin/user/info?openid=oNobody&access_token="+w.token()), 40003)
}

func TestWhoDoesNotFollowCannotWrite(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	for _, d := range append(u.SendPhotos(ctx, [][]byte{jpeg}), u.Say(ctx, "在吗"), u.Click(ctx, "k"), u.Unfollow(ctx)) {
		if d.Broken == "" || d.Attempts != 0 {
			t.Errorf("%+v", d)
		}
	}
	if len(w.account.messages()) != 0 || len(u.Chat()) != 0 {
		t.Error("something went out")
	}
}

func TestOnePersonNeverHasTwoEventsInOneSecond(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	u.Click(ctx, "k")
	u.Click(ctx, "k")
	got := w.account.messages()
	if got[0].CreateTime == got[1].CreateTime || got[1].CreateTime == got[2].CreateTime {
		t.Error("two events share person and second: the official repeat key would call them one")
	}
}

func TestNinePhotosArriveAtOnceAndCanBeFetched(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	var here sync.WaitGroup
	here.Add(9)
	w.account.answer(func(received) any { // each waits for all: passes only if they come at once
		here.Done()
		here.Wait()
		return "收到"
	})
	var photos [][]byte
	for i := range 9 {
		photos = append(photos, append(bytes.Clone(jpeg), byte(i)))
	}
	for _, d := range u.SendPhotos(ctx, photos) {
		if d.Reply != "收到" || d.Attempts != 1 {
			t.Errorf("%+v", d)
		}
	}
	chat := u.Chat()
	for i := range 9 {
		if e := chat[1+i]; e.Kind != wechattest.KindImage || !bytes.Equal(e.Image, photos[i]) {
			t.Errorf("entry %d: %s", 1+i, e.Kind)
		}
	}
	seen := map[string]bool{}
	for _, m := range w.account.messages()[1:] {
		if seen[m.MediaID] {
			t.Error("a media id came twice")
		}
		seen[m.MediaID] = true
	}
}

func TestPhotosPickedFromTheMenuComeAfterTheirEvent(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	u.PickFromMenu(ctx, wechattest.Button{Type: "pic_weixin", Key: "album"}, [][]byte{jpeg, png})
	got := w.account.messages()[1:]
	if len(got) != 3 || got[0].Event != "pic_weixin" || got[0].EventKey != "album" || got[0].Pics.Count != 2 || got[1].MsgType != "image" {
		t.Errorf("%+v", got)
	}
}

func TestLinksInATextCanBeTapped(t *testing.T) {
	text := `完成了。<a href="weixin://bizmsgmenu?msgmenucontent=下一项&msgmenuid=2">下一项</a> ` +
		`<a href='https://a.cn/?a=1&amp;b=2'>查看</a> <a href="javascript:alert(1)">坏</a> <a>无</a> ` +
		`<a href="weixin://bizmsgmenu?msgmenucontent=100%&msgmenuid=">百分</a>`
	want := []wechattest.Link{
		{Label: "下一项", Send: "下一项", MenuID: "2"},
		{Label: "查看", URL: "https://a.cn/?a=1&b=2"},
		{Label: "百分", Send: "100%"},
	}
	if diff := cmp.Diff(want, wechattest.Links(text)); diff != "" {
		t.Error(diff)
	}
	w := newWorld(t)
	w.account.answer(func(received) any { return text })
	u := w.User("oLi")
	u.Follow(ctx)
	u.Tap(ctx, "下一项")
	if got := w.account.messages()[1]; got.Content != "下一项" || got.MenuID != "2" {
		t.Errorf("%+v", got)
	}
	if d := u.Tap(ctx, "查看"); d.Broken == "" {
		t.Error("a page link is not a message")
	}
}

func TestWatchersSeeEveryEntryInOrder(t *testing.T) {
	w := newWorld(t)
	w.account.answer(func(received) any { return "好" })
	watch, stop := context.WithCancel(ctx)
	updates := w.Watch(watch)
	u := w.User("oLi")
	u.Follow(ctx)
	u.Say(ctx, "1")
	var texts []string
	for update := range updates {
		if update.Kind == wechattest.UpdateEntry {
			texts = append(texts, update.Entry.From+" "+update.Entry.Text)
		}
		if len(texts) == 4 {
			break
		}
	}
	want := []string{"system 已关注", "account 好", "me 1", "account 好"}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Error(diff)
	}
	stop()
	for range updates {
	}
}

func TestFiftyCandidatesAtOnce(t *testing.T) {
	w := newWorld(t)
	w.account.answer(func(m received) any { return "好" })
	w.Watch(ctx) // never read: must not hold anybody up
	token := w.token()
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			u := w.User(fmt.Sprintf("o%02d", i))
			u.Follow(ctx)
			for range 3 {
				u.SendPhotos(ctx, [][]byte{jpeg, jpeg, jpeg})
			}
			out := w.post("/cgi-bin/message/custom/send?access_token="+token, map[string]any{
				"touser": u.OpenID, "msgtype": "text", "text": map[string]string{"content": "在处理"},
			})
			wantCode(t, out, 0)
			if n := len(u.Chat()); n != 2+18+1 {
				t.Errorf("%s: %d entries", u.OpenID, n)
			}
		})
	}
	all.Wait()
	if n := len(w.account.messages()); n != 50*10 {
		t.Errorf("%d callbacks", n)
	}
}
