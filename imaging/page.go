package imaging

import (
	"cailiao/imaging/codec"
)

// Page is what can be told of the page without reading it: paper is brighter than what it lies
// on, and writing is dark strokes on it. All measured in cells of 8 pixels at long side 1440 or somewhat more.
type Page struct {
	Paper   float64    `json:"paper"`   // how bright paper is, 0–255
	Writing float64    `json:"writing"` // share of cells with writing on them
	Extent  float64    `json:"extent"`  // long side of the box around the writing, share of the picture's
	Touch   [4]float64 `json:"touch"`   // share of each edge (left, top, right, bottom) that paper reaches
	Ink     [4]float64 `json:"ink"`     // share of each edge where something on the paper reaches it
	Glare   float64    `json:"glare"`   // share of the paper that is burnt out
	Where   string     `json:"where"`   // the middle of what is burnt out: "top-left", "top", … "center"
	Rough   float64    `json:"rough"`   // share of cells with a photo's noise; near 0 on screenshots and scans
}

const cellSide = 8

// cells is a picture in cells of 8×8 pixels.
type cells struct {
	w, h         int
	lo, hi, mean []uint8
	paper        uint8 // what is brighter than this counts as paper
}

// page looks for paper and writing.
func page(luma codec.Plane) Page {
	c := newCells(luma)
	if c.w < 8 || c.h < 8 {
		return Page{}
	}
	var p Page
	paper, shine := 0, 0
	total, byX, byY := 0, make([]int, c.w), make([]int, c.h)
	for y := range c.h {
		for x := range c.w {
			if c.bright(x, y) {
				paper++
				shine += int(c.hi[y*c.w+x])
			}
			if c.written(x, y) {
				total++
				byX[x]++
				byY[y]++
			}
		}
	}
	p.Paper = float64(shine) / float64(max(1, paper))
	p.Writing = float64(total) / float64(c.w*c.h)
	p.Extent = float64(max(span(byX, total), span(byY, total))) / float64(max(c.w, c.h))
	for edge := range 4 {
		p.Touch[edge], p.Ink[edge] = c.edge(edge)
	}
	p.Glare, p.Where, p.Rough = c.glare()
	return p
}

func newCells(p codec.Plane) *cells {
	c := &cells{w: p.W / cellSide, h: p.H / cellSide}
	n := c.w * c.h
	c.lo, c.hi, c.mean = make([]uint8, n), make([]uint8, n), make([]uint8, n)
	var count [256]int
	for cy := range c.h {
		for cx := range c.w {
			lo, hi, sum := uint8(255), uint8(0), 0
			at := cy*cellSide*p.Stride + cx*cellSide
			for range cellSide {
				r := (*[cellSide]byte)(p.Pix[at:])
				lo = min(lo, r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
				hi = max(hi, r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7])
				sum += int(r[0]) + int(r[1]) + int(r[2]) + int(r[3]) + int(r[4]) + int(r[5]) + int(r[6]) + int(r[7])
				at += p.Stride
			}
			i := cy*c.w + cx
			c.lo[i], c.hi[i], c.mean[i] = lo, hi, uint8(sum/(cellSide*cellSide))
			count[hi]++
		}
	}
	c.paper = split(&count)
	return c
}

// split is the value that parts a histogram into two groups, each as uniform as can be (Otsu).
func split(count *[256]int) uint8 {
	n, total := 0, 0
	for v, k := range count {
		n += k
		total += v * k
	}
	at, best := 0, -1.
	below, sum := 0, 0
	for v, k := range count[:255] {
		below += k
		sum += v * k
		if below == 0 || below == n {
			continue
		}
		d := float64(sum)/float64(below) - float64(total-sum)/float64(n-below)
		if between := float64(below) * float64(n-below) * d * d; between > best {
			at, best = v, between
		}
	}
	return uint8(at)
}

// bright says whether there is paper in a cell.
func (c *cells) bright(x, y int) bool {
	return x >= 0 && y >= 0 && x < c.w && y < c.h && c.hi[y*c.w+x] > c.paper
}

// marked says whether something clearly darker is in a cell with paper.
func (c *cells) marked(x, y int) bool {
	i := y*c.w + x
	return c.hi[i] > c.paper && 4*(int(c.hi[i])-int(c.lo[i])) > int(c.hi[i])
}

// written is marked where paper prevails: the edge of a page, or the grain of wood, is not.
func (c *cells) written(x, y int) bool {
	i := y*c.w + x
	return c.marked(x, y) && 2*(int(c.hi[i])-int(c.mean[i])) < int(c.hi[i])-int(c.lo[i])
}

// span is how many columns or rows hold all but the outermost twentieths of total.
func span(count []int, total int) int {
	cut := total / 20
	from, to := 0, len(count)
	for left := cut; from < to && left >= count[from]; from++ {
		left -= count[from]
	}
	for left := cut; to > from && left >= count[to-1]; to-- {
		left -= count[to-1]
	}
	return to - from
}

// edge goes along one edge of the picture: left, top, right, bottom.
func (c *cells) edge(which int) (touch, ink float64) {
	n := c.h
	at := func(i, depth int) (int, int) { return depth, i }
	switch which {
	case 1:
		n, at = c.w, func(i, depth int) (int, int) { return i, depth }
	case 2:
		at = func(i, depth int) (int, int) { return c.w - 1 - depth, i }
	case 3:
		n, at = c.w, func(i, depth int) (int, int) { return i, c.h - 1 - depth }
	}
	bright := func(i int) bool { return c.bright(at(i, 0)) }
	paper, marks := 0, 0
	for i := range n {
		if !bright(i) {
			continue
		}
		paper++
		// What goes on inwards, with paper on both sides: not the outline of the page, whether
		// it crosses the edge or grazes it.
		if c.marked(at(i, 0)) && c.marked(at(i, 1)) && bright(i-3) && bright(i+3) {
			marks++
		}
	}
	return float64(paper) / float64(n), float64(marks) / float64(n)
}

// glare finds cells that are white all over. Pictures that never saw a lens are white, too, and
// rightly so: rough tells them apart.
func (c *cells) glare() (share float64, where string, rough float64) {
	paper, burnt, noisy, sumX, sumY := 0, 0, 0, 0, 0
	for y := range c.h {
		for x := range c.w {
			i := y*c.w + x
			if c.hi[i] > c.paper {
				paper++
			}
			switch {
			case c.lo[i] >= 250:
				burnt++
				sumX += x
				sumY += y
			case c.hi[i]-c.lo[i] > 2 && !c.marked(x, y):
				noisy++
			}
		}
	}
	if burnt > 0 {
		where = nameOf(float64(sumX)/float64(burnt)/float64(c.w), float64(sumY)/float64(burnt)/float64(c.h))
	}
	return float64(burnt) / float64(max(1, paper)), where, float64(noisy) / float64(c.w*c.h)
}

// nameOf names one of nine parts of the picture; x and y are in 0–1.
func nameOf(x, y float64) string {
	third := func(v float64, low, high string) string {
		switch {
		case v < 1./3:
			return low
		case v > 2./3:
			return high
		}
		return ""
	}
	v, h := third(y, "top", "bottom"), third(x, "left", "right")
	switch {
	case v == "" && h == "":
		return "center"
	case v == "" || h == "":
		return v + h
	}
	return v + "-" + h
}

// edges are the names of the edges in the order of Page.Touch.
var edges = [4]string{"left", "top", "right", "bottom"}
