package codec

// SSIM is the mean structural similarity of two planes of the same size (Wang et al. 2004), over
// 8×8 windows four pixels apart with even weights: 1 for equal planes. It is what copies are
// judged by; the pipeline itself does not need it.
func SSIM(a, b Plane) float64 {
	const n, step, c1, c2 = 8, 4, 6.5025, 58.5225 // (.01·255)², (.03·255)²
	sum, windows := 0., 0
	for y := 0; y+n <= a.H; y += step {
		for x := 0; x+n <= a.W; x += step {
			var sa, sb, saa, sbb, sab int
			for dy := range n {
				ra, rb := a.Row(y + dy)[x:x+n], b.Row(y + dy)[x:x+n]
				for i, va := range ra {
					va, vb := int(va), int(rb[i])
					sa, sb = sa+va, sb+vb
					saa, sbb, sab = saa+va*va, sbb+vb*vb, sab+va*vb
				}
			}
			const k = float64(n * n)
			ma, mb := float64(sa)/k, float64(sb)/k
			va, vb, cov := float64(saa)/k-ma*ma, float64(sbb)/k-mb*mb, float64(sab)/k-ma*mb
			sum += (2*ma*mb + c1) * (2*cov + c2) / ((ma*ma + mb*mb + c1) * (va + vb + c2))
			windows++
		}
	}
	return sum / float64(max(1, windows))
}
