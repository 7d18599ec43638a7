package codec

// forward makes the coefficients of one 8×8 block, times 8, row-major.
func forward(src []byte, stride int, b *[64]int32) {
	for y := range 8 {
		r, o := (*[8]byte)(src[y*stride:]), (*[8]int32)(b[8*y:])
		s0, s7 := int32(r[0])+int32(r[7]), int32(r[0])-int32(r[7])
		s1, s6 := int32(r[1])+int32(r[6]), int32(r[1])-int32(r[6])
		s2, s5 := int32(r[2])+int32(r[5]), int32(r[2])-int32(r[5])
		s3, s4 := int32(r[3])+int32(r[4]), int32(r[3])-int32(r[4])
		t0, t3, t1, t2 := s0+s3, s0-s3, s1+s2, s1-s2
		o[0], o[4] = (t0+t1-8*128)<<2, (t0-t1)<<2
		const half, shift = 1 << 10, 11
		z := (t2 + t3) * c0_541
		o[2], o[6] = (z+t3*c0_765+half)>>shift, (z-t2*c1_847+half)>>shift

		z5 := (s4 + s6 + s5 + s7) * c1_175
		z1, z2 := (s4+s7)*-c0_899, (s5+s6)*-c2_562
		z3, z4 := (s4+s6)*-c1_961+z5, (s5+s7)*-c0_390+z5
		o[7], o[5] = (s4*c0_298+z1+z3+half)>>shift, (s5*c2_053+z2+z4+half)>>shift
		o[3], o[1] = (s6*c3_072+z2+z3+half)>>shift, (s7*c1_501+z1+z4+half)>>shift
	}
	for x := range 8 {
		s0, s7 := b[x]+b[x+56], b[x]-b[x+56]
		s1, s6 := b[x+8]+b[x+48], b[x+8]-b[x+48]
		s2, s5 := b[x+16]+b[x+40], b[x+16]-b[x+40]
		s3, s4 := b[x+24]+b[x+32], b[x+24]-b[x+32]
		t0, t3, t1, t2 := s0+s3, s0-s3, s1+s2, s1-s2
		b[x], b[x+32] = (t0+t1+2)>>2, (t0-t1+2)>>2
		const half, shift = 1 << 14, 15
		z := (t2 + t3) * c0_541
		b[x+16], b[x+48] = (z+t3*c0_765+half)>>shift, (z-t2*c1_847+half)>>shift

		z5 := (s4 + s6 + s5 + s7) * c1_175
		z1, z2 := (s4+s7)*-c0_899, (s5+s6)*-c2_562
		z3, z4 := (s4+s6)*-c1_961+z5, (s5+s7)*-c0_390+z5
		b[x+56], b[x+40] = (s4*c0_298+z1+z3+half)>>shift, (s5*c2_053+z2+z4+half)>>shift
		b[x+24], b[x+8] = (s6*c3_072+z2+z3+half)>>shift, (s7*c1_501+z1+z4+half)>>shift
	}
}
