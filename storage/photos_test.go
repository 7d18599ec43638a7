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

func TestAFiledPhotoIsReadForItsNewMaterial(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := seed(t, db, 1)[0]
		p, err := db.AddPhoto(ctx, intake.Photo{CandidateID: c.ID, Material: "wrong", ReceivedAt: time.Now(), ReadAt: time.Now()})
		ok(t, err)
		p.Material, p.Round = "right", 2
		is(t, db.FilePhoto(ctx, p, time.Now()), intake.ErrConflict) // it is not in the tray
		ok(t, db.MovePhoto(ctx, p, time.Now()))
		got, err := db.Photo(ctx, p.ID)
		ok(t, err)
		if got.Material != "right" || got.Seq != 1 || got.Round != 2 || !got.ReadAt.IsZero() || got.State != intake.Kept {
			t.Errorf("%+v", got)
		}
		unread, err := db.PhotosUnread(ctx, p.ID-1, 1)
		ok(t, err)
		if len(unread) != 1 || unread[0].ID != p.ID {
			t.Errorf("%+v", unread)
		}
		ok(t, db.SetPhotoState(ctx, p.ID, intake.Deleted, time.Now()))
		is(t, db.MovePhoto(ctx, p, time.Now()), intake.ErrConflict)
	})
}

func TestAPhotoIsTurnedOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := seed(t, db, 1)[0]
		p, err := db.AddPhoto(ctx, intake.Photo{CandidateID: c.ID, Material: "card", Copy: "ab/x-copy", Screen: "ab/x-screen",
			Thumb: "ab/x-thumb", Width: 30, Height: 40, Verdicts: []intake.Verdict{}, ReceivedAt: time.Now()})
		ok(t, err)
		turned := p
		turned.Copy, turned.Screen, turned.Thumb, turned.Width, turned.Height = "ab/x-copy-90", "ab/x-screen-90", "ab/x-thumb-90", 40, 30
		turned.CopyBytes, turned.PHash, turned.DHash = 9, 1<<63, 7
		turned.Verdicts = []intake.Verdict{{Code: "turned", Level: intake.OK, Where: "90"}}
		ok(t, db.TurnPhoto(ctx, turned, p.Copy))
		is(t, db.TurnPhoto(ctx, turned, p.Copy), intake.ErrConflict) // somebody else was faster
		got, err := db.Photo(ctx, p.ID)
		ok(t, err)
		if diff := cmp.Diff(turned, got); diff != "" {
			t.Error(diff)
		}
	})
}
