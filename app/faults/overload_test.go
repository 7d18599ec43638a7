package faults

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
)

// TestOverloadIsTakenAndDrainedInOrder sends ten times what the hands of an instance can hold, all at once: everything
// is acknowledged in time, staff still get their pages, and what was left recorded is finished in order.
func TestOverloadIsTakenAndDrainedInOrder(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		const people, each, hands = crowd, 6, crowd * 6 / 10
		w := openWorld(t, engine, people)
		w.settings.InHand = hands
		program := w.start(w.settings, app.Options{})
		where := func() string { return program.url }
		var pages []time.Duration
		over := make(chan struct{})
		var looking sync.WaitGroup
		looking.Go(func() {
			for {
				select {
				case <-over:
					return
				case <-time.After(100 * time.Millisecond):
				}
				began := time.Now()
				resp, err := http.Get(program.url + "/staff/login")
				if err != nil || resp.StatusCode != http.StatusOK {
					t.Errorf("a page: %v %v", resp, err)
					continue
				}
				resp.Body.Close()
				pages = append(pages, time.Since(began))
			}
		})
		var all sync.WaitGroup
		for i := range people {
			all.Go(func() {
				var writing sync.WaitGroup
				for range each { // without waiting for an answer
					l := w.text(w.person(i), "进度")
					writing.Go(func() { w.post(l, where) })
					time.Sleep(20 * time.Millisecond)
				}
				writing.Wait()
			})
			if i%4 == 0 {
				all.Go(func() { w.post(w.photo(w.person(i)), where) })
			}
		}
		all.Wait()
		ended := time.Now()
		at := w.settled(t, 30*time.Second+slack)
		close(over)
		looking.Wait()
		y := w.count(t)
		y.name, y.recovery = engine+", ten times what is in hand", at.Sub(ended)
		slices.Sort(pages)
		t.Logf("%s; page p50 %s, slowest %s", y, pages[len(pages)/2], pages[len(pages)-1])
		if y.acked != y.sent || y.effects != y.sent || y.lost != 0 || y.double != 0 {
			t.Error("something was lost, doubled or not taken")
		}
		if y.slowest > 4500*time.Millisecond+slack {
			t.Errorf("WeChat waited %s", y.slowest)
		}
		if slowest := pages[len(pages)-1]; slowest > 3*time.Second+slack {
			t.Errorf("a page took %s", slowest)
		}
		w.inOrder(t)
	})
}
