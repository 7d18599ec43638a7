package reading

import (
	"math"
	"slices"

	"cailiao/imaging/codec"
)

// How the detecting model's answer is taken; the values are PaddleOCR's own.
const (
	likely   = .3  // a pixel that is writing
	certain  = .5  // the mean of a box that is
	grow     = 1.6 // boxes come too tight: they grow by area / perimeter times this
	leastBox = 3   // pixels of the model's picture
	maxBoxes = 400
)

// detect finds the boxes of writing with the picture's long side brought to side. The boxes are in
// pixels of p.
func (r *Reader) detect(p codec.Picture, side int) ([]box, error) {
	scale := min(1, float64(side)/float64(max(p.W, p.H)))
	w, h := by32(float64(p.W)*scale, p.W), by32(float64(p.H)*scale, p.H)
	if w == 0 || h == 0 {
		return nil, nil
	}
	small := toPixels(p.Fit(w, h))
	in := make([]float32, 3*w*h)
	mean, spread := [3]float32{.485, .456, .406}, [3]float32{.229, .224, .225}
	for i := range w * h {
		for c := range 3 {
			in[c*w*h+i] = (float32(small.bgr[3*i+c])/255 - mean[c]) / spread[c]
		}
	}
	out, err := r.engine.detect(in, h, w)
	if err != nil {
		return nil, err
	}
	boxes := boxesIn(out, w, h)
	fx, fy := float64(p.W)/float64(w), float64(p.H)/float64(h)
	for i := range boxes {
		boxes[i] = boxes[i].scaled(fx, fy)
	}
	return boxes, nil
}

// by32 is the nearest multiple of 32, which the model wants, not above most.
func by32(v float64, most int) int {
	n := max(32, int(math.Round(v/32))*32)
	if n > most {
		n = most / 32 * 32
	}
	return n
}

// scaled takes a box to another picture's pixels; the factors are nearly equal.
func (b box) scaled(fx, fy float64) box {
	ux, uy := b.ux*fx, b.uy*fy
	along := math.Hypot(ux, uy)
	b.x, b.y, b.w = b.x*fx, b.y*fy, b.w*along
	b.h *= math.Hypot(b.uy*fx, b.ux*fy)
	b.ux, b.uy = ux/along, uy/along
	return b
}

// boxesIn finds the islands of likely pixels and lays the tightest rectangle around each.
func boxesIn(prob []float32, w, h int) []box {
	seen := make([]bool, w*h)
	var boxes []box
	var stack []int
	for start := range prob {
		if seen[start] || prob[start] < likely || len(boxes) == maxBoxes {
			continue
		}
		sum, n := 0., 0
		left, right := map[int]int{}, map[int]int{}
		stack = append(stack[:0], start)
		seen[start] = true
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := i%w, i/w
			sum += float64(prob[i])
			n++
			if l, ok := left[y]; !ok || x < l {
				left[y] = x
			}
			right[y] = max(right[y], x)
			for dy := -1; dy <= 1; dy++ {
				for dx := -1; dx <= 1; dx++ {
					nx, ny := x+dx, y+dy
					if nx < 0 || ny < 0 || nx >= w || ny >= h {
						continue
					}
					if j := ny*w + nx; !seen[j] && prob[j] >= likely {
						seen[j] = true
						stack = append(stack, j)
					}
				}
			}
		}
		if sum/float64(n) < certain {
			continue
		}
		var points []point
		for y, l := range left {
			r := right[y] + 1
			points = append(points, point{l, y}, point{l, y + 1}, point{r, y}, point{r, y + 1})
		}
		b := around(hull(points))
		if b.h < leastBox {
			continue
		}
		d := b.w * b.h * grow / (2 * (b.w + b.h))
		b.w, b.h, b.score = b.w+2*d, b.h+2*d, sum/float64(n)
		boxes = append(boxes, b)
	}
	return boxes
}

type point struct{ x, y int }

// hull is the convex hull, by Andrew's monotone chain.
func hull(points []point) []point {
	slices.SortFunc(points, func(a, b point) int {
		if a.x != b.x {
			return a.x - b.x
		}
		return a.y - b.y
	})
	half := func(out []point, from int, p point) []point {
		for len(out) >= from+2 {
			a, b := out[len(out)-2], out[len(out)-1]
			if (b.x-a.x)*(p.y-a.y)-(b.y-a.y)*(p.x-a.x) > 0 {
				break
			}
			out = out[:len(out)-1]
		}
		return append(out, p)
	}
	var out []point
	for _, p := range points {
		out = half(out, 0, p)
	}
	lower := len(out) - 1
	for i := len(points) - 2; i >= 0; i-- {
		out = half(out, lower, points[i])
	}
	return out[:len(out)-1]
}

// around is the smallest rectangle around a convex hull: one of its sides lies on one of the hull's.
func around(hull []point) box {
	best := box{w: math.Inf(1), h: math.Inf(1)}
	for i, a := range hull {
		b := hull[(i+1)%len(hull)]
		ux, uy := float64(b.x-a.x), float64(b.y-a.y)
		length := math.Hypot(ux, uy)
		ux, uy = ux/length, uy/length
		loU, hiU, loV, hiV := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
		for _, p := range hull {
			u, v := float64(p.x)*ux+float64(p.y)*uy, -float64(p.x)*uy+float64(p.y)*ux
			loU, hiU, loV, hiV = min(loU, u), max(hiU, u), min(loV, v), max(hiV, v)
		}
		if (hiU-loU)*(hiV-loV) < best.w*best.h {
			u, v := (loU+hiU)/2, (loV+hiV)/2
			best = box{x: u*ux - v*uy, y: u*uy + v*ux, ux: ux, uy: uy, w: hiU - loU, h: hiV - loV}
		}
	}
	if best.w < best.h {
		best.w, best.h, best.ux, best.uy = best.h, best.w, -best.uy, best.ux
	}
	return best
}
