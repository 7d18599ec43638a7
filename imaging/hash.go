package imaging

import (
	"math"
	"math/bits"
	"slices"

	"cailiao/imaging/codec"
)

// Likeness is a picture's two perceptual hashes.
type Likeness struct{ PHash, DHash uint64 }

// How many bits two pictures of the same photo may differ by. Measured: the same photo, sent again
// or shrunk on the way, differs by at most 2 and 5; another person's document of the same layout
// came as near as 4 in PHash alone.
const (
	AlikePHash = 4
	AlikeDHash = 5
)

// Distance is by how many bits two pictures differ.
type Distance struct{ PHash, DHash int }

// Distance of a picture from another.
func (l Likeness) Distance(other Likeness) Distance {
	return Distance{bits.OnesCount64(l.PHash ^ other.PHash), bits.OnesCount64(l.DHash ^ other.DHash)}
}

// Alike says whether the two are near enough to ask.
func (d Distance) Alike() bool { return d.PHash <= AlikePHash && d.DHash <= AlikeDHash }

// Alike says whether two pictures are probably the same photo, sent again or shrunk on the way.
// Ask then, never refuse: only equal SHA256 is certain.
func Alike(a, b Likeness) bool { return a.Distance(b).Alike() }

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
