package codec

// Fit encodes at the best quality that stays within limit bytes. Quality goes from 95 down to 60
// on libjpeg's scale. When not even that fits, out is nil and least is about what it would take.
//
// The size of a quality is judged from the symbols of a part of the picture; then one pass over
// all of it makes the symbols that are written. Usually that is right at once; a result under 92 %
// of the limit, or over it, is moved along the slope that was seen.
func (c *Coefs) Fit(limit int) (out []byte, least int) {
	const head = 420 // markers, tables
	if least = c.size(coarsestLevel) + head; least > limit+limit/64 {
		return nil, least
	}
	guess := c.search(limit - head)
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

// size is about what the scan takes at one level.
func (c *Coefs) size(level int) int { return c.sizeFrom(level, c.part(7, 5)) }

// sizeFrom judges that from every n-th MCU.
func (c *Coefs) sizeFrom(level, n int) int {
	t := tally{}
	c.count(c.quantisers(level), n, &t)
	return t.bytes() * n
}

// part is n, or instead where n divides the picture's width, so that a part is spread over all
// columns; a small picture is looked at whole.
func (c *Coefs) part(n, instead int) int {
	switch {
	case c.mcuW*c.mcuH < 60*n:
		return 1
	case c.mcuW%n == 0:
		return instead
	}
	return n
}

// search is about the finest level whose size is within limit; the coarsest when there is none. It
// brackets with a small part of the picture and looks more closely inside.
func (c *Coefs) search(limit int) int {
	low, high := finestLevel, coarsestLevel
	narrow := func(until, n int) {
		for high-low > until {
			mid := (low + high) / 2
			if c.sizeFrom(mid, n) <= limit {
				high = mid
			} else {
				low = mid
			}
		}
	}
	narrow(8*grain, c.part(29, 31))
	low, high = max(finestLevel, low-2*grain), min(coarsestLevel, high+2*grain)
	narrow(grain/8, c.part(7, 5))
	return high
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
