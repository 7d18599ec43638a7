package storage_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// t0 is when these tests happen; nothing in them looks at the real clock.
var t0 = time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)

func day(n int) time.Time { return t0.AddDate(0, 0, n) }

// same fails the test when two values differ.
func same(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-want +got\n%s", diff)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// is fails the test unless err is the sentinel.
func is(t *testing.T, err, sentinel error) {
	t.Helper()
	if !errors.Is(err, sentinel) {
		t.Fatalf("error is %v, want %v", err, sentinel)
	}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		ok(t, err)
		return v
	}
}

// atOnce runs do n times at the same time.
func atOnce(n int, do func(i int)) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Go(func() { <-start; do(i) })
	}
	close(start)
	group.Wait()
}

// roster makes n candidates of one site, numbered from 1, and returns them.
func roster(t *testing.T, db *storage.DB, site string, n int) []intake.Candidate {
	t.Helper()
	rows := make([]intake.RosterRow, n)
	for i := range rows {
		rows[i] = intake.RosterRow{
			Line: i + 2, Number: fmt.Sprintf("%s%05d", site, i+1), Name: fmt.Sprintf("考生%05d", i+1),
			IDType: "居民身份证", IDNumber: fmt.Sprintf("11010119900101%04d", i+1), Phone: fmt.Sprintf("138%08d", i+1),
			Site: site, Attrs: map[string]any{"level": "执业", "years": 3},
		}
	}
	must(db.ImportRoster(t.Context(), rows, nil))(t)
	all := make([]intake.Candidate, n)
	for i := range rows {
		all[i] = must(db.CandidateByNumber(t.Context(), rows[i].Number))(t)
	}
	return all
}

// bound makes n candidates of a site with an open submission.
func bound(t *testing.T, db *storage.DB, site string, n int) []intake.Candidate {
	t.Helper()
	all := roster(t, db, site, n)
	ok(t, db.InTx(t.Context(), func(tx storage.Q) error {
		for i, c := range all {
			all[i].OpenID, all[i].BoundAt = fmt.Sprintf("o-%s-%d", site, i+1), t0
			if err := tx.Bind(t.Context(), c.ID, all[i].OpenID, t0); err != nil {
				return err
			}
		}
		return nil
	}))
	return all
}

func TestTransactionIsRolledBackOnErrorAndPanic(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		broken := errors.New("broken")
		err := db.InTx(ctx, func(tx storage.Q) error {
			ok(t, tx.Log(ctx, storage.Event{At: t0, Action: "a"}))
			return broken
		})
		is(t, err, broken)
		func() {
			defer func() { same(t, recover(), "panic") }()
			db.InTx(ctx, func(tx storage.Q) error {
				ok(t, tx.Log(ctx, storage.Event{At: t0, Action: "a"}))
				panic("panic")
			})
		}()
		ok(t, db.InTx(ctx, func(tx storage.Q) error { return tx.Log(ctx, storage.Event{At: t0, Action: "b"}) }))
		same(t, must(db.TableCounts(ctx))(t)["events"], 1)
	})
}

func TestTransactionsThatDeadlockBothSucceed(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		a := must(db.AddStaff(ctx, intake.Staff{Name: "a"}))(t)
		b := must(db.AddStaff(ctx, intake.Staff{Name: "b"}))(t)
		var calls atomic.Int32
		errs := make([]error, 2)
		atOnce(2, func(i int) {
			first, second := a.ID, b.ID
			if i == 1 {
				first, second = second, first
			}
			errs[i] = db.InTx(ctx, func(tx storage.Q) error {
				calls.Add(1)
				if err := tx.SetStaffPassword(ctx, first, fmt.Sprint(i)); err != nil {
					return err
				}
				time.Sleep(100 * time.Millisecond) // until the other has its first row too
				return tx.SetStaffPassword(ctx, second, fmt.Sprint(i))
			})
		})
		ok(t, errors.Join(errs...))
		if n := calls.Load(); t.Name()[len(t.Name())-5:] == "mysql" && n < 3 {
			t.Errorf("work ran %d times: there was no deadlock to test", n)
		}
		all := must(db.AllStaff(ctx))(t)
		same(t, all[0].PasswordHash, all[1].PasswordHash)
	})
}

func TestReadsOutsideAnOpenTransactionDoNotWait(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		c := roster(t, db, "A", 1)[0]
		ok(t, db.InTx(ctx, func(tx storage.Q) error {
			ok(t, tx.Bind(ctx, c.ID, "o-1", t0))
			same(t, must(db.Candidate(ctx, c.ID))(t).OpenID, "")
			return nil
		}))
		same(t, must(db.Candidate(ctx, c.ID))(t).OpenID, "o-1")
	})
}

func TestManyWritersAtOnceAreNeverTurnedAway(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		const writers, rounds = 16, 10
		errs := make([]error, writers)
		atOnce(writers, func(i int) {
			for range rounds {
				errs[i] = errors.Join(errs[i], db.InTx(ctx, func(tx storage.Q) error {
					if _, err := tx.Attempts(ctx, "s", "w", t0); err != nil {
						return err
					}
					return tx.AddAttempt(ctx, "s", "w", t0)
				}))
			}
		})
		ok(t, errors.Join(errs...))
		same(t, must(db.Attempts(ctx, "s", "w", t0))(t), writers*rounds)
	})
}

func TestCallsEndWithTheirContext(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		held, cancelHeld := context.WithCancel(t.Context())
		locked, done := make(chan struct{}), make(chan error)
		s := must(db.AddStaff(t.Context(), intake.Staff{Name: "a"}))(t)
		go func() {
			done <- db.InTx(held, func(tx storage.Q) error {
				err := tx.SetStaffPassword(held, s.ID, "x")
				close(locked)
				<-held.Done()
				return err
			})
		}()
		<-locked
		ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
		defer cancel()
		began := time.Now()
		err := db.SetStaffPassword(ctx, s.ID, "y")
		if err == nil || time.Since(began) > 10*time.Second {
			t.Errorf("waited %v for a row held by another, error %v", time.Since(began), err)
		}
		cancelHeld()
		<-done
		ok(t, db.SetStaffPassword(t.Context(), s.ID, "z"))
	})
}
