package bot

import (
	"context"
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
		go func() {
			if r.enter(t.Context(), roomBytes/2) == nil {
				came = append(came, "large")
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
				came = append(came, "small")
			}
		}()
		synctest.Wait()
		r.leave(roomBytes)
		synctest.Wait()
		if len(came) != 2 || r.taken != roomBytes/2+1 {
			t.Errorf("in: %v, %d bytes taken", came, r.taken)
		}
	})
}
