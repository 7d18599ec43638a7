package imaging

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"cailiao/imaging/imagetest"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

// The goldens are looked at by people when they change; tests compare them by similarity, so that
// a better encoder does not break them and a turned, washed-out or shifted picture does.
func TestThumbnailsLookAsTheyDid(t *testing.T) {
	photo := imagetest.Scene{W: 900, H: 1200, Seed: 3}.Draw()
	screen := imagetest.Scene{W: 828, H: 1792, Screen: true, Seed: 4}.Draw()
	cmyk, err := os.ReadFile("codec/testdata/cmyk.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"photo.jpg":      imagetest.JPEG(photo, 80),
		"lying.jpg":      imagetest.Oriented(imagetest.JPEG(imagetest.Lying(photo, 7), 80), 7),
		"screenshot.jpg": imagetest.PNG(screen),
		"cmyk.jpg":       cmyk,
		"dark.jpg":       imagetest.JPEG(imagetest.Dim(photo, .3), 80),
	} {
		path := filepath.Join("testdata", "golden", name)
		thumb := take(t, data).Thumb
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, thumb, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, want := decoded(t, thumb), decoded(t, golden)
		if got.Bounds() != want.Bounds() {
			t.Errorf("%s: %v, was %v", name, got.Bounds(), want.Bounds())
			continue
		}
		if s := alike(t, got, want); s < .97 {
			t.Errorf("%s: similarity %.4f", name, s)
		}
		if d := redness(got) - redness(want); d > 1 || d < -1 {
			t.Errorf("%s: colour is off by %.2f", name, d)
		}
	}
}
