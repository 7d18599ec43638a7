package notify_test

import (
	"strings"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/notify"
	"cailiao/storage"
)

func TestAReturnIsRemindedOfUntilItIsSubmittedAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		people := w.people(2)
		for _, c := range people {
			w.move(c, intake.Returned) // noon: midway is midnight, so before the night; the last at ten
		}
		for range 80 {
			w.send()
			if w.now().Equal(noon.Add(10 * time.Hour)) {
				w.move(people[1], intake.Submitted)
			}
			w.pass(30 * time.Minute)
		}
		if got := w.cards(people[0]); len(got) != 4 { // result, two reminders, the word that it has passed
			t.Errorf("the silent one saw %q", got)
		}
		for _, kind := range []intake.NoticeKind{intake.NoticeReminder, intake.NoticeOverdue} {
			if n := w.notice(people[1], kind); n.State != intake.NoticeCancelled {
				t.Errorf("after submitting again the %s is %s", kind, n.State)
			}
		}
	})
}

func TestSeveralReturnsWithinFiveMinutesAreToldOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.people(1)[0]
		w.move(c, intake.Returned)
		w.send()
		for range 3 {
			w.pass(time.Minute)
			w.move(c, intake.Submitted)
			w.move(c, intake.Returned)
			w.send()
		}
		if got := w.cards(c); len(got) != 1 {
			t.Fatalf("within five minutes: %q", got)
		}
		w.pass(5 * time.Minute)
		w.send()
		w.pass(10 * time.Minute)
		w.send()
		if got := w.cards(c); len(got) != 2 || w.notice(c, intake.NoticeReturned).State != intake.NoticeSent {
			t.Errorf("afterwards: %q", got)
		}
	})
}

func TestAfterDaysOfOutageNothingStaleIsSentAndNothingAtNight(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		people := w.people(4)
		for _, c := range people[:3] {
			w.move(c, intake.Returned)
		}
		w.move(people[1], intake.Submitted)  // while nothing is sent
		w.move(people[3], intake.SitePassed) //
		w.pass(63 * time.Hour)               // three in the morning, two and a half days later
		w.send()
		if calls := len(w.platform.Calls("template/send")); calls != 0 {
			t.Fatalf("%d messages at three in the morning", calls)
		}
		w.pass(5 * time.Hour)
		w.send()
		want := map[int]int{
			0: 2, // the result, and that its time has passed; the reminders are moot
			1: 1, // only that it was received
			2: 2, 3: 1,
		}
		for i, n := range want {
			if got := w.cards(people[i]); len(got) != n {
				t.Errorf("person %d saw %q, want %d", i, got, n)
			}
		}
	})
}

func TestTheClosingWindowIsToldOnceToWhoHasNotSubmitted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		people := w.people(3)
		w.move(people[1], intake.Submitted)
		plan := func() {
			if err := w.Plan(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.send()
		}
		plan()
		if got := w.cards(people[0]); len(got) != 0 {
			t.Fatalf("days before: %q", got)
		}
		w.pass(8*24*time.Hour + time.Minute)
		w.move(people[2], intake.Submitted)
		plan()
		plan()
		if got := w.cards(people[0]); len(got) != 1 || !strings.Contains(got[0], "报名材料还没有上报") {
			t.Errorf("two days before: %q", got)
		}
		for _, c := range people[1:] {
			for _, card := range w.cards(c) {
				if strings.Contains(card, "没有上报") {
					t.Error("somebody who submitted was told that nothing was submitted")
				}
			}
		}
	})
}

func TestAPassedDeadlineIsOnRecordAndShutsNobodyOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.people(1)[0]
		sub := w.move(c, intake.Returned).Submission
		w.pass(25 * time.Hour)
		for range 2 {
			if err := w.Plan(ctx); err != nil {
				t.Fatal(err)
			}
		}
		events, err := w.DB.Events(ctx, c.ID, 50)
		if err != nil {
			t.Fatal(err)
		}
		recorded := 0
		for _, e := range events {
			if e.Action == storage.ActionDeadline {
				recorded++
			}
		}
		if recorded != 1 {
			t.Errorf("recorded %d times", recorded)
		}
		if w.Season.Shut(sub, w.now()) {
			t.Error("shut out though the season does not say so")
		}
		w.Season.Review.ShutOut = true
		if !w.Season.Shut(sub, w.now()) || w.Season.Shut(sub, sub.DeadlineAt.Add(-time.Minute)) {
			t.Error("the season's own rule is not kept")
		}
	})
}

func TestInstancesWhoseClocksAreTenMinutesApartNeitherLoseNorDouble(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		people := w.people(60)
		var loops []*notify.Loop
		for i, off := range []time.Duration{-10 * time.Minute, 10 * time.Minute} {
			clock, err := w.DB.Clock(ctx, func() time.Time { return w.now().Add(off) })
			if err != nil {
				t.Fatal(err)
			}
			now := clock.Now
			if w.isSQLite() {
				now = w.now // one machine, one clock
			}
			loops = append(loops, notify.New(notify.Loop{
				DB: w.DB, WeChat: w.WeChat, Season: w.Season, Config: w.Config, Now: now, Log: w.Log, Owner: string(rune('a' + i)),
			}))
		}
		// The server's clock is the real one: the season moves there.
		now := loops[0].Now().In(noon.Location())
		w.Season.Window = intake.Window{Opens: now.AddDate(0, 0, -3), Closes: now.AddDate(0, 0, 5), Corrections: now.AddDate(0, 0, 9)}
		w.Season.Review.QuietFrom, w.Season.Review.QuietTo = 0, 0
		w.mu.Lock()
		w.clock = now
		w.mu.Unlock()
		for _, c := range people {
			w.move(c, intake.Returned)
		}
		errs := make(chan error, 2)
		for _, l := range loops {
			go func() {
				var err error
				for range 4 {
					if _, e := l.Send(ctx); e != nil {
						err = e
					}
				}
				errs <- err
			}()
		}
		for range loops {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		for _, c := range people {
			if got := len(w.cards(c)); got != 1 {
				t.Errorf("%d cards, want 1", got)
			}
		}
		if calls := len(w.platform.Calls("template/send")); calls != len(people) {
			t.Errorf("%d calls for %d notices", calls, len(people))
		}
	})
}

func (w *world) isSQLite() bool { return strings.HasSuffix(w.t.Name(), "sqlite") }

func TestLateNoticesRaiseTheAlarm(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.people(1)[0]
		w.move(c, intake.Returned)
		for _, step := range []struct {
			after time.Duration
			want  bool
		}{{4 * time.Minute, false}, {2 * time.Minute, true}} {
			w.pass(step.after)
			if err := w.Watch(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(w.log.String(), "ALARM notices are late"); got != step.want {
				t.Errorf("alarm %v, want %v", got, step.want)
			}
		}
		families, err := w.Metrics.Registry.Gather()
		if err != nil || len(families) == 0 {
			t.Errorf("%d metrics (%v)", len(families), err)
		}
	})
}
