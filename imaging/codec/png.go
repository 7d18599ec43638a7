package codec

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// PNG is the header of a PNG file. Nothing is inflated yet.
type PNG struct {
	Width, Height int
	Interlaced    bool
	Orientation   int // from an eXIf chunk; 1 when absent

	depth, kind byte
	palette     []rgb
	alpha       []byte // of palette entries
	clear       []byte // tRNS of grey and RGB: the colour that is transparent
	idat        [][]byte
}

// Colour types (ISO 15948 §11.2.2).
const (
	pngGrey, pngRGB, pngPalette, pngGreyAlpha, pngRGBA = 0, 2, 3, 4, 6
)

const pngMagic = "\x89PNG\r\n\x1a\n"

// ReadPNG walks the chunks. Chunks that do not matter are passed over unread, whatever they claim
// to inflate to; those that do must carry a right checksum.
func ReadPNG(data []byte) (*PNG, error) {
	rest, ok := bytes.CutPrefix(data, []byte(pngMagic))
	if !ok {
		return nil, fmt.Errorf("no PNG signature: %w", ErrBroken)
	}
	p := &PNG{Orientation: 1}
	for ended := false; !ended; {
		if len(rest) < 12 {
			return nil, fmt.Errorf("PNG without end: %w", ErrBroken)
		}
		n := uint64(binary.BigEndian.Uint32(rest))
		if n > uint64(len(rest)-12) {
			return nil, fmt.Errorf("PNG chunk of %d bytes: %w", n, ErrBroken)
		}
		kind, body := string(rest[4:8]), rest[8:8+n]
		critical := kind[0]&0x20 == 0
		if (critical || kind == "tRNS") && crc32.ChecksumIEEE(rest[4:8+n]) != binary.BigEndian.Uint32(rest[8+n:]) {
			return nil, fmt.Errorf("PNG chunk checksum: %w", ErrBroken)
		}
		rest = rest[12+n:]
		if (p.Width == 0) != (kind == "IHDR") {
			return nil, fmt.Errorf("PNG header not first: %w", ErrBroken)
		}
		switch kind {
		case "IHDR":
			if err := p.header(body); err != nil {
				return nil, err
			}
		case "PLTE":
			if len(body)%3 != 0 || len(body) == 0 || len(body) > 768 {
				return nil, fmt.Errorf("PNG palette: %w", ErrBroken)
			}
			for i := 0; i < len(body); i += 3 {
				p.palette = append(p.palette, rgb{body[i], body[i+1], body[i+2]})
			}
		case "tRNS":
			p.alpha, p.clear = body, body
		case "eXIf":
			if o := tiffOrientation(body); o != 0 {
				p.Orientation = o
			}
		case "IDAT":
			p.idat = append(p.idat, body)
		case "IEND":
			ended = true
		default:
			if critical {
				return nil, fmt.Errorf("PNG chunk of unknown kind: %w", ErrUnsupported)
			}
		}
	}
	if len(p.idat) == 0 || p.kind == pngPalette && p.palette == nil {
		return nil, fmt.Errorf("PNG without picture or palette: %w", ErrBroken)
	}
	return p, nil
}

func (p *PNG) header(b []byte) error {
	if len(b) != 13 || b[10] != 0 || b[11] != 0 || b[12] > 1 {
		return fmt.Errorf("PNG header: %w", ErrBroken)
	}
	w, h := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	p.depth, p.kind, p.Interlaced = b[8], b[9], b[12] == 1
	allowed := map[byte]string{
		pngGrey: "\x01\x02\x04\x08\x10", pngRGB: "\x08\x10", pngPalette: "\x01\x02\x04\x08",
		pngGreyAlpha: "\x08\x10", pngRGBA: "\x08\x10",
	}
	if w == 0 || h == 0 || w > 1<<30 || h > 1<<30 || bytes.IndexByte([]byte(allowed[p.kind]), p.depth) < 0 {
		return fmt.Errorf("PNG of %d×%d, depth %d, kind %d: %w", w, h, p.depth, p.kind, ErrBroken)
	}
	p.Width, p.Height = int(w), int(h)
	return nil
}

// bitsPerPixel of the stored rows.
func (p *PNG) bitsPerPixel() int {
	return int(p.depth) * map[byte]int{pngGrey: 1, pngRGB: 3, pngPalette: 1, pngGreyAlpha: 2, pngRGBA: 4}[p.kind]
}

// RawBytes is how much inflating the picture takes.
func (p *PNG) RawBytes() int { return (ceilDiv(p.Width*p.bitsPerPixel(), 8) + 1) * p.Height }

// Decode makes the picture, reduced by averaging shrink×shrink boxes on the way, transparent parts
// on white. An interlaced picture is held in memory at 3 bytes per pixel; any other only as far as
// the result needs. ctx is looked at once per row.
func (p *PNG) Decode(ctx context.Context, shrink int) (Picture, error) {
	chunks := make([]io.Reader, len(p.idat))
	for i, c := range p.idat {
		chunks[i] = bytes.NewReader(c)
	}
	z, err := zlib.NewReader(io.MultiReader(chunks...))
	if err != nil {
		return Picture{}, fmt.Errorf("PNG data: %v: %w", err, ErrBroken)
	}
	s := &shrinker{k: shrink, w: p.Width, to: newJoiner(ceilDiv(p.Width, shrink), ceilDiv(p.Height, shrink)), left: p.Height}
	if p.Interlaced {
		err = p.interlaced(ctx, z, s)
	} else {
		err = p.rows(ctx, z, p.Width, p.Height, func(_ int, row []rgb) { s.add(row) })
	}
	if err != nil {
		return Picture{}, err
	}
	if _, err := io.ReadFull(z, make([]byte, 1)); err != io.EOF { // the checksum comes with the end
		return Picture{}, fmt.Errorf("PNG data does not end with the picture: %w", ErrBroken)
	}
	return Picture{W: p.Width, H: p.Height, Planes: s.to.planes()}, nil
}

// rows inflates, unfilters and colours the rows of a picture or of one interlace pass.
func (p *PNG) rows(ctx context.Context, z io.Reader, w, h int, each func(y int, row []rgb)) error {
	n := ceilDiv(w*p.bitsPerPixel(), 8)
	back := max(1, p.bitsPerPixel()/8)
	cur, prev := make([]byte, back+1+n), make([]byte, back+1+n) // zeros to the left of each row
	row := make([]rgb, w)
	for y := range h {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.ReadFull(z, cur[back:]); err != nil {
			return fmt.Errorf("PNG row %d: %v: %w", y, err, ErrBroken)
		}
		filter := cur[back]
		cur[back] = 0
		// Move the zero padding next to the samples: index i is the sample, i-back its left.
		if err := unfilter(filter, cur[1:], prev[1:], back); err != nil {
			return err
		}
		p.colour(cur[back+1:], row)
		each(y, row)
		cur, prev = prev, cur
	}
	return nil
}

// unfilter undoes a row's filter in place (ISO 15948 §9). Both rows begin with back zeros.
func unfilter(filter byte, cur, prev []byte, back int) error {
	prev = prev[:len(cur)]
	switch filter {
	case 0:
	case 1:
		for i := back; i < len(cur); i++ {
			cur[i] += cur[i-back]
		}
	case 2:
		for i := back; i < len(cur); i++ {
			cur[i] += prev[i]
		}
	case 3:
		for i := back; i < len(cur); i++ {
			cur[i] += byte((int(cur[i-back]) + int(prev[i])) / 2)
		}
	case 4:
		for i := back; i < len(cur); i++ {
			cur[i] += paeth(int32(cur[i-back]), int32(prev[i]), int32(prev[i-back]))
		}
	default:
		return fmt.Errorf("PNG filter %d: %w", filter, ErrBroken)
	}
	return nil
}

// paeth is whichever of left, up and corner is nearest to left + up - corner.
func paeth(a, b, c int32) byte {
	pa, pb := b-c, a-c
	pc := pa + pb
	pa, pb, pc = (pa^pa>>31)-pa>>31, (pb^pb>>31)-pb>>31, (pc^pc>>31)-pc>>31
	switch {
	case pa <= pb && pa <= pc:
		return byte(a)
	case pb <= pc:
		return byte(b)
	}
	return byte(c)
}

// colour turns one unfiltered row into RGB on white.
func (p *PNG) colour(src []byte, row []rgb) {
	switch {
	case p.kind == pngPalette:
		for x := range row {
			i := int(packed(src, x, p.depth))
			if i >= len(p.palette) {
				row[x] = rgb{255, 255, 255}
				continue
			}
			row[x] = p.palette[i]
			if i < len(p.alpha) {
				row[x] = row[x].over(p.alpha[i])
			}
		}
	case p.kind == pngGrey && p.depth < 8:
		most := byte(1<<p.depth - 1)
		for x := range row {
			v := packed(src, x, p.depth)
			g := v * (255 / most)
			if len(p.clear) == 2 && p.clear[1] == v {
				g = 255
			}
			row[x] = rgb{g, g, g}
		}
	default:
		p.colourBytes(src, row)
	}
}

// colourBytes is colour for samples of whole bytes; of 16 bits the upper 8 count.
func (p *PNG) colourBytes(src []byte, row []rgb) {
	size := int(p.depth) / 8
	step := p.bitsPerPixel() / 8
	colours := step
	if p.kind == pngGreyAlpha || p.kind == pngRGBA {
		colours -= size
	}
	for x := range row {
		s := src[x*step : x*step+step]
		var px rgb
		if colours == size {
			px = rgb{s[0], s[0], s[0]}
		} else {
			px = rgb{s[0], s[size], s[2*size]}
		}
		switch {
		case colours < step:
			if a := s[colours]; a != 255 {
				px = px.over(a)
			}
		case p.clear != nil && p.isClear(s, size):
			px = rgb{255, 255, 255}
		}
		row[x] = px
	}
}

// isClear compares a pixel with the transparent colour, which is stored in 16 bits per sample.
func (p *PNG) isClear(s []byte, size int) bool {
	if len(p.clear) != 2*len(s)/size {
		return false
	}
	for i := 0; i < len(s); i += size {
		c := p.clear[2*i/size : 2*i/size+2]
		if size == 2 && (s[i] != c[0] || s[i+1] != c[1]) || size == 1 && s[i] != c[1] {
			return false
		}
	}
	return true
}

func packed(src []byte, x int, depth byte) byte {
	if depth == 8 {
		return src[x]
	}
	bit := x * int(depth)
	return src[bit/8] >> (8 - int(depth) - bit%8) & (1<<depth - 1)
}

// over is the colour with opacity a on white paper.
func (c rgb) over(a byte) rgb {
	white := 255 - a
	return rgb{mul255(c.r, uint32(a)) + white, mul255(c.g, uint32(a)) + white, mul255(c.b, uint32(a)) + white}
}

// interlaced gathers the seven passes (ISO 15948 §8.2) and hands the rows on.
func (p *PNG) interlaced(ctx context.Context, z io.Reader, s *shrinker) error {
	whole := make([]rgb, p.Width*p.Height)
	for _, pass := range [7]struct{ x, y, dx, dy int }{
		{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
	} {
		w, h := ceilDiv(p.Width-pass.x, pass.dx), ceilDiv(p.Height-pass.y, pass.dy)
		if w <= 0 || h <= 0 {
			continue
		}
		err := p.rows(ctx, z, w, h, func(y int, row []rgb) {
			to := whole[(pass.y+y*pass.dy)*p.Width:]
			for x, px := range row {
				to[pass.x+x*pass.dx] = px
			}
		})
		if err != nil {
			return err
		}
	}
	for y := range p.Height {
		s.add(whole[y*p.Width : (y+1)*p.Width])
	}
	return nil
}

// shrinker averages boxes of k×k pixels of the rows that pass.
type shrinker struct {
	k, w  int
	to    *joiner
	left  int // rows still to come
	rows  int // gathered in sums
	sums  [][3]uint32
	small []rgb
}

func (s *shrinker) add(row []rgb) {
	s.left--
	if s.k == 1 {
		s.to.add(row)
		return
	}
	if s.sums == nil {
		s.sums, s.small = make([][3]uint32, ceilDiv(s.w, s.k)), make([]rgb, ceilDiv(s.w, s.k))
	}
	for i := range s.sums {
		sum := &s.sums[i]
		for _, px := range row[i*s.k : min((i+1)*s.k, s.w)] {
			sum[0] += uint32(px.r)
			sum[1] += uint32(px.g)
			sum[2] += uint32(px.b)
		}
	}
	s.rows++
	if s.rows < s.k && s.left > 0 {
		return
	}
	for i, sum := range s.sums {
		n := uint32(s.rows * (min((i+1)*s.k, s.w) - i*s.k))
		s.small[i] = rgb{uint8((sum[0] + n/2) / n), uint8((sum[1] + n/2) / n), uint8((sum[2] + n/2) / n)}
	}
	clear(s.sums)
	s.rows = 0
	s.to.add(s.small)
}
