package app_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// A day in the program's life, then the thief's view of its stores.
func TestWhoStealsTheStoresWithoutTheKeysLearnsOfNobody(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		w := apptest.Start(t, engine, time.Date(2026, 2, 1, 2, 0, 0, 0, time.UTC))
		w.Import(t)
		ctx := t.Context()
		for i, p := range apptest.People[:2] {
			user := w.Platform.User("o-thief-" + engine + "-" + p.Number)
			user.Follow(ctx)
			user.Say(ctx, p.Number+" "+p.IDTail())
			user.Say(ctx, "对")
			user.SendPhoto(ctx, imagetest.Photo(uint64(i+1)))
			user.Say(ctx, "人工")
			user.Say(ctx, "我是"+p.Name+"，电话"+p.Phone+"，证件"+p.ID)
		}
		first, err := w.DB.CandidateByNumber(ctx, apptest.People[0].Number)
		if err != nil || first.Name != apptest.People[0].Name || !first.PhoneOK {
			t.Fatalf("the program itself reads its candidates: %v", err)
		}
		if agreed, err := w.DB.Agreements(ctx, first.ID); err != nil || len(agreed) != 1 || agreed[0].Version != "1" {
			t.Errorf("the consent on record: %v, %v", agreed, err)
		}
		raw, err := storage.OpenBlobs(w.App.Config.Blobs)
		if err != nil {
			t.Fatal(err)
		}
		all := storagetest.Dump(t, w.DB, w.App.Config.Database, raw)
		if !strings.Contains(all, "messages.body=~") || !strings.Contains(all, "photos.original_key=") {
			t.Fatal("the dump holds nothing")
		}
		for _, p := range apptest.People {
			for what, secret := range map[string]string{"name": p.Name, "ID number": p.ID, "last digits": p.IDTail(), "phone": p.Phone} {
				if strings.Contains(all, secret) {
					t.Errorf("the dump holds a %s", what)
				}
			}
		}
		for _, head := range []string{": \xff\xd8\xff", ": \x89PNG\r\n"} { // behind a blob's name: three bytes alone come up in sealed ones by chance
			if bytes.Contains([]byte(all), []byte(head)) {
				t.Error("a picture is stored as it is")
			}
		}
	})
}
