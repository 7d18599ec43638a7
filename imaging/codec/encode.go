package codec

import (
	"encoding/binary"
	"math/bits"
)

// The four Huffman tables of a colour JPEG.
const (
	dcLuma = iota
	dcChroma
	acLuma
	acChroma
)

// tally is what a picture, or part of it, would cost under one quantisation.
type tally struct {
	freq  [4][257]int32
	extra int64 // bits that are not Huffman codes
	// tokens is the picture as symbols: table at 28–29, symbol at 16–23, its extra bits in the low
	// end. Only gathered for encoding.
	tokens []uint32
	keep   bool
}

func (t *tally) add(table, symbol int, value uint32) {
	t.freq[table][symbol]++
	if t.keep {
		t.tokens = append(t.tokens, uint32(table)<<28|uint32(symbol)<<16|value)
	} else {
		t.extra += int64(symbol & 15)
	}
}

// count goes through the MCUs with the given stride: 1 for all, n for every n-th.
func (c *Coefs) count(q []*quantiser, stride int, t *tally) {
	var pred [3]int32
	var b [64]int16
	total := c.mcuW * c.mcuH
	for m := 0; m < total; m += stride {
		if stride > 1 && m > 0 {
			c.predict(m-1, q, &pred)
		}
		mx, my := m%c.mcuW, m/c.mcuW
		for i := range c.channels {
			ch := &c.channels[i]
			dc, ac := dcLuma, acLuma
			if i > 0 {
				dc, ac = dcChroma, acChroma
			}
			for v := range ch.v {
				for u := range ch.h {
					at := (my*ch.v+v)*ch.bw + mx*ch.h + u
					mask := q[i].block((*[64]int16)(ch.coef[at*64:]), ch.mask[at], &b)
					size, value := magnitude(int32(b[0]) - pred[i])
					pred[i] = int32(b[0])
					t.add(dc, size, value)
					t.block(ac, &b, mask)
				}
			}
		}
	}
}

// predict finds the DC values MCU m leaves behind.
func (c *Coefs) predict(m int, q []*quantiser, pred *[3]int32) {
	var b [64]int16
	mx, my := m%c.mcuW, m/c.mcuW
	for i := range c.channels {
		ch := &c.channels[i]
		at := (my*ch.v+ch.v-1)*ch.bw + mx*ch.h + ch.h - 1
		q[i].block((*[64]int16)(ch.coef[at*64:]), 0, &b)
		pred[i] = int32(b[0])
	}
}

// block notes the AC symbols of one block (T.81 F.1.2.2).
func (t *tally) block(table int, b *[64]int16, mask uint64) {
	k := 0
	for ; mask != 0; mask &= mask - 1 {
		at := bits.TrailingZeros64(mask)
		run := at - k - 1
		for ; run > 15; run -= 16 {
			t.add(table, 0xF0, 0)
		}
		size, value := magnitude(int32(b[at&63]))
		t.add(table, run<<4|size, value)
		k = at
	}
	if k < 63 {
		t.add(table, 0, 0)
	}
}

// magnitude is a value's size category and the bits that tell it within (T.81 F.1.2.1).
func magnitude(v int32) (size int, value uint32) {
	s := v >> 31
	size = bits.Len32(uint32((v ^ s) - s))
	return size, uint32(v+s) & (1<<size - 1)
}

// bytes is about what the scan and its tables take.
func (t *tally) bytes() int {
	total := t.extra
	for i := range t.freq {
		if lengths, used := codeLengths(&t.freq[i]); used > 0 {
			for s, n := range lengths {
				total += int64(n) * int64(t.freq[i][s])
			}
		}
	}
	return int(total/8) + int(total/8)/256
}

// write makes the whole file.
func (c *Coefs) write(q []*quantiser, t *tally) []byte {
	var codes [4]*codebook
	for i := range t.freq {
		codes[i] = newCodebook(&t.freq[i])
	}
	out := c.header(q, codes)
	w := bitWriter{out: out}
	for _, token := range t.tokens {
		symbol := token >> 16 & 0xFF
		code, n := codes[token>>28].code[symbol], uint(codes[token>>28].size[symbol])
		extra := uint(symbol & 15)
		w.put(uint64(code)<<extra|uint64(token&0xFFFF), n+extra)
	}
	return append(w.flush(), 0xFF, mEOI)
}

func (c *Coefs) header(q []*quantiser, codes [4]*codebook) []byte {
	colour := len(c.channels) == 3
	out := make([]byte, 0, 220_000)
	out = append(out, 0xFF, mSOI)
	out = append(out, jfif...)
	for i := range min(2, len(q)) {
		out = append(out, 0xFF, mDQT, 0, 67, byte(i))
		for _, step := range q[i].step {
			out = append(out, byte(step))
		}
	}
	out = append(out, 0xFF, mSOF0, 0, byte(8+3*len(c.channels)), 8,
		byte(c.H>>8), byte(c.H), byte(c.W>>8), byte(c.W), byte(len(c.channels)))
	for i, ch := range c.channels {
		out = append(out, byte(i+1), byte(ch.h<<4|ch.v), byte(min(i, 1)))
	}
	for i, id := range []byte{dcLuma: 0x00, dcChroma: 0x01, acLuma: 0x10, acChroma: 0x11} {
		if !colour && id&1 == 1 {
			continue
		}
		out = append(out, 0xFF, mDHT, byte((19+len(codes[i].symbols))>>8), byte(19+len(codes[i].symbols)), id)
		out = append(out, codes[i].counts[:]...)
		out = append(out, codes[i].symbols...)
	}
	out = append(out, 0xFF, mSOS, 0, byte(6+2*len(c.channels)), byte(len(c.channels)))
	for i := range c.channels {
		out = append(out, byte(i+1), byte(min(i, 1)*0x11))
	}
	return append(out, 0, 63, 0)
}

// bitWriter writes bits, first one first, stuffing a zero behind every 0xFF.
type bitWriter struct {
	out []byte
	acc uint64 // right-aligned
	n   uint
}

// put writes the low n ≤ 31 bits of v.
func (w *bitWriter) put(v uint64, n uint) {
	w.acc = w.acc<<n | v
	w.n += n
	if w.n < 32 {
		return
	}
	w.n -= 32
	word := uint32(w.acc >> w.n)
	if !has255(word) {
		w.out = binary.BigEndian.AppendUint32(w.out, word)
		return
	}
	for shift := 24; shift >= 0; shift -= 8 {
		w.byte(byte(word >> shift))
	}
}

// has255 says whether a byte of the word is 0xFF.
func has255(w uint32) bool {
	x := ^w
	return (x-0x01010101)&^x&0x80808080 != 0
}

func (w *bitWriter) byte(b byte) {
	w.out = append(w.out, b)
	if b == 0xFF {
		w.out = append(w.out, 0)
	}
}

// flush fills the last byte with ones (T.81 F.1.2.3).
func (w *bitWriter) flush() []byte {
	if pad := -w.n & 7; pad > 0 {
		w.acc, w.n = w.acc<<pad|(1<<pad-1), w.n+pad
	}
	for w.n > 0 {
		w.n -= 8
		w.byte(byte(w.acc >> w.n))
	}
	return w.out
}
