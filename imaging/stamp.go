package imaging

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"image"
	"image/png"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"cailiao/imaging/codec"
)

//go:embed stamp/words.png
var stampWords []byte

// The stamp's tile, in pixels: two lines, the second copy of them half a tile further.
const (
	stampW, stampH = 640, 320
	stampDark      = 128 - 34 // strokes are darker than the picture, …
	stampBright    = 128 + 26 // … and lined by what is brighter, so that they show on black too
	stampScale     = 40       // percent of T.81's tables, for what cannot be stamped as it is
)

// Stamp puts the words 仅供报名审核 不得外传 and a line of Latin letters and digits all over a JPEG,
// for the copy that staff look at. Others in it, whom no font of ours can draw, are left out.
func Stamp(ctx context.Context, data []byte, line string) ([]byte, error) {
	j, err := codec.ReadJPEG(data, 100)
	if err != nil {
		return nil, fmt.Errorf("stamp: %w", err)
	}
	pattern, err := stampPattern(line)
	if err != nil {
		return nil, fmt.Errorf("stamp: %w", err)
	}
	if j.Requantisable() {
		_, coefs, err := j.Decode(ctx, codec.Want{Luma: 1, Chroma: 1, Coefs: true})
		if err != nil {
			return nil, fmt.Errorf("stamp: %w", err)
		}
		coefs.Stamp(pattern)
		return coefs.Encode(1), nil // no step finer than the picture's own is used
	}
	p, _, err := j.Decode(ctx, codec.Want{Luma: 8, Chroma: 8})
	if err != nil {
		return nil, fmt.Errorf("stamp: %w", err)
	}
	coefs := codec.Transform(p.Fit(p.W, p.H))
	coefs.Stamp(pattern)
	return coefs.Encode(stampScale), nil
}

// stampPattern draws the pattern that is added to a picture: 128 changes nothing.
func stampPattern(line string) (codec.Plane, error) {
	words, err := png.Decode(bytes.NewReader(stampWords))
	if err != nil {
		return codec.Plane{}, err
	}
	small := image.NewGray(image.Rect(0, 0, stampW/4, 14))
	latin := make([]byte, 0, len(line))
	for _, r := range line {
		if r >= ' ' && r <= '~' {
			latin = append(latin, byte(r))
		}
	}
	drawer := font.Drawer{Dst: small, Src: image.White, Face: basicfont.Face7x13, Dot: fixed.P(0, 11)}
	drawer.DrawBytes(latin)

	ink := image.NewGray(image.Rect(0, 0, stampW, stampH))
	for _, at := range []image.Point{{16, 40}, {16 + stampW/2, 40 + stampH/2}} {
		for y := range words.Bounds().Dy() {
			for x := range words.Bounds().Dx() {
				r, _, _, _ := words.At(x, y).RGBA()
				ink.Pix[(at.Y+y)*ink.Stride+(at.X+x)%stampW] = uint8(r >> 8)
			}
		}
		for y := range 28 {
			for x := range stampW / 2 {
				if v := small.Pix[y/2*small.Stride+x/2]; v > 0 {
					ink.Pix[(at.Y+44+y)*ink.Stride+(at.X+x)%stampW] = v
				}
			}
		}
	}
	pattern := codec.NewPlane(stampW, stampH)
	for i := range pattern.Pix {
		pattern.Pix[i] = 128
	}
	for i, v := range ink.Pix {
		if v > 127 {
			halo(pattern, i%stampW, i/stampW)
		}
	}
	for i, v := range ink.Pix {
		if v > 127 {
			pattern.Pix[i] = stampDark
		}
	}
	return pattern, nil
}

// halo brightens what lies within two pixels of one.
func halo(pattern codec.Plane, x, y int) {
	for dy := stampH - 2; dy <= stampH+2; dy++ {
		for dx := stampW - 2; dx <= stampW+2; dx++ {
			pattern.Pix[(y+dy)%stampH*stampW+(x+dx)%stampW] = stampBright
		}
	}
}
