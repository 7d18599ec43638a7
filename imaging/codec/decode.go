package codec

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
)

// Want says what to make of a JPEG. Luma and Chroma are sizes in eighths, 1–8.
type Want struct {
	Luma, Chroma int
	Coefs        bool // also keep the coefficients, for Requantise
}

// Decode makes the picture. ctx is looked at once per row of blocks.
func (j *JPEG) Decode(ctx context.Context, want Want) (Picture, *Coefs, error) {
	d := &decoder{j: j, ctx: ctx, want: want, planes: make([]Plane, len(j.comps)), quant: make([]*[64]int32, len(j.comps))}
	if !j.Plain() { // every channel is needed at the size of the picture
		d.want.Chroma = want.Luma
	}
	if j.Progressive && !j.whole {
		return Picture{}, nil, fmt.Errorf("progressive and cut short: %w", ErrBroken)
	}
	if want.Coefs || j.Progressive {
		d.store = make([]blocks, len(j.comps))
		for i := range j.comps {
			d.store[i] = newBlocks(&j.comps[i], d.size(i), want.Coefs)
		}
	}
	if !j.Progressive {
		d.makePlanes()
	}
	for _, s := range j.segments {
		if err := d.segment(s); err != nil {
			return Picture{}, nil, err
		}
	}
	for i := range j.comps {
		if d.quant[i] == nil {
			return Picture{}, nil, fmt.Errorf("component %d was never sent: %w", i, ErrBroken)
		}
	}
	if j.Progressive {
		d.makePlanes()
		if err := d.render(); err != nil {
			return Picture{}, nil, err
		}
	}
	var coefs *Coefs
	if want.Coefs {
		coefs = d.coefs()
	}
	return j.picture(d.planes), coefs, nil
}

type decoder struct {
	j      *JPEG
	ctx    context.Context
	want   Want
	tables [4][64]int32 // quantisation, zigzag order
	known  [4]bool
	dc, ac [4]*huffman
	ri     int // restart interval, in MCUs
	buf    []byte

	planes []Plane
	quant  []*[64]int32 // of each component, as it was when the component first appeared
	store  []blocks     // of each component: progressive, or coefficients are wanted
}

// size is how many samples per block side are wanted of component i.
func (d *decoder) size(i int) int {
	if i == 0 {
		return d.want.Luma
	}
	return d.want.Chroma
}

func (d *decoder) makePlanes() {
	for i := range d.j.comps {
		c, n := &d.j.comps[i], d.size(i)
		p := NewPlane(c.pw*n, c.ph*n)
		p.W, p.H = ceilDiv(c.w*n, 8), ceilDiv(c.hgt*n, 8)
		d.planes[i] = p
	}
}

func (d *decoder) segment(s segment) error {
	p := d.j.data[s.start:s.end]
	switch s.marker {
	case mDQT:
		return d.quantTables(p)
	case mDHT:
		return d.huffmanTables(p)
	case mDRI:
		if len(p) != 2 {
			return fmt.Errorf("restart interval: %w", ErrBroken)
		}
		d.ri = int(binary.BigEndian.Uint16(p))
	case mDNL:
		return fmt.Errorf("number of lines sent late: %w", ErrUnsupported)
	case mSOS:
		return d.scan(p, d.j.data[s.end:s.dataEnd])
	}
	return nil
}

func (d *decoder) quantTables(p []byte) error {
	for len(p) > 0 {
		id, wide := p[0]&15, p[0]>>4
		size := 64 * (1 + int(wide))
		if id > 3 || wide > 1 || len(p) < 1+size {
			return fmt.Errorf("quantisation table: %w", ErrBroken)
		}
		for i := range 64 {
			if wide == 1 {
				d.tables[id][i] = int32(binary.BigEndian.Uint16(p[1+2*i:]))
			} else {
				d.tables[id][i] = int32(p[1+i])
			}
			if d.tables[id][i] == 0 {
				return fmt.Errorf("quantisation by zero: %w", ErrBroken)
			}
		}
		d.known[id] = true
		p = p[1+size:]
	}
	return nil
}

func (d *decoder) huffmanTables(p []byte) error {
	for len(p) > 0 {
		if len(p) < 17 {
			return fmt.Errorf("short Huffman table: %w", ErrBroken)
		}
		class, id := p[0]>>4, p[0]&15
		counts, total := [16]byte(p[1:17]), 0
		for _, n := range counts {
			total += int(n)
		}
		if class > 1 || id > 3 || total > 256 || len(p) < 17+total {
			return fmt.Errorf("Huffman table: %w", ErrBroken)
		}
		t := new(huffman)
		if err := t.set(counts, p[17:17+total], class == 1 && !d.j.Progressive); err != nil {
			return err
		}
		if class == 0 {
			d.dc[id] = t
		} else {
			d.ac[id] = t
		}
		p = p[17+total:]
	}
	return nil
}

// part is one component's share in a scan.
type part struct {
	i      int // index of the component
	c      *component
	h, v   int // blocks per MCU in this scan
	dc, ac *huffman
	pred   int32
}

// scanHead is a scan's header (T.81 B.2.3).
type scanHead struct {
	parts          []part
	ss, se, ah, al int
	mcuW, mcuH     int
}

func (d *decoder) scanHead(p []byte) (scanHead, error) {
	broken := func(what string) (scanHead, error) {
		return scanHead{}, fmt.Errorf("scan header: %s: %w", what, ErrBroken)
	}
	if len(p) < 1 || p[0] < 1 || p[0] > 4 || len(p) < 4+2*int(p[0]) {
		return broken("length")
	}
	n := int(p[0])
	h := scanHead{ss: int(p[1+2*n]), se: int(p[2+2*n]), ah: int(p[3+2*n] >> 4), al: int(p[3+2*n] & 15)}
	blocks := 0
	for k := range n {
		id, td, ta := p[1+2*k], p[2+2*k]>>4, p[2+2*k]&15
		i := 0
		for i < len(d.j.comps) && d.j.comps[i].id != id {
			i++
		}
		if i == len(d.j.comps) || td > 3 || ta > 3 {
			return broken("component")
		}
		for _, other := range h.parts {
			if other.i == i {
				return broken("component twice")
			}
		}
		c := &d.j.comps[i]
		if d.quant[i] == nil {
			if !d.known[c.tq] {
				return broken("no quantisation table")
			}
			q := d.tables[c.tq]
			d.quant[i] = &q
		} else if !d.j.Progressive {
			return broken("component sent again")
		}
		h.parts = append(h.parts, part{i: i, c: c, h: int(c.h), v: int(c.v), dc: d.dc[td], ac: d.ac[ta]})
		blocks += int(c.h) * int(c.v)
	}
	h.mcuW, h.mcuH = ceilDiv(d.j.Width, 8*d.j.hmax), ceilDiv(d.j.Height, 8*d.j.vmax)
	if n == 1 { // not interleaved: only blocks that carry picture, in raster order
		c := h.parts[0].c
		h.parts[0].h, h.parts[0].v, h.mcuW, h.mcuH = 1, 1, c.bw, c.bh
	} else if blocks > 10 {
		return broken("over 10 blocks per unit")
	}
	if d.j.Progressive {
		return h, d.checkProgressive(&h)
	}
	for _, part := range h.parts {
		if part.dc == nil || part.ac == nil {
			return broken("no Huffman table")
		}
	}
	return h, nil
}

// scan decodes one scan's data.
func (d *decoder) scan(p, data []byte) error {
	h, err := d.scanHead(p)
	if err != nil {
		return err
	}
	var block blockFunc = d.baseline
	var state *progress
	if d.j.Progressive {
		state = &progress{d: d, h: &h}
		block = state.kind()
	}
	if bytes.Contains(data, []byte{0xFF, 0xFF, 0}) { // fill in front of data, where only a marker may have it
		d.j.odd = true
	}
	var r bitReader
	var marked byte // of the marker behind the interval before
	intervals := byte(0)
	next := func() {
		if intervals > 0 && marked != mRST0+(intervals-1)%8 {
			d.j.odd = true
		}
		intervals++
		var end int
		all := data
		d.buf, end, data = unstuff(d.buf, data)
		if len(data) < len(all) {
			marked = all[len(all)-len(data)-1]
		}
		r = bitReader{buf: d.buf, end: end}
		for i := range h.parts {
			h.parts[i].pred = 0
		}
		if state != nil {
			state.eobRun = 0
		}
	}
	next()
	left := d.ri
	for my := range h.mcuH {
		if err := d.ctx.Err(); err != nil {
			return err
		}
		for mx := range h.mcuW {
			if d.ri > 0 {
				if left == 0 {
					if r.over() {
						return fmt.Errorf("restart interval cut short: %w", ErrBroken)
					}
					d.j.odd = d.j.odd || r.unused() >= 8
					next()
					left = d.ri
				}
				left--
			}
			for i := range h.parts {
				part := &h.parts[i]
				for v := range part.v {
					for u := range part.h {
						if r.pos > r.end+8 || !block(&r, part, mx*part.h+u, my*part.v+v) {
							return fmt.Errorf("scan cut short or damaged: %w", ErrBroken)
						}
					}
				}
			}
		}
	}
	if r.over() {
		return fmt.Errorf("scan cut short: %w", ErrBroken)
	}
	d.j.odd = d.j.odd || r.unused() >= 8 || len(data) > 0 // something else hides behind the picture's data
	return nil
}

// blockFunc reads the block at (bx, by) of one component; false when the data make no sense.
type blockFunc func(r *bitReader, p *part, bx, by int) bool

// baseline reads a block and makes its samples at once (T.81 F.2).
func (d *decoder) baseline(r *bitReader, p *part, bx, by int) bool {
	var b [64]int16
	q := d.quant[p.i]
	size := r.symbol(p.dc)
	if size < 0 || size > 15 {
		return false
	}
	p.pred += r.extend(uint(size))
	b[0] = int16(p.pred * q[0])
	var raw *[64]int16
	if d.want.Coefs {
		raw = d.store[p.i].at(bx, by)
		raw[0] = int16(p.pred)
	}

	last, mask, t := 0, uint64(0), p.ac
	acc, n := r.acc, r.n
	for k := 1; k < 64; k++ {
		if n < 32 {
			acc |= binary.BigEndian.Uint64(r.buf[r.pos:]) >> n
			r.pos += int((63 - n) >> 3)
			n |= 56
		}
		e := t.fast[acc>>(64-fastBits)]
		if e&kindValue != 0 {
			acc <<= e & 63
			n -= uint(e & 63)
			k += int(e >> 8 & 15)
			if k > 63 {
				return false
			}
			v := int32(e) >> 16
			b[zigzag[k]] = int16(v * q[k])
			if raw != nil {
				raw[k] = int16(v)
				mask |= 1 << k
			}
			last = k
			continue
		}
		r.acc, r.n = acc, n
		symbol := r.symbol(t)
		if symbol < 0 {
			return false
		}
		run, size := symbol>>4, symbol&15
		if size == 0 {
			acc, n = r.acc, r.n
			if run != 15 {
				d.j.odd = d.j.odd || run > 0 // only progressive pictures end several blocks at once
				break
			}
			k += 15
			continue
		}
		v := r.extend(uint(size))
		acc, n = r.acc, r.n
		k += run
		if k > 63 {
			return false
		}
		b[zigzag[k]] = int16(v * q[k])
		if raw != nil {
			raw[k] = int16(v)
			mask |= 1 << k
		}
		last = k
	}
	r.acc, r.n = acc, n
	if raw != nil {
		d.store[p.i].mask[by*p.c.pw+bx] = mask
	}
	size = d.size(p.i)
	pl := &d.planes[p.i]
	inverse(&b, last, size, pl.Pix[by*size*pl.Stride+bx*size:], pl.Stride)
	return true
}
