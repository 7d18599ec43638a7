package imaging

import (
	"math"
	"math/bits"
	"slices"

	"cailiao/imaging/codec"
)

// Likeness is a picture's two perceptual hashes.
type Likeness struct{ PHash, DHash uint64 }

// Alike says whether two pictures are probably the same photo, sent again or shrunk on the way.
// Measured: the same photo differs by at most 2 and 5 bits; another person's document of the same
// layout came as near as 4 in PHash alone. So: ask, never refuse. Only equal SHA256 is certain.
func Alike(a, b Likeness) bool {
	return bits.OnesCount64(a.PHash^b.PHash) <= 4 && bits.OnesCount64(a.DHash^b.DHash) <= 5
}

// likeness computes both hashes of a small luma plane.
func likeness(p codec.Plane) Likeness { return Likeness{pHash(p), dHash(p)} }

// dHash compares neighbours in a 9×8 reduction.
func dHash(p codec.Plane) (hash uint64) {
	s := p.Scale(9, 8)
	for y := range 8 {
		row := s.Row(y)
		for x := range 8 {
			hash <<= 1
			if row[x] < row[x+1] {
				hash |= 1
			}
		}
	}
	return hash
}

// pHash says which of the 8×8 lowest frequencies of a 32×32 reduction are above their median.
func pHash(p codec.Plane) (hash uint64) {
	const n, m = 32, 8
	s := p.Scale(n, n)
	var cosine [m][n]float64
	for u := range m {
		for x := range n {
			cosine[u][x] = math.Cos(float64((2*x+1)*u) * math.Pi / (2 * n))
		}
	}
	var rows [n][m]float64
	for y := range n {
		for u := range m {
			for x, v := range s.Row(y) {
				rows[y][u] += float64(v) * cosine[u][x]
			}
		}
	}
	freq := make([]float64, 0, m*m)
	for v := range m {
		for u := range m {
			sum := 0.
			for y := range n {
				sum += rows[y][u] * cosine[v][y]
			}
			freq = append(freq, sum)
		}
	}
	sorted := slices.Sorted(slices.Values(freq[1:])) // brightness itself says nothing
	median := sorted[len(sorted)/2]
	for _, f := range freq {
		hash <<= 1
		if f > median {
			hash |= 1
		}
	}
	return hash
}
