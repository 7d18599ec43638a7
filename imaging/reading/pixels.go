package reading

import (
	"math"

	"cailiao/imaging/codec"
)

// pixels is a picture as the models were trained on: blue, green, red.
type pixels struct {
	w, h int
	bgr  []uint8
}

func toPixels(p codec.Picture) pixels {
	luma := p.Planes[0]
	out := pixels{w: luma.W, h: luma.H, bgr: make([]uint8, 3*luma.W*luma.H)}
	at := 0
	for y := range luma.H {
		row := luma.Row(y)
		if len(p.Planes) < 3 {
			for _, v := range row {
				out.bgr[at], out.bgr[at+1], out.bgr[at+2] = v, v, v
				at += 3
			}
			continue
		}
		b, r := p.Planes[1], p.Planes[2]
		rowB, rowR := b.Row(y*b.H/luma.H), r.Row(y*r.H/luma.H)
		for x, v := range row { // T.871 §7
			cb, cr := float32(rowB[x*b.W/luma.W])-128, float32(rowR[x*r.W/luma.W])-128
			out.bgr[at] = byteOf(float32(v) + 1.772*cb)
			out.bgr[at+1] = byteOf(float32(v) - .344136*cb - .714136*cr)
			out.bgr[at+2] = byteOf(float32(v) + 1.402*cr)
			at += 3
		}
	}
	return out
}

func byteOf(v float32) uint8 { return uint8(max(0, min(255, v+.5))) }

// box is a rectangle around writing, at any angle: its middle, the direction of its long side
// (unit length), and its sides.
type box struct {
	x, y   float64
	ux, uy float64
	w, h   float64 // along u and across
	score  float64 // how likely it is writing
}

// lineHeight is what the reading model takes.
const lineHeight = 48

// flip is how a line is looked at: turned by 180° is both.
type flip struct{ along, across bool }

// cut takes what is in a box out of the picture, 48 high, the long side lying, as the planes of a
// model's input. Longer lines than maxLine are squeezed.
func (p pixels) cut(b box, f flip) (in []float32, w int) {
	const maxLine = 1600
	w = int(math.Round(lineHeight * b.w / b.h))
	w = max(lineHeight/2, min(maxLine, w))
	ux, uy := b.ux*b.w, b.uy*b.w
	vx, vy := -b.uy*b.h, b.ux*b.h
	if f.along {
		ux, uy = -ux, -uy
	}
	if f.across {
		vx, vy = -vx, -vy
	}
	in = make([]float32, 3*lineHeight*w)
	// A line much higher than the model's is averaged over a few points, lest strokes vanish.
	n := max(1, min(4, int(math.Round(b.h/lineHeight))))
	for y := range lineHeight {
		for x := range w {
			var sum [3]float32
			for i := range n * n {
				s := (float64(x)+(float64(i%n)+.5)/float64(n))/float64(w) - .5
				t := (float64(y)+(float64(i/n)+.5)/float64(n))/lineHeight - .5
				c := p.at(b.x+s*ux+t*vx-.5, b.y+s*uy+t*vy-.5)
				sum[0], sum[1], sum[2] = sum[0]+c[0], sum[1]+c[1], sum[2]+c[2]
			}
			for c := range 3 {
				in[(c*lineHeight+y)*w+x] = sum[c]/float32(n*n)/127.5 - 1
			}
		}
	}
	return in, w
}

// at is the colour at a point between pixels; beyond the picture, that of its edge.
func (p pixels) at(x, y float64) (c [3]float32) {
	x, y = max(0, min(float64(p.w-1), x)), max(0, min(float64(p.h-1), y))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, p.w-1), min(y0+1, p.h-1)
	fx, fy := float32(x-float64(x0)), float32(y-float64(y0))
	for i := range 3 {
		top := float32(p.bgr[3*(y0*p.w+x0)+i])*(1-fx) + float32(p.bgr[3*(y0*p.w+x1)+i])*fx
		low := float32(p.bgr[3*(y1*p.w+x0)+i])*(1-fx) + float32(p.bgr[3*(y1*p.w+x1)+i])*fx
		c[i] = top*(1-fy) + low*fy
	}
	return c
}
