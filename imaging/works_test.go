package imaging

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"cailiao/imaging/imagetest"
)

func TestNoFreePlaceIsBusyNotJudged(t *testing.T) {
	w := New(Config{Workers: 2})
	w.places <- struct{}{}
	w.places <- struct{}{}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	taken, err := w.Take(ctx, imagetest.JPEG(imagetest.Scene{W: 200, H: 200}.Draw(), 80))
	if !errors.Is(err, ErrBusy) || !errors.Is(err, context.DeadlineExceeded) || taken.SHA256 != "" {
		t.Errorf("%v, %+v", err, taken)
	}
	<-w.places
	if _, err := w.Take(context.Background(), imagetest.JPEG(imagetest.Scene{W: 200, H: 200}.Draw(), 80)); err != nil {
		t.Errorf("with a place again: %v", err)
	}
}

func TestLargePicturesLeaveAPlaceForOrdinaryOnes(t *testing.T) {
	w := New(Config{Workers: 2})
	w.large <- struct{}{} // a large picture is being worked on, and another one arrives
	large := imagetest.PNG(imagetest.Scene{W: 1800, H: 1800, Screen: true}.Draw())
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := w.Take(ctx, large); !errors.Is(err, ErrBusy) {
		t.Errorf("a second large picture: %v", err)
	}
	small := imagetest.JPEG(imagetest.Scene{W: 200, H: 200}.Draw(), 80)
	if _, err := w.Take(context.Background(), small); err != nil {
		t.Errorf("an ordinary one beside it: %v", err)
	}
	if len(w.places) != 0 || len(w.large) != 1 {
		t.Errorf("%d places and %d large ones are still taken", len(w.places), len(w.large))
	}
}

func TestWhatIsRefusedByItsHeaderNeedsNoPlace(t *testing.T) {
	w := New(Config{Workers: 1})
	w.places <- struct{}{}
	taken, err := w.Take(context.Background(), []byte("%PDF-1.7"))
	if err != nil || taken.Verdicts[0].Code != PDF {
		t.Errorf("%v, %+v", err, taken)
	}
}

func TestAPictureThatTakesTooLongIsGivenUp(t *testing.T) {
	w := New(Config{Timeout: time.Nanosecond})
	_, err := w.Take(context.Background(), imagetest.JPEG(imagetest.Scene{W: 400, H: 400}.Draw(), 80))
	if !errors.Is(err, ErrTooSlow) {
		t.Errorf("%v", err)
	}
	if len(w.places) != 0 {
		t.Error("its place is still taken")
	}
}

func TestACancelledCallerIsNotTooSlow(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w := New(Config{})
	for range 50 { // either the wait or the work notices
		_, err := w.Take(ctx, imagetest.JPEG(imagetest.Scene{W: 200, H: 200}.Draw(), 80))
		if !errors.Is(err, context.Canceled) || errors.Is(err, ErrTooSlow) {
			t.Fatalf("%v", err)
		}
	}
}

func TestStagesAreTimedInOrder(t *testing.T) {
	taken := take(t, imagetest.JPEG(imagetest.Scene{W: 400, H: 400}.Draw(), 80))
	var names []string
	for _, s := range taken.Stages {
		names = append(names, s.Name)
		if s.Took < 0 {
			t.Errorf("%s took %v", s.Name, s.Took)
		}
	}
	want := []string{"sniff", "guard", "wait", "decode", "turn", "facts", "copy", "views"}
	if len(names) != len(want) {
		t.Fatalf("%v", names)
	}
	for i := range want {
		if names[i] != want[i] {
			t.Errorf("stage %d is %s, not %s", i, names[i], want[i])
		}
	}
}

func TestEveryStageOfEveryPictureIsObserved(t *testing.T) {
	seen := map[string]int{}
	w := New(Config{})
	w.Observe = func(stage string, took time.Duration) {
		if took < 0 {
			t.Errorf("%s took %v", stage, took)
		}
		seen[stage]++
	}
	for range 2 {
		if _, err := w.Take(t.Context(), imagetest.JPEG(imagetest.Scene{W: 400, H: 400}.Draw(), 80)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Take(t.Context(), []byte("%PDF-1.7")); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"sniff": 3, "guard": 2, "wait": 2, "decode": 2, "turn": 2, "facts": 2, "copy": 2, "views": 2}
	if !maps.Equal(seen, want) {
		t.Errorf("got %v, want %v", seen, want)
	}
}
