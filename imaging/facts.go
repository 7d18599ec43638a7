package imaging

import (
	"math"

	"cailiao/imaging/codec"
)

// Facts is what was measured, whatever the verdicts made of it.
type Facts struct {
	P95    float64 `json:"p95"`    // luma that 95 % of the picture stays at or below, 0–255
	Burnt  float64 `json:"burnt"`  // share of luma ≥ 252
	Spread float64 `json:"spread"` // standard deviation of luma
	Sharp  float64 `json:"sharp"`  // crispness of the writing, see sharpness; 150 and more is crisp
	Even   float64 `json:"even"`   // whether it is crisp in all directions: 1 evenly, near 0 shaken
	Page   Page    `json:"page"`
}

// measure looks at the upright picture and its small version.
func (j *job) measure(p, small codec.Picture) {
	f := &j.taken.Facts
	f.light(p.Planes[0])
	luma := p.Planes[0]
	if max(luma.W, luma.H) > sharpSide*4/3 {
		luma = luma.Scale(within(luma.W, luma.H, sharpSide))
	}
	f.Sharp, f.Even = sharpness(luma)
	// Somewhat larger pictures are measured as they are. What is blurred, second differences of
	// a picture r times as large are 1/r² of its own, and their squares 1/r⁴.
	if r := float64(max(luma.W, luma.H)) / sharpSide; r > 1 {
		f.Sharp *= r * r * r * r
	}
	f.Page = page(luma)
	if f.Page.Paper < lit { // contrast goes down with the light, its square twice as fast
		f.Sharp *= (lit / max(f.Page.Paper, 16)) * (lit / max(f.Page.Paper, 16))
	}
	l := likeness(small.Planes[0])
	j.taken.PHash, j.taken.DHash = l.PHash, l.DHash
}

// lit is the brightness of paper from which on sharpness is taken as it is.
const lit = 160

// light reads the histogram of every other row.
func (f *Facts) light(p codec.Plane) {
	var count [4][256]int32 // four, so that equal neighbours do not wait for each other
	total := 0
	for y := 0; y < p.H; y += 2 {
		row := p.Row(y)
		total += len(row)
		for ; len(row) >= 4; row = row[4:] {
			count[0][row[0]]++
			count[1][row[1]]++
			count[2][row[2]]++
			count[3][row[3]]++
		}
		for _, v := range row {
			count[0][v]++
		}
	}
	var sum, squares, below, burnt float64
	f.P95 = 255
	for v := range 256 {
		n := float64(count[0][v] + count[1][v] + count[2][v] + count[3][v])
		sum += n * float64(v)
		squares += n * float64(v*v)
		if v >= 252 {
			burnt += n
		}
		if below < .95*float64(total) && below+n >= .95*float64(total) {
			f.P95 = float64(v)
		}
		below += n
	}
	n := float64(total)
	f.Burnt = burnt / n
	f.Spread = math.Sqrt(max(0, squares/n-sum/n*sum/n))
}
