package storage_test

import (
	"errors"
	"math"
	"sync/atomic"
	"testing"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func photo(candidateID int64, material string) intake.Photo {
	return intake.Photo{
		CandidateID: candidateID, Material: material, Round: 1, State: intake.Kept, SHA256: "abc", Format: "jpeg",
		Width: 3000, Height: 4000, Bytes: 3_000_000, CopyBytes: 199_000, Original: "ab/o", Copy: "ab/c", Screen: "ab/s", Thumb: "ab/t",
		PHash: math.MaxUint64 - 5, DHash: 1 << 63,
		Verdicts: []intake.Verdict{{Code: "blur", Level: intake.Doubt, Value: 12.5, Threshold: 20}}, ReceivedAt: t0,
	}
}

func TestCaseOfSomebodyWhoNeverBound(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := roster(t, db, "A", 1)[0]
		want := intake.Case{Candidate: c, Submission: intake.Submission{CandidateID: c.ID, State: intake.Collecting, Round: 1}}
		before := must(db.Case(ctx, c.ID))(t)
		same(t, before, want)
		same(t, must(db.LockCase(ctx, c.ID))(t), want)
		_, err := db.Case(ctx, 999)
		is(t, err, intake.ErrNotFound)
		_, err = db.LockCase(ctx, 999)
		is(t, err, intake.ErrNotFound)

		// Saving it opens the submission, once.
		saved := must(db.SaveCase(ctx, before, before))(t)
		same(t, must(db.Case(ctx, c.ID))(t), saved)
		_, err = db.SaveCase(ctx, before, before)
		is(t, err, intake.ErrConflict)
		ok(t, db.Bind(ctx, c.ID, "o-1", t0))
		same(t, must(db.Case(ctx, c.ID))(t).Submission, saved.Submission)
	})
}

func TestCaseComesBackAsItWasSaved(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		front := must(db.AddPhoto(ctx, photo(c.ID, "id_front")))(t)
		diploma := must(db.AddPhoto(ctx, photo(c.ID, "diploma")))(t)
		before := must(db.Case(ctx, c.ID))(t)
		same(t, before.Photos, []intake.Photo{diploma, front})
		same(t, before.Candidate, c)

		after := before
		after.Items = []intake.Item{
			{Material: "diploma", State: intake.ItemReturned, Reasons: []string{"IMG_BLUR", "EDU_MAJOR"}, Comment: "看不清", Note: "内部",
				Boxes: []intake.Box{{Photo: 1, X: .25, Y: .5, W: .125, H: .25}}, Resend: true, Round: 1},
			{Material: "id_front", State: intake.ItemPending, Reasons: []string{}},
		}
		after.Submission.State, after.Submission.Round = intake.Returned, 2
		after.Submission.SubmittedAt, after.Submission.ReturnedAt, after.Submission.DeadlineAt = t0, day(1), day(2)
		after.Submission.SiteBy, after.Submission.AreaBy = 3, 4
		saved := must(db.SaveCase(ctx, before, after))(t)
		same(t, saved.Submission.Version, before.Submission.Version+1)
		same(t, must(db.Case(ctx, c.ID))(t), saved)

		// One item changes, one goes.
		again := saved
		again.Items = []intake.Item{saved.Items[0]}
		again.Items[0].State, again.Items[0].Reasons = intake.ItemPending, []string{}
		again = must(db.SaveCase(ctx, saved, again))(t)
		same(t, must(db.Case(ctx, c.ID))(t), again)

		// A conflict saves nothing, not even items.
		saved.Items = append(saved.Items, intake.Item{Material: "late", State: intake.ItemPending})
		_, err := db.SaveCase(ctx, before, saved)
		is(t, err, intake.ErrConflict)
		same(t, must(db.Case(ctx, c.ID))(t), again)
	})
}

func TestOfManyWhoDecideAtOnceOneWins(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		before := must(db.Case(ctx, c.ID))(t)
		var won atomic.Int32
		errs := make([]error, 12)
		atOnce(len(errs), func(i int) {
			after := before
			after.Submission.SiteBy = int64(i + 1)
			after.Items = []intake.Item{{Material: "id_front", State: intake.ItemPending, Note: "x", Reasons: []string{}}}
			err := db.InTx(ctx, func(tx storage.Q) error {
				if i%2 == 0 { // half of them look again under the lock
					now, err := tx.LockCase(ctx, c.ID)
					if err != nil {
						return err
					}
					if now.Submission.Version != before.Submission.Version {
						return intake.ErrConflict
					}
				}
				saved, err := tx.SaveCase(ctx, before, after)
				if err != nil {
					return err
				}
				return tx.AddDecision(ctx, storage.DecisionRow{SubmissionID: saved.Submission.ID, CandidateID: c.ID, StaffID: int64(i + 1)})
			})
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, intake.ErrConflict):
				errs[i] = err
			}
		})
		ok(t, errors.Join(errs...))
		same(t, won.Load(), int32(1))
		decisions := must(db.Decisions(ctx, c.ID))(t)
		same(t, len(decisions), 1)
		same(t, must(db.Case(ctx, c.ID))(t).Submission.SiteBy, decisions[0].StaffID)
	})
}

func TestLockCaseShowsWhatTheHolderBeforeDid(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		errs := make([]error, 9)
		atOnce(len(errs), func(i int) {
			errs[i] = db.InTx(ctx, func(tx storage.Q) error {
				// A read before the lock must not freeze what is seen after it.
				if _, err := tx.Candidate(ctx, c.ID); err != nil {
					return err
				}
				locked, err := tx.LockCase(ctx, c.ID)
				if err != nil {
					return err
				}
				p := photo(c.ID, "diploma")
				p.MessageID = int64(i + 1)
				if p, err = tx.AddPhoto(ctx, p); err != nil {
					return err
				}
				if p.Seq != len(locked.Photos)+1 {
					return errors.New("the case under lock misses a photo")
				}
				_, err = tx.SaveCase(ctx, locked, locked)
				return err
			})
		})
		ok(t, errors.Join(errs...))
		same(t, len(must(db.Case(ctx, c.ID))(t).Photos), len(errs))
	})
}

func TestPhotosKeepTheirNumberAndTheirHistory(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		all := bound(t, db, "A", 2)
		c := all[0]
		p := photo(c.ID, "diploma")
		p.MessageID = 77
		first := must(db.AddPhoto(ctx, p))(t)
		same(t, first.Seq, 1)
		same(t, must(db.Photo(ctx, first.ID))(t), first)
		same(t, must(db.PhotoByMessage(ctx, 77))(t), first)
		_, err := db.AddPhoto(ctx, p)
		is(t, err, intake.ErrConflict)

		ok(t, db.SetPhotoState(ctx, first.ID, intake.Replaced, day(1)))
		first.State = intake.Replaced
		p.MessageID, p.Verdicts = 0, []intake.Verdict{}
		second := must(db.AddPhoto(ctx, p))(t)
		same(t, second.Seq, 2)
		p.Material = "id_front"
		other := must(db.AddPhoto(ctx, p))(t)
		same(t, other.Seq, 1)
		same(t, must(db.Case(ctx, c.ID))(t).Photos, []intake.Photo{second, other})
		same(t, must(db.PhotosEver(ctx, c.ID))(t), []intake.Photo{first, second, other})

		p.CandidateID = all[1].ID
		stranger := must(db.AddPhoto(ctx, p))(t)
		same(t, must(db.PhotosBySHA(ctx, "abc"))(t), []intake.Photo{first, second, other, stranger})
		same(t, len(must(db.PhotosBySHA(ctx, "ABC"))(t)), 0)

		p.CandidateID = 999
		_, err = db.AddPhoto(ctx, p)
		is(t, err, intake.ErrNotFound)
		_, err = db.Photo(ctx, 999)
		is(t, err, intake.ErrNotFound)
		_, err = db.PhotoByMessage(ctx, 999)
		is(t, err, intake.ErrNotFound)
		is(t, db.SetPhotoState(ctx, 999, intake.Deleted, t0), intake.ErrNotFound)
	})
}
