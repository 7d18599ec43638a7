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

func TestDueNoticesAreClaimedOnceAndComeBackWhenTheirOwnerDies(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		ok(t, db.AddNotices(ctx, []intake.Notice{notice(c, "late", day(1)), notice(c, "second", t0), notice(c, "first", t0.Add(-time.Second))}))
		all := must(db.Notices(ctx, c.ID))(t)
		due := func(now time.Time) []int64 { return must(db.DueNotices(ctx, now, 10))(t) }
		same(t, due(t0), []int64{all[2].ID, all[1].ID})
		same(t, must(db.DueNotices(ctx, t0, 1))(t), []int64{all[2].ID})
		n, oldest, err := db.NoticeBacklog(ctx, t0)
		ok(t, err)
		same(t, n, 2)
		same(t, oldest, t0.Add(-time.Second))

		lease := t0.Add(time.Minute)
		var winners atomic.Int32
		errs := make([]error, 10)
		atOnce(len(errs), func(i int) {
			claimed, won, err := db.ClaimNotice(ctx, all[2].ID, fmt.Sprint(i), t0, lease)
			if won {
				winners.Add(1)
				if claimed.Key != all[2].Key {
					err = errors.New("another notice was claimed")
				}
			}
			errs[i] = err
		})
		ok(t, errors.Join(errs...))
		same(t, winners.Load(), int32(1))
		same(t, due(t0), []int64{all[1].ID})
		same(t, due(lease), []int64{all[2].ID, all[1].ID})
		_, won, err := db.ClaimNotice(ctx, all[2].ID, "heir", lease, lease.Add(time.Minute))
		ok(t, err)
		same(t, won, true)
		_, won, err = db.ClaimNotice(ctx, all[0].ID, "too early", t0, lease)
		ok(t, err)
		same(t, won, false)
		_, won, err = db.ClaimNotice(ctx, 999, "nobody", t0, lease)
		ok(t, err)
		same(t, won, false)
		ok(t, db.NoticeCancel(ctx, all[1].ID, ""))
		_, won, err = db.ClaimNotice(ctx, all[1].ID, "cancelled", t0, lease)
		ok(t, err)
		same(t, won, false)
	})
}

func TestNoticeIsRetriedSentOrGivenUp(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		n := promise(t, db, c, "a")
		_, _, err := db.ClaimNotice(ctx, n.ID, "me", t0, day(1))
		ok(t, err)
		ok(t, db.NoticeRetry(ctx, n.ID, t0.Add(time.Minute), -1, "busy"))
		same(t, len(must(db.DueNotices(ctx, t0, 9))(t)), 0)
		same(t, must(db.DueNotices(ctx, t0.Add(time.Minute), 9))(t), []int64{n.ID})
		ok(t, db.NoticeSent(ctx, n.ID, 501, day(1)))
		want := n
		want.State, want.MsgID, want.SentAt, want.Attempts, want.DueAt = intake.NoticeSent, 501, day(1), 1, t0.Add(time.Minute)
		same(t, last(t, db, c), want)
		is(t, db.NoticeSent(ctx, n.ID, 502, day(1)), intake.ErrConflict)
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
		ok(t, db.NoticeSent(ctx, n.ID, 0, t0))
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
		ok(t, db.NoticeSent(ctx, after.ID, 1<<40, t0))
		same(t, event(1<<40, true, "success"), true)
		same(t, event(1<<40, false, "failed:user block"), true)
		same(t, last(t, db, c).State, intake.NoticeDelivered)
		same(t, last(t, db, c).Problem, "")

		same(t, event(2, false, "failed:user block"), false)
		same(t, event(2, false, "failed:user block"), false)
		first := promise(t, db, c, "first")
		ok(t, db.NoticeSent(ctx, first.ID, 2, t0))
		n := last(t, db, c)
		same(t, []any{n.State, n.Problem, n.MsgID}, []any{intake.NoticeFailed, "failed:user block", int64(2)})
		same(t, must(db.FailedUnheaded(ctx, c.ID))(t), []intake.Notice{n})

		// Without an id nothing is mixed up.
		same(t, event(0, false, "failed"), false)
		zero := promise(t, db, c, "zero")
		ok(t, db.NoticeSent(ctx, zero.ID, 0, t0))
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
					errs[0] = db.NoticeSent(ctx, n.ID, int64(i+1), t0)
				} else {
					_, errs[1] = db.NoticeEvent(ctx, int64(i+1), true, "", t0)
				}
			})
			ok(t, errors.Join(errs...))
			same(t, last(t, db, c).State, intake.NoticeDelivered)
		}
	})
}
