package imaging

import (
	"image"
	"testing"

	"cailiao/imaging/codec"
	"cailiao/imaging/imagetest"
)

func TestTwoWaysLieSideBySideUnderTheirCaption(t *testing.T) {
	w := New(Config{})
	page := imagetest.Page(3, 600, 800)
	copied := take(t, imagetest.JPEG(page, 85)).Copy
	caption := imagetest.PNG(image.NewRGBA(image.Rect(0, 0, 2*choiceSide, 100)))
	data, err := w.Ways(t.Context(), copied, []codec.Turn{{}, {CW: 90, Mirror: true}}, caption)
	if err != nil {
		t.Fatal(err)
	}
	img := decoded(t, data)
	if img.Bounds() != image.Rect(0, 0, 960, 580) {
		t.Fatalf("%v", img.Bounds())
	}
	sheet := luma(img)
	part := func(x, y, w, h int) codec.Plane {
		return codec.Plane{Pix: sheet.Pix[y*sheet.Stride+x:], W: w, H: h, Stride: sheet.Stride}
	}
	small := luma(page).Scale(360, 480)
	if s := codec.SSIM(part(60, 100, 360, 480), small); s < .85 {
		t.Errorf("the first is like the page by %.3f", s)
	}
	if s := codec.SSIM(part(480, 160, 480, 360), small.Turn(codec.Turn{CW: 90, Mirror: true})); s < .85 {
		t.Errorf("the second is like the page, turned, by %.3f", s)
	}
	if _, err := w.Ways(t.Context(), []byte("no copy"), nil, caption); err == nil {
		t.Error("what is no copy was drawn")
	}
}

func TestAQRCodeIsSeenWhereThereIsOne(t *testing.T) {
	w := New(Config{})
	for name, want := range map[string]bool{"with": true, "without": false} {
		page := imagetest.Scene{W: 900, H: 1200, Seed: 4}.Draw()
		if want {
			imagetest.Code(page, 600, 900, 5)
		}
		if got, err := w.HasQR(t.Context(), take(t, imagetest.JPEG(page, 80)).Copy); err != nil || got != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
