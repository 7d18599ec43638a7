package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func message(key, openID string) storage.Message {
	return storage.Message{Key: key, OpenID: openID, Kind: "text", Body: []byte(`{"text":"你好"}`), ReceivedAt: t0}
}

func TestMessageIsRecordedOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		first, fresh, err := db.Record(ctx, message("k", "o-1"))
		ok(t, err)
		same(t, fresh, true)
		same(t, first.State, storage.MessageNew)
		same(t, must(db.Message(ctx, first.ID))(t), first)

		other := message("k", "o-2")
		other.Body = []byte("{}")
		again, fresh, err := db.Record(ctx, other)
		ok(t, err)
		same(t, fresh, false)
		same(t, again, first)

		// Keys differ by case, and a repeat inside a transaction does not break it.
		ok(t, db.InTx(ctx, func(tx storage.Q) error {
			_, fresh, err := tx.Record(ctx, message("k", "o-1"))
			same(t, fresh, false)
			if err != nil {
				return err
			}
			_, fresh, err = tx.Record(ctx, message("K", "o-1"))
			same(t, fresh, true)
			return err
		}))
		_, err = db.Message(ctx, 999)
		is(t, err, intake.ErrNotFound)
	})
}

func TestSameMessageFromManyConnectionsIsFreshOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		var fresh atomic.Int32
		ids := make([]int64, 20)
		errs := make([]error, len(ids))
		atOnce(len(ids), func(i int) {
			m, first, err := db.Record(t.Context(), message("k", "o-1"))
			if first {
				fresh.Add(1)
			}
			ids[i], errs[i] = m.ID, err
		})
		ok(t, errors.Join(errs...))
		same(t, fresh.Load(), int32(1))
		same(t, slices.Max(ids), slices.Min(ids))
	})
}

func TestMessagesAreWorkedInOrderAndRetriedWhenDue(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		var ids []int64
		for i := range 4 {
			m, _, err := db.Record(ctx, message(fmt.Sprint(i), "o-1"))
			ok(t, err)
			ids = append(ids, m.ID)
		}
		_, _, err := db.Record(ctx, message("other", "o-2"))
		ok(t, err)
		open := func(now time.Time) []int64 {
			var open []int64
			for _, m := range must(db.Unfinished(ctx, "o-1", now))(t) {
				open = append(open, m.ID)
			}
			return open
		}
		same(t, open(t0), ids)

		ok(t, db.Postpone(ctx, ids[1], t0.Add(time.Minute), "diploma"))
		ok(t, db.Finish(ctx, ids[0], "收到", t0))
		same(t, open(t0), ids[2:])
		same(t, open(t0.Add(time.Minute)), ids[1:])
		m := must(db.Message(ctx, ids[1]))(t)
		same(t, m.Attempts, 1)
		same(t, m.Material, "diploma")
		same(t, m.DueAt, t0.Add(time.Minute))

		// Seen from another instance: what is new for long, each user once.
		same(t, len(must(db.Stragglers(ctx, t0, t0, 10))(t)), 0)
		same(t, must(db.Stragglers(ctx, t0.Add(time.Second), t0, 10))(t), []string{"o-1", "o-2"})
		same(t, must(db.Stragglers(ctx, t0.Add(time.Second), t0, 1))(t), []string{"o-1"})
		for _, id := range ids[2:] {
			ok(t, db.Finish(ctx, id, "", t0))
		}
		same(t, must(db.Stragglers(ctx, t0.Add(time.Second), t0, 10))(t), []string{"o-2"})
		same(t, must(db.Stragglers(ctx, t0.Add(time.Second), t0.Add(time.Minute), 10))(t), []string{"o-2", "o-1"})

		is(t, db.Finish(ctx, 999, "", t0), intake.ErrConflict)
		is(t, db.FinishBlank(ctx, 999, "", t0), intake.ErrConflict)
		is(t, db.Postpone(ctx, 999, t0, ""), intake.ErrNotFound)
	})
}

func TestReplyGoesOutOnOneRoad(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		record := func(key string) int64 {
			m, _, err := db.Record(ctx, message(key, "o-1"))
			ok(t, err)
			return m.ID
		}
		open, silent, told, early := record("open"), record("silent"), record("told"), record("early")
		ok(t, db.FinishBlank(ctx, open, "收到", t0))
		ok(t, db.Finish(ctx, silent, "", t0))
		ok(t, db.Finish(ctx, told, "收到", t0))
		first := must(db.Answered(ctx, told, storage.AnsweredPassive))(t)
		same(t, first, true)
		same(t, must(db.Answered(ctx, told, storage.AnsweredLate))(t), false)
		same(t, must(db.Message(ctx, told))(t).Answer, storage.AnsweredPassive)
		same(t, must(db.Answered(ctx, early, storage.AnsweredLate))(t), true)
		ok(t, db.Finish(ctx, early, "收到", t0))

		same(t, len(must(db.Unanswered(ctx, t0, 10))(t)), 0)
		owed := must(db.Unanswered(ctx, t0.Add(time.Second), 10))(t)
		same(t, len(owed), 1)
		same(t, owed[0], open)
		reply := must(db.Message(ctx, open))(t)
		same(t, reply.Reply, "收到")
		same(t, string(reply.Body), "")
		same(t, reply.DoneAt, t0)

		var winners atomic.Int32
		atOnce(10, func(int) {
			if first, err := db.Answered(ctx, open, storage.AnsweredLate); err == nil && first {
				winners.Add(1)
			}
		})
		same(t, winners.Load(), int32(1))
		same(t, len(must(db.Unanswered(ctx, t0.Add(time.Second), 10))(t)), 0)
	})
}

func TestOldMessagesAreDroppedUnfinishedOnesStay(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		ok(t, db.InTx(ctx, func(tx storage.Q) error {
			for i := range 1203 {
				m, _, err := tx.Record(ctx, message(fmt.Sprint(i), "o-1"))
				if err != nil {
					return err
				}
				if i >= 2 {
					err = tx.Finish(ctx, m.ID, "收到", day(i%2))
				}
				if err != nil {
					return err
				}
			}
			return nil
		}))
		_, err := db.NoticeEvent(ctx, 7, true, "", t0)
		ok(t, err)
		_, err = db.NoticeEvent(ctx, 8, true, "", day(2))
		ok(t, err)
		same(t, must(db.DropOldMessages(ctx, day(1)))(t), int64(601))
		counts := must(db.TableCounts(ctx))(t)
		same(t, counts["messages"], 602)
		same(t, counts["delivery_events"], 1)
		same(t, len(must(db.Unfinished(ctx, "o-1", t0))(t)), 2)
	})
}

func TestPhotosOfSomebodyUnknownWaitUntilTheyAreRecalled(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		record := func(key, openID, kind string) int64 {
			m, _, err := db.Record(ctx, storage.Message{Key: key, OpenID: openID, Kind: kind, ReceivedAt: t0})
			if err != nil {
				t.Fatal(err)
			}
			if err := db.Finish(ctx, m.ID, "later", t0); err != nil {
				t.Fatal(err)
			}
			if _, err := db.Answered(ctx, m.ID, storage.AnsweredPassive); err != nil {
				t.Fatal(err)
			}
			return m.ID
		}
		held, plain, other := record("1", "a", "image"), record("2", "a", "image"), record("3", "b", "image")
		for _, id := range []int64{held, other} {
			if err := db.Hold(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Recall(ctx, "a", t0); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[int64]storage.MessageState{held: storage.MessageNew, plain: storage.MessageDone, other: storage.MessageDone} {
			m, err := db.Message(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			if m.State != want {
				t.Errorf("message %d is %s, want %s", id, m.State, want)
			}
			if id == held && (!m.Held() || m.Answer != "" || m.Reply != "" || !m.DoneAt.IsZero()) {
				t.Errorf("recalled: %+v", m)
			}
		}
	})
}
