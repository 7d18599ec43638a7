package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cailiao/app/apptest"
)

// Wrong tries are counted in the database: another instance whose Redis knows nothing, as after
// the shared one was emptied, stops them just the same. Per user, per number, and over all.
func TestGuessingIsStoppedAlsoWhenRedisWasEmptied(t *testing.T) {
	start := time.Date(2026, 2, 1, 10, 0, 0, 0, time.FixedZone("CST", 8*3600))
	w := apptest.Start(t, "sqlite", start) // each instance has a Redis of its own here
	w.Import(t)
	_, second := w.Second(t)
	ctx, p, other := t.Context(), apptest.People[0], apptest.People[1]
	const stopped, wrong = "试错的次数有点多", "对不上"

	guesser := w.Platform.User("o-guesser")
	guesser.Follow(ctx)
	for i := range 4 {
		if d := guesser.Say(ctx, fmt.Sprintf("%s 00000%d", p.Number, i)); !strings.Contains(d.Reply, wrong) {
			t.Fatalf("guess %d: %v", i, d)
		}
	}
	w.Platform.SetCallback(second + "/wechat")
	if d := guesser.Say(ctx, p.Number+" 000005"); !strings.Contains(d.Reply, stopped) {
		t.Errorf("the fifth guess, elsewhere: %v", d)
	}
	if d := guesser.Say(ctx, other.Number+" "+other.IDTail()); !strings.Contains(d.Reply, stopped) {
		t.Errorf("the same user with another number: %v", d)
	}
	for i := range 3 { // with the five before: eight at this number
		u := w.Platform.User(fmt.Sprintf("o-helper-%d", i))
		u.Follow(ctx)
		u.Say(ctx, fmt.Sprintf("%s 11111%d", p.Number, i))
	}
	own := w.Platform.User("o-own")
	own.Follow(ctx)
	if d := own.Say(ctx, p.Number+" "+p.IDTail()); !strings.Contains(d.Reply, stopped) {
		t.Errorf("a number that was guessed at eight times: %v", d)
	}
	if d := own.Say(ctx, other.Number+" "+other.IDTail()); !strings.Contains(d.Reply, "绑定成功") {
		t.Errorf("another number is not closed: %v", d)
	}

	third := apptest.People[2]
	for range 300 {
		if err := w.DB.AddAttempt(ctx, "bind-all", "all", w.Clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	late := w.Platform.User("o-late")
	late.Follow(ctx)
	for i, n := range []string{"111111", third.IDTail()} {
		if d := late.Say(ctx, third.Number+" "+n); !strings.Contains(d.Reply, stopped) {
			t.Errorf("many guesses over all, and guess %d of this user: %v", i+1, d)
		}
	}
	honest, fourth := w.Platform.User("o-honest"), apptest.People[3]
	honest.Follow(ctx)
	if d := honest.Say(ctx, fourth.Number+" "+fourth.IDTail()); !strings.Contains(d.Reply, "顾**") {
		t.Errorf("who knows the digits is kept out by the guesses of others: %v", d)
	}
	w.Clock.Advance(61 * time.Minute)
	if d := late.Say(ctx, third.Number+" "+third.IDTail()); !strings.Contains(d.Reply, "绑定成功") {
		t.Errorf("an hour later: %v", d)
	}
}
