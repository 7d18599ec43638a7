package faults

import (
	"context"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/bot"
)

// TestKilledAtEveryStep kills the program with SIGKILL at each step of a text's and of a photo's way, and starts it
// again at once.
func TestKilledAtEveryStep(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		for _, step := range bot.Steps {
			if testing.Short() && (engine != "sqlite" || step.Name != "saved" && step.Name != "recorded") {
				continue
			}
			t.Run(step.Name, func(t *testing.T) {
				t.Parallel()
				killedAt(t, engine, step)
			})
		}
	})
}

func killedAt(t *testing.T, engine string, step bot.Step) {
	w := openWorld(t, engine, 2)
	w.settings.Listen = freeAddress(t)
	doomed := w.settings
	doomed.Step = step.Name
	if step.Late {
		doomed.Patience = time.Millisecond
	}
	first := startChild(t, doomed)
	where := func() string { return first.url }
	delivered := make(chan struct{})
	write := func() *letter { return w.text(w.person(0), "进度") }
	if step.Photo {
		write = func() *letter { return w.photo(w.person(0)) }
	}
	l := write()
	go func() {
		defer close(delivered)
		w.post(l, where)
	}()
	if !first.died(t, 10*time.Second+slack) {
		t.Fatal("the step was never reached")
	}
	startChild(t, w.settings)
	healed := time.Now()
	<-delivered
	if l.acked.IsZero() {
		t.Logf("WeChat gave up after %d tries: this machine starts a program slowly; it now delivers once more", l.tries)
		l.tries = 0
		w.post(l, where)
	}
	y := w.judge(t, engine+", killed at "+step.Name, healed)
	if y.effects != 1 {
		t.Errorf("%d effects, want 1", y.effects)
	}
	if step.Photo {
		w.onePhoto(t, w.person(0))
	}
	if told := w.toldTo(w.person(0)); told > 1 {
		t.Errorf("told %d times by itself", told)
	}
}

// onePhoto fails unless the person has exactly one photo, and its bytes.
func (w *world) onePhoto(t *testing.T, openID string) {
	t.Helper()
	w.photos(t, openID, 1)
}

func (w *world) photos(t *testing.T, openID string, want int) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	talk, err := w.db.Talk(ctx, openID)
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.db.Case(ctx, talk.CandidateID)
	if err != nil {
		t.Fatal(err)
	}
	photos := append(c.Photos, c.Tray...)
	if len(photos) != want {
		t.Errorf("%d photos, want %d", len(photos), want)
	}
	blobs := w.blobs(t)
	for _, p := range photos {
		for _, key := range []string{p.Original, p.Copy, p.Screen, p.Thumb} {
			if data, err := blobs.Get(ctx, key); err != nil || len(data) == 0 {
				t.Errorf("photo %d: a blob has %d bytes: %v", p.ID, len(data), err)
			}
		}
	}
}
