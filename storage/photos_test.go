package storage_test

import (
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"

	"github.com/google/go-cmp/cmp"
)

func TestAPhotoIsNotedOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := seed(t, db, 1)[0]
		blurred := intake.Verdict{Code: "blur", Level: intake.Doubt, Value: 90, Threshold: 120}
		before, err := db.PhotosUnread(ctx, 0, 50)
		ok(t, err)
		var added []intake.Photo
		for range 3 {
			p, err := db.AddPhoto(ctx, intake.Photo{CandidateID: c.ID, Material: "late", Verdicts: []intake.Verdict{blurred}, ReceivedAt: time.Now()})
			ok(t, err)
			added = append(added, p)
		}
		ok(t, db.SetPhotoState(ctx, added[1].ID, intake.Deleted, time.Now()))
		unread, err := db.PhotosUnread(ctx, 0, 50)
		ok(t, err)
		if len(unread) != len(before)+2 {
			t.Fatalf("%d photos to read, %d before", len(unread), len(before))
		}
		note := intake.Verdict{Code: "expired", Level: intake.Note, Where: "2025-01-01"}
		ok(t, db.NotePhoto(ctx, added[0], []intake.Verdict{note}, time.Now()))
		ok(t, db.NotePhoto(ctx, added[0], []intake.Verdict{note, note}, time.Now())) // another instance, later
		got, err := db.Photo(ctx, added[0].ID)
		ok(t, err)
		if diff := cmp.Diff([]intake.Verdict{blurred, note}, got.Verdicts); diff != "" {
			t.Error(diff)
		}
		rest, err := db.PhotosUnread(ctx, added[0].ID-1, 50)
		ok(t, err)
		if len(rest) != 1 || rest[0].ID != added[2].ID {
			t.Errorf("left to read: %+v", rest)
		}
	})
}
