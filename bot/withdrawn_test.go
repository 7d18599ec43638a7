package bot_test

import (
	"strings"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/bot"
)

func TestWhoIsNoLongerOnTheRosterCannotBindButKeepsWhatIsBound(t *testing.T) {
	start := time.Date(2026, 2, 1, 10, 0, 0, 0, time.FixedZone("CST", 8*3600))
	w := apptest.Start(t, "sqlite", start)
	w.Import(t)
	ctx := t.Context()
	bound := w.Platform.User("o-bound")
	bound.Follow(ctx)
	bound.Say(ctx, apptest.People[1].Number+" "+apptest.People[1].IDTail())
	var ids []int64
	for _, p := range apptest.People[:2] {
		c, err := w.DB.CandidateByNumber(ctx, p.Number)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, c.ID)
	}
	if n, err := w.DB.Withdraw(ctx, ids, w.Clock.Now()); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	const refused = "已经不在考点的名单里"
	p, late := apptest.People[0], w.Platform.User("o-late")
	late.Follow(ctx)
	if d := late.Say(ctx, p.Number+" 000000"); strings.Contains(d.Reply, refused) {
		t.Errorf("told to somebody who proves nothing: %v", d)
	}
	if d := late.Say(ctx, p.Number+" "+p.IDTail()); !strings.Contains(d.Reply, refused) {
		t.Errorf("by number: %v", d)
	}
	scene := bot.Scene(w.Config.SceneSecret(), ids[0], w.Clock.Now().Add(time.Hour), 1)
	if d := late.Scan(ctx, scene); !strings.Contains(d.Reply, refused) {
		t.Errorf("by code: %v", d)
	}
	if d := bound.Say(ctx, "对"); !strings.Contains(d.Reply, "手机号记好了") {
		t.Errorf("bound before: %v", d)
	}
}
