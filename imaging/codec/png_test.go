package codec

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"testing"

	"cailiao/imaging/imagetest"
)

// onWhite is what a PNG looks like on paper, according to the standard library.
func onWhite(t *testing.T, data []byte) *image.RGBA {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Over)
	return out
}

// generated are the kinds the standard library writes.
func generated() map[string][]byte {
	src := imagetest.Scene{W: 61, H: 47}.Draw()
	palette := image.NewPaletted(src.Rect, color.Palette{color.White, color.Black, color.NRGBA{200, 30, 30, 128}, color.Gray{120}, color.Transparent})
	grey, grey16 := image.NewGray(src.Rect), image.NewGray16(src.Rect)
	alpha, alpha64 := image.NewNRGBA(src.Rect), image.NewNRGBA64(src.Rect)
	for y := range 47 {
		for x := range 61 {
			c := src.RGBAAt(x, y)
			palette.SetColorIndex(x, y, uint8((x/5+y/7)%5))
			grey.Set(x, y, c)
			grey16.Set(x, y, c)
			alpha.SetNRGBA(x, y, color.NRGBA{c.R, c.G, c.B, uint8(x * 4)})
			alpha64.SetNRGBA64(x, y, color.NRGBA64{uint16(c.R) << 8, uint16(c.G) << 8, uint16(c.B) << 8, uint16(y * 1300)})
		}
	}
	return map[string][]byte{
		"rgb": imagetest.PNG(src), "palette with alpha": imagetest.PNG(palette), "grey": imagetest.PNG(grey),
		"grey16": imagetest.PNG(grey16), "rgba": imagetest.PNG(alpha), "rgba16": imagetest.PNG(alpha64),
	}
}

func TestEveryPNGLooksAsOnWhitePaper(t *testing.T) {
	files := generated()
	for name, data := range samples(t, "*.png") {
		files[name] = data
	}
	for name, data := range files {
		t.Run(name, func(t *testing.T) {
			p, err := ReadPNG(data)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Decode(context.Background(), 1)
			if err != nil {
				t.Fatal(err)
			}
			want := onWhite(t, data)
			if got.W != want.Rect.Dx() || got.H != want.Rect.Dy() {
				t.Fatalf("%d×%d", got.W, got.H)
			}
			if d := furthest(got.Planes[0], lumaOf(want)); d > 2 {
				t.Errorf("luma is up to %d off", d)
			}
			if len(got.Planes) == 1 {
				return
			}
			for y := 0; y+1 < got.H; y += 2 { // chroma is the mean of four
				for x := 0; x+1 < got.W; x += 2 {
					sum := 0
					for i := range 4 {
						sum += int(color.YCbCrModel.Convert(want.RGBAAt(x+i%2, y+i/2)).(color.YCbCr).Cr)
					}
					if d := sum/4 - int(got.Planes[2].Row(y / 2)[x/2]); d > 2 || d < -2 {
						t.Fatalf("Cr at %d, %d is %d off", x, y, d)
					}
				}
			}
		})
	}
}

func TestShrinkingWhileDecodingIsAveraging(t *testing.T) {
	data := generated()["rgb"]
	p, err := ReadPNG(data)
	if err != nil {
		t.Fatal(err)
	}
	small, err := p.Decode(context.Background(), 3)
	if err != nil {
		t.Fatal(err)
	}
	luma := lumaOf(onWhite(t, data))
	if d := furthest(small.Planes[0], luma.Shrink(3)); d > 1 || small.W != 61 || small.Planes[0].W != 21 {
		t.Errorf("%d off; %d wide, plane %d", d, small.W, small.Planes[0].W)
	}
}

func TestGreyPicturesBecomeGreyOnes(t *testing.T) {
	for name, planes := range map[string]int{"grey": 1, "rgb": 3} {
		p, err := ReadPNG(generated()[name])
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Decode(context.Background(), 1)
		if err != nil || len(got.Planes) != planes {
			t.Errorf("%s: %d planes, %v", name, len(got.Planes), err)
		}
	}
}

func TestDamagedPNGsAreBroken(t *testing.T) {
	good := generated()["rgb"]
	header := func(w, h uint32, depth, kind byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, w)
		b = binary.BigEndian.AppendUint32(b, h)
		return imagetest.Chunk("IHDR", append(b, depth, kind, 0, 0, 0))
	}
	deflate := func(raw []byte) []byte {
		var b bytes.Buffer
		z := zlib.NewWriter(&b)
		z.Write(raw)
		z.Close()
		return b.Bytes()
	}
	file := func(chunks ...[]byte) []byte {
		return append([]byte(pngMagic), bytes.Join(append(chunks, imagetest.Chunk("IEND", nil)), nil)...)
	}
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	for name, data := range map[string][]byte{
		"no chunks":          []byte(pngMagic),
		"cut in the data":    good[:len(good)/2],
		"without end":        good[:len(good)-12],
		"a bit flipped":      flipped,
		"no width":           file(header(0, 5, 8, 2), imagetest.Chunk("IDAT", deflate(nil))),
		"depth 3":            file(header(4, 5, 3, 0), imagetest.Chunk("IDAT", deflate(make([]byte, 50)))),
		"kind 5":             file(header(4, 5, 8, 5), imagetest.Chunk("IDAT", deflate(make([]byte, 50)))),
		"palette missing":    file(header(4, 5, 8, 3), imagetest.Chunk("IDAT", deflate(make([]byte, 25)))),
		"too few rows":       file(header(4, 5, 8, 0), imagetest.Chunk("IDAT", deflate(make([]byte, 24)))),
		"too many rows":      file(header(4, 5, 8, 0), imagetest.Chunk("IDAT", deflate(make([]byte, 26)))),
		"filter 7":           file(header(4, 1, 8, 0), imagetest.Chunk("IDAT", deflate([]byte{7, 0, 0, 0, 0}))),
		"not deflated":       file(header(4, 5, 8, 0), imagetest.Chunk("IDAT", []byte("plain text"))),
		"picture not headed": file(imagetest.Chunk("IDAT", deflate(make([]byte, 25)))),
		"chunk too long":     append([]byte(pngMagic), "\xFF\xFF\xFF\xFFIHDR0123456789"...),
	} {
		p, err := ReadPNG(data)
		if err == nil {
			_, err = p.Decode(context.Background(), 1)
		}
		if !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	whole := file(header(4, 5, 8, 0), imagetest.Chunk("IDAT", deflate(make([]byte, 25))))
	if p, err := ReadPNG(whole); err != nil {
		t.Error(err)
	} else if _, err := p.Decode(context.Background(), 1); err != nil {
		t.Errorf("the same file undamaged: %v", err)
	}
}
