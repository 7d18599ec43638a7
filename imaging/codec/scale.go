package codec

import "math"

// Fit scales every plane of a picture so that it measures w×h: luma exactly, chroma half of it.
// Never call it to enlarge luma.
func (p Picture) Fit(w, h int) Picture {
	out := Picture{W: w, H: h, Planes: make([]Plane, len(p.Planes))}
	for i, plane := range p.Planes {
		pw, ph := w, h
		if i > 0 {
			pw, ph = (w+1)/2, (h+1)/2
		}
		out.Planes[i] = plane.Scale(pw, ph)
	}
	return out
}

// Scale makes a plane of w×h. To less than half the size it averages whole boxes first; the rest
// is a Catmull-Rom filter, widened when it reduces, so that strokes of letters stay crisp and
// nothing aliases.
func (p Plane) Scale(w, h int) Plane {
	if k := min(p.W/w, p.H/h); k >= 2 {
		p = p.Shrink(k)
	}
	if p.W != w {
		p = p.scaleRows(w)
	}
	if p.H != h {
		p = p.scaleColumns(h)
	}
	return p
}

// Shrink averages k×k boxes; the last box of a row or column may be smaller.
func (p Plane) Shrink(k int) Plane {
	out := NewPlane(ceilDiv(p.W, k), ceilDiv(p.H, k))
	sums := make([]uint32, out.W)
	whole := p.W / k
	for y := range out.H {
		clear(sums)
		top, bottom := y*k, min((y+1)*k, p.H)
		for sy := top; sy < bottom; sy++ {
			row := p.Row(sy)
			switch k {
			case 2:
				for x := range whole {
					s := row[2*x : 2*x+2 : 2*x+2]
					sums[x] += uint32(s[0]) + uint32(s[1])
				}
			case 4:
				for x := range whole {
					s := row[4*x : 4*x+4 : 4*x+4]
					sums[x] += uint32(s[0]) + uint32(s[1]) + uint32(s[2]) + uint32(s[3])
				}
			default:
				for x := range whole {
					s := uint32(0)
					for _, v := range row[x*k : (x+1)*k] {
						s += uint32(v)
					}
					sums[x] += s
				}
			}
			for _, v := range row[whole*k:] {
				sums[whole] += uint32(v)
			}
		}
		row, n := out.Row(y), uint32(k*(bottom-top))
		inv := (1<<24 + n - 1) / n // exact enough: sums stay below 2^16
		for x, s := range sums[:whole] {
			row[x] = uint8(min(255, (uint64(s+n/2)*uint64(inv))>>24))
		}
		if whole < out.W {
			n := uint32((p.W - whole*k) * (bottom - top))
			row[whole] = uint8((sums[whole] + n/2) / n)
		}
	}
	return out
}

// filter brings n samples to m: output i is the weighted sum of as many samples as weights has per
// output, from first[i] on. Weights are in 1/2^14.
type filter struct {
	first   []int
	weights []int32
	taps    int // per output; at least 6, unused ones are zero
}

func newFilter(n, m int) filter {
	step := float64(n) / float64(m)
	wide := max(step, 1)
	f := filter{first: make([]int, m), taps: min(n, max(6, int(4*wide)+1))}
	f.weights = make([]int32, m*f.taps)
	for i := range m {
		centre := (float64(i)+.5)*step - .5
		first := min(max(0, int(math.Ceil(centre-2*wide))), n-f.taps)
		weights := f.weights[i*f.taps : (i+1)*f.taps]
		total := 0.
		for k := range weights {
			total += catmullRom(math.Abs(float64(first+k)-centre) / wide)
		}
		rest, largest := int32(1<<14), 0
		for k := range weights {
			v := catmullRom(math.Abs(float64(first+k)-centre) / wide)
			weights[k] = int32(math.Round(v / total * (1 << 14)))
			rest -= weights[k]
			if weights[k] > weights[largest] {
				largest = k
			}
		}
		weights[largest] += rest
		f.first[i] = first
	}
	return f
}

func catmullRom(x float64) float64 {
	switch {
	case x < 1:
		return (1.5*x-2.5)*x*x + 1
	case x < 2:
		return ((-.5*x+2.5)*x-4)*x + 2
	}
	return 0
}

// scaleRows and scaleColumns have the six taps that a slight reduction needs written out: that is
// what nearly every photo from a camera goes through.

func (p Plane) scaleRows(w int) Plane {
	f, out := newFilter(p.W, w), NewPlane(w, p.H)
	for y := range p.H {
		src, dst := p.Row(y), out.Row(y)
		if f.taps == 6 {
			for x, first := range f.first {
				s, k := (*[6]byte)(src[first:]), (*[6]int32)(f.weights[6*x:])
				dst[x] = clamp8((int32(s[0])*k[0] + int32(s[1])*k[1] + int32(s[2])*k[2] +
					int32(s[3])*k[3] + int32(s[4])*k[4] + int32(s[5])*k[5] + 1<<13) >> 14)
			}
			continue
		}
		for x, first := range f.first {
			s := int32(1 << 13)
			window := src[first : first+f.taps]
			for i, weight := range f.weights[f.taps*x : f.taps*(x+1)] {
				s += weight * int32(window[i])
			}
			dst[x] = clamp8(s >> 14)
		}
	}
	return out
}

func (p Plane) scaleColumns(h int) Plane {
	f, out := newFilter(p.H, h), NewPlane(p.W, h)
	sums := make([]int32, p.W)
	for y, first := range f.first {
		dst := out.Row(y)
		if f.taps == 6 {
			r0, r1, r2 := p.Row(first), p.Row(first + 1)[:len(dst)], p.Row(first + 2)[:len(dst)]
			r3, r4, r5 := p.Row(first + 3)[:len(dst)], p.Row(first + 4)[:len(dst)], p.Row(first + 5)[:len(dst)]
			k := (*[6]int32)(f.weights[6*y:])
			k0, k1, k2, k3, k4, k5 := k[0], k[1], k[2], k[3], k[4], k[5]
			for x, v := range r0[:len(dst)] {
				dst[x] = clamp8((int32(v)*k0 + int32(r1[x])*k1 + int32(r2[x])*k2 +
					int32(r3[x])*k3 + int32(r4[x])*k4 + int32(r5[x])*k5 + 1<<13) >> 14)
			}
			continue
		}
		for x := range sums {
			sums[x] = 1 << 13
		}
		for i, weight := range f.weights[f.taps*y : f.taps*(y+1)] {
			for x, v := range p.Row(first + i)[:len(sums)] {
				sums[x] += weight * int32(v)
			}
		}
		for x, s := range sums {
			dst[x] = clamp8(s >> 14)
		}
	}
	return out
}

// Turn is one of the eight ways a picture can lie: turned clockwise, then flipped left to right.
type Turn struct {
	CW     int // degrees: 0, 90, 180, 270
	Mirror bool
}

// TurnFor is what makes a picture with this EXIF orientation upright.
func TurnFor(orientation int) Turn {
	switch orientation {
	case 2:
		return Turn{0, true}
	case 3:
		return Turn{180, false}
	case 4:
		return Turn{180, true}
	case 5:
		return Turn{90, true}
	case 6:
		return Turn{90, false}
	case 7:
		return Turn{270, true}
	case 8:
		return Turn{270, false}
	}
	return Turn{}
}

// Then is the turn that does t first and u after it.
func (t Turn) Then(u Turn) Turn {
	if t.Mirror { // a flip before a turn is the opposite turn before the flip
		u.CW = 360 - u.CW
	}
	return Turn{(t.CW + u.CW) % 360, t.Mirror != u.Mirror}
}

// Turn turns the whole picture; without anything to do it is the same picture.
func (p Picture) Turn(t Turn) Picture {
	if t == (Turn{}) {
		return p
	}
	out := Picture{W: p.W, H: p.H, Planes: make([]Plane, len(p.Planes))}
	if t.CW%180 != 0 {
		out.W, out.H = p.H, p.W
	}
	for i, plane := range p.Planes {
		out.Planes[i] = plane.Turn(t)
	}
	return out
}

// Turn turns one plane.
func (p Plane) Turn(t Turn) Plane {
	// dst(x, y) = src at start + x*dx + y*dy
	var out Plane
	var start, dx, dy int
	s := p.Stride
	switch t.CW {
	case 90:
		out, start, dx, dy = NewPlane(p.H, p.W), (p.H-1)*s, -s, 1
	case 180:
		out, start, dx, dy = NewPlane(p.W, p.H), (p.H-1)*s+p.W-1, -1, -s
	case 270:
		out, start, dx, dy = NewPlane(p.H, p.W), p.W-1, s, -1
	default:
		out, start, dx, dy = NewPlane(p.W, p.H), 0, 1, s
	}
	if t.Mirror {
		start, dx = start+(out.W-1)*dx, -dx
	}
	const tile = 32 // keeps both sides of a transposition in the cache
	for ty := 0; ty < out.H; ty += tile {
		for tx := 0; tx < out.W; tx += tile {
			for y := ty; y < min(ty+tile, out.H); y++ {
				row := out.Row(y)[tx:min(tx+tile, out.W)]
				at := start + y*dy + tx*dx
				for x := range row {
					row[x] = p.Pix[at]
					at += dx
				}
			}
		}
	}
	return out
}
