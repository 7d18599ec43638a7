package notify_test

import (
	"strings"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/notify"
	"cailiao/wechat/wechattest"
)

// with changes how a kind is told.
func (w *world) with(kind intake.NoticeKind, change func(*notify.Template)) {
	t := w.Config[kind]
	change(&t)
	w.Config[kind] = t
}

// said are the texts the account wrote into the person's chat.
func (w *world) said(c intake.Candidate) (texts []string) {
	for _, e := range w.user(c).Chat() {
		if e.From == wechattest.FromAccount && e.Card == nil {
			texts = append(texts, e.Text)
		}
	}
	return texts
}

func (w *world) hear(c intake.Candidate) {
	w.t.Helper()
	ctx := w.t.Context()
	w.user(c).Say(ctx, "在吗")
	talk, err := w.DB.Talk(ctx, c.OpenID)
	if err != nil {
		w.t.Fatal(err)
	}
	talk.HeardAt = w.now()
	if _, err := w.DB.SaveTalk(ctx, talk); err != nil {
		w.t.Fatal(err)
	}
}

func TestAnOpenReplyWindowTakesTheNoticeInsteadOrAsWell(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		people := w.people(2)
		w.with(intake.NoticeReturned, func(t *notify.Template) { t.Chat = notify.ChatInstead })
		w.with(intake.NoticePassed, func(t *notify.Template) { t.Chat = notify.ChatAlso })
		w.hear(people[0])
		w.move(people[0], intake.Returned)
		w.move(people[1], intake.Returned) // never said a word
		w.send()
		if got := w.said(people[0]); len(got) != 1 || !strings.Contains(got[0], "2月2日 12:00") || len(w.cards(people[0])) != 0 {
			t.Errorf("chat %q, cards %q: want one message in the chat", got, w.cards(people[0]))
		}
		if n := w.notice(people[0], intake.NoticeReturned); n.State != intake.NoticeSent || n.Road != intake.RoadChat {
			t.Errorf("the notice is %s by %q", n.State, n.Road)
		}
		if n := w.notice(people[1], intake.NoticeReturned); n.Road != intake.RoadTemplate || len(w.cards(people[1])) != 1 {
			t.Errorf("with a closed window it goes by %q", n.Road)
		}
		w.move(people[0], intake.Passed)
		w.send()
		if len(w.said(people[0])) != 2 || len(w.cards(people[0])) != 1 {
			t.Errorf("chat %q, cards %q: want both", w.said(people[0]), w.cards(people[0]))
		}
	})
}

func TestAUsedUpOrClosedWindowFallsBackToTheTemplate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		people := w.people(2)
		w.with(intake.NoticeReturned, func(t *notify.Template) { t.Chat = notify.ChatInstead })
		for i, code := range []int{45015, 45047} {
			c := people[i]
			w.hear(c)
			w.platform.Fail(wechattest.Fault{API: "custom/send", OpenID: c.OpenID, ErrCode: code})
			w.move(c, intake.Returned)
			w.send()
			if n := w.notice(c, intake.NoticeReturned); n.Road != intake.RoadTemplate || len(w.cards(c)) != 1 {
				t.Errorf("after %d the notice went by %q", code, n.Road)
			}
		}
	})
}

func TestWhatWeChatCannotDeliverGoesBySMSWhereConfigured(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		people := w.people(3)
		w.with(intake.NoticeReturned, func(t *notify.Template) {
			t.SMS = notify.SMS{Template: "SMS_77", Params: []string{"item", "deadline"}}
		})
		for _, c := range people[:2] {
			w.user(c).Unfollow(t.Context())
		}
		w.move(people[0], intake.Returned)
		w.send()
		n := w.notice(people[0], intake.NoticeReturned)
		if n.State != intake.NoticeSent || n.Road != intake.RoadSMS {
			t.Errorf("the notice is %s by %q", n.State, n.Road)
		}
		taken := w.texts.Taken()
		if len(taken) != 1 || taken[0].Template != "SMS_77" || strings.Join(taken[0].Params, ",") != "deadline=2026年2月2日 12:00,item=身份证人像面需重传" {
			t.Errorf("sent by SMS: %+v", taken)
		}
		w.texts.Refuse("isv.BUSINESS_LIMIT_CONTROL")
		w.move(people[1], intake.Returned)
		w.send()
		if n := w.notice(people[1], intake.NoticeReturned); n.State != intake.NoticeWaiting {
			t.Errorf("while the provider is busy the notice is %s", n.State)
		}
		w.texts.Refuse("isv.AMOUNT_NOT_ENOUGH")
		w.pass(2 * time.Minute)
		w.send()
		if n := w.notice(people[1], intake.NoticeReturned); n.State != intake.NoticeFailed || n.ErrCode != 43004 {
			t.Errorf("with nothing left the notice is %s (%d)", n.State, n.ErrCode)
		}
		w.move(people[2], intake.Passed) // reachable: no SMS
		w.send()
		if got := len(w.texts.Taken()); got != 1 {
			t.Errorf("%d messages by SMS", got)
		}
	})
}

func TestASubscriptionNoticeUsesUpAConsentAndAsksAgainWithoutOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		people := w.people(2)
		w.with(intake.NoticePassed, func(t *notify.Template) { t.Via = notify.ViaSubscribe })
		w.user(people[0]).Allow(ctx, "TPL_RESULT")
		if err := w.DB.AddConsent(ctx, people[0].OpenID, "TPL_RESULT", w.now()); err != nil {
			t.Fatal(err)
		}
		for _, c := range people {
			w.move(c, intake.Passed)
		}
		w.send()
		if n := w.notice(people[0], intake.NoticePassed); n.State != intake.NoticeSent || n.Road != intake.RoadSubscribe || len(w.cards(people[0])) != 1 {
			t.Errorf("with a consent the notice is %s by %q", n.State, n.Road)
		}
		if left, err := w.DB.Consents(ctx, people[0].OpenID, "TPL_RESULT"); err != nil || left != 0 {
			t.Errorf("%d consents left (%v)", left, err)
		}
		if n := w.notice(people[1], intake.NoticePassed); n.State != intake.NoticeFailed || n.ErrCode != 43101 {
			t.Errorf("without a consent the notice is %s (%d)", n.State, n.ErrCode)
		}
		if calls := len(w.platform.Calls("template/send")); calls != 0 {
			t.Errorf("%d template messages", calls)
		}
	})
}

func TestADisabledKindIsNeverSent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.people(1)[0]
		w.with(intake.NoticeReceived, func(t *notify.Template) { t.Disabled = true })
		w.move(c, intake.Submitted)
		w.send()
		if n := w.notice(c, intake.NoticeReceived); n.State != intake.NoticeCancelled || len(w.platform.Calls("")) > 0 {
			t.Errorf("the notice is %s", n.State)
		}
	})
}
