package codec

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cailiao/imaging/imagetest"
)

// testdata holds one small picture in every way cjpeg and ImageMagick write JPEG.
func samples(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/" + pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/%s: %v, %d files", pattern, err, len(files))
	}
	out := map[string][]byte{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(f)] = data
	}
	return out
}

func decode(t testing.TB, data []byte, want Want) (*JPEG, Picture, *Coefs) {
	t.Helper()
	j, err := ReadJPEG(data, 100)
	if err != nil {
		t.Fatal(err)
	}
	p, c, err := j.Decode(context.Background(), want)
	if err != nil {
		t.Fatal(err)
	}
	return j, p, c
}

// lumaOf is an image's luma as the standard library sees it.
func lumaOf(img image.Image) Plane {
	p := NewPlane(img.Bounds().Dx(), img.Bounds().Dy())
	for y := range p.H {
		for x := range p.W {
			p.Pix[y*p.W+x] = color.YCbCrModel.Convert(img.At(img.Bounds().Min.X+x, img.Bounds().Min.Y+y)).(color.YCbCr).Y
		}
	}
	return p
}

func furthest(a, b Plane) int {
	worst := 0
	for y := range a.H {
		for x, v := range a.Row(y) {
			d := int(v) - int(b.Row(y)[x])
			worst = max(worst, d, -d)
		}
	}
	return worst
}

func TestEveryKindDecodesAsTheStandardLibraryDoes(t *testing.T) {
	files := samples(t, "*.jpg")
	delete(files, "arithmetic.jpg")
	cmyk := bytes.Clone(files["cmyk.jpg"]) // is YCbCr and black; claim that it is four inks
	cmyk[bytes.Index(cmyk, []byte("Adobe"))+11] = 0
	files["cmyk-untransformed"] = cmyk
	for name, data := range files {
		t.Run(name, func(t *testing.T) {
			img, err := jpeg.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			j, p, _ := decode(t, data, Want{Luma: 8, Chroma: 8})
			if p.W != img.Bounds().Dx() || p.H != img.Bounds().Dy() || p.Planes[0].W != p.W || p.Planes[0].H != p.H {
				t.Fatalf("%d×%d, plane %d×%d", p.W, p.H, p.Planes[0].W, p.Planes[0].H)
			}
			tolerance := 2 // rounding of the inverse transform
			if !j.Plain() {
				tolerance = 4 // and of two conversions of colour
			}
			if d := furthest(p.Planes[0], lumaOf(img)); d > tolerance {
				t.Errorf("luma is up to %d off", d)
			}
			if ycc, ok := img.(*image.YCbCr); ok && j.Plain() {
				cw, ch := p.Planes[1].W, p.Planes[1].H
				for i, theirs := range [][]byte{ycc.Cb, ycc.Cr} {
					if d := furthest(p.Planes[i+1], Plane{theirs, cw, ch, ycc.CStride}); d > 2 {
						t.Errorf("chroma %d is up to %d off", i, d)
					}
				}
			}
		})
	}
}

func TestSmallerDecodingIsTheSamePictureSmaller(t *testing.T) {
	for name, data := range samples(t, "4*.jpg") {
		_, full, _ := decode(t, data, Want{Luma: 8, Chroma: 8})
		for n := 1; n < 8; n++ {
			_, p, _ := decode(t, data, Want{Luma: n, Chroma: n})
			luma := p.Planes[0]
			if luma.W != ceilDiv(full.W*n, 8) || luma.H != ceilDiv(full.H*n, 8) {
				t.Fatalf("%s at %d/8: %d×%d", name, n, luma.W, luma.H)
			}
			// Whole blocks only, so that both cover the same area. The reference is scaled by
			// another filter, so only gross errors show; but a transform that is wrong by a sign
			// or a factor is off by 20 and more.
			w, h := full.W/8, full.H/8
			got := Plane{luma.Pix, w * n, h * n, luma.Stride}
			reference := Plane{full.Planes[0].Pix, w * 8, h * 8, full.Planes[0].Stride}.Scale(w*n, h*n)
			sum := 0.
			for y := range got.H {
				for x, v := range got.Row(y) {
					d := float64(v) - float64(reference.Row(y)[x])
					sum += d * d
				}
			}
			if rms := math.Sqrt(sum / float64(got.W*got.H)); rms > 10 {
				t.Errorf("%s at %d/8: %.1f off in the mean", name, n, rms)
			}
		}
	}
}

func TestProgressiveKeepsOnlyWhatASmallerPictureNeeds(t *testing.T) {
	j, err := ReadJPEG(samples(t, "420-progressive.jpg")["420-progressive.jpg"], 20)
	if err != nil {
		t.Fatal(err)
	}
	whole, quarter := newBlocks(&j.comps[0], 8, false), newBlocks(&j.comps[0], 2, false)
	if whole.per != 64 || quarter.per != 4 || len(quarter.coef)*16 != len(whole.coef) {
		t.Errorf("%d coefficients per block at full size, %d at a quarter", whole.per, quarter.per)
	}
}

func TestQuantisedAnewAtTheSameStepsNothingChanges(t *testing.T) {
	for _, name := range []string{"420.jpg", "420-progressive.jpg", "420-restart.jpg", "420-not-interleaved.jpg", "grey.jpg", "coarse.jpg", "wide-tables.jpg"} {
		data := samples(t, name)[name]
		_, p, c := decode(t, data, Want{Luma: 8, Chroma: 8, Coefs: true})
		out := c.encode(finestLevel) // finer than the source: its own steps are kept
		_, again, _ := decode(t, out, Want{Luma: 8, Chroma: 8})
		for i := range p.Planes {
			if d := furthest(p.Planes[i], again.Planes[i]); d > 0 && name != "wide-tables.jpg" {
				t.Errorf("%s: plane %d changed by up to %d", name, i, d)
			}
		}
		if name != "grey.jpg" && len(out) > len(data)+64 {
			t.Errorf("%s: grew from %d to %d bytes", name, len(data), len(out))
		}
		if img, err := jpeg.Decode(bytes.NewReader(out)); err != nil || img.Bounds().Dx() != p.W {
			t.Errorf("%s: the standard library says %v", name, err)
		}
	}
}

func TestFitUsesTheLimitAndNeverPassesIt(t *testing.T) {
	img := imagetest.Scene{W: 600, H: 800}.Draw()
	_, p, coefs := decode(t, imagetest.JPEG(img, 95), Want{Luma: 8, Chroma: 8, Coefs: true})
	for _, limit := range []int{50_000, 60_000, 70_000, 80_000} {
		for name, c := range map[string]*Coefs{"pixels": Transform(p), "coefficients": coefs} {
			out, _ := c.Fit(limit)
			if len(out) > limit || len(out) < limit*85/100 {
				t.Errorf("%s to %d: %d bytes", name, limit, len(out))
				continue
			}
			theirs, err := jpeg.Decode(bytes.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			if s := SSIM(lumaOf(theirs), p.Planes[0]); s < .93 {
				t.Errorf("%s to %d: similarity %.3f", name, limit, s)
			}
		}
	}
	out, least := coefs.Fit(9_000)
	if coarsest := len(coefs.encode(coarsestLevel)); out != nil || least < coarsest*9/10 || least > coarsest*11/10 {
		t.Errorf("a limit no legible quality meets gave %d bytes, and %d as the least, which is %d", len(out), least, coarsest)
	}
}

func TestBetterQualityIsNeverLessAlike(t *testing.T) {
	_, p, c := decode(t, imagetest.JPEG(imagetest.Scene{W: 320, H: 240}.Draw(), 95), Want{Luma: 8, Chroma: 8, Coefs: true})
	last, size := 0., 0
	for _, scale := range []int{80, 50, 30, 15} {
		out := c.Encode(scale)
		_, q, _ := decode(t, out, Want{Luma: 8, Chroma: 8})
		s := SSIM(p.Planes[0], q.Planes[0])
		if s < last || len(out) < size {
			t.Errorf("scale %d: similarity %.4f after %.4f, %d bytes after %d", scale, s, last, len(out), size)
		}
		last, size = s, len(out)
	}
	if last < .98 {
		t.Errorf("the finest is only %.4f alike", last)
	}
}

func TestStripKeepsTheScanAndNothingElse(t *testing.T) {
	for name, data := range samples(t, "4*.jpg") {
		dirty := imagetest.Insert(data, 0xE1, []byte("Exif\x00\x00secret place"))
		dirty = imagetest.Insert(dirty, mCOM, []byte("secret comment"))
		dirty = append(dirty, "secret trailer"...)
		j, err := ReadJPEG(dirty, 100)
		if err != nil {
			t.Fatal(err)
		}
		out := j.Strip()
		if bytes.Contains(out, []byte("secret")) {
			t.Errorf("%s: metadata is left", name)
		}
		scan := data[bytes.Index(data, []byte{0xFF, mSOS}):]
		if !bytes.HasSuffix(out, scan) {
			t.Errorf("%s: the scan data were touched", name)
		}
		if _, err := jpeg.Decode(bytes.NewReader(out)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCutShortIsBrokenWhereverItIsCut(t *testing.T) {
	for _, name := range []string{"420.jpg", "420-restart.jpg", "420-progressive.jpg", "grey.jpg"} {
		data := samples(t, name)[name]
		for cut := 0; cut < len(data)-3; cut += 1 + len(data)/400 {
			j, err := ReadJPEG(data[:cut], 100)
			if err == nil {
				_, _, err = j.Decode(context.Background(), Want{Luma: 8, Chroma: 8})
			}
			if !errors.Is(err, ErrBroken) {
				t.Fatalf("%s cut at %d of %d: %v", name, cut, len(data), err)
			}
		}
	}
}

func TestAMissingEndMarkerAloneIsForgiven(t *testing.T) {
	data := samples(t, "420.jpg")["420.jpg"]
	j, _, _ := decode(t, data[:len(data)-2], Want{Luma: 8, Chroma: 8})
	if !bytes.Equal(j.Strip()[len(j.Strip())-2:], []byte{0xFF, mEOI}) {
		t.Error("the copy has no end marker")
	}
}

func TestKindsNoPhoneMakesAreUnsupported(t *testing.T) {
	arithmetic := samples(t, "arithmetic.jpg")["arithmetic.jpg"]
	twelve := bytes.Clone(samples(t, "grey.jpg")["grey.jpg"])
	twelve[bytes.Index(twelve, []byte{0xFF, mSOF0})+4] = 12
	for name, data := range map[string][]byte{"arithmetic": arithmetic, "12 bits": twelve} {
		if _, err := ReadJPEG(data, 100); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManyScansAreCountedNotDecoded(t *testing.T) {
	data := samples(t, "420-progressive.jpg")["420-progressive.jpg"]
	at := bytes.LastIndex(data, []byte{0xFF, mSOS})
	bomb := bytes.Clone(data[:at])
	for range 500 {
		bomb = append(bomb, data[at:len(data)-2]...)
	}
	j, err := ReadJPEG(bomb, 20)
	if err != nil || j.Scans != 21 {
		t.Errorf("%v, %+v", err, j)
	}
}

func TestDecodingStopsWithItsContext(t *testing.T) {
	j, err := ReadJPEG(samples(t, "420.jpg")["420.jpg"], 20)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	if _, _, err := j.Decode(ctx, Want{Luma: 8, Chroma: 8}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestErrorsNameNoContent(t *testing.T) {
	_, err := ReadJPEG([]byte("\xFF\xD8\xFF\xE1\x00\x10Exif\x00\x00secret"), 20)
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}
