package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// fastBits is how many bits the first look-up of a Huffman code takes.
const fastBits = 10

// huffman decodes one table. An entry of fast holds, from the low end: 6 bits of length; 2 bits
// of kind; then for kindSymbol the symbol at 8–15, for kindValue the run of zeros at 8–11 and the
// coefficient's value at 16–31. Length 0 means the code is longer than fastBits.
type huffman struct {
	fast    [1 << fastBits]uint32
	maxCode [18]int32 // largest code of each length, left-aligned to 16 bits, plus one; [17] stops
	offset  [17]int32 // index into symbols minus the first code, per length
	symbols [256]byte
}

const (
	kindSymbol = 0 << 6
	kindValue  = 1 << 6
)

// set builds the table from a DHT segment's counts and symbols (T.81 annex C). With ac, codes
// short enough to leave room for their value bits decode to the value in one look-up.
func (t *huffman) set(counts [16]byte, symbols []byte, ac bool) error {
	*t = huffman{}
	copy(t.symbols[:], symbols)
	code, k := int32(0), int32(0)
	for n := 1; n <= 16; n++ {
		t.offset[n] = k - code
		for i := 0; i < int(counts[n-1]); i++ {
			if code >= 1<<n {
				return fmt.Errorf("too many Huffman codes of %d bits: %w", n, ErrBroken)
			}
			if n <= fastBits {
				t.fill(uint32(code), n, symbols[k], ac)
			}
			code++
			k++
		}
		t.maxCode[n] = code << (16 - n)
		code <<= 1
	}
	t.maxCode[17] = 1 << 30
	return nil
}

func (t *huffman) fill(code uint32, n int, symbol byte, ac bool) {
	first := code << (fastBits - n)
	size := int(symbol & 15)
	inline := ac && size > 0 && n+size <= fastBits
	for i := range uint32(1) << (fastBits - n) {
		if !inline {
			t.fast[first+i] = uint32(symbol)<<8 | kindSymbol | uint32(n)
			continue
		}
		v := int32(i>>(fastBits-n-size)) & (1<<size - 1)
		if v < 1<<(size-1) {
			v += -1<<size + 1
		}
		t.fast[first+i] = uint32(uint16(v))<<16 | uint32(symbol>>4)<<8 | kindValue | uint32(n+size)
	}
}

// bitReader reads bits, first one first, from entropy-coded data that unstuff has cleaned. It may
// read into the zeros behind the data, but not far; over tells.
type bitReader struct {
	buf []byte // with slack zero bytes behind end
	pos int    // next byte to load
	end int
	acc uint64 // bits not yet used, left-aligned
	n   uint   // how many of them are certain
}

// slack is more than one block can consume: 64 coefficients of at most 31 bits.
const slack = 280

// refill makes n at least 56.
func (r *bitReader) refill() {
	r.acc |= binary.BigEndian.Uint64(r.buf[r.pos:]) >> r.n
	r.pos += int((63 - r.n) >> 3)
	r.n |= 56
}

// over says whether more bits were used than there are.
func (r *bitReader) over() bool { return r.unused() < 0 }

// unused is how many bits are left.
func (r *bitReader) unused() int { return r.end*8 - r.pos*8 + int(r.n) }

// take is the next k ≤ 16 bits.
func (r *bitReader) take(k uint) int32 {
	if r.n < k {
		r.refill()
	}
	v := int32(r.acc >> 1 >> (63 - k))
	r.acc <<= k
	r.n -= k
	return v
}

// symbol is the next Huffman symbol; -1 when no code fits.
func (r *bitReader) symbol(t *huffman) int {
	if r.n < 32 {
		r.refill()
	}
	e := t.fast[r.acc>>(64-fastBits)]
	if n := uint(e & 63); n != 0 && e&kindValue == 0 {
		r.acc <<= n
		r.n -= n
		return int(e >> 8 & 255)
	}
	top := int32(r.acc >> 48)
	for n := uint(1); n <= 16; n++ {
		if top < t.maxCode[n] {
			r.acc <<= n
			r.n -= n
			return int(t.symbols[(top>>(16-n)+t.offset[n])&255])
		}
	}
	return -1
}

// extend reads a size-bit value in JPEG's sign convention (T.81 F.2.2.1).
func (r *bitReader) extend(size uint) int32 {
	if size == 0 {
		return 0
	}
	v := r.take(size)
	if v < 1<<(size-1) {
		v += -1<<size + 1
	}
	return v
}

// unstuff copies one restart interval's data into buf without stuffed zeros and fill bytes, and
// returns the buffer, how long the data is, and what follows the interval's restart marker.
func unstuff(buf, data []byte) (clean []byte, end int, rest []byte) {
	buf = buf[:0]
	for {
		i := bytes.IndexByte(data, 0xFF)
		if i < 0 || i+1 >= len(data) {
			buf = append(buf, data...)
			data = nil
			break
		}
		if data[i+1] == 0 {
			buf = append(buf, data[:i+1]...)
			data = data[i+2:]
			continue
		}
		buf = append(buf, data[:i]...)
		for i+1 < len(data) && data[i+1] == 0xFF {
			i++
		}
		if i+1 < len(data) && data[i+1] == 0 {
			data = data[i:]
			continue
		}
		data = data[min(i+2, len(data)):]
		break
	}
	end = len(buf)
	return append(buf, make([]byte, slack)...), end, data
}
