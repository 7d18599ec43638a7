package imaging

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"os/exec"
	"testing"

	"cailiao/imaging/codec"
	"cailiao/imaging/imagetest"
)

// alike is the similarity of an image with another, whatever its size, by luma.
func alike(t testing.TB, got, want image.Image) float64 {
	t.Helper()
	a, b := luma(got), luma(want)
	if a.W != b.W || a.H != b.H {
		b = b.Scale(a.W, a.H)
	}
	return codec.SSIM(a, b)
}

func luma(img image.Image) codec.Plane {
	p := codec.NewPlane(img.Bounds().Dx(), img.Bounds().Dy())
	switch img := img.(type) {
	case *image.YCbCr:
		return codec.Plane{Pix: img.Y, W: p.W, H: p.H, Stride: img.YStride}
	case *image.RGBA:
		for i := range p.Pix {
			p.Pix[i], _, _ = color.RGBToYCbCr(img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2])
		}
	case *image.Gray:
		return codec.Plane{Pix: img.Pix, W: p.W, H: p.H, Stride: img.Stride}
	default:
		panic("no such picture is made here")
	}
	return p
}

// redness is the mean Cr of a part of the pixels, to see that colours survive.
func redness(img image.Image) (sum float64) {
	const step = 7
	b, n := img.Bounds(), 0.
	for y := 0; y < b.Dy(); y += step {
		for x := 0; x < b.Dx(); x += step {
			sum += float64(color.YCbCrModel.Convert(img.At(x, y)).(color.YCbCr).Cr)
			n++
		}
	}
	return sum / n
}

func TestEveryCopyIsSmallUprightAndLikeThePicture(t *testing.T) {
	photo := imagetest.Good(0).Draw()
	noisy := imagetest.Scene{W: 1500, H: 2000, Noise: 30}.Draw()
	large := imagetest.Scene{W: 2400, H: 3200}.Draw()
	screen := imagetest.Scene{W: 1080, H: 2340, Screen: true}.Draw()
	for _, tt := range []struct {
		name string
		data []byte
		like image.Image
		long int // of the copy
		ssim float64
	}{
		{"kept as it is", imagetest.JPEG(photo, 78), photo, 1440, .97},
		{"quantised anew", imagetest.JPEG(photo, 94), photo, 1440, .95},
		{"an original", imagetest.JPEG(large, 90), large, 1800, .95},
		{"an original lying on its side", imagetest.Oriented(imagetest.JPEG(imagetest.Lying(large, 6), 90), 6), large, 1800, .95},
		{"a small one turned", imagetest.Oriented(imagetest.JPEG(imagetest.Lying(photo, 8), 80), 8), photo, 1440, .95},
		{"a screenshot as PNG", imagetest.PNG(screen), screen, 1800, .93},
		{"too noisy for its size", imagetest.JPEG(noisy, 95), noisy, 0, .3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			taken := take(t, tt.data)
			if len(taken.Copy) > 200_000 {
				t.Errorf("%d bytes", len(taken.Copy))
			}
			img := decoded(t, taken.Copy)
			if long := max(img.Bounds().Dx(), img.Bounds().Dy()); tt.long != 0 && long != tt.long || long > 1800 {
				t.Errorf("long side %d", long)
			}
			if s := alike(t, img, tt.like); s < tt.ssim {
				t.Errorf("similarity %.4f", s)
			}
			if d := redness(img) - redness(tt.like); d > 1.5 || d < -1.5 {
				t.Errorf("colour is off by %.2f", d)
			}
			screenCopy, thumb := decoded(t, taken.Screen), decoded(t, taken.Thumb)
			if max(screenCopy.Bounds().Dx(), screenCopy.Bounds().Dy()) > 1800 {
				t.Errorf("screen copy %v", screenCopy.Bounds())
			}
			if max(thumb.Bounds().Dx(), thumb.Bounds().Dy()) != 320 || alike(t, thumb, tt.like) < .8 && tt.ssim > .9 {
				t.Errorf("thumbnail %v, similarity %.3f", thumb.Bounds(), alike(t, thumb, tt.like))
			}
			for _, data := range [][]byte{taken.Copy, taken.Screen, taken.Thumb} {
				djpegReads(t, data)
			}
		})
	}
}

// djpegReads holds a JPEG against libjpeg, too, where it is installed.
func djpegReads(t *testing.T, data []byte) {
	t.Helper()
	path, err := exec.LookPath("djpeg")
	if err != nil {
		t.Log("libjpeg's djpeg is not installed: held against the standard library only")
		return
	}
	var complaints bytes.Buffer
	cmd := exec.Command(path, "-strict")
	cmd.Stdin, cmd.Stderr = bytes.NewReader(data), &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		t.Errorf("djpeg: %v: %s", err, complaints.String())
	}
}

func TestAPictureThatIsRightKeepsItsScanAndLosesItsMetadata(t *testing.T) {
	plain := imagetest.JPEG(imagetest.Good(0).Draw(), 75)
	data := imagetest.Oriented(plain, 1)
	data = imagetest.Insert(data, 0xE2, []byte("MPF\x00secret"))
	data = imagetest.Insert(data, 0xFE, []byte("secret"))
	data = append(data, "ftypmp42 secret video"...)
	taken := take(t, data)
	scan := plain[bytes.Index(plain, []byte{0xFF, 0xDA}):]
	if !bytes.HasSuffix(taken.Copy, scan) {
		t.Error("the scan data were touched")
	}
	if bytes.Contains(taken.Copy, []byte("secret")) || bytes.Contains(taken.Copy, []byte("Exif")) {
		t.Error("metadata is left")
	}
	if &taken.Screen[0] != &taken.Copy[0] {
		t.Error("a copy that serves the screen was made twice")
	}
}

func TestMetadataAloneDoesNotCostQuality(t *testing.T) {
	plain := imagetest.JPEG(imagetest.Good(0).Draw(), 75)
	data := plain
	for len(data) < 400_000 {
		data = imagetest.Insert(data, 0xED, make([]byte, 60_000))
	}
	taken := take(t, data)
	if !bytes.HasSuffix(taken.Copy, plain[bytes.Index(plain, []byte{0xFF, 0xDA}):]) {
		t.Errorf("a picture of %d bytes with much metadata was encoded again", len(plain))
	}
}

func TestEveryOrientationComesOutUpright(t *testing.T) {
	photo := imagetest.Scene{W: 600, H: 840}.Draw()
	for o := 1; o <= 8; o++ {
		t.Run(fmt.Sprint(o), func(t *testing.T) {
			taken := take(t, imagetest.Oriented(imagetest.JPEG(imagetest.Lying(photo, o), 88), o))
			if taken.Width != 600 || taken.Height != 840 {
				t.Errorf("%d×%d", taken.Width, taken.Height)
			}
			turn := codec.TurnFor(o)
			if taken.Turned != turn.CW || taken.Mirrored != turn.Mirror {
				t.Errorf("turned %d, mirrored %v", taken.Turned, taken.Mirrored)
			}
			for name, data := range map[string][]byte{"copy": taken.Copy, "screen": taken.Screen, "thumb": taken.Thumb} {
				img := decoded(t, data)
				if img.Bounds().Dx() > img.Bounds().Dy() || alike(t, img, photo) < .85 {
					t.Errorf("%s: %v, similarity %.3f", name, img.Bounds(), alike(t, img, photo))
				}
			}
		})
	}
}

func TestAPictureCanBeTurnedByHand(t *testing.T) {
	photo := imagetest.Scene{W: 600, H: 840}.Draw()
	// The camera says 6, but the phone was held wrongly: it lies mirrored and upside down besides.
	wrong := imagetest.Lying(photo, 4)
	data := imagetest.Oriented(imagetest.JPEG(imagetest.Lying(wrong, 6), 88), 6)
	taken, err := New(Config{}).TakeTurned(context.Background(), data, codec.Turn{CW: 180, Mirror: true})
	if err != nil {
		t.Fatal(err)
	}
	if s := alike(t, decoded(t, taken.Copy), photo); s < .9 {
		t.Errorf("similarity %.3f", s)
	}
}

func TestTransparentPartsLieOnWhite(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 900, 900))
	for i := range 900 * 900 {
		img.Pix[4*i+3] = byte(i % 900 / 450 * 255) // black; the left half is not there
	}
	out := decoded(t, take(t, imagetest.PNG(img)).Copy)
	left, right := luma(out).Row(450)[200], luma(out).Row(450)[700]
	if left < 250 || right > 5 {
		t.Errorf("left %d, right %d", left, right)
	}
}

func TestACopyObeysItsConfig(t *testing.T) {
	data := imagetest.JPEG(imagetest.Good(0).Draw(), 92)
	taken, err := New(Config{MaxBytes: 60_000, LongSide: 900}).Take(context.Background(), data)
	if err != nil {
		t.Fatal(err)
	}
	if b := decoded(t, taken.Copy).Bounds(); len(taken.Copy) > 60_000 || max(b.Dx(), b.Dy()) > 900 {
		t.Errorf("%d bytes, %v", len(taken.Copy), b)
	}
}
