package imaging_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"cailiao/imaging"
	"cailiao/imaging/imagetest"
)

func TestAStampShowsAndLeavesThePictureReadable(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 900, 700))
	for i := range grey.Pix {
		grey.Pix[i] = 230
	}
	black := image.NewRGBA(image.Rect(0, 0, 900, 700))
	for name, picture := range map[string]image.Image{"grey paper": grey, "black": black, "a page": imagetest.Scene{W: 1600, H: 1200}.Draw()} {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, picture, &jpeg.Options{Quality: 85}); err != nil {
			t.Fatal(err)
		}
		stamped, err := imaging.Stamp(t.Context(), b.Bytes(), "No.3 2026-11-25 10:30")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		before, after := decodedJPEG(t, b.Bytes()), decodedJPEG(t, stamped)
		if before.Bounds() != after.Bounds() {
			t.Fatalf("%s: %v became %v", name, before.Bounds(), after.Bounds())
		}
		if dir := os.Getenv("CAILIAO_SCREENSHOTS"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "stamped "+name+".jpg"), stamped, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		changed, most := 0, 0
		for y := 0; y < before.Bounds().Dy(); y += 2 {
			for x := 0; x < before.Bounds().Dx(); x += 2 {
				d := int(color.GrayModel.Convert(after.At(x, y)).(color.Gray).Y) - int(color.GrayModel.Convert(before.At(x, y)).(color.Gray).Y)
				if d < 0 {
					d = -d
				}
				if most = max(most, d); d > 12 {
					changed++
				}
			}
		}
		share := float64(4*changed) / float64(before.Bounds().Dx()*before.Bounds().Dy())
		if share < .01 || share > .2 || most > 80 {
			t.Errorf("%s: %.1f %% of the picture changed, by at most %d", name, 100*share, most)
		}
	}
}

func TestWhatIsNoPictureIsNotStamped(t *testing.T) {
	for _, data := range [][]byte{nil, []byte("no picture"), imagetest.PNG(grey16())} {
		if stamped, err := imaging.Stamp(t.Context(), data, "No.3"); err == nil {
			t.Errorf("%d bytes came of it", len(stamped))
		}
	}
}

func decodedJPEG(t *testing.T, data []byte) image.Image {
	t.Helper()
	picture, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return picture
}

func grey16() image.Image { return image.NewGray16(image.Rect(0, 0, 16, 16)) }

func BenchmarkStamp(b *testing.B) {
	var picture bytes.Buffer
	if err := jpeg.Encode(&picture, imagetest.Scene{W: 1800, H: 1350}.Draw(), &jpeg.Options{Quality: 80}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := imaging.Stamp(b.Context(), picture.Bytes(), "No.3 2026-11-25 10:30"); err != nil {
			b.Fatal(err)
		}
	}
}
