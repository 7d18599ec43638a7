package codec

// Coefs is a picture as DCT coefficients: what is left between decoding and encoding when nothing
// but the quantisation is to change. Grey, or colour with chroma at half the size.
type Coefs struct {
	W, H       int
	channels   []channel
	mcuW, mcuH int
}

// channel is one component's coefficients in zigzag order.
type channel struct {
	h, v  int // blocks per MCU
	bw    int // blocks per row, padded to whole MCUs
	coef  []int16
	mask  []uint64   // per block, one bit per position that is not zero, whatever bit 0 says
	step  *[64]int32 // what the coefficients are to be multiplied by; nil: 1
	scale int32      // … and divided by: 8 for those of forward
}

// coefs hands out what a decoder that was asked for coefficients has gathered.
func (d *decoder) coefs() *Coefs {
	j := d.j
	c := &Coefs{W: j.Width, H: j.Height, mcuW: ceilDiv(j.Width, 8*j.hmax), mcuH: ceilDiv(j.Height, 8*j.vmax)}
	for i := range j.comps {
		c.channels = append(c.channels, channel{
			h: int(j.comps[i].h), v: int(j.comps[i].v), bw: d.store[i].w,
			coef: d.store[i].coef, mask: d.store[i].mask, step: d.quant[i], scale: 1,
		})
	}
	return c
}

// Transform makes the coefficients of a picture whose planes are sized as Fit leaves them.
// Coefficients that would vanish even at the finest quantisation Encode uses are dropped here.
func Transform(p Picture) *Coefs {
	factor := 2
	if len(p.Planes) == 1 {
		factor = 1
	}
	c := &Coefs{W: p.W, H: p.H, mcuW: ceilDiv(p.W, 8*factor), mcuH: ceilDiv(p.H, 8*factor)}
	for i, plane := range p.Planes {
		ch := channel{h: 1, v: 1, scale: 8}
		if i == 0 {
			ch.h, ch.v = factor, factor
		}
		ch.fill(plane, c.mcuW*ch.h, c.mcuH*ch.v, finest(i))
		c.channels = append(c.channels, ch)
	}
	return c
}

// finest is half the finest step per position, times 8.
func finest(channel int) *[64]int32 {
	t := tables(finestLevel)[min(channel, 1)]
	for k := range t {
		t[k] *= 4
	}
	return &t
}

func (ch *channel) fill(p Plane, bw, bh int, floor *[64]int32) {
	ch.bw, ch.coef, ch.mask = bw, make([]int16, bw*bh*64), make([]uint64, bw*bh)
	var b [64]int32
	var edge [64]byte
	for by := range bh {
		for bx := range bw {
			if (bx+1)*8 <= p.W && (by+1)*8 <= p.H {
				forward(p.Pix[by*8*p.Stride+bx*8:], p.Stride, &b)
			} else { // beyond the edge the last row and column go on
				for y := range 8 {
					row := p.Row(min(by*8+y, p.H-1))
					for x := range 8 {
						edge[8*y+x] = row[min(bx*8+x, p.W-1)]
					}
				}
				forward(edge[:], 8, &b)
			}
			i := by*bw + bx
			out := (*[64]int16)(ch.coef[i*64:])
			out[0] = int16(b[0])
			mask := uint64(0)
			for k := 1; k < 64; k++ {
				v := b[zigzag[k]]
				sign := v >> 31
				small := ((v ^ sign) - sign - floor[k]) >> 31 // -1 when it would vanish
				out[k] = int16(v &^ small)
				mask |= uint64(small+1) << k
			}
			ch.mask[i] = mask
		}
	}
}
