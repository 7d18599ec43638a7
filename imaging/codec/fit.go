package codec

// Fit encodes at the best quality that stays within limit bytes. Quality goes from 95 down to 60
// on libjpeg's scale. When not even that fits, out is nil and least is about what it would take.
//
// The size of a quality is judged from the symbols of a part of the picture; then one pass over
// all of it makes the symbols that are written. Usually that is right at once; a result under 92 %
// of the limit, or over it, is moved along the slope that was seen.
func (c *Coefs) Fit(limit int) (out []byte, least int) {
	const head = 420 // markers, tables
	stride := 1
	if total := c.mcuW * c.mcuH; total > 400 {
		stride = 7 // prime to most widths, so that the part is spread over all columns
		if c.mcuW%7 == 0 {
			stride = 5
		}
	}
	if least = c.size(coarsestLevel, stride) + head; least > limit+limit/64 {
		return nil, least
	}
	guess := c.search(limit-head, stride)
	tooLarge := finestLevel - 1 // the coarsest level known to be over the limit
	for range 6 {
		made := c.encode(guess)
		if len(made) > limit {
			tooLarge = max(tooLarge, guess)
			if guess == coarsestLevel || out != nil {
				return out, len(made)
			}
			guess = min(coarsestLevel, max(guess+grain/2, guess*len(made)/(limit-limit/256)))
			continue
		}
		out = made
		if len(out) >= limit-limit/12 || guess <= tooLarge+1 {
			break
		}
		guess = max(tooLarge+1, guess*len(out)/(limit-limit/32))
	}
	return out, len(out)
}

// size is about what the scan takes at one level, judged from every stride-th part.
func (c *Coefs) size(level, stride int) int {
	t := tally{}
	c.count(c.quantisers(level), stride, &t)
	return t.bytes() * stride
}

// search is the finest level whose size, judged from a part, is within limit; the coarsest when
// there is none.
func (c *Coefs) search(limit, stride int) int {
	low, high := finestLevel, coarsestLevel
	for low < high {
		mid := (low + high) / 2
		if c.size(mid, stride) <= limit {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// Encode makes a baseline JPEG at one scale, in percent of the tables of T.81 annex K.
func (c *Coefs) Encode(scale int) []byte { return c.encode(scale * grain) }

func (c *Coefs) encode(level int) []byte {
	q := c.quantisers(level)
	t := &tally{keep: true, tokens: make([]uint32, 0, c.mcuW*c.mcuH*40)}
	c.count(q, 1, t)
	return c.write(q, t)
}

// quantisers are one per channel; both chroma channels share a table in the file, so they must
// share the coarser of their steps.
func (c *Coefs) quantisers(level int) []*quantiser {
	t := tables(level)
	q := make([]*quantiser, len(c.channels))
	for i := range q {
		q[i] = newQuantiser(&c.channels[i], &t[min(i, 1)])
	}
	if len(q) == 3 && q[1].step != q[2].step {
		both := q[1].step
		for k := range both {
			both[k] = max(both[k], q[2].step[k])
		}
		q[1], q[2] = newQuantiser(&c.channels[1], &both), newQuantiser(&c.channels[2], &both)
	}
	return q
}
