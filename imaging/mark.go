package imaging

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
)

// Framed is a screen copy with the frames a reviewer drew on it, in parts of its width and height.
type Framed struct {
	Screen []byte // JPEG, as Taken.Screen
	Frames []Frame
}

// Frame is a rectangle in parts of a picture's width and height, from 0 to 1.
type Frame struct{ X, Y, W, H float64 }

const (
	markedSide    = 1280 // pixels of the widest picture at most: a phone shows no more
	markedGap     = 12   // between pictures of one sheet
	markedQuality = 82
)

var (
	frameInk  = color.RGBA{0xe0, 0x1b, 0x24, 0xff}
	frameHalo = color.RGBA{0xff, 0xff, 0xff, 0xff} // so that red shows on a red seal, too
)

// Mark draws the frames and puts the pictures below each other into one JPEG. It waits for a free
// place as Take does.
func (w *Works) Mark(ctx context.Context, pages []Framed) ([]byte, error) {
	place := place{works: w}
	defer place.leave()
	if err := place.enter(ctx); err != nil {
		return nil, err
	}
	sheet := image.Rectangle{}
	var drawn []*image.RGBA
	for i, page := range pages {
		picture, err := jpeg.Decode(bytes.NewReader(page.Screen))
		if err != nil {
			return nil, fmt.Errorf("mark picture %d: %w", i+1, err)
		}
		framed := framed(shrunk(picture), page.Frames)
		if i > 0 {
			sheet.Max.Y += markedGap
		}
		sheet.Max.X = max(sheet.Max.X, framed.Rect.Dx())
		sheet.Max.Y += framed.Rect.Dy()
		drawn = append(drawn, framed)
	}
	all := image.NewRGBA(sheet)
	draw.Draw(all, sheet, image.NewUniform(frameHalo), image.Point{}, draw.Src)
	y := 0
	for _, picture := range drawn {
		draw.Draw(all, picture.Rect.Add(image.Pt((sheet.Dx()-picture.Rect.Dx())/2, y)), picture, image.Point{}, draw.Src)
		y += picture.Rect.Dy() + markedGap
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, all, &jpeg.Options{Quality: markedQuality}); err != nil {
		return nil, fmt.Errorf("mark: %w", err)
	}
	return out.Bytes(), nil
}

// shrunk halves a picture until it is no larger than a phone shows.
func shrunk(picture image.Image) *image.RGBA {
	b := picture.Bounds()
	k := 1
	for max(b.Dx(), b.Dy())/k > markedSide*3/2 {
		k *= 2
	}
	out := image.NewRGBA(image.Rect(0, 0, b.Dx()/k, b.Dy()/k))
	if k == 1 {
		draw.Draw(out, out.Rect, picture, b.Min, draw.Src)
		return out
	}
	full := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(full, full.Rect, picture, b.Min, draw.Src)
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.SetRGBA(x, y, meanColour(full, x*k, y*k, k))
		}
	}
	return out
}

func meanColour(p *image.RGBA, x, y, k int) color.RGBA {
	var r, g, b int
	for dy := range k {
		for dx := range k {
			c := p.RGBAAt(x+dx, y+dy)
			r, g, b = r+int(c.R), g+int(c.G), b+int(c.B)
		}
	}
	n := k * k
	return color.RGBA{uint8(r / n), uint8(g / n), uint8(b / n), 0xff}
}

// framed draws frames as a red line with a white one on either side.
func framed(p *image.RGBA, frames []Frame) *image.RGBA {
	w, h := float64(p.Rect.Dx()), float64(p.Rect.Dy())
	line := max(3, min(p.Rect.Dx(), p.Rect.Dy())/150)
	for _, f := range frames {
		r := image.Rect(int(f.X*w), int(f.Y*h), int((f.X+f.W)*w), int((f.Y+f.H)*h))
		outline(p, r.Inset(-line/2), 2*line, frameHalo)
		outline(p, r, line, frameInk)
	}
	return p
}

func outline(p *image.RGBA, r image.Rectangle, line int, c color.RGBA) {
	ink := image.NewUniform(c)
	for _, side := range []image.Rectangle{
		{r.Min, image.Pt(r.Max.X, r.Min.Y+line)}, {image.Pt(r.Min.X, r.Max.Y-line), r.Max},
		{r.Min, image.Pt(r.Min.X+line, r.Max.Y)}, {image.Pt(r.Max.X-line, r.Min.Y), r.Max},
	} {
		draw.Draw(p, side.Intersect(p.Rect), ink, image.Point{}, draw.Src)
	}
}
