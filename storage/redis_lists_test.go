package storage_test

import (
	"slices"
	"testing"
	"time"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestNamesAreListedUntilStruckOrForgotten(t *testing.T) {
	storagetest.EachRedis(t, func(t *testing.T, r *storage.Redis) {
		ctx := t.Context()
		is := func(list string, want ...string) {
			t.Helper()
			got, err := r.Listed(ctx, list)
			ok(t, err)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		}
		is("l")
		ok(t, r.Enlist(ctx, "l", "a", time.Minute))
		ok(t, r.Enlist(ctx, "l", "b", time.Minute))
		ok(t, r.Enlist(ctx, "other", "c", time.Minute))
		is("l", "a", "b")
		listed, err := r.Enlisted(ctx, "l", "a")
		ok(t, err)
		same(t, listed, true)
		ok(t, r.Strike(ctx, "l", "a", "nobody"))
		ok(t, r.Strike(ctx, "l"))
		is("l", "b")
		listed, err = r.Enlisted(ctx, "l", "a")
		ok(t, err)
		same(t, listed, false)
		ok(t, r.Enlist(ctx, "l", "d", 50*time.Millisecond)) // the whole list's time
		eventually(t, func() bool { all, err := r.Listed(ctx, "l"); return err == nil && len(all) == 0 })
		is("other", "c")
	})
}
