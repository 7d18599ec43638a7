package bot_test

import (
	"errors"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/intake"
	"cailiao/wechat/wechattest"
)

// follower is somebody bound who has sent a photo.
type follower struct {
	t  *testing.T
	w  *apptest.World
	u  *wechattest.User
	id int64
}

func follow(t *testing.T, engine string, on intake.OnUnfollow) *follower {
	w := apptest.Start(t, engine, time.Date(2026, 2, 1, 2, 0, 0, 0, time.UTC), func(a *app.App) { a.Season.Parting.OnUnfollow = on })
	w.Import(t)
	f := &follower{t: t, w: w, u: w.Platform.User("o-parting-" + engine + "-" + string(on))}
	ctx, p := t.Context(), apptest.People[0]
	f.u.Follow(ctx)
	f.u.Say(ctx, p.Number+" "+p.IDTail())
	f.u.Say(ctx, "对")
	f.u.SendPhoto(ctx, imagetest.Photo(1))
	c, err := w.DB.CandidateByNumber(ctx, p.Number)
	f.ok(err)
	f.id = c.ID
	return f
}

func (f *follower) ok(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// stands checks whom the candidate is tied to, and how many photos and messages there are.
func (f *follower) stands(when, openID string, photos, messages int) {
	f.t.Helper()
	ctx := f.t.Context()
	f.ok(f.w.Bot.Drain(ctx))
	c, err := f.w.DB.Case(ctx, f.id)
	f.ok(err)
	said, err := f.w.DB.MessagesOf(ctx, f.u.OpenID)
	f.ok(err)
	if c.Candidate.OpenID != openID || len(c.Photos) != photos || len(said) != messages {
		f.t.Errorf("%s: tied to %q, %d photos, %d messages; want %q, %d, %d", when, c.Candidate.OpenID, len(c.Photos), len(said), openID, photos, messages)
	}
}

func (f *follower) later(d time.Duration) {
	f.t.Helper()
	f.w.Clock.Advance(d)
	f.ok(f.w.Keeper.Part(f.t.Context()))
}

func TestWhoStopsFollowingIsUnlinkedAtOnceAndForgottenAfterTheGrace(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		f := follow(t, engine, intake.OnUnfollowUnlink)
		ctx := t.Context()
		f.stands("bound", f.u.OpenID, 1, 4)
		gone := f.u.Unfollow(ctx)
		f.stands("gone", "", 1, 5)
		f.w.Platform.Redeliver(ctx, gone)
		f.stands("told twice", "", 1, 5)
		f.later(71 * time.Hour)
		f.stands("within the grace", "", 1, 5)
		if id, err := f.w.DB.Parted(ctx, f.u.OpenID); err != nil || id != f.id {
			t.Errorf("within the grace the place is of %d (%v)", id, err)
		}
		f.later(2 * time.Hour)
		f.stands("after the grace", "", 1, 0)
		if _, err := f.w.DB.Parted(ctx, f.u.OpenID); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("after the grace the place still waits: %v", err)
		}
		if talk, err := f.w.DB.Talk(ctx, f.u.OpenID); err != nil || talk.Version != 0 {
			t.Errorf("after the grace the talk is still there: %v", err)
		}
	})
}

func TestOldWordsOfUnfollowingChangeNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		f := follow(t, engine, intake.OnUnfollowErase)
		ctx := t.Context()
		f.w.Clock.Advance(time.Minute)
		f.w.Platform.Fail(wechattest.Fault{API: "callback-loss", OpenID: f.u.OpenID, Times: 3})
		lost := f.u.Unfollow(ctx)
		f.w.Clock.Advance(time.Minute)
		f.u.Follow(ctx)
		f.w.Platform.Redeliver(ctx, lost)
		f.stands("unfollowing told after following again", f.u.OpenID, 1, 6)
		f.w.Clock.Advance(time.Minute)
		gone := f.u.Unfollow(ctx)
		f.w.Clock.Advance(time.Minute)
		f.u.Follow(ctx)
		f.w.Platform.Redeliver(ctx, gone)
		f.stands("unfollowing told once more", f.u.OpenID, 1, 8)
		f.later(100 * time.Hour)
		f.stands("long after", f.u.OpenID, 1, 8)
	})
}

func TestWhatWasSentBeforeUnfollowingAndCameLaterStillCounts(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		f := follow(t, engine, intake.OnUnfollowUnlink)
		ctx := t.Context()
		f.w.Clock.Advance(time.Minute)
		f.w.Platform.Fail(wechattest.Fault{API: "callback-loss", OpenID: f.u.OpenID, Times: 3})
		photo := f.u.SendPhoto(ctx, imagetest.Photo(2))
		f.w.Clock.Advance(time.Minute)
		f.u.Unfollow(ctx)
		f.w.Platform.Redeliver(ctx, photo)
		f.stands("the photo came after its sender had gone", "", 2, 6)
		if talk, err := f.w.DB.Talk(ctx, f.u.OpenID); err != nil || talk.Following {
			t.Errorf("taken for a follower: %v", err)
		}
	})
}

func TestWhoseUnfollowingWasNeverToldIsPartedWhenWeChatRefuses(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		f := follow(t, engine, intake.OnUnfollowUnlink)
		ctx := t.Context()
		f.w.Platform.Fail(wechattest.Fault{API: "callback-loss", OpenID: f.u.OpenID, Times: 3})
		f.u.Unfollow(ctx)
		f.ok(f.w.Keeper.Part(ctx))
		f.stands("nobody has told", f.u.OpenID, 1, 4)
		f.ok(f.w.DB.Unfollowed(ctx, f.u.OpenID, f.w.Clock.Now())) // as the notices do on 43004
		f.ok(f.w.Keeper.Part(ctx))
		f.stands("WeChat has refused a notice", "", 1, 4)
		f.w.Clock.Advance(time.Minute)
		f.u.Follow(ctx)
		f.stands("back", f.u.OpenID, 1, 5)
	})
}

func TestOnlyWhatWasNeverSubmittedIsErasedAfterUnfollowing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		for state, photos := range map[intake.State]int{
			intake.Collecting: 0, intake.Submitted: 1, intake.Returned: 1, intake.SitePassed: 1, intake.Passed: 1,
		} {
			t.Run(string(state), func(t *testing.T) {
				f := follow(t, engine, intake.OnUnfollowErase)
				ctx := t.Context()
				before, err := f.w.DB.Case(ctx, f.id)
				f.ok(err)
				after := before
				after.Submission.State = state
				if state == intake.Returned {
					after.Submission.Round = 2
				}
				_, err = f.w.DB.SaveCase(ctx, before, after)
				f.ok(err)
				f.u.Unfollow(ctx)
				f.later(80 * time.Hour)
				f.stands("after the grace", "", photos, 0)
				now, err := f.w.DB.Candidate(ctx, f.id)
				f.ok(err)
				if now.Name != apptest.People[0].Name || now.PhoneOK != (state != intake.Collecting) {
					t.Error("the roster's row is not as it should be")
				}
			})
		}
	})
}

func TestAnAgreementTakenBackIsOnRecordWithItsVersion(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		f := follow(t, engine, intake.OnUnfollowUnlink)
		ctx := t.Context()
		f.u.Say(ctx, "撤回同意")
		f.u.Say(ctx, "确定撤回同意")
		f.stands("taken back", "", 0, 1) // the message itself, with its reply
		agreed, err := f.w.DB.Agreements(ctx, f.id)
		f.ok(err)
		if len(agreed) != 1 || agreed[0].Version != "1" || agreed[0].WithdrawnAt.IsZero() || agreed[0].WithdrawnAt.Before(agreed[0].At) {
			t.Errorf("on record: %+v", agreed)
		}
		events, err := f.w.DB.Events(ctx, f.id, 1)
		f.ok(err)
		if len(events) != 1 || events[0].Action != "consent.withdraw" || events[0].Detail != `{"version":"1"}` {
			t.Errorf("in the log: %+v", events)
		}
		p := apptest.People[0]
		f.u.Say(ctx, p.Number+" "+p.IDTail())
		f.u.Say(ctx, "对")
		if agreed, err = f.w.DB.Agreements(ctx, f.id); err != nil || len(agreed) != 1 || !agreed[0].WithdrawnAt.IsZero() {
			t.Errorf("agreed anew: %+v (%v)", agreed, err)
		}
	})
}
