package reading

import (
	"context"
	"slices"
	"strings"

	"cailiao/imaging/codec"
)

const (
	readSide = 960 // long side lines are looked for at
	maxLines = 120
)

// lines reads everything on an upright picture.
func (r *Reader) lines(ctx context.Context, p codec.Picture) ([]Line, error) {
	boxes, err := r.detect(p, readSide)
	if err != nil {
		return nil, err
	}
	boxes = slices.DeleteFunc(boxes, func(b box) bool { return b.upright().ux < .7 && b.w > 1.5*b.h })
	slices.SortStableFunc(boxes, func(a, b box) int { return int(a.y - b.y) })
	full := toPixels(p)
	var lines []Line
	for _, b := range boxes[:min(len(boxes), maxLines)] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		text, confidence, err := r.line(full, b.upright(), flip{})
		if err != nil {
			return nil, err
		}
		if text != "" {
			lines = append(lines, Line{
				Text: text, Confidence: confidence,
				X: b.x / float64(p.W), Y: b.y / float64(p.H), W: b.w / float64(p.W), H: b.h / float64(p.H),
			})
		}
	}
	return lines, nil
}

// upright lets the long side of a box point to the right. A box that is hardly longer than high
// holds a character or two: the side nearer to level counts as its length.
func (b box) upright() box {
	if b.w < 1.5*b.h && b.uy*b.uy > b.ux*b.ux {
		b.w, b.h, b.ux, b.uy = b.h, b.w, -b.uy, b.ux
	}
	if b.ux < 0 {
		b.ux, b.uy = -b.ux, -b.uy
	}
	return b
}

// line reads what is in a box.
func (r *Reader) line(p pixels, b box, f flip) (text string, confidence float64, err error) {
	in, w := p.cut(b, f)
	out, steps, classes, err := r.engine.read(in, w)
	if err != nil {
		return "", 0, err
	}
	text, confidence = r.spell(out, steps, classes)
	return text, confidence, nil
}

// spell takes the likeliest class of each step; equal neighbours are one character, class 0 is
// none (connectionist temporal classification).
func (r *Reader) spell(out []float32, steps, classes int) (string, float64) {
	var text strings.Builder
	sum, n, before := 0., 0, 0
	for s := range steps {
		row := out[s*classes : (s+1)*classes]
		best := 0
		for c, v := range row {
			if v > row[best] {
				best = c
			}
		}
		if best != 0 && best != before && best < len(r.keys) {
			text.WriteString(r.keys[best])
			sum += float64(row[best])
			n++
		}
		before = best
	}
	if n == 0 {
		return "", 0
	}
	return strings.TrimSpace(text.String()), sum / float64(n)
}
