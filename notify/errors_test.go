package notify_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/wechat/wechattest"
)

// What one refusal of WeChat must lead to, by the platform's table of return codes.
type outcome struct {
	code    int // errcode; 0: status is an HTTP status
	status  int //
	times   int // how often it is given; 0: always
	state   intake.NoticeState
	waits   time.Duration // at least this long until the next try
	calls   int           // of template/send in the first round; 0: 1
	paused  intake.NoticeKind
	alarm   bool
	unknown bool // the person turned out not to follow
}

func TestEveryRowOfTheErrorTableIsActedOn(t *testing.T) {
	const waiting, failed, sent = intake.NoticeWaiting, intake.NoticeFailed, intake.NoticeSent
	table := []outcome{
		{code: -1, state: waiting, waits: time.Second},
		{status: 500, state: waiting, waits: time.Second},
		{status: 502, state: waiting, waits: time.Second},
		// Exchanged once and sent: nothing to be seen.
		{code: 40001, times: 1, state: sent, calls: 2},
		{code: 40014, times: 1, state: sent, calls: 2},
		{code: 42001, times: 1, state: sent, calls: 2},
		// It stays refused: never a loop.
		{code: 40001, state: waiting, waits: 9 * time.Minute, calls: 2, paused: storage.EveryKind, alarm: true},
		{code: 41001, state: failed, alarm: true},
		// The account.
		{code: 40013, state: waiting, waits: 9 * time.Minute, paused: storage.EveryKind, alarm: true},
		{code: 40125, state: waiting, waits: 9 * time.Minute, paused: storage.EveryKind, alarm: true},
		{code: 40243, state: waiting, waits: 9 * time.Minute, paused: storage.EveryKind, alarm: true},
		{code: 40164, state: waiting, waits: 9 * time.Minute, paused: storage.EveryKind, alarm: true},
		{code: 61004, state: waiting, waits: 9 * time.Minute, paused: storage.EveryKind, alarm: true},
		{code: 48001, state: waiting, waits: 9 * time.Minute, paused: storage.EveryKind, alarm: true},
		{code: 48004, state: waiting, waits: 9 * time.Minute, paused: storage.EveryKind, alarm: true},
		{code: 50002, state: waiting, waits: 9 * time.Minute, paused: storage.EveryKind, alarm: true},
		// The person.
		{code: 40003, state: failed},
		{code: 43004, state: failed, unknown: true},
		{code: 50005, state: failed, unknown: true},
		{code: 43019, state: failed},
		{code: 48002, state: failed},
		{code: 43101, state: failed},
		{code: 43117, state: waiting, waits: time.Hour},
		// Quotas: noon until a minute past midnight.
		{code: 45009, state: waiting, waits: 12 * time.Hour, paused: intake.NoticeReturned},
		{code: 45011, state: waiting, waits: time.Minute, paused: intake.NoticeReturned},
		{code: 45015, state: failed},
		{code: 45047, state: failed},
		// Template and content.
		{code: 40037, state: failed, alarm: true},
		{code: 47003, state: failed, alarm: true},
		{code: 43116, state: failed, alarm: true},
		{code: 43100, state: failed, alarm: true},
		{code: 43106, state: failed, alarm: true},
		{code: 41030, state: failed, alarm: true},
		{code: 45168, state: failed, alarm: true},
		{code: 48006, state: failed, alarm: true},
		{code: 47001, state: failed, alarm: true},
		{code: 40033, state: failed, alarm: true},
		{code: 44002, state: failed, alarm: true},
		// Codes of other interfaces, and one nobody knows: refused is refused.
		{code: 40007, state: failed, alarm: true},
		{code: 40004, state: failed, alarm: true},
		{code: 40005, state: failed, alarm: true},
		{code: 40006, state: failed, alarm: true},
		{code: 40009, state: failed, alarm: true},
		{code: 45001, state: failed, alarm: true},
		{code: 41006, state: failed, alarm: true},
		{code: 44001, state: failed, alarm: true},
		{code: 40029, state: failed, alarm: true},
		{code: 40163, state: failed, alarm: true},
		{code: 42003, state: failed, alarm: true},
		{code: 45157, state: failed, alarm: true},
		{code: 45158, state: failed, alarm: true},
		{code: 45056, state: failed, alarm: true},
		{code: 88000, state: failed, alarm: true},
		{code: 99999, state: failed, alarm: true},
	}
	each(t, func(t *testing.T, w *world) {
		people := w.people(len(table))
		for i, row := range table {
			t.Run(fmt.Sprintf("%d/%d times %d", row.code, row.status, row.times), func(t *testing.T) {
				w.t = t
				w.pass(24 * time.Hour) // pauses and alarms of the row before are over
				w.Season.Window.Corrections = w.now().AddDate(0, 0, 9)
				c := people[i]
				w.move(c, intake.Returned)
				before, logged := len(w.platform.Calls("template/send")), len(w.log.String())
				undo := w.platform.Fail(wechattest.Fault{API: "template/send", OpenID: c.OpenID, ErrCode: row.code, Status: row.status, Times: row.times})
				w.send()
				undo()
				n := w.notice(c, intake.NoticeReturned)
				if n.State != row.state {
					t.Errorf("the notice is %s (%d, %s), want %s", n.State, n.ErrCode, n.Problem, row.state)
				}
				if row.state != intake.NoticeSent && n.ErrCode != row.code {
					t.Errorf("the row keeps errcode %d", n.ErrCode)
				}
				if wait := n.DueAt.Sub(w.now()); row.waits > 0 && wait < row.waits {
					t.Errorf("comes again in %s, want at least %s", wait, row.waits)
				}
				if calls := len(w.platform.Calls("template/send")) - before; calls != max(row.calls, 1) {
					t.Errorf("%d calls, want %d", calls, max(row.calls, 1))
				}
				w.checkPause(row.paused)
				if alarm := strings.Contains(w.log.String()[logged:], "ALARM"); alarm != row.alarm {
					t.Errorf("alarm %v, want %v", alarm, row.alarm)
				}
				talk, err := w.DB.Talk(t.Context(), c.OpenID)
				if err != nil || talk.Following == row.unknown {
					t.Errorf("following %v (%v)", talk.Following, err)
				}
				owed, err := w.DB.FailedUnheaded(t.Context(), c.ID)
				if err != nil || (len(owed) == 1) != (row.state == intake.NoticeFailed) {
					t.Errorf("%d notices head the next reply (%v)", len(owed), err)
				}
				w.DB.CancelNotices(t.Context(), c.ID, n.Round)
			})
		}
		if strings.Contains(w.log.String(), "o-N0") || strings.Contains(w.log.String(), "13900") {
			t.Error("the log holds an open id or a phone number")
		}
	})
}

func (w *world) checkPause(kind intake.NoticeKind) {
	w.t.Helper()
	pauses, err := w.DB.Pauses(w.t.Context(), w.now())
	if err != nil {
		w.t.Fatal(err)
	}
	if kind == "" && len(pauses) > 0 || kind != "" && (len(pauses) != 1 || pauses[0].Kind != kind) {
		w.t.Errorf("paused: %v, want %q", pauses, kind)
	}
}

func TestAKindOutOfQuotaWaitsUntilMidnightForAllInstancesAndTheOthersGoOn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		people := w.people(3)
		w.move(people[0], intake.Returned)
		undo := w.platform.Fail(wechattest.Fault{API: "template/send", ErrCode: 45009})
		w.send()
		undo()
		w.move(people[1], intake.Returned)
		w.move(people[2], intake.Passed)
		other := newWorld(t, w.DB) // another instance
		other.user(people[2]).Follow(t.Context())
		other.send()
		if got := len(other.platform.Calls("template/send")); got != 1 {
			t.Errorf("%d calls by the other instance, want 1: the kind that is not paused", got)
		}
		w.send()
		if got := len(w.platform.Calls("template/send")); got != 1 {
			t.Errorf("%d calls, want only the refused one", got)
		}
		w.pass(12*time.Hour + 2*time.Minute) // the quota is back, but people sleep
		w.send()
		if got := len(w.platform.Calls("template/send")); got != 1 {
			t.Errorf("%d calls at night", got)
		}
		w.pass(8 * time.Hour)
		w.send()
		for _, c := range people[:2] {
			if n := w.notice(c, intake.NoticeReturned); n.State != intake.NoticeSent {
				t.Errorf("in the morning the notice is %s", n.State)
			}
		}
	})
}

func TestAPoisonedNoticeNeverBlocksOthersAndIsGivenUp(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		people := w.people(3)
		w.Config[intake.NoticePassed] = w.Config[intake.NoticeReturned]
		broken := w.Config[intake.NoticeSitePassed]
		broken.Fields = map[string]string{"tiem1": "item"} // a mapping that got past the start
		w.Config[intake.NoticeSitePassed] = broken
		w.move(people[0], intake.SitePassed)
		w.move(people[1], intake.Returned)
		w.send()
		if n := w.notice(people[1], intake.NoticeReturned); n.State != intake.NoticeSent {
			t.Errorf("the notice behind the poisoned one is %s", n.State)
		}
		for range 60 {
			w.pass(6 * time.Hour)
			w.send()
		}
		if n := w.notice(people[0], intake.NoticeSitePassed); n.State != intake.NoticeFailed || n.Problem != "internal" {
			t.Errorf("the poisoned one is %s (%s) after days", n.State, n.Problem)
		}
	})
}

func TestDeliveryEventsBeforeTheAnswerTwiceOrNever(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		people := w.people(3)
		for _, c := range people {
			w.move(c, intake.Returned)
		}
		w.send()
		msgID := func(i int) int64 { return w.notice(people[i], intake.NoticeReturned).MsgID }
		for range 2 {
			if _, err := w.DB.NoticeEvent(ctx, msgID(0), true, "success", w.now()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.DB.NoticeEvent(ctx, msgID(1), false, "failed:user block", w.now()); err != nil {
			t.Fatal(err)
		}
		w.pass(20 * time.Minute) // never, for the third
		w.send()
		var states []intake.NoticeState
		for _, c := range people {
			states = append(states, w.notice(c, intake.NoticeReturned).State)
		}
		if want := []intake.NoticeState{intake.NoticeDelivered, intake.NoticeFailed, intake.NoticeSent}; !slices.Equal(states, want) {
			t.Errorf("got %v, want %v", states, want)
		}
		if calls := len(w.platform.Calls("template/send")); calls != 3 {
			t.Errorf("%d calls", calls)
		}
		// WeChat's own failure: once more, when it no longer takes it for the same message.
		c := people[2]
		if _, err := w.DB.NoticeEvent(ctx, msgID(2), false, "failed: system failed", w.now()); err != nil {
			t.Fatal(err)
		}
		w.send()
		if calls := len(w.platform.Calls("template/send")); calls != 3 {
			t.Errorf("sent again at once: %d calls", calls)
		}
		w.pass(12 * time.Minute)
		w.send()
		if got := w.cards(c); len(got) != 2 {
			t.Errorf("%d cards, want the failed one and another", len(got))
		}
	})
}
