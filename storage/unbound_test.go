package storage_test

import (
	"testing"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestWhoIsNotBoundIsListedPageByPage(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		a, b := roster(t, db, "A", 5), roster(t, db, "B", 1)
		ok(t, db.Bind(ctx, a[1].ID, "o-1", t0))
		list := func(f storage.QueueFilter) (ids []int64) {
			f.Unbound = true
			for _, r := range must(db.Queue(ctx, f))(t) {
				same(t, r.Unbound, true)
				same(t, r.State, intake.Collecting)
				ids = append(ids, r.CandidateID)
			}
			return ids
		}
		same(t, list(storage.QueueFilter{Site: "A"}), []int64{a[0].ID, a[2].ID, a[3].ID, a[4].ID})
		same(t, list(storage.QueueFilter{}), []int64{a[0].ID, a[2].ID, a[3].ID, a[4].ID, b[0].ID})
		same(t, list(storage.QueueFilter{Site: "A", Limit: 2, Behind: &storage.Place{Candidate: a[0].ID}}), []int64{a[2].ID, a[3].ID})
		same(t, list(storage.QueueFilter{Site: "A", Limit: 2, Before: &storage.Place{Candidate: a[4].ID}}), []int64{a[2].ID, a[3].ID})
		same(t, must(db.UnboundCount(ctx, "A", 9))(t), 4)
		same(t, must(db.UnboundCount(ctx, "", 9))(t), 5)
		same(t, must(db.UnboundCount(ctx, "A", 3))(t), 3)

		only := storage.QueueFilter{Site: "A", Unbound: true}
		same(t, must(db.NextInQueue(ctx, only, a[0].ID))(t), a[2].ID)
		same(t, must(db.NextInQueue(ctx, only, a[4].ID))(t), a[0].ID) // from the end to the beginning
		_, err := db.NextInQueue(ctx, storage.QueueFilter{Site: "B", Unbound: true}, b[0].ID)
		is(t, err, intake.ErrNotFound)

		// Bound once, they stay in the queue.
		ok(t, db.Unbind(ctx, a[1].ID))
		same(t, list(storage.QueueFilter{Site: "A"})[1], a[1].ID)
		same(t, must(db.Queue(ctx, storage.QueueFilter{Site: "A"}))(t)[0].Unbound, true)
	})
}
