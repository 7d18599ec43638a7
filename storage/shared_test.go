package storage_test

import (
	"errors"
	"fmt"
	"sync"
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
				m, _, err := db.Record(t.Context(), storage.Message{Key: fmt.Sprint("k", i/3), OpenID: fmt.Sprint("o", i/3), Kind: "text", ReceivedAt: time.Now()})
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
		if err != nil || len(owed) != 1 || owed[0].Reply != "收到" {
			t.Errorf("a reply nobody waited for any more is owed: %v %v", owed, err)
		}
	})
}
