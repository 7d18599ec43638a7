//go:build reading && cgo

package bot_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/imaging"
	"cailiao/imaging/codec"
	"cailiao/imaging/reading"
	"cailiao/intake"
)

// TestReadingTurnsPicturesAndNotesWhatDoesNotFit is the whole way with the real models.
func TestReadingTurnsPicturesAndNotesWhatDoesNotFit(t *testing.T) {
	dir := os.Getenv("CAILIAO_TEST_READING")
	if dir == "" {
		t.Fatal("CAILIAO_TEST_READING is not set: run ./setup-reading.sh and set it to the folder's full path; ./test.sh does")
	}
	w := apptest.Start(t, "sqlite", time.Date(2026, 2, 1, 2, 0, 0, 0, time.UTC))
	w.Import(t)
	r, err := reading.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	w.Bot.Reading = r

	p := apptest.People[0]
	user := w.Platform.User("o-reads")
	user.Follow(t.Context())
	user.Say(t.Context(), p.Number+" "+p.IDTail())
	user.Say(t.Context(), "对")
	// The same person's card, but of another number; then the diploma where the card's back belongs.
	// A slow machine asks about that after the answer.
	if d := user.SendPhoto(t.Context(), lying(t, "01", codec.Turn{CW: 90})); !strings.Contains(d.Reply, "收到第 1 张") {
		t.Fatalf("card: %q", d.Reply)
	}
	if d := user.SendPhoto(t.Context(), lying(t, "04", codec.Turn{CW: 180, Mirror: true})); strings.Contains(d.Reply, "这像是毕业证书") {
		if d := user.Say(t.Context(), "就放这里"); !strings.Contains(d.Reply, "身份证国徽面 收到第 1 张") {
			t.Fatalf("answer: %q", d.Reply)
		}
	} else if !strings.Contains(d.Reply, "收到第 1 张") {
		t.Fatalf("diploma: %q", d.Reply)
	}
	if err := w.Bot.ReadPhotos(t.Context()); err != nil {
		t.Fatal(err)
	}
	talk, err := w.DB.Talk(t.Context(), user.OpenID)
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.DB.Case(t.Context(), talk.CandidateID)
	if err != nil || len(c.Photos) != 2 {
		t.Fatalf("%d photos, %v", len(c.Photos), err)
	}
	for _, photo := range c.Photos {
		want := map[string]string{"id_front": "id_differs", "id_back": "other_kind"}[photo.Material]
		var codes []string
		for _, v := range photo.Verdicts {
			if v.Level != intake.OK {
				codes = append(codes, v.Code)
			}
			if v.Level == intake.Doubt {
				t.Errorf("%s: the candidate was told %s", photo.Material, v.Code)
			}
		}
		if !slices.Equal(codes, []string{want}) {
			t.Errorf("%s: %v, want %s", photo.Material, codes, want)
		}
		stored, err := w.Blobs.Get(t.Context(), photo.Copy)
		if err != nil {
			t.Fatal(err)
		}
		if posture, err := r.Posture(t.Context(), stored); err != nil || posture.Turn != (codec.Turn{}) {
			t.Errorf("%s: stored lying: %+v, %v", photo.Material, posture, err)
		}
	}
}

// lying is one of the demo's pictures, turned, as a phone would send it: without metadata.
func lying(t *testing.T, name string, turn codec.Turn) []byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(apptest.Root(), "cmd/demo/samples", name+"*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("sample %s: %v, %v", name, files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	taken, err := imaging.New(imaging.Config{}).TakeTurned(t.Context(), data, turn)
	if err != nil {
		t.Fatal(err)
	}
	return taken.Copy
}
