package bot_test

import (
	"testing"
	"time"

	"cailiao/app/apptest"
)

func TestPermissionsForSubscriptionNoticesAreKept(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		w := apptest.Start(t, engine, time.Date(2026, 2, 1, 10, 0, 0, 0, time.UTC))
		ctx := t.Context()
		u := w.Platform.User("o-someone")
		u.Follow(ctx)
		first := u.Allow(ctx, "TPL_RESULT")
		u.Allow(ctx, "TPL_RESULT")
		w.Platform.Redeliver(ctx, first) // a repeat is no second permission
		if err := w.Bot.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		if n, err := w.DB.Consents(ctx, u.OpenID, "TPL_RESULT"); err != nil || n != 2 {
			t.Errorf("%d permissions (%v), want 2", n, err)
		}
	})
}
