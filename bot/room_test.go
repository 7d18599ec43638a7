package bot

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestPhotosWaitForRoomInTheOrderTheyCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r room
		if err := r.enter(t.Context(), roomBytes); err != nil {
			t.Fatal(err)
		}
		var came []string
		var mu sync.Mutex
		in := func(who string) {
			mu.Lock()
			defer mu.Unlock()
			came = append(came, who)
		}
		go func() {
			if r.enter(t.Context(), roomBytes/2) == nil {
				in("large")
			}
		}()
		synctest.Wait()
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.enter(hurried, 1); err == nil {
			t.Error("a small one came in past a large one that waits")
		}
		go func() {
			if r.enter(t.Context(), 1) == nil {
				in("small")
			}
		}()
		synctest.Wait()
		r.leave(roomBytes)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		if len(came) != 2 || r.taken != roomBytes/2+1 {
			t.Errorf("in: %v, %d bytes taken", came, r.taken)
		}
	})
}
