package imaging

import (
	"cmp"
	"math"
	"slices"

	"cailiao/imaging/codec"
)

const (
	sharpSide = 1440 // long side at which sharpness is measured
	tileSide  = 32
)

// sharpness says how crisp the crispest parts of a page are, and how evenly so.
//
// In 32-pixel tiles of the luma, smoothed over 3×3 because noise is sharp, too, the mean square of
// the second difference is taken along four directions. Per direction the sharpest twentieth of
// the tiles counts: most of a page is blank and most of a photo is table. Defocus weakens all
// directions; a shaken camera one of them, leaving the direction across it crisp. Sharp is the
// geometric mean of the weakest and the strongest, so that either shows but a slight shake is not
// judged like a blur; Even is their ratio. What the calmest tiles have is noise, and subtracted.
func sharpness(p codec.Plane) (sharp, even float64) {
	tiles := liveliest(p)
	if len(tiles.top) == 0 {
		return 0, 1
	}
	noise := make([][4]float64, 0, len(tiles.calm))
	for _, at := range tiles.calm {
		noise = append(noise, second(p, at.x, at.y))
	}
	energy := make([][4]float64, 0, len(tiles.top))
	for _, at := range tiles.top {
		energy = append(energy, second(p, at.x, at.y))
	}
	weakest, strongest := math.Inf(1), 0.
	for d := range 4 {
		by := func(a, b [4]float64) int { return cmp.Compare(b[d], a[d]) }
		slices.SortFunc(energy, by)
		slices.SortFunc(noise, by)
		v := mean(energy[:tiles.count], d) - noise[len(noise)/2][d]
		weakest, strongest = min(weakest, max(v, 0)), max(strongest, v)
	}
	if strongest <= 0 {
		return 0, 1
	}
	return math.Sqrt(weakest * strongest), weakest / strongest
}

func mean(e [][4]float64, d int) float64 {
	sum := 0.
	for i := range e {
		sum += e[i][d]
	}
	return sum / float64(len(e))
}

type tile struct {
	x, y   int
	lively int32
}

// chosen are the tiles worth a closer look.
type chosen struct {
	top   []tile // a fifth of all, the liveliest
	calm  []tile // a sample of the calmest tenth
	count int    // a twentieth of all
}

// liveliest ranks tiles by the contrast between pixels three apart on every fourth row and column:
// cheap, and no sharp tile is calm.
func liveliest(p codec.Plane) chosen {
	var all []tile
	for y := 0; y+tileSide <= p.H; y += tileSide {
		for x := 0; x+tileSide <= p.W; x += tileSide {
			all = append(all, tile{x, y, lively(p, x, y)})
		}
	}
	if len(all) == 0 {
		return chosen{}
	}
	slices.SortFunc(all, func(a, b tile) int { return cmp.Compare(b.lively, a.lively) })
	n := len(all)
	c := chosen{top: all[:ceil(n, 5)], count: ceil(n, 20)}
	tenth := all[n-ceil(n, 10):]
	for i := 0; i < len(tenth); i += ceil(len(tenth), 16) {
		c.calm = append(c.calm, tenth[i])
	}
	return c
}

func ceil(a, b int) int { return (a + b - 1) / b }

func lively(p codec.Plane, x0, y0 int) (sum int32) {
	for y := 0; y < tileSide-3; y += 4 {
		r := (*[tileSide]byte)(p.Pix[(y0+y)*p.Stride+x0:])
		below := (*[tileSide]byte)(p.Pix[(y0+y+3)*p.Stride+x0:])
		for x := 0; x < tileSide-3; x += 2 {
			a, b := int32(r[x])-int32(r[x+3]), int32(r[x])-int32(below[x])
			sum += max(a, -a) + max(b, -b)
		}
	}
	return sum
}

// second is the mean square of the second difference inside a tile along 0°, 90°, 45° and 135°.
// Along the diagonals the step is longer by √2, which is taken back.
func second(p codec.Plane, x0, y0 int) (e [4]float64) {
	const n = tileSide
	var across [n][n - 2]int32 // sums of three neighbours
	for y := range n {
		r := (*[n]byte)(p.Pix[(y0+y)*p.Stride+x0:])
		for x := range n - 2 {
			across[y][x] = int32(r[x]) + int32(r[x+1]) + int32(r[x+2])
		}
	}
	var smooth [n - 2][n - 2]int32 // nine times the mean
	for y := range n - 2 {
		a, b, c := &across[y], &across[y+1], &across[y+2]
		for x := range n - 2 {
			smooth[y][x] = a[x] + b[x] + c[x]
		}
	}
	var sums [4]int64
	for y := 1; y < n-3; y++ {
		up, at, down := &smooth[y-1], &smooth[y], &smooth[y+1]
		var s0, s1, s2, s3 int32
		for x := 1; x < n-3; x++ {
			v := 2 * at[x]
			a, b := (at[x-1]+at[x+1]-v)>>2, (up[x]+down[x]-v)>>2 // below 2^11: a row's squares fit 32 bits
			c, d := (up[x-1]+down[x+1]-v)>>2, (up[x+1]+down[x-1]-v)>>2
			s0 += a * a
			s1 += b * b
			s2 += c * c
			s3 += d * d
		}
		sums[0] += int64(s0)
		sums[1] += int64(s1)
		sums[2] += int64(s2)
		sums[3] += int64(s3)
	}
	const scale = 16. / 81 / ((n - 4) * (n - 4))
	return [4]float64{float64(sums[0]) * scale, float64(sums[1]) * scale, float64(sums[2]) * scale / 2, float64(sums[3]) * scale / 2}
}
