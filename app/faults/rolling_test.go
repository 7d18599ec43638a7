package faults

import (
	"sync/atomic"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
)

// TestRollingRestartLosesNothing replaces two instances one after the other, twice, while people write through a
// balancer that knows which of them is leaving.
func TestRollingRestartLosesNothing(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		if engine == "sqlite" {
			return // one instance is all there is
		}
		w := openWorld(t, engine, 12)
		running := []*instance{w.start(w.settings, app.Options{}), w.start(w.settings, app.Options{})}
		var front [2]atomic.Pointer[instance]
		front[0].Store(running[0])
		front[1].Store(running[1])
		var turn atomic.Int64
		stop := w.chatter(12, 20*time.Millisecond, func() string { return front[turn.Add(1)%2].Load().url })
		for round := range 4 {
			time.Sleep(400 * time.Millisecond)
			leaving := round % 2
			old := front[leaving].Load()
			front[leaving].Store(front[1-leaving].Load())
			if err := old.stop(); err != nil {
				t.Errorf("stop: %v", err)
			}
			front[leaving].Store(w.start(w.settings, app.Options{}))
		}
		healed := time.Now()
		time.Sleep(200 * time.Millisecond)
		stop()
		y := w.judge(t, "rolling restart of two, four times", healed)
		if y.acked != y.sent || y.acked < 100 {
			t.Errorf("%d of %d acknowledged", y.acked, y.sent)
		}
	})
}

// TestClocksApart runs two instances whose machines' clocks are ten minutes apart.
func TestClocksApart(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		if engine == "sqlite" {
			return // its clock is the machine's
		}
		w := openWorld(t, engine, 8)
		off := func(d time.Duration) app.Options {
			return app.Options{Machine: func() time.Time { return time.Now().Add(d) }}
		}
		instances := []*instance{w.start(w.settings, off(5*time.Minute)), w.start(w.settings, off(-5*time.Minute))}
		var turn atomic.Int64
		stop := w.chatter(8, 20*time.Millisecond, func() string { return instances[turn.Add(1)%2].url })
		time.Sleep(1500 * time.Millisecond)
		stop()
		y := w.judge(t, "clocks ten minutes apart", time.Now())
		if y.acked != y.sent || y.replied < y.sent/2 {
			t.Errorf("%d of %d acknowledged, %d with the reply", y.acked, y.sent, y.replied)
		}
	})
}
