// Package codec takes JPEG and PNG apart and puts JPEG together, in pure Go, for one purpose:
// making photos fit a byte limit at little cost. It differs from the standard library's codecs in
// what it is able to leave out:
//
//   - a JPEG can be decoded at n/8 of its size, without ever making the full picture;
//   - its coefficients can be quantised anew, without going through pixels;
//   - a quality is judged by counting symbols on part of the picture, not by encoding;
//   - Huffman tables are made for the picture;
//   - a PNG is reduced row by row while it is inflated.
//
// It is strict: a picture that is not whole is ErrBroken. It never panics on hostile input, and
// its memory is bounded by the output size plus a small multiple of the input.
//
// Sources: ITU-T T.81 (JPEG), T.871 (JFIF), ISO 15948 (PNG), EXIF 2.32 §4.6.2.
package codec

import "errors"

var (
	ErrBroken      = errors.New("picture is damaged or not whole")
	ErrUnsupported = errors.New("picture is of a kind that is not supported")
)

// Plane is one channel of a picture. Rows may be longer than W.
type Plane struct {
	Pix    []byte
	W, H   int
	Stride int
}

// NewPlane makes a plane without padding.
func NewPlane(w, h int) Plane { return Plane{Pix: make([]byte, w*h), W: w, H: h, Stride: w} }

// Row is the y-th row, W bytes.
func (p Plane) Row(y int) []byte { return p.Pix[y*p.Stride : y*p.Stride+p.W : y*p.Stride+p.W] }

// Picture is Y, or Y, Cb and Cr with JPEG's full ranges. Planes may differ in size: each covers
// the whole picture.
type Picture struct {
	W, H   int // what the picture measures; Planes[0] may be smaller or larger
	Planes []Plane
}

// zigzag maps the order in which coefficients are coded to row-major order (T.81 figure 5).
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

func clamp8(x int32) uint8 {
	if uint32(x) > 255 {
		return uint8(^(x >> 31))
	}
	return uint8(x)
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
