package codec

import (
	"encoding/binary"
	"math"
)

// The 8-point transforms below are the Loeffler–Ligtenberg–Moschytz factorisation in 13-bit fixed
// point: the same arithmetic libjpeg calls "islow", so that pictures come out alike everywhere.
const (
	fixBits = 13

	c0_298 = 2446
	c0_390 = 3196
	c0_541 = 4433
	c0_765 = 6270
	c0_899 = 7373
	c1_175 = 9633
	c1_501 = 12299
	c1_847 = 15137
	c1_961 = 16069
	c2_053 = 16819
	c2_562 = 20995
	c3_072 = 25172
)

// inverse turns one block of dequantised coefficients, row-major, into n×n samples, n in 1–8. No
// coefficient behind position last in zigzag order may be other than zero.
func inverse(b *[64]int16, last, n int, dst []byte, stride int) {
	switch {
	case last == 0:
		flat(b[0], n, dst, stride)
	case n == 8 && last < 10:
		inverse8corner(b, dst, stride)
	case n == 8:
		inverse8(b, dst, stride)
	case n == 4:
		inverse4(b, dst, stride)
	case n == 2:
		inverse2(b, dst, stride)
	case n == 1:
		flat(b[0], n, dst, stride)
	default:
		inverseN(b, n, dst, stride)
	}
}

func flat(dc int16, n int, dst []byte, stride int) {
	v := clamp8((int32(dc)+4)>>3 + 128)
	if n == 8 {
		eight := uint64(v) * 0x0101010101010101
		for y := range 8 {
			binary.LittleEndian.PutUint64(dst[y*stride:], eight)
		}
		return
	}
	for y := range n {
		row := dst[y*stride : y*stride+n]
		for x := range row {
			row[x] = v
		}
	}
}

func inverse8(b *[64]int16, dst []byte, stride int) {
	var t [64]int32
	for i := 0; i < 64; i += 8 {
		r, o := (*[8]int16)(b[i:]), (*[8]int32)(t[i:])
		f0, f1, f2, f3 := int32(r[0]), int32(r[1]), int32(r[2]), int32(r[3])
		f4, f5, f6, f7 := int32(r[4]), int32(r[5]), int32(r[6]), int32(r[7])
		if f1|f2|f3|f4|f5|f6|f7 == 0 {
			v := f0 << 2
			*o = [8]int32{v, v, v, v, v, v, v, v}
			continue
		}
		z := (f2 + f6) * c0_541
		e2, e3 := z-f6*c1_847, z+f2*c0_765
		e0, e1 := (f0+f4)<<fixBits, (f0-f4)<<fixBits
		a0, a3, a1, a2 := e0+e3, e0-e3, e1+e2, e1-e2

		z5 := (f7 + f3 + f5 + f1) * c1_175
		z1, z2 := (f7+f1)*-c0_899, (f5+f3)*-c2_562
		z3, z4 := (f7+f3)*-c1_961+z5, (f5+f1)*-c0_390+z5
		o0, o1 := f7*c0_298+z1+z3, f5*c2_053+z2+z4
		o2, o3 := f3*c3_072+z2+z3, f1*c1_501+z1+z4

		const half, shift = 1 << 10, 11
		o[0], o[7] = (a0+o3+half)>>shift, (a0-o3+half)>>shift
		o[1], o[6] = (a1+o2+half)>>shift, (a1-o2+half)>>shift
		o[2], o[5] = (a2+o1+half)>>shift, (a2-o1+half)>>shift
		o[3], o[4] = (a3+o0+half)>>shift, (a3-o0+half)>>shift
	}
	r0, r1, r2, r3 := dst[:8], dst[stride:stride+8], dst[2*stride:2*stride+8], dst[3*stride:3*stride+8]
	r4, r5, r6, r7 := dst[4*stride:4*stride+8], dst[5*stride:5*stride+8], dst[6*stride:6*stride+8], dst[7*stride:7*stride+8]
	for x := range 8 {
		f0, f1, f2, f3 := t[x], t[x+8], t[x+16], t[x+24]
		f4, f5, f6, f7 := t[x+32], t[x+40], t[x+48], t[x+56]
		const half, shift = 1<<17 + 128<<18, 18
		z := (f2 + f6) * c0_541
		e2, e3 := z-f6*c1_847, z+f2*c0_765
		e0, e1 := (f0+f4)<<fixBits+half, (f0-f4)<<fixBits+half
		a0, a3, a1, a2 := e0+e3, e0-e3, e1+e2, e1-e2

		z5 := (f7 + f3 + f5 + f1) * c1_175
		z1, z2 := (f7+f1)*-c0_899, (f5+f3)*-c2_562
		z3, z4 := (f7+f3)*-c1_961+z5, (f5+f1)*-c0_390+z5
		o0, o1 := f7*c0_298+z1+z3, f5*c2_053+z2+z4
		o2, o3 := f3*c3_072+z2+z3, f1*c1_501+z1+z4

		r0[x], r7[x] = clamp8((a0+o3)>>shift), clamp8((a0-o3)>>shift)
		r1[x], r6[x] = clamp8((a1+o2)>>shift), clamp8((a1-o2)>>shift)
		r2[x], r5[x] = clamp8((a2+o1)>>shift), clamp8((a2-o1)>>shift)
		r3[x], r4[x] = clamp8((a3+o0)>>shift), clamp8((a3-o0)>>shift)
	}
}

// inverse8corner is inverse8 for blocks with coefficients in the 4×4 low frequencies only.
func inverse8corner(b *[64]int16, dst []byte, stride int) {
	var t [32]int32
	for i := 0; i < 32; i += 8 {
		r, o := (*[8]int16)(b[i:]), (*[8]int32)(t[i:])
		f0, f1, f2, f3 := int32(r[0]), int32(r[1]), int32(r[2]), int32(r[3])
		if f0|f1|f2|f3 == 0 {
			continue
		}
		e0, e2, e3 := f0<<fixBits, f2*c0_541, f2*(c0_541+c0_765)
		a0, a3, a1, a2 := e0+e3, e0-e3, e0+e2, e0-e2
		z5 := (f3 + f1) * c1_175
		z3, z4 := f3*-c1_961+z5, f1*-c0_390+z5
		o0, o1 := f1*-c0_899+z3, f3*-c2_562+z4
		o2, o3 := f3*(c3_072-c2_562)+z3, f1*(c1_501-c0_899)+z4
		const half, shift = 1 << 10, 11
		o[0], o[7] = (a0+o3+half)>>shift, (a0-o3+half)>>shift
		o[1], o[6] = (a1+o2+half)>>shift, (a1-o2+half)>>shift
		o[2], o[5] = (a2+o1+half)>>shift, (a2-o1+half)>>shift
		o[3], o[4] = (a3+o0+half)>>shift, (a3-o0+half)>>shift
	}
	r0, r1, r2, r3 := dst[:8], dst[stride:stride+8], dst[2*stride:2*stride+8], dst[3*stride:3*stride+8]
	r4, r5, r6, r7 := dst[4*stride:4*stride+8], dst[5*stride:5*stride+8], dst[6*stride:6*stride+8], dst[7*stride:7*stride+8]
	for x := range 8 {
		f0, f1, f2, f3 := t[x], t[x+8], t[x+16], t[x+24]
		const half, shift = 1<<17 + 128<<18, 18
		e0, e2, e3 := f0<<fixBits+half, f2*c0_541, f2*(c0_541+c0_765)
		a0, a3, a1, a2 := e0+e3, e0-e3, e0+e2, e0-e2
		z5 := (f3 + f1) * c1_175
		z3, z4 := f3*-c1_961+z5, f1*-c0_390+z5
		o0, o1 := f1*-c0_899+z3, f3*-c2_562+z4
		o2, o3 := f3*(c3_072-c2_562)+z3, f1*(c1_501-c0_899)+z4
		r0[x], r7[x] = clamp8((a0+o3)>>shift), clamp8((a0-o3)>>shift)
		r1[x], r6[x] = clamp8((a1+o2)>>shift), clamp8((a1-o2)>>shift)
		r2[x], r5[x] = clamp8((a2+o1)>>shift), clamp8((a2-o1)>>shift)
		r3[x], r4[x] = clamp8((a3+o0)>>shift), clamp8((a3-o0)>>shift)
	}
}

// Basis values of the smaller transforms, in 13-bit fixed point. An n-point inverse of the n low
// frequencies of an 8-point block needs the factor sqrt(n/8) per dimension, which turns the usual
// normalisation into 1/sqrt(8) for frequency 0 and cos(…)/2 for the others, whatever n is.
const (
	k0     = 2896 // 1/sqrt(8) = cos(π/4)/2
	kCos8  = 3784 // cos(π/8)/2
	kCos38 = 1567 // cos(3π/8)/2
)

func inverse4(b *[64]int16, dst []byte, stride int) {
	var t [16]int32
	for i := range 4 {
		r, o := (*[4]int16)(b[8*i:]), (*[4]int32)(t[4*i:])
		f0, f1, f2, f3 := int32(r[0]), int32(r[1]), int32(r[2]), int32(r[3])
		if f0|f1|f2|f3 == 0 {
			continue
		}
		const half, shift = 1 << 8, 9 // keeps 4 more bits
		e0, e1 := (f0+f2)*k0+half, (f0-f2)*k0+half
		o0, o1 := f1*kCos8+f3*kCos38, f1*kCos38-f3*kCos8
		o[0], o[3] = (e0+o0)>>shift, (e0-o0)>>shift
		o[1], o[2] = (e1+o1)>>shift, (e1-o1)>>shift
	}
	r0, r1, r2, r3 := dst[:4], dst[stride:stride+4], dst[2*stride:2*stride+4], dst[3*stride:3*stride+4]
	for x := range 4 {
		f0, f1, f2, f3 := t[x], t[x+4], t[x+8], t[x+12]
		const half, shift = 1<<16 + 128<<17, 17
		e0, e1 := (f0+f2)*k0+half, (f0-f2)*k0+half
		o0, o1 := f1*kCos8+f3*kCos38, f1*kCos38-f3*kCos8
		r0[x], r3[x] = clamp8((e0+o0)>>shift), clamp8((e0-o0)>>shift)
		r1[x], r2[x] = clamp8((e1+o1)>>shift), clamp8((e1-o1)>>shift)
	}
}

func inverse2(b *[64]int16, dst []byte, stride int) {
	a, h, v, d := int32(b[0]), int32(b[1]), int32(b[8]), int32(b[9])
	const half = 4 + 128<<3
	dst[0], dst[1] = clamp8((a+h+v+d+half)>>3), clamp8((a-h+v-d+half)>>3)
	dst[stride], dst[stride+1] = clamp8((a+h-v-d+half)>>3), clamp8((a-h-v+d+half)>>3)
}

// basis holds the n-point matrices for n = 3, 5, 6, 7: [n][sample][frequency].
var basis = func() (m [8][8][8]int32) {
	for _, n := range []int{3, 5, 6, 7} {
		for x := range n {
			m[n][x][0] = k0
			for u := 1; u < n; u++ {
				m[n][x][u] = int32(math.Round(math.Cos(float64((2*x+1)*u)*math.Pi/float64(2*n)) / 2 * (1 << fixBits)))
			}
		}
	}
	return m
}()

func inverseN(b *[64]int16, n int, dst []byte, stride int) {
	var t [8][8]int32
	m := &basis[n]
	for v := range n {
		r := (*[8]int16)(b[8*v:])
		for x := range n {
			s := int32(1 << 8)
			for u := range n {
				s += int32(r[u]) * m[x][u]
			}
			t[x][v] = s >> 9
		}
	}
	for y := range n {
		row := dst[y*stride : y*stride+n]
		for x := range row {
			s := int32(1<<16 + 128<<17)
			for v := range n {
				s += t[x][v] * m[y][v]
			}
			row[x] = clamp8(s >> 17)
		}
	}
}
