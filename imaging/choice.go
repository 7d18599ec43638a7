package imaging

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"

	"cailiao/imaging/codec"
	"cailiao/imaging/marks"
)

const choiceSide = 480 // pixels of each picture of a choice

// Ways draws a copy as it lies after each of the turns, side by side under a caption that is twice
// as wide as each of them. It waits for a free place as Take does.
func (w *Works) Ways(ctx context.Context, data []byte, turns []codec.Turn, caption []byte) ([]byte, error) {
	place := place{works: w}
	defer place.leave()
	if err := place.enter(ctx); err != nil {
		return nil, err
	}
	top, err := png.Decode(bytes.NewReader(caption))
	if err != nil {
		return nil, fmt.Errorf("caption: %w", err)
	}
	p, err := w.decodeCopy(ctx, data, 0)
	if err != nil {
		return nil, err
	}
	p = p.Fit(within(p.W, p.H, choiceSide))
	head := top.Bounds().Dy()
	sheet := image.NewRGBA(image.Rect(0, 0, choiceSide*len(turns), head+choiceSide))
	draw.Draw(sheet, sheet.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(sheet, top.Bounds(), top, top.Bounds().Min, draw.Over)
	for i, turn := range turns {
		shown := asImage(p.Turn(turn))
		b := shown.Bounds()
		at := image.Pt(choiceSide*i+(choiceSide-b.Dx())/2, head+(choiceSide-b.Dy())/2)
		draw.Draw(sheet, b.Add(at), shown, b.Min, draw.Src)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, sheet, &jpeg.Options{Quality: markedQuality}); err != nil {
		return nil, fmt.Errorf("ways: %w", err)
	}
	return out.Bytes(), nil
}

// Face looks for a face on a copy.
func (w *Works) Face(ctx context.Context, data []byte) (marks.Face, error) {
	place := place{works: w}
	defer place.leave()
	if err := place.enter(ctx); err != nil {
		return marks.Face{}, err
	}
	p, err := w.decodeCopy(ctx, data, marks.FaceSide)
	if err != nil {
		return marks.Face{}, err
	}
	return marks.FindFace(p.Planes[0])
}

// HasQR says whether there is something like a QR code on a copy.
func (w *Works) HasQR(ctx context.Context, data []byte) (bool, error) {
	place := place{works: w}
	defer place.leave()
	if err := place.enter(ctx); err != nil {
		return false, err
	}
	p, err := w.decodeCopy(ctx, data, math.MaxInt16)
	if err != nil {
		return false, err
	}
	return marks.HasQR(p.Planes[0]), nil
}

// decodeCopy decodes what Take made: whole, or, for who only looks at the luma, as small as its long side may be.
func (w *Works) decodeCopy(ctx context.Context, data []byte, side int) (codec.Picture, error) {
	j, err := codec.ReadJPEG(data, maxScans)
	if err != nil {
		return codec.Picture{}, fmt.Errorf("copy: %w", err)
	}
	if j.Scans > maxScans || max(j.Width, j.Height) > w.cfg.LongSide {
		return codec.Picture{}, fmt.Errorf("copy: %d×%d is larger than any", j.Width, j.Height)
	}
	want := codec.Want{Luma: 8, Chroma: 8}
	if side > 0 {
		want = codec.Want{Luma: min(8, (8*side-1)/max(j.Width, j.Height)+1), Chroma: 1}
	}
	p, _, err := j.Decode(ctx, want)
	if err != nil {
		return codec.Picture{}, fmt.Errorf("copy: %w", err)
	}
	return p, nil
}

// asImage lends a picture to the standard library; chroma of another size than half is left out.
func asImage(p codec.Picture) image.Image {
	luma := p.Planes[0]
	if len(p.Planes) < 3 {
		return &image.Gray{Pix: luma.Pix, Stride: luma.Stride, Rect: image.Rect(0, 0, luma.W, luma.H)}
	}
	return &image.YCbCr{
		Y: luma.Pix, YStride: luma.Stride, Cb: p.Planes[1].Pix, Cr: p.Planes[2].Pix, CStride: p.Planes[1].Stride,
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, luma.W, luma.H),
	}
}
