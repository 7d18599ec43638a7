package codec

import (
	"fmt"
	"math/bits"
)

// blocks keeps the quantised coefficients of one component. When the picture is made smaller,
// only those that matter are kept: the other positions need one bit each, whether they are zero,
// because refinement scans ask. That is what bounds the memory of large progressive pictures.
type blocks struct {
	w, h int
	per  int      // coefficients kept per block
	slot [64]int8 // zigzag position → index within the block, -1: not kept
	coef []int16
	mask []uint64 // zigzag positions that are not zero
}

func newBlocks(c *component, n int, whole bool) blocks {
	b := blocks{w: c.pw, h: c.ph}
	for k, at := range zigzag {
		b.slot[k] = -1
		if whole || int(at&7) < n && int(at>>3) < n {
			b.slot[k] = int8(b.per)
			b.per++
		}
	}
	b.coef = make([]int16, c.pw*c.ph*b.per)
	b.mask = make([]uint64, c.pw*c.ph)
	return b
}

// at is a whole block in zigzag order; only where all coefficients are kept.
func (b *blocks) at(bx, by int) *[64]int16 {
	i := (by*b.w + bx) * 64
	return (*[64]int16)(b.coef[i : i+64])
}

// checkProgressive holds a scan header against T.81 G.1.1.1.
func (d *decoder) checkProgressive(h *scanHead) error {
	ok := h.ss <= h.se && h.se < 64 && h.al <= 13 && (h.ah == 0 || h.ah == h.al+1)
	if h.ss == 0 {
		ok = ok && h.se == 0
	} else {
		ok = ok && len(h.parts) == 1
	}
	for _, p := range h.parts {
		switch {
		case h.ss == 0 && h.ah == 0:
			ok = ok && p.dc != nil
		case h.ss > 0:
			ok = ok && p.ac != nil
		}
	}
	if !ok {
		return fmt.Errorf("progressive scan %d–%d, bits %d to %d: %w", h.ss, h.se, h.ah, h.al, ErrBroken)
	}
	return nil
}

// progress is the state of one progressive scan (T.81 annex G).
type progress struct {
	d      *decoder
	h      *scanHead
	eobRun int32
}

func (s *progress) kind() blockFunc {
	switch {
	case s.h.ss == 0 && s.h.ah == 0:
		return s.dcFirst
	case s.h.ss == 0:
		return s.dcRefine
	case s.h.ah == 0:
		return s.acFirst
	}
	return s.acRefine
}

func (s *progress) dcFirst(r *bitReader, p *part, bx, by int) bool {
	size := r.symbol(p.dc)
	if size < 0 || size > 15 {
		return false
	}
	p.pred += r.extend(uint(size))
	b := &s.d.store[p.i]
	b.coef[(by*b.w+bx)*b.per] = int16(p.pred << s.h.al)
	return true
}

func (s *progress) dcRefine(r *bitReader, p *part, bx, by int) bool {
	b := &s.d.store[p.i]
	if r.take(1) != 0 {
		b.coef[(by*b.w+bx)*b.per] |= 1 << s.h.al
	}
	return true
}

func (s *progress) acFirst(r *bitReader, p *part, bx, by int) bool {
	if s.eobRun > 0 {
		s.eobRun--
		return true
	}
	b := &s.d.store[p.i]
	i := by*b.w + bx
	for k := s.h.ss; k <= s.h.se; k++ {
		symbol := r.symbol(p.ac)
		if symbol < 0 {
			return false
		}
		run, size := symbol>>4, symbol&15
		if size == 0 {
			if run != 15 {
				s.eobRun = 1<<run + r.take(uint(run)) - 1
				return true
			}
			k += 15
			continue
		}
		k += run
		if k > s.h.se {
			return false
		}
		b.mask[i] |= 1 << k
		v := r.extend(uint(size)) << s.h.al
		if slot := b.slot[k]; slot >= 0 {
			b.coef[i*b.per+int(slot)] = int16(v)
		}
	}
	return true
}

func (s *progress) acRefine(r *bitReader, p *part, bx, by int) bool {
	b := &s.d.store[p.i]
	i, k := by*b.w+bx, s.h.ss
	if s.eobRun == 0 {
		for k <= s.h.se {
			symbol := r.symbol(p.ac)
			if symbol < 0 {
				return false
			}
			run, size := symbol>>4, symbol&15
			var v int16
			switch {
			case size == 1:
				v = -1 << s.h.al
				if r.take(1) != 0 {
					v = 1 << s.h.al
				}
			case size != 0:
				return false
			case run != 15:
				s.eobRun = 1<<run + r.take(uint(run))
			}
			if s.eobRun > 0 {
				break
			}
			for ; k <= s.h.se; k++ { // pass run zeros, refining what is not zero on the way
				if b.mask[i]>>k&1 != 0 {
					s.refine(r, b, i, k)
				} else if run == 0 {
					break
				} else {
					run--
				}
			}
			if v != 0 {
				if k > s.h.se {
					return false
				}
				b.mask[i] |= 1 << k
				if slot := b.slot[k]; slot >= 0 {
					b.coef[i*b.per+int(slot)] = v
				}
			}
			k++
		}
	}
	if s.eobRun > 0 {
		s.eobRun--
		rest := b.mask[i] >> k << k & (1<<(s.h.se+1) - 1)
		for ; rest != 0; rest &= rest - 1 {
			s.refine(r, b, i, bits.TrailingZeros64(rest))
		}
	}
	return true
}

// refine reads one more bit of a coefficient that is not zero.
func (s *progress) refine(r *bitReader, b *blocks, i, k int) {
	if r.take(1) == 0 {
		return
	}
	slot := b.slot[k]
	if slot < 0 {
		return
	}
	c := &b.coef[i*b.per+int(slot)]
	if *c >= 0 {
		*c += 1 << s.h.al
	} else {
		*c -= 1 << s.h.al
	}
}

// render makes the samples once all scans are in.
func (d *decoder) render() error {
	for i := range d.j.comps {
		s, p, q, n := &d.store[i], &d.planes[i], d.quant[i], d.size(i)
		for by := range s.h {
			if err := d.ctx.Err(); err != nil {
				return err
			}
			for bx := range s.w {
				at := by*s.w + bx
				coef := s.coef[at*s.per : (at+1)*s.per]
				var b [64]int16
				b[0] = int16(int32(coef[0]) * q[0])
				last := 0
				for m := s.mask[at] &^ 1; m != 0; m &= m - 1 {
					k := bits.TrailingZeros64(m)
					if slot := s.slot[k]; slot >= 0 {
						b[zigzag[k]] = int16(int32(coef[slot]) * q[k])
						last = k
					}
				}
				inverse(&b, last, n, p.Pix[by*n*p.Stride+bx*n:], p.Stride)
			}
		}
	}
	return nil
}
