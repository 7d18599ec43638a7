// Package imagetest draws pictures like those candidates send, for tests and benchmarks: a page
// with writing, a portrait and a seal, photographed on a table. The same Scene always gives the
// same pixels. Nothing in it is anybody's document.
package imagetest

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
)

// Scene is what the photo shows and how it was taken. The zero value of every field but W and H
// is a good photo.
type Scene struct {
	W, H int
	// Left, Top, Right, Bottom place the page, in shares of the picture; well inside when all are
	// zero. Beyond 0 and 1 the page is cut off.
	Left, Top, Right, Bottom float64
	Light                    float64 // brightness: 1 when zero, .1 is dark, 2 over-exposed
	Glare                    float64 // radius of a reflection at the upper left of the page, share of the width
	Defocus                  float64 // radius in pixels
	Shake                    int     // length of a sideways movement in pixels
	Noise                    float64 // standard deviation; 2 when zero
	Empty                    bool    // a table without a page
	Blank                    bool    // the page fills the picture, and nothing is on it
	Screen                   bool    // a screenshot: no table, no noise, pure white
	Grey                     bool    // no colours
	Seed                     uint64
}

// Good is an ordinary good photo as WeChat delivers it.
func Good(seed uint64) Scene { return Scene{W: 1080, H: 1440, Seed: seed} }

// Photo is that as a JPEG of some 150 KB.
func Photo(seed uint64) []byte { return JPEG(Good(seed).Draw(), 80) }

// canvas is what is drawn on. Its loops are hidden from the race detector: they run in one goroutine,
// and would take ten times as long.
type canvas struct {
	*image.RGBA
	rnd *rand.Rand
}

// Draw makes the picture.
func (s Scene) Draw() *image.RGBA {
	c := canvas{image.NewRGBA(image.Rect(0, 0, s.W, s.H)), rand.New(rand.NewPCG(s.Seed, 7))}
	if s.Left == 0 && s.Top == 0 && s.Right == 0 && s.Bottom == 0 {
		// Nobody holds a phone twice the same way.
		s.Left, s.Top = .04+.12*c.rnd.Float64(), .04+.12*c.rnd.Float64()
		s.Right, s.Bottom = .84+.12*c.rnd.Float64(), .84+.12*c.rnd.Float64()
	}
	switch {
	case s.Screen:
		c.fill(c.Rect, color.RGBA{255, 255, 255, 255})
		c.page(c.Rect.Inset(s.W / 12))
	case s.Blank:
		c.fill(c.Rect, color.RGBA{214, 214, 208, 255})
	default:
		c.table()
		if !s.Empty {
			page := image.Rect(int(s.Left*float64(s.W)), int(s.Top*float64(s.H)), int(s.Right*float64(s.W)), int(s.Bottom*float64(s.H)))
			c.fill(page, color.RGBA{222, 222, 214, 255})
			c.page(page)
		}
	}
	if s.Glare > 0 {
		c.glare(.3*float64(s.W), .25*float64(s.H), s.Glare*float64(s.W))
	}
	if s.Screen {
		return c.RGBA
	}
	c.soften(4) // no lens is sharper
	c.soften(c.Stride)
	if s.Defocus > 0 {
		c.average(s.Defocus)
	}
	if s.Shake > 0 {
		c.blur(s.Shake, 4)
	}
	c.expose(s)
	return c.RGBA
}

//go:norace
func (c canvas) fill(r image.Rectangle, col color.RGBA) {
	r = r.Intersect(c.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := c.Pix[c.PixOffset(r.Min.X, y) : c.PixOffset(r.Max.X-1, y)+4]
		for i := 0; i < len(row); i += 4 {
			row[i], row[i+1], row[i+2], row[i+3] = col.R, col.G, col.B, 255
		}
	}
}

// table is dull brown wood: slow waves, no strokes.
//
//go:norace
func (c canvas) table() {
	w, h := c.Rect.Dx(), c.Rect.Dy()
	bend := make([]float64, w)
	for x := range bend {
		bend[x] = 3 * math.Sin(4*float64(x)/float64(w))
	}
	var wave [1024]int // one turn
	for i := range wave {
		wave[i] = int(20 * math.Sin(2*math.Pi*float64(i)/1024))
	}
	for y := range h {
		for x := range w {
			v := wave[int((9*float64(y)/float64(h)+bend[x]+8)*1024/(2*math.Pi))&1023]
			i := y*c.Stride + 4*x
			c.Pix[i], c.Pix[i+1], c.Pix[i+2], c.Pix[i+3] = byte(98+v), byte(76+v), byte(56+v), 255
		}
	}
}

// page writes: a title, a portrait at the upper right, lines, a seal at the lower right. No two of
// its corners look alike, so that a wrong turn shows.
func (c canvas) page(r image.Rectangle) {
	ink, long := color.RGBA{35, 33, 38, 255}, max(r.Dx(), r.Dy())
	g := max(3, long/(44+c.rnd.IntN(9)))
	left, right := r.Min.X+2*g, r.Max.X-2*g
	for x := left + (right-left)/4; x < left+(right-left)*3/5; x += 3 * g {
		c.glyph(x, r.Min.Y+g*3/2, 2*g, ink)
	}
	face := image.Rect(right-6*g, r.Min.Y+6*g, right, r.Min.Y+14*g)
	for y := r.Min.Y + 6*g; y < r.Max.Y-3*g; y += g * 9 / 5 {
		end := right - c.rnd.IntN(6*g)
		if y < face.Max.Y+g {
			end = face.Min.X - 2*g
		}
		for x := left; x+g < end; x += g * 6 / 5 {
			c.glyph(x, y, g, ink)
		}
	}
	c.fill(face, color.RGBA{120, 150, 190, 255})
	c.fill(face.Inset(2*g), color.RGBA{60, 45, 40, 255})
	c.seal(right-4*g, r.Max.Y-6*g, 3*g)
}

// glyph is a handful of strokes in a square, as a Chinese character is.
func (c canvas) glyph(x, y, size int, col color.RGBA) {
	thick := max(1, size/10)
	for range 3 {
		at := c.rnd.IntN(size - thick)
		c.fill(image.Rect(x+c.rnd.IntN(size/3), y+at, x+size-c.rnd.IntN(size/3), y+at+thick), col)
		at = c.rnd.IntN(size - thick)
		c.fill(image.Rect(x+at, y+c.rnd.IntN(size/3), x+at+thick, y+size-c.rnd.IntN(size/3)), col)
	}
}

func (c canvas) seal(cx, cy, radius int) {
	thick := max(1, radius/12)
	for y := cy - radius; y <= cy+radius; y++ {
		for x := cx - radius; x <= cx+radius; x++ {
			d := int(math.Hypot(float64(x-cx), float64(y-cy)))
			if d <= radius && d > radius-thick || d < radius/3 {
				c.fill(image.Rect(x, y, x+1, y+1), color.RGBA{200, 40, 45, 255})
			}
		}
	}
}

//go:norace
func (c canvas) glare(cx, cy, radius float64) {
	for y := range c.Rect.Dy() {
		for x := range c.Rect.Dx() {
			d := math.Hypot(float64(x)-cx, float64(y)-cy) / radius
			add := 500 * math.Exp(-d*d*d)
			for i := c.PixOffset(x, y); i%4 < 3; i++ {
				c.Pix[i] = byte(min(255, float64(c.Pix[i])+add))
			}
		}
	}
}

// soften weighs each sample with its neighbours along one direction, 1:2:1.
//
//go:norace
func (c canvas) soften(step int) {
	n := len(c.Pix)
	old := append([]byte{}, c.Pix...)
	for i := step; i < n-step; i++ {
		c.Pix[i] = byte((int(old[i-step]) + 2*int(old[i]) + int(old[i+step]) + 2) / 4)
	}
}

// average is two box filters each way, together close to a Gaussian of the given radius.
func (c canvas) average(radius float64) {
	n := max(2, int(math.Round(radius*1.3)))
	for range 2 {
		c.blur(n, 4)
		c.blur(n, c.Stride)
	}
}

// blur averages n pixels along the direction in which bytes are step apart.
//
//go:norace
func (c canvas) blur(n, step int) {
	lines, length, across := c.Rect.Dy(), c.Rect.Dx(), c.Stride
	if step != 4 {
		lines, length, across = length, lines, 4
	}
	old := make([]int, length)
	for line := range lines {
		for ch := range 3 {
			base := line*across + ch
			sum := 0
			for i := range length {
				old[i] = int(c.Pix[base+i*step])
			}
			at := func(i int) int { return old[min(max(i, 0), length-1)] }
			for i := range n {
				sum += at(i - n/2)
			}
			for i := range length {
				c.Pix[base+i*step] = byte((sum + n/2) / n)
				sum += at(i-n/2+n) - at(i-n/2)
			}
		}
	}
}

// expose adds the light and the sensor's noise.
//
//go:norace
func (c canvas) expose(s Scene) {
	light, noise := s.Light, s.Noise
	if light == 0 {
		light = 1
	}
	if noise == 0 {
		noise = 2
	}
	var table [4096]int // noise, drawn once
	for i := range table {
		table[i] = int(math.Round(c.rnd.NormFloat64() * noise))
	}
	state := uint32(s.Seed) + 1
	for i := range c.Pix {
		if i%4 == 3 {
			continue
		}
		if !s.Grey || i%4 == 0 {
			state = state*1664525 + 1013904223
		}
		v := c.Pix[i]
		if s.Grey {
			v = c.Pix[i-i%4+1]
		}
		c.Pix[i] = byte(min(255, max(0, int(float64(v)*light)+table[state>>20])))
	}
	if s.Grey {
		for i := 0; i < len(c.Pix); i += 4 {
			c.Pix[i+1], c.Pix[i+2] = c.Pix[i], c.Pix[i]
		}
	}
}
