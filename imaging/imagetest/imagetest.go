package imagetest

import (
	"image"
	"image/color"
	"image/draw"
)

// Page is the photo of a sharp, well-lit, upright page of the given size; another seed is another
// page.
func Page(seed uint64, width, height int) *image.RGBA {
	page := Scene{W: width, H: height, Seed: seed}.Draw()
	Code(page, width*3/4, height*4/5, 3)
	return page
}

// Code draws something that has all marks of a QR code but cannot be scanned, 27 modules wide with its
// white margin.
func Code(dst *image.RGBA, x0, y0, module int) {
	const n, quiet = 21, 3
	for y := -quiet; y < n+quiet; y++ {
		for x := -quiet; x < n+quiet; x++ {
			ink := color.Gray{Y: 235}
			if x >= 0 && y >= 0 && x < n && y < n && dark(x, y, n) {
				ink.Y = 25
			}
			r := image.Rect(0, 0, module, module).Add(image.Pt(x0+(x+quiet)*module, y0+(y+quiet)*module))
			draw.Draw(dst, r, image.NewUniform(ink), image.Point{}, draw.Src)
		}
	}
}

// dark says whether a module of Code is: three corner marks, the timing lines, and a pattern.
func dark(x, y, n int) bool {
	for _, corner := range []image.Point{{3, 3}, {n - 4, 3}, {3, n - 4}} {
		if d := max(max(x-corner.X, corner.X-x), max(y-corner.Y, corner.Y-y)); d <= 4 {
			return d != 4 && d != 2
		}
	}
	if x == 6 || y == 6 {
		return (x+y)%2 == 0
	}
	return x*y*7%5 < 2
}

// Blur smears a picture by a box of the given radius, several times over.
func Blur(src *image.RGBA, radius int) *image.RGBA {
	c := copied(src)
	c.average(float64(2*radius+1) / 1.3)
	return c.RGBA
}

// Dim scales the light: 0.1 is a photo taken in the dark.
func Dim(src *image.RGBA, light float64) *image.RGBA {
	c := copied(src)
	for i, v := range c.Pix {
		if i%4 < 3 {
			c.Pix[i] = byte(min(255, float64(v)*light))
		}
	}
	return c.RGBA
}

func copied(src *image.RGBA) canvas {
	dst := image.NewRGBA(src.Rect)
	copy(dst.Pix, src.Pix)
	return canvas{RGBA: dst}
}
