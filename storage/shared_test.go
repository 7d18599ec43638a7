package storage_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestMessagesRecordedTogetherAreEachRecordedOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		var all sync.WaitGroup
		ids := make([]int64, 120)
		for i := range ids {
			all.Go(func() { // every message comes three times
				m, err := db.Arrive(t.Context(), storage.Message{Key: fmt.Sprint("k", i/3), OpenID: fmt.Sprint("o", i/3), Kind: "text", ReceivedAt: time.Now()})
				if err != nil {
					t.Error(err)
				}
				ids[i] = m.ID
			})
		}
		all.Wait()
		seen := map[int64]int{}
		for i, id := range ids {
			if seen[id]++; id == 0 || id != ids[i/3*3] {
				t.Errorf("message %d: row %d, the first of its key has %d", i, id, ids[i/3*3])
			}
		}
		if len(seen) != 40 {
			t.Errorf("%d rows, want 40", len(seen))
		}
		for i := range 40 {
			rows, err := db.Unfinished(t.Context(), fmt.Sprint("o", i), time.Now())
			if err != nil || len(rows) != 1 || rows[0].OpenID != fmt.Sprint("o", i) {
				t.Errorf("o%d: %v %v", i, rows, err)
			}
		}
	})
}

func TestOneFailureDoesNotUndoTheWorkOfOthersDoneTogether(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		failed := errors.New("this one only")
		var all sync.WaitGroup
		for i := range 60 {
			all.Go(func() {
				err := db.Together(t.Context(), func(tx storage.Q) error {
					if _, err := tx.SaveTalk(t.Context(), intake.Talk{OpenID: fmt.Sprint("o", i)}); err != nil {
						return err
					}
					if i%7 == 0 {
						return failed
					}
					return nil
				})
				if want := i%7 == 0; errors.Is(err, failed) != want || err != nil && !want {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		all.Wait()
		for i := range 60 {
			s, err := db.User(t.Context(), fmt.Sprint("o", i))
			if err != nil {
				t.Fatal(err)
			}
			if saved := s.Talk.Version == 1; saved == (i%7 == 0) {
				t.Errorf("%d: saved %v", i, saved)
			}
		}
	})
}

func TestAMessageIsFinishedOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		m, _, err := db.Record(t.Context(), storage.Message{Key: "k", OpenID: "o", Kind: "text", ReceivedAt: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.End(t.Context(), m.ID, storage.Ending{Reply: "收到", Answer: storage.AnsweredPassive}, time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := db.Finish(t.Context(), m.ID, "再来一次", time.Now()); !errors.Is(err, intake.ErrConflict) {
			t.Errorf("a second time: %v", err)
		}
		if err := db.Missed(t.Context(), m.ID); err != nil {
			t.Fatal(err)
		}
		owed, err := db.Unanswered(t.Context(), time.Now().Add(time.Hour), 10)
		if err != nil || len(owed) != 1 || owed[0] != m.ID {
			t.Errorf("a reply nobody waited for any more is owed: %v %v", owed, err)
		}
	})
}

// Whoever finds nothing else to be done goes on without a lock, so two may never both find it: the second of two
// messages sees the first, wherever both came in.
func TestOfMessagesThatComeTogetherOneAtMostIsAlone(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		arrivals := make([]storage.Arrival, 60)
		var all sync.WaitGroup
		for i := range arrivals {
			all.Go(func() {
				var err error
				arrivals[i], err = db.Arrive(t.Context(), storage.Message{
					Key: fmt.Sprint("k", i), OpenID: fmt.Sprint("o", i/3), Kind: []string{"text", "event", "image"}[i%3], ReceivedAt: time.Now(),
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		alone := map[string]int{}
		for _, a := range arrivals {
			if a.Alone {
				alone[a.OpenID]++
			}
			if a.Alone && (a.Kind == "image" || a.User.Talk.OpenID != a.OpenID) {
				t.Errorf("alone: %s of %s with the talk of %s", a.Kind, a.OpenID, a.User.Talk.OpenID)
			}
		}
		for openID, n := range alone {
			if n > 1 {
				t.Errorf("%s: %d messages were alone", openID, n)
			}
		}
		again, err := db.Arrive(t.Context(), storage.Message{Key: "k0", OpenID: "o0", Kind: "text", ReceivedAt: time.Now()})
		if err != nil || again.ID != arrivals[0].ID || again.Alone {
			t.Errorf("a repeat beside others: %+v, %v", again, err)
		}
		single, err := db.Arrive(t.Context(), storage.Message{Key: "single", OpenID: "single", Kind: "text", ReceivedAt: time.Now()})
		if err != nil || !single.Alone {
			t.Errorf("one that is alone: %+v, %v", single, err)
		}
	})
}

func TestMessagesEndedTogetherKeepTheirOwnRepliesAndEndOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ids, before := make([]int64, 40), time.Now().Add(-time.Hour)
		for i := range ids {
			m, err := db.Arrive(t.Context(), storage.Message{Key: fmt.Sprint("k", i), OpenID: fmt.Sprint("o", i), Kind: "text", ReceivedAt: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			ids[i] = m.ID
			if _, err := db.SaveTalk(t.Context(), intake.Talk{OpenID: fmt.Sprint("o", i), Stage: "upload", HeardAt: before}); err != nil {
				t.Fatal(err)
			}
		}
		at := time.Now()
		var lost atomic.Int64
		var all sync.WaitGroup
		for i := range 3 * len(ids) { // each three times, as by three instances
			all.Go(func() {
				e := storage.Ending{Reply: fmt.Sprint("reply ", i%len(ids)), Answer: []string{"", storage.AnsweredPassive}[i%2]}
				if i%len(ids)%5 == 4 {
					e = storage.Ending{}
				}
				if i%len(ids)%3 == 0 {
					e.Heard = fmt.Sprint("o", i%len(ids))
				}
				id := ids[i%len(ids)]
				var err error
				if i%3 == 0 {
					err = db.Together(t.Context(), func(tx storage.Q) error { return tx.End(t.Context(), id, e, at) })
				} else {
					err = db.EndTogether(t.Context(), id, e, at)
				}
				if errors.Is(err, intake.ErrConflict) {
					lost.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if err := db.EndTogether(t.Context(), ids[0], storage.Ending{Reply: "alone, and too late"}, at); !errors.Is(err, intake.ErrConflict) {
			t.Errorf("ended again: %v", err)
		}
		if lost.Load() != int64(2*len(ids)) {
			t.Errorf("%d were refused, want %d", lost.Load(), 2*len(ids))
		}
		owed, err := db.Unanswered(t.Context(), at.Add(time.Minute), 100)
		if err != nil || len(owed) != 16 {
			t.Errorf("%d replies are owed, want those of even numbers that have one, 16; %v", len(owed), err)
		}
		for i, id := range ids {
			m, err := db.Message(t.Context(), id)
			want := fmt.Sprint("reply ", i)
			if i%5 == 4 {
				want = ""
			}
			if err != nil || m.State != storage.MessageDone || m.Reply != want || m.DoneAt.UnixMicro() != at.UnixMicro() {
				t.Errorf("message %d: %+v, %v", i, m, err)
			}
			heard := before
			if i%3 == 0 {
				heard = at
			}
			talk, err := db.Talk(t.Context(), m.OpenID)
			if err != nil || talk.HeardAt.UnixMicro() != heard.UnixMicro() || talk.Version != 1 || talk.Stage != "upload" {
				t.Errorf("talk %d: %+v, %v", i, talk, err)
			}
		}
	})
}
