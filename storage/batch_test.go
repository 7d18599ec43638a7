package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestCallersWhoComeTogetherShareARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var owner sync.WaitGroup
		var sizes []int
		var mu sync.Mutex
		busy := make(chan struct{})
		b := batch[int, string]{owner: &owner, run: func(_ context.Context, keys []int) ([]string, error) {
			<-busy
			mu.Lock()
			defer mu.Unlock()
			sizes = append(sizes, len(keys))
			if slices.Contains(keys, 13) {
				return nil, errors.New("unlucky")
			}
			var all []string
			for _, k := range keys {
				all = append(all, fmt.Sprint("answer ", k))
			}
			return all, nil
		}}
		ask := func(key int) {
			got, err := b.ask(t.Context(), key)
			if err == nil && got != fmt.Sprint("answer ", key) || (err != nil) != (key == 13) {
				t.Errorf("%d: %q, %v", key, got, err)
			}
		}
		go ask(0)
		synctest.Wait() // a flight is under way
		go ask(1)
		time.Sleep(batchSlow + time.Millisecond) // it takes long: another one
		synctest.Wait()
		for key := 2; key < 10; key++ {
			go ask(key)
		}
		synctest.Wait()
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.ask(gone, 99); !errors.Is(err, context.Canceled) {
			t.Errorf("who is gone before asking: %v", err)
		}
		close(busy)
		synctest.Wait()
		busy = make(chan struct{})
		go ask(12)
		synctest.Wait()
		for key := 13; key < 16; key++ { // one of these fails
			go ask(key)
		}
		synctest.Wait()
		close(busy)
		synctest.Wait()
		owner.Wait()
		slices.Sort(sizes)
		if want := []int{1, 1, 1, 1, 1, 1, 3, 8}; !slices.Equal(sizes, want) {
			t.Errorf("runs of %v, want %v", sizes, want)
		}
	})
}

func TestManyWhoWaitHaveASecondRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var owner sync.WaitGroup
		var sizes []int
		var mu sync.Mutex
		busy := make(chan struct{})
		b := batch[int, int]{owner: &owner, run: func(_ context.Context, keys []int) ([]int, error) {
			mu.Lock()
			sizes = append(sizes, len(keys))
			mu.Unlock()
			<-busy
			return keys, nil
		}}
		for key := range 1 + batchFull + 3 {
			go func() {
				if got, err := b.ask(t.Context(), key); got != key || err != nil {
					t.Errorf("%d: %d, %v", key, got, err)
				}
			}()
			synctest.Wait()
		}
		if want := []int{1, batchFull}; !slices.Equal(sizes, want) {
			t.Errorf("under way are runs of %v, want %v", sizes, want)
		}
		close(busy)
		synctest.Wait()
		owner.Wait()
	})
}
