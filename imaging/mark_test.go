package imaging_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"cailiao/imaging"
)

func grey(t *testing.T, w, h int) []byte {
	t.Helper()
	p := image.NewGray(image.Rect(0, 0, w, h))
	for i := range p.Pix {
		p.Pix[i] = 0x60
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, p, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAReviewersFrameStandsWhereItWasDrawn(t *testing.T) {
	works := imaging.New(imaging.Config{})
	out, err := works.Mark(t.Context(), []imaging.Framed{
		{Screen: grey(t, 800, 600), Frames: []imaging.Frame{{X: .25, Y: .5, W: .5, H: .25}}},
		{Screen: grey(t, 400, 3200)},
	})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := jpeg.Decode(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if b := picture.Bounds(); b.Dx() != 800 || b.Dy() != 600+12+1600 {
		t.Errorf("%dx%d: the second picture is halved and stands below the first", b.Dx(), b.Dy())
	}
	red := func(x, y int) bool {
		c := color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA)
		return c.R > 180 && c.G < 90 && c.B < 90
	}
	for name, at := range map[string]struct {
		x, y int
		want bool
	}{
		"top edge": {400, 301, true}, "left edge": {201, 380, true}, "bottom edge": {400, 448, true}, "right edge": {598, 380, true},
		"inside": {400, 380, false}, "outside": {100, 100, false},
	} {
		if red(at.x, at.y) != at.want {
			t.Errorf("%s: red is %v", name, !at.want)
		}
	}
}

func TestWhatCannotBeDrawnOnIsAnError(t *testing.T) {
	if _, err := imaging.New(imaging.Config{}).Mark(t.Context(), []imaging.Framed{{Screen: []byte("no picture")}}); err == nil {
		t.Error("no error")
	}
}

func TestAFrameAtTheVeryEdgeIsDrawnInside(t *testing.T) {
	_, err := imaging.New(imaging.Config{}).Mark(t.Context(), []imaging.Framed{
		{Screen: grey(t, 64, 64), Frames: []imaging.Frame{{X: 0, Y: 0, W: 1, H: 1}, {X: .99, Y: .99, W: .01, H: .01}}},
	})
	if err != nil {
		t.Fatal(err)
	}
}
