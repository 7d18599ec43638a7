package imaging

import (
	"context"
	"math"

	"cailiao/imaging/codec"
)

const (
	screenSide  = 1800
	thumbSide   = 320
	screenScale = 40 // percent of T.81's tables: quality 80
	thumbScale  = 50 // quality 75
)

// keeps says whether the copy is the picture as it came, save for metadata: already within both
// limits, upright, and coloured and sampled the usual way.
func (j *job) keeps() bool { return j.inPlace() && j.jpeg.StrippedBytes() <= j.cfg.MaxBytes }

// inPlace says whether nothing about the picture's geometry is to change.
func (j *job) inPlace() bool {
	return j.jpeg != nil && j.jpeg.Plain() && !j.jpeg.Odd() && j.turn == (codec.Turn{}) &&
		max(j.jpeg.Width, j.jpeg.Height) <= j.cfg.LongSide
}

// decode makes the picture no larger than the copy needs it, and its coefficients when the copy
// can be made of them.
func (j *job) decode(ctx context.Context) (codec.Picture, *codec.Coefs, error) {
	if j.png != nil {
		p, err := j.png.Decode(ctx, max(1, max(j.png.Width, j.png.Height)/j.cfg.LongSide))
		return p, nil, err
	}
	long := max(j.jpeg.Width, j.jpeg.Height)
	want := codec.Want{Luma: 8}
	for want.Luma > 1 && long*(want.Luma-1) >= j.cfg.LongSide*8 {
		want.Luma--
	}
	want.Chroma = want.Luma
	want.Coefs = j.inPlace() && !j.keeps() && j.jpeg.Requantisable()
	if j.keeps() && long <= screenSide { // colour is needed for the thumbnail only
		for want.Chroma > 1 && long*(want.Chroma/2)/2 >= thumbSide/2*8 {
			want.Chroma /= 2
		}
	}
	kept := j.inPlace()
	p, coefs, err := j.jpeg.Decode(ctx, want)
	if err == nil && kept && !j.inPlace() { // only its data told that it is odd
		return j.decode(ctx)
	}
	return p, coefs, err
}

// upright brings the picture to the size of the largest copy and turns it.
func (j *job) upright(p codec.Picture) codec.Picture {
	if j.inPlace() {
		return p
	}
	w, h := within(p.W, p.H, j.cfg.LongSide)
	return p.Fit(w, h).Turn(j.turn)
}

// within is the largest size of the same shape whose long side is at most side.
func within(w, h, side int) (int, int) {
	long := max(w, h)
	if long <= side {
		return w, h
	}
	return max(1, (w*side+long/2)/long), max(1, (h*side+long/2)/long)
}

// copies makes the authority's copy: kept, or quantised anew, or encoded; when even the lowest
// legible quality is too large, from fewer pixels.
func (j *job) copies(ctx context.Context, p codec.Picture, coefs *codec.Coefs) error {
	j.copySide = max(p.W, p.H)
	if j.keeps() {
		j.taken.Copy = j.jpeg.Strip()
		return nil
	}
	var least int
	if coefs != nil {
		if j.taken.Copy, least = coefs.Fit(j.cfg.MaxBytes); j.taken.Copy != nil {
			return nil
		}
	}
	for j.copySide = min(j.cfg.LongSide, j.copySide); ; {
		if least > 0 { // bytes go with the area, a little slower
			j.copySide = min(j.copySide*8/9, int(float64(j.copySide)*math.Sqrt(float64(j.cfg.MaxBytes)/float64(least))))
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		j.taken.Copy, least = codec.Transform(p.Fit(within(p.W, p.H, max(8, j.copySide)))).Fit(j.cfg.MaxBytes)
		if j.taken.Copy != nil {
			return nil
		}
	}
}

// views makes what people look at.
func (j *job) views(p, small codec.Picture) {
	j.taken.Screen = j.taken.Copy
	if max(p.W, p.H) > screenSide && j.copySide > screenSide {
		j.taken.Screen = codec.Transform(p.Fit(within(p.W, p.H, screenSide))).Encode(screenScale)
	}
	j.taken.Thumb = codec.Transform(small).Encode(thumbScale)
}
