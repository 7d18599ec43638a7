package codec

// Stamp adds a pattern to the brightness of a picture, again and again over all of it. A value of
// 128 changes nothing; the pattern's sides are multiples of 8. Coefficients are sums: only the
// pattern is transformed, and the picture goes through nothing it has not gone through before.
func (c *Coefs) Stamp(pattern Plane) {
	ch := &c.channels[0]
	w, h := pattern.W/8, pattern.H/8
	tile := make([][64]int32, w*h)
	for i := range tile {
		var b [64]int32
		forward(pattern.Pix[(i/w)*8*pattern.Stride+(i%w)*8:], pattern.Stride, &b)
		for k := range b { // what is times 8 becomes what the channel counts in
			step := int32(1)
			if ch.step != nil {
				step = ch.step[k]
			}
			tile[i][k] = rounded(b[zigzag[k]]*ch.scale, 8*step)
		}
	}
	for i := range len(ch.coef) / 64 {
		add := &tile[i/ch.bw%h*w+i%ch.bw%w]
		b := (*[64]int16)(ch.coef[64*i:])
		for k, v := range add {
			if v == 0 {
				continue
			}
			b[k] = int16(min(max(int32(b[k])+v, -1<<14), 1<<14))
			if ch.mask[i] &^= 1 << k; b[k] != 0 {
				ch.mask[i] |= 1 << k
			}
		}
	}
}

// rounded divides to the nearest.
func rounded(a, b int32) int32 {
	if a < 0 {
		return -((-a + b/2) / b)
	}
	return (a + b/2) / b
}
