package wechattest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cailiao/wechat/wechattest"
)

func TestCustomMessageQuotas(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(w *world, u *wechattest.User)
		after time.Duration
		codes []int
	}{
		{"after a follow", func(w *world, u *wechattest.User) {}, 0, []int{0, 0, 0, 45047}},
		{"a minute after a follow", func(w *world, u *wechattest.User) {}, time.Minute, []int{45015}},
		{"after a click", func(w *world, u *wechattest.User) { w.clock.Advance(time.Hour); u.Click(ctx, "k") }, 59 * time.Second, []int{0, 0, 0, 45047}},
		{"after a scan", func(w *world, u *wechattest.User) { w.clock.Advance(time.Hour); u.Scan(ctx, "7") }, 0, []int{0, 0, 0, 45047}},
		{"after a view", func(w *world, u *wechattest.User) { w.clock.Advance(time.Hour); u.View(ctx, "https://a.cn") }, 0, []int{45015}},
		{"after a message", func(w *world, u *wechattest.User) { u.Say(ctx, "在") }, 47 * time.Hour, []int{0, 0, 0, 0, 0, 45047}},
		{"48 hours after a message", func(w *world, u *wechattest.User) { u.Say(ctx, "在") }, 48 * time.Hour, []int{45015}},
		{"message renews, does not add", func(w *world, u *wechattest.User) { u.Say(ctx, "1"); u.Say(ctx, "2") }, time.Hour, []int{0, 0, 0, 0, 0, 45047}},
		{"after leaving", func(w *world, u *wechattest.User) { u.Say(ctx, "1"); u.Unfollow(ctx) }, 0, []int{45015}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			u := w.User("oLi")
			u.Follow(ctx)
			c.do(w, u)
			w.clock.Advance(c.after)
			for i, want := range c.codes {
				out := w.call("/cgi-bin/message/custom/send", map[string]any{"touser": "oLi", "msgtype": "text", "text": map[string]string{"content": "好"}})
				if code(out) != want {
					t.Fatalf("message %d: %v, want %d", i+1, out, want)
				}
			}
		})
	}
}

func TestCustomMessagesAreCheckedAndShown(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	u.Say(ctx, "在")
	send := func(body map[string]any) map[string]any {
		body["touser"] = "oLi"
		return w.call("/cgi-bin/message/custom/send", body)
	}
	text := func(s string) map[string]any {
		return map[string]any{"msgtype": "text", "text": map[string]string{"content": s}}
	}
	wantCode(t, send(text(" ")), 44004)
	wantCode(t, send(text(strings.Repeat("字", 683))), 45002)
	wantCode(t, send(map[string]any{"msgtype": "hologram"}), 40008)
	wantCode(t, w.call("/cgi-bin/message/custom/send", map[string]any{"touser": "oNobody", "msgtype": "text", "text": map[string]string{"content": "好"}}), 40003)
	wantCode(t, send(map[string]any{"msgtype": "msgmenu", "msgmenu": map[string]any{
		"head_content": "满意吗？", "list": []any{map[string]string{"id": "1", "content": "满意 & 好"}}, "tail_content": "谢谢",
	}}), 0)
	links := wechattest.Links(u.Last().Text)
	if diff := cmp.Diff([]wechattest.Link{{Label: "满意 & 好", Send: "满意 & 好", MenuID: "1"}}, links); diff != "" {
		t.Error(diff)
	}
	wantCode(t, send(map[string]any{"msgtype": "news", "news": map[string]any{"articles": []any{map[string]string{"title": "我的材料", "url": "https://a.cn"}}}}), 0)
	if e := u.Last(); e.Kind != wechattest.KindLink || e.URL != "https://a.cn" {
		t.Errorf("%+v", e)
	}
}

func TestTypingIsShownOnlyRightAfterAMessage(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	typing := func(command string) map[string]any {
		return w.call("/cgi-bin/message/custom/typing", map[string]string{"touser": "oLi", "command": command})
	}
	wantCode(t, typing("Typing"), 45080)
	u.Say(ctx, "在")
	wantCode(t, typing("Sleeping"), 45072)
	wantCode(t, typing("Typing"), 0)
	wantCode(t, typing("Typing"), 45081)
	wantCode(t, typing("CancelTyping"), 0)
	wantCode(t, typing("Typing"), 0)
}

// returned is a message that fits TPL_RETURNED.
func returned(id string) map[string]any {
	return map[string]any{
		"touser": "oLi", "template_id": "TPL_RETURNED", "url": "https://a.cn/me", "client_msg_id": id,
		"data": map[string]any{
			"thing1":  map[string]string{"value": "试用期证明等2项需重传"},
			"phrase2": map[string]string{"value": "需补正"},
			"time3":   map[string]string{"value": "2026年2月4日 18:00"},
			"first":   map[string]string{"value": "ignored since 2023"},
		},
	}
}

func TestATemplateMessageIsACardAndReportsItsDelivery(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	out := w.call("/cgi-bin/message/template/send", returned("n1"))
	wantCode(t, out, 0)
	w.Wait()
	want := &wechattest.Card{TemplateID: "TPL_RETURNED", Title: "审核结果通知", URL: "https://a.cn/me", Rows: []wechattest.Row{
		{Label: "事项", Value: "试用期证明等2项需重传"}, {Label: "审核结果", Value: "需补正"}, {Label: "截止时间", Value: "2026年2月4日 18:00"},
	}}
	card := u.Last().Card
	card.Values = nil
	if diff := cmp.Diff(want, card); diff != "" {
		t.Error(diff)
	}
	got := w.account.messages()[1]
	id, _ := number(out["msgid"])
	if got.Event != "TEMPLATESENDJOBFINISH" || got.Status != "success" || got.JobID != id {
		t.Errorf("%+v, msgid %v", got, out["msgid"])
	}
}

func TestDeliveryEventsTellWhatWentWrong(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	finish := func() received {
		w.Wait()
		got := w.account.messages()
		return got[len(got)-1]
	}
	u.RefuseMessages()
	wantCode(t, w.call("/cgi-bin/message/template/send", returned("")), 0)
	if m := finish(); m.Status != "failed:user block" || u.Last().Kind == wechattest.KindTemplate {
		t.Errorf("%+v", m)
	}
	u.AcceptMessages()
	w.Fail(wechattest.Fault{API: "template/finish", Times: 1})
	wantCode(t, w.call("/cgi-bin/message/template/send", returned("")), 0)
	if m := finish(); m.Status != "failed: system failed" {
		t.Errorf("%+v", m)
	}
	w.Fail(wechattest.Fault{API: "template/finish", Times: 1, Message: "failed:freq limit"})
	wantCode(t, w.call("/cgi-bin/message/template/send", returned("")), 0)
	if m := finish(); m.Status != "failed:freq limit" {
		t.Errorf("%+v", m)
	}
}

func TestAClientMsgIDIsSentOnceForTenMinutes(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	cards := func() (n int) {
		for _, e := range u.Chat() {
			if e.Kind == wechattest.KindTemplate {
				n++
			}
		}
		return n
	}
	first := w.call("/cgi-bin/message/template/send", returned("n1"))
	second := w.call("/cgi-bin/message/template/send", returned("n1"))
	if first["msgid"] != second["msgid"] || cards() != 1 {
		t.Errorf("%v %v, %d cards", first, second, cards())
	}
	w.call("/cgi-bin/message/template/send", returned("n2"))
	w.call("/cgi-bin/message/template/send", returned(""))
	w.call("/cgi-bin/message/template/send", returned(""))
	w.clock.Advance(10 * time.Minute)
	w.call("/cgi-bin/message/template/send", returned("n1"))
	if cards() != 5 {
		t.Errorf("%d cards", cards())
	}
}

func TestTemplateMessagesAreRefusedForAReason(t *testing.T) {
	w := newWorld(t)
	wantCode(t, w.call("/cgi-bin/message/template/send", returned("")), 40003)
	u := w.User("oLi")
	wantCode(t, w.call("/cgi-bin/message/template/send", returned("")), 43004)
	u.Follow(ctx)
	w.RemoveTemplate("TPL_RETURNED")
	wantCode(t, w.call("/cgi-bin/message/template/send", returned("")), 40037)
	w.AddTemplate(wechattest.Template{ID: "TPL_RETURNED", Content: "状态：{{const1.DATA}}", Consts: map[string][]string{"const1": {"待补正"}}})
	out := w.call("/cgi-bin/message/template/send", returned(""))
	wantCode(t, out, 47003)
	if !strings.Contains(out["errmsg"].(string), "data.const1.value") {
		t.Errorf("the field is not named: %v", out)
	}
}

func TestFieldTypes(t *testing.T) {
	for _, c := range []struct {
		key, value string
		ok         bool
	}{
		{"thing1", "二十个字二十个字二十个字二十个字二十个字", true},
		{"thing1", "二十个字二十个字二十个字二十个字二十个字多", false},
		{"thing1", "", false},
		{"thing1", " ", false},
		{"thing1", "a\tb", false},
		{"thing1", "第一行\n后面被截掉，多长都行多长都行多长都行多长都行", true},
		{"phrase1", "需补正", true},
		{"phrase1", "需要补正材料", false},
		{"phrase1", "pass", false},
		{"time1", "2026年2月4日 18:00", true},
		{"time1", "2026-02-04 18:00:00", true},
		{"time1", "18:00", true},
		{"time1", "2026年2月4日 18:00~2026年2月5日 18:00", true},
		{"time1", "2026年2月4日", false},
		{"time1", "2026年2月30日 18:00", false},
		{"time1", "2026年2月11日 24:00", false},
		{"time1", "明天", false},
		{"date1", "2026年2月4日", true},
		{"date1", "2026年2月4日 18:00", true},
		{"date1", "18:00", false},
		{"character_string1", "BJ-2026/0001", true},
		{"character_string1", "北京0001", false},
		{"character_string1", strings.Repeat("x", 33), false},
		{"number1", "12.5", true},
		{"number1", "12个", false},
		{"letter1", "abc", true},
		{"letter1", "a1", false},
		{"symbol1", "!!", true},
		{"symbol1", "!!!!!!", false},
		{"amount1", "¥12.50", true},
		{"amount1", "12元5角", false},
		{"phone_number1", "010-12345678", true},
		{"phone_number1", "+86 138 0013 80001", false},
		{"car_number1", "京A12345", true},
		{"car_number1", "京A12345678", false},
		{"name1", "欧阳小明", true},
		{"name1", "张三三三三三三三三三三", false},
		{"name1", "Zhang San", true},
		{"name1", "张三2", false},
		{"short_thing1", "任意", true},
	} {
		w := newWorld(t)
		w.User("oLi").Follow(ctx)
		w.AddTemplate(wechattest.Template{ID: "T", Title: "t", Content: "项：{{" + c.key + ".DATA}}"})
		out := w.call("/cgi-bin/message/template/send", map[string]any{
			"touser": "oLi", "template_id": "T", "data": map[string]any{c.key: map[string]string{"value": c.value}},
		})
		if want := map[bool]int{true: 0, false: 47003}[c.ok]; code(out) != want {
			t.Errorf("%s %q: %v, want %d", c.key, c.value, out, want)
		}
	}
}

func TestSubscriptionNoticesCostAConsentEach(t *testing.T) {
	w := newWorld(t)
	u := w.User("oLi")
	u.Follow(ctx)
	wantCode(t, w.call("/cgi-bin/message/subscribe/bizsend", returned("")), 43101)
	u.Allow(ctx, "TPL_RETURNED")
	wantCode(t, w.call("/cgi-bin/message/subscribe/bizsend", returned("")), 0)
	if u.Last().Kind != wechattest.KindTemplate {
		t.Errorf("%+v", u.Last())
	}
	wantCode(t, w.call("/cgi-bin/message/subscribe/bizsend", returned("")), 43101)
}

func TestDefaultTemplatesTakeWhatTheirNamesSay(t *testing.T) {
	w := newWorld(t)
	list := w.get("/cgi-bin/template/get_all_private_template?access_token=" + w.token())["template_list"].([]any)
	var ids []string
	for _, t := range list {
		ids = append(ids, t.(map[string]any)["template_id"].(string))
	}
	if diff := cmp.Diff([]string{"TPL_RETURNED", "TPL_REMINDER", "TPL_ANSWER", "TPL_RESULT"}, ids); diff != "" {
		t.Error(diff)
	}
}
