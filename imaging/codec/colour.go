package codec

// picture puts the decoded components together as Y, Cb, Cr.
func (j *JPEG) picture(c []Plane) Picture {
	p := Picture{W: j.Width, H: j.Height, Planes: c}
	switch {
	case len(c) == 4:
		p.Planes = j.fromCMYK(c)
	case j.rgb():
		p.Planes = join(c[0].W, c[0].H, func(y int, row []rgb) {
			r, g, b := c[0].Row(y), nearest(c[1], c[0], y), nearest(c[2], c[0], y)
			for x := range row {
				row[x] = rgb{r[x], g.at(x), b.at(x)}
			}
		})
	}
	return p
}

// fromCMYK makes YCbCr of four inks, or of three coded as YCbCr, and black (Adobe transform 2).
// Adobe stores inks inverted, and hardly anybody else writes four components.
func (j *JPEG) fromCMYK(c []Plane) []Plane {
	return join(c[0].W, c[0].H, func(y int, row []rgb) {
		a, b, d, k := c[0].Row(y), nearest(c[1], c[0], y), nearest(c[2], c[0], y), nearest(c[3], c[0], y)
		for x := range row {
			paper, light := rgb{a[x], b.at(x), d.at(x)}, uint32(k.at(x)) // what is left of white
			switch {
			case j.adobe < 0:
				paper, light = paper.inverse(), 255-light
			case j.adobe == 2:
				paper = fromYCC(paper).inverse()
			}
			row[x] = rgb{mul255(paper.r, light), mul255(paper.g, light), mul255(paper.b, light)}
		}
	})
}

func (c rgb) inverse() rgb { return rgb{255 - c.r, 255 - c.g, 255 - c.b} }

func mul255(a uint8, b uint32) uint8 { return uint8((uint32(a)*b + 127) / 255) }

// sampleRow reads one plane's row at another plane's coordinates.
type sampleRow struct {
	row      []byte
	num, den int
}

func nearest(p, like Plane, y int) sampleRow {
	return sampleRow{p.Row(min(y*p.H/like.H, p.H-1)), p.W, like.W}
}

func (s sampleRow) at(x int) uint8 { return s.row[x*s.num/s.den] }

type rgb struct{ r, g, b uint8 }

func fromYCC(p rgb) rgb {
	y, cb, cr := int32(p.r)<<16+1<<15, int32(p.g)-128, int32(p.b)-128
	return rgb{
		clamp8((y + 91881*cr) >> 16),
		clamp8((y - 22554*cb - 46802*cr) >> 16),
		clamp8((y + 116130*cb) >> 16),
	}
}

// join makes Y, and Cb and Cr at half the size, of rows of RGB.
func join(w, h int, fill func(y int, row []rgb)) []Plane {
	j := newJoiner(w, h)
	row := make([]rgb, w)
	for y := range h {
		fill(y, row)
		j.add(row)
	}
	return j.planes()
}

// joiner takes RGB rows from top to bottom and makes 4:2:0 planes of them.
type joiner struct {
	y, cb, cr Plane
	next      int
	sumB      []int32 // of the even row, in pairs
	sumR      []int32
	grey      bool // no colour seen
}

func newJoiner(w, h int) *joiner {
	cw, ch := (w+1)/2, (h+1)/2
	return &joiner{y: NewPlane(w, h), cb: NewPlane(cw, ch), cr: NewPlane(cw, ch),
		sumB: make([]int32, cw), sumR: make([]int32, cw), grey: true}
}

// add takes the next row. JFIF's matrix (T.871 §7), 16-bit fixed point.
func (j *joiner) add(row []rgb) {
	out := j.y.Row(j.next)
	grey := true
	for x, p := range row {
		r, g, b := int32(p.r), int32(p.g), int32(p.b)
		out[x] = uint8((19595*r + 38470*g + 7471*b + 1<<15) >> 16)
		if r != g || g != b {
			grey = false
		}
	}
	j.grey = j.grey && grey
	if !grey {
		for x, p := range row {
			r, g, b := int32(p.r), int32(p.g), int32(p.b)
			j.sumB[x/2] += -11059*r - 21709*g + 32768*b
			j.sumR[x/2] += 32768*r - 27439*g - 5329*b
		}
	}
	j.next++
	if j.next%2 == 0 || j.next == j.y.H {
		j.flush(len(row), 2-j.next%2)
	}
}

// flush averages the pairs gathered from one or two rows.
func (j *joiner) flush(w, rows int) {
	y := (j.next - 1) / 2
	cb, cr := j.cb.Row(y), j.cr.Row(y)
	for x := range cb {
		n := int32(rows * min(2, w-2*x))
		half := n << 15
		cb[x] = clamp8((j.sumB[x] + half + 128*n<<16) / n >> 16)
		cr[x] = clamp8((j.sumR[x] + half + 128*n<<16) / n >> 16)
		j.sumB[x], j.sumR[x] = 0, 0
	}
}

func (j *joiner) planes() []Plane {
	if j.grey {
		return []Plane{j.y}
	}
	return []Plane{j.y, j.cb, j.cr}
}
