package storage_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func notice(c intake.Candidate, kind intake.NoticeKind, due time.Time) intake.Notice {
	return intake.Notice{Kind: kind, CandidateID: c.ID, Round: 1, DueAt: due, Key: fmt.Sprintf("%d/1/%s/%d", c.ID, kind, due.UnixMicro())}
}

// promise stores a notice due at t0 and returns it.
func promise(t *testing.T, db *storage.DB, c intake.Candidate, kind intake.NoticeKind) intake.Notice {
	t.Helper()
	ok(t, db.AddNotices(t.Context(), []intake.Notice{notice(c, kind, t0)}))
	return last(t, db, c)
}

func last(t *testing.T, db *storage.DB, c intake.Candidate) intake.Notice {
	t.Helper()
	all := must(db.Notices(t.Context(), c.ID))(t)
	return all[len(all)-1]
}

func TestOnePromiseIsOneNotice(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		two := []intake.Notice{notice(c, intake.NoticeReturned, t0), notice(c, intake.NoticeReminder, day(1))}
		ok(t, db.AddNotices(ctx, two))
		ok(t, db.AddNotices(ctx, append(two, notice(c, intake.NoticeReminder, day(2)))))
		all := must(db.Notices(ctx, c.ID))(t)
		same(t, len(all), 3)
		want := two[0]
		want.ID, want.State = all[0].ID, intake.NoticeWaiting
		same(t, all[0], want)
		ok(t, db.AddNotices(ctx, nil))
		is(t, db.AddNotices(ctx, []intake.Notice{{Key: "x", CandidateID: 999}}), intake.ErrNotFound)
	})
}

func TestNoticesAreCancelledByRoundAndKind(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		all := bound(t, db, "A", 2)
		for _, c := range all {
			ok(t, db.AddNotices(ctx, []intake.Notice{notice(c, intake.NoticeReturned, t0), notice(c, intake.NoticeReminder, t0), notice(c, intake.NoticeReminder, day(1))}))
		}
		same(t, must(db.CancelNotices(ctx, all[0].ID, 2))(t), int64(0))
		same(t, must(db.CancelNotices(ctx, all[0].ID, 1, intake.NoticeReminder, intake.NoticePassed))(t), int64(2))
		same(t, must(db.CancelNotices(ctx, all[0].ID, 1))(t), int64(1))
		same(t, must(db.CancelNotices(ctx, all[0].ID, 1))(t), int64(0))
		for i, state := range []intake.NoticeState{intake.NoticeCancelled, intake.NoticeWaiting} {
			same(t, last(t, db, all[i]).State, state)
		}
		n := last(t, db, all[1])
		ok(t, db.NoticeCancel(ctx, n.ID, "no longer true"))
		n.State, n.Problem = intake.NoticeCancelled, "no longer true"
		same(t, last(t, db, all[1]), n)
	})
}

// claim takes what is due of one candidate at a moment, for a minute.
func claim(t *testing.T, db *storage.DB, candidateID int64, owner string, now time.Time, kinds ...intake.NoticeKind) []int64 {
	t.Helper()
	notices := must(db.ClaimNotices(t.Context(), candidateID, storage.Claim{Owner: owner, Kinds: kinds, Now: now, Until: now.Add(time.Minute)}))(t)
	ids := []int64{}
	for _, n := range notices {
		ids = append(ids, n.ID)
	}
	return ids
}

func TestAPersonsDueNoticesAreClaimedTogetherOnceAndComeBackWhenTheirOwnerDies(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		people := bound(t, db, "A", 2)
		c := people[0]
		ok(t, db.AddNotices(ctx, []intake.Notice{notice(c, "late", day(1)), notice(c, "second", t0), notice(c, "first", t0.Add(-time.Second))}))
		ok(t, db.AddNotices(ctx, []intake.Notice{notice(people[1], "second", t0.Add(-time.Minute))}))
		all := must(db.Notices(ctx, c.ID))(t)
		first, second := all[2].ID, all[1].ID
		kinds := []intake.NoticeKind{"first", "second", "late"}
		due := func(now time.Time, limit int, kinds ...intake.NoticeKind) []int64 {
			return must(db.DueCandidates(ctx, kinds, now, limit))(t)
		}
		same(t, due(t0, 10, kinds...), []int64{people[1].ID, c.ID})
		same(t, due(t0, 1, kinds...), []int64{people[1].ID})
		same(t, due(t0, 10, "first"), []int64{c.ID})
		same(t, len(due(t0, 10)), 0)
		n, oldest, err := db.NoticeBacklog(ctx, t0)
		ok(t, err)
		same(t, n, 3)
		same(t, oldest, t0.Add(-time.Minute))

		var winners atomic.Int32
		errs := make([]error, 10)
		atOnce(len(errs), func(i int) {
			claimed, err := db.ClaimNotices(ctx, c.ID, storage.Claim{Owner: fmt.Sprint(i), Kinds: kinds, Now: t0, Until: t0.Add(time.Minute)})
			if len(claimed) > 0 {
				winners.Add(1)
				if len(claimed) != 2 || claimed[0].ID != first || claimed[1].ID != second {
					err = errors.New("not both notices were claimed in the order they are due")
				}
			}
			errs[i] = err
		})
		ok(t, errors.Join(errs...))
		same(t, winners.Load(), int32(1))
		same(t, due(t0, 10, kinds...), []int64{people[1].ID})
		lease := t0.Add(time.Minute)
		same(t, due(lease, 10, kinds...), []int64{people[1].ID, c.ID})
		same(t, claim(t, db, c.ID, "heir", lease, kinds...), []int64{first, second})
		same(t, claim(t, db, c.ID, "too early", lease, kinds...), []int64{})
		same(t, claim(t, db, 999, "nobody", t0, kinds...), []int64{})
		ok(t, db.ReleaseNotices(ctx, c.ID, "not the owner"))
		same(t, claim(t, db, c.ID, "still too early", lease, kinds...), []int64{})
		ok(t, db.ReleaseNotices(ctx, c.ID, "heir"))
		same(t, claim(t, db, c.ID, "second heir", lease, kinds...), []int64{first, second})
		ok(t, db.NoticeDefer(ctx, first, day(2)))
		ok(t, db.NoticePutBack(ctx, second, lease, 45009, "quota"))
		same(t, claim(t, db, c.ID, "again", lease, kinds...), []int64{second})
		n2 := must(db.Notices(ctx, c.ID))(t)[1]
		same(t, []any{n2.ErrCode, n2.Problem, n2.Attempts}, []any{45009, "quota", 0})
		ok(t, db.NoticeCancel(ctx, second, ""))
		same(t, claim(t, db, c.ID, "cancelled", day(1), "second"), []int64{})
	})
}

func TestNoticeIsRetriedSentOrGivenUp(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		n := promise(t, db, c, "a")
		same(t, claim(t, db, c.ID, "me", t0, "a"), []int64{n.ID})
		ok(t, db.NoticeRetry(ctx, n.ID, t0.Add(time.Minute), -1, "busy"))
		same(t, claim(t, db, c.ID, "you", t0, "a"), []int64{})
		same(t, claim(t, db, c.ID, "you", t0.Add(time.Minute), "a"), []int64{n.ID})
		ok(t, db.NoticeSent(ctx, n.ID, storage.Sending{Road: intake.RoadTemplate, MsgID: 501, At: day(1)}))
		want := n
		want.State, want.MsgID, want.SentAt, want.Attempts, want.DueAt = intake.NoticeSent, 501, day(1), 1, t0.Add(time.Minute)
		want.Road = intake.RoadTemplate
		same(t, last(t, db, c), want)
		is(t, db.NoticeSent(ctx, n.ID, storage.Sending{MsgID: 502, At: day(1)}), intake.ErrConflict)
		ok(t, db.NoticeFailed(ctx, n.ID, 1, "too late", t0))
		ok(t, db.NoticeRetry(ctx, n.ID, t0, 1, "too late"))
		ok(t, db.NoticeCancel(ctx, n.ID, "too late"))
		same(t, last(t, db, c), want)

		n = promise(t, db, c, "b")
		ok(t, db.NoticeFailed(ctx, n.ID, 43004, "unfollowed", t0))
		n.State, n.Attempts, n.ErrCode, n.Problem = intake.NoticeFailed, 1, 43004, "unfollowed"
		same(t, must(db.FailedUnheaded(ctx, c.ID))(t), []intake.Notice{n})
		ok(t, db.MarkHeaded(ctx, n.ID))
		ok(t, db.MarkHeaded(ctx))
		same(t, len(must(db.FailedUnheaded(ctx, c.ID))(t)), 0)
		same(t, last(t, db, c).Headed, true)

		// Cancelled while the message was on its way: it was sent, and the row says so.
		n = promise(t, db, c, "c")
		must(db.CancelNotices(ctx, c.ID, 1))(t)
		ok(t, db.NoticeSent(ctx, n.ID, storage.Sending{MsgID: 0, At: t0}))
		same(t, last(t, db, c).State, intake.NoticeSent)
		_, oldest, err := db.NoticeBacklog(ctx, day(9))
		ok(t, err)
		same(t, oldest, time.Time{})
	})
}

func TestDeliveryEventMayComeFirstTwiceOrForNobody(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		event := func(msgID int64, okay bool, problem string) bool {
			found, err := db.NoticeEvent(ctx, msgID, okay, problem, t0)
			ok(t, err)
			return found
		}
		after := promise(t, db, c, "after")
		ok(t, db.NoticeSent(ctx, after.ID, storage.Sending{MsgID: 1 << 40, At: t0}))
		same(t, event(1<<40, true, "success"), true)
		same(t, event(1<<40, false, "failed:user block"), true)
		same(t, last(t, db, c).State, intake.NoticeDelivered)
		same(t, last(t, db, c).Problem, "")

		same(t, event(2, false, "failed:user block"), false)
		same(t, event(2, false, "failed:user block"), false)
		first := promise(t, db, c, "first")
		ok(t, db.NoticeSent(ctx, first.ID, storage.Sending{MsgID: 2, At: t0}))
		n := last(t, db, c)
		same(t, []any{n.State, n.Problem, n.MsgID}, []any{intake.NoticeFailed, "failed:user block", int64(2)})
		same(t, must(db.FailedUnheaded(ctx, c.ID))(t), []intake.Notice{n})

		// Without an id nothing is mixed up.
		same(t, event(0, false, "failed"), false)
		zero := promise(t, db, c, "zero")
		ok(t, db.NoticeSent(ctx, zero.ID, storage.Sending{MsgID: 0, At: t0}))
		same(t, event(0, false, "failed"), false)
		same(t, last(t, db, c).State, intake.NoticeSent)
	})
}

func TestDeliveryEventAndAnswerAtTheSameMomentAlwaysMeet(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		for i := range 40 {
			n := promise(t, db, c, intake.NoticeKind(fmt.Sprint(i)))
			errs := make([]error, 2)
			atOnce(2, func(who int) {
				if who == 0 {
					errs[0] = db.NoticeSent(ctx, n.ID, storage.Sending{MsgID: int64(i + 1), At: t0})
				} else {
					_, errs[1] = db.NoticeEvent(ctx, int64(i+1), true, "", t0)
				}
			})
			ok(t, errors.Join(errs...))
			same(t, last(t, db, c).State, intake.NoticeDelivered)
		}
	})
}

func TestWhatWeChatItselfFailedAtGoesOutOnceMoreAFewTimes(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		for i, failure := range []string{"failed: system failed", "failed:freq limit"} {
			n := promise(t, db, c, intake.NoticeKind(failure))
			for try := range 3 {
				msgID := int64(100*i + try + 1)
				ok(t, db.NoticeSent(ctx, n.ID, storage.Sending{Road: intake.RoadTemplate, MsgID: msgID, At: t0}))
				for range 2 { // told twice
					must(db.NoticeEvent(ctx, msgID, false, failure, t0))(t)
				}
				got := last(t, db, c)
				if try == 2 {
					same(t, got.State, intake.NoticeFailed)
					continue
				}
				same(t, []any{got.State, got.Attempts, got.SentAt, got.MsgID}, []any{intake.NoticeWaiting, try + 1, time.Time{}, int64(0)})
				if got.DueAt.Sub(t0) <= 10*time.Minute {
					t.Errorf("due %s after: WeChat would take it for the same message", got.DueAt.Sub(t0))
				}
			}
		}
	})
}

func TestAPauseHoldsForAllInstancesUntilItsTimeAndIsNeverShortened(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		p := storage.Pause{Kind: intake.NoticeReminder, Until: day(1), Reason: "quota", Actor: "system", Since: t0}
		errs := make([]error, 6)
		atOnce(len(errs), func(i int) { errs[i] = db.PauseNotices(ctx, p) })
		ok(t, errors.Join(errs...))
		same(t, must(db.Pauses(ctx, t0))(t), []storage.Pause{p})
		shorter := p
		shorter.Until, shorter.Reason = t0.Add(time.Minute), "minute"
		ok(t, db.PauseNotices(ctx, shorter))
		same(t, must(db.Pauses(ctx, t0))(t), []storage.Pause{p})
		longer := p
		longer.Until, longer.Reason, longer.Actor = day(9), "staff", "staff:1"
		ok(t, db.PauseNotices(ctx, longer))
		same(t, must(db.Pauses(ctx, day(8)))(t), []storage.Pause{longer})
		same(t, len(must(db.Pauses(ctx, day(9)))(t)), 0)
		ok(t, db.ResumeNotices(ctx, intake.NoticeReminder))
		same(t, len(must(db.Pauses(ctx, t0))(t)), 0)
	})
}

func TestDeadNoticesAreListedAndRequeued(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		n := promise(t, db, c, intake.NoticeReturned)
		ok(t, db.NoticeFailed(ctx, n.ID, 40037, "alarm (40037)", t0))
		list := must(db.NoticesIn(ctx, intake.NoticeFailed, "A", 10))(t)
		same(t, []any{len(list), list[0].Number, list[0].Notice.ErrCode, list[0].Notice.Problem}, []any{1, c.Number, 40037, "alarm (40037)"})
		same(t, len(must(db.NoticesIn(ctx, intake.NoticeFailed, "B", 10))(t)), 0)
		same(t, must(db.NoticeCounts(ctx))(t), []storage.NoticeCount{{Kind: intake.NoticeReturned, State: intake.NoticeFailed, N: 1}})
		same(t, must(db.Requeue(ctx, intake.NoticePassed, day(1)))(t), int64(0))
		same(t, must(db.Requeue(ctx, intake.NoticeReturned, day(1)))(t), int64(1))
		same(t, claim(t, db, c.ID, "x", day(1), intake.NoticeReturned), []int64{n.ID})
		same(t, must(db.OldestDue(ctx, intake.NoticeKinds, day(2)))(t), day(1))
	})
}

func TestAPassedDeadlineIsRecordedOnceHoweverManyTry(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		before := must(db.Case(ctx, c.ID))(t)
		after := before
		after.Submission.State, after.Submission.Round, after.Submission.DeadlineAt = intake.Returned, 2, day(1)
		saved := must(db.SaveCase(ctx, before, after))(t)
		same(t, len(must(db.PassedDeadlines(ctx, t0, 10))(t)), 0)
		same(t, must(db.PassedDeadlines(ctx, day(1), 10))(t), []int64{c.ID})
		errs := make([]error, 6)
		atOnce(len(errs), func(i int) { errs[i] = db.RecordDeadline(ctx, c.ID, day(1)) })
		ok(t, errors.Join(errs...))
		same(t, len(must(db.PassedDeadlines(ctx, day(1), 10))(t)), 0)
		recorded := 0
		for _, e := range must(db.Events(ctx, c.ID, 50))(t) {
			if e.Action == storage.ActionDeadline {
				recorded++
			}
		}
		same(t, recorded, 1)
		// More time was given, and that passes too.
		after = saved
		after.Submission.DeadlineAt = day(2)
		must(db.SaveCase(ctx, saved, after))(t)
		same(t, len(must(db.PassedDeadlines(ctx, day(1), 10))(t)), 0)
		same(t, must(db.PassedDeadlines(ctx, day(2), 10))(t), []int64{c.ID})
	})
}

func TestConsentsAreCountedUsedAndWithdrawn(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		left := func() int { return must(db.Consents(ctx, "o", "TPL"))(t) }
		same(t, left(), 0)
		ok(t, db.AddConsent(ctx, "o", "TPL", t0))
		ok(t, db.AddConsent(ctx, "o", "TPL", t0))
		same(t, left(), 2)
		ok(t, db.UseConsent(ctx, "o", "TPL"))
		same(t, left(), 1)
		ok(t, db.RefuseConsent(ctx, "o", "TPL", t0))
		ok(t, db.UseConsent(ctx, "o", "TPL"))
		same(t, left(), 0)
	})
}

func TestInstancesWithDifferentClocksAgreeOnTheTime(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		if db.Pool().DriverName() == "sqlite" {
			return // the file is on one machine
		}
		var clocks []*storage.Clock
		for _, off := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
			clocks = append(clocks, must(db.Clock(t.Context(), func() time.Time { return time.Now().Add(off) }))(t))
		}
		for _, c := range clocks {
			if off := c.Now().Sub(clocks[1].Now()).Abs(); off > time.Second {
				t.Errorf("%s apart", off)
			}
		}
	})
}
