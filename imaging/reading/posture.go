package reading

import (
	"cmp"
	"context"
	"math"
	"slices"

	"cailiao/imaging/codec"
)

const (
	postureSide = 640 // long side writing is looked for at
	voters      = 3   // lines that are read each way
	// Read upright with this confidence, a picture is upright: no other way reads as well.
	atOnce = .93
)

// Posture is how a picture lies.
type Posture struct {
	Turn   codec.Turn // what makes it upright
	Next   codec.Turn // what would, if Turn is wrong; as Turn when accepted at once
	Margin float64    // by how much, of 1, that reads better than any other way; 1 when accepted at once
	Lines  int        // that were read; 0: nothing to go by
}

// SureMargin is the margin from which on a picture is turned without asking. Seen: legible pictures
// .18 and more; pictures nobody can read .25 and less, and right all the same.
const SureMargin = .15

// Sure says whether the picture may be turned without asking; 0 stands for SureMargin.
func (p Posture) Sure(margin float64) bool {
	if margin == 0 {
		margin = SureMargin
	}
	return p.Lines > 0 && p.Margin >= margin
}

// ways are the four ways a line may be looked at, and what turn of the picture each means.
var ways = []struct {
	flip flip
	turn codec.Turn
}{
	{flip{}, codec.Turn{}},
	{flip{along: true, across: true}, codec.Turn{CW: 180}},
	{flip{along: true}, codec.Turn{Mirror: true}},
	{flip{across: true}, codec.Turn{CW: 180, Mirror: true}},
}

// posture looks which way a few lines read best.
func (r *Reader) posture(ctx context.Context, p codec.Picture) (Posture, error) {
	boxes, err := r.detect(p, postureSide)
	if err != nil {
		return Posture{}, err
	}
	lying := lies(boxes)
	boxes = telling(boxes, lying)
	if len(boxes) == 0 {
		return Posture{}, nil
	}
	base := 0
	if lying {
		base = 90
	}
	full := toPixels(p)
	var votes [4]float64
	for w, way := range ways {
		for _, b := range boxes {
			if err := ctx.Err(); err != nil {
				return Posture{}, err
			}
			_, confidence, err := r.line(full, b, way.flip)
			if err != nil {
				return Posture{}, err
			}
			votes[w] += confidence / float64(len(boxes))
		}
		if w == 0 && !lying && votes[0] > atOnce {
			return Posture{Margin: 1, Lines: len(boxes)}, nil
		}
	}
	best := 0
	for w := range votes {
		if votes[w] > votes[best] {
			best = w
		}
	}
	second := (best + 1) % len(votes)
	for w := range votes {
		if w != best && votes[w] > votes[second] {
			second = w
		}
	}
	way := func(w int) codec.Turn {
		turn := ways[w].turn
		turn.CW = (turn.CW + base) % 360
		return turn
	}
	return Posture{Turn: way(best), Next: way(second), Margin: votes[best] - votes[second], Lines: len(boxes)}, nil
}

// lies says whether the lines run up and down.
func lies(boxes []box) bool {
	level, steep := 0., 0.
	for _, b := range boxes {
		if b.w > 2*b.h {
			level += b.w * b.ux * b.ux
			steep += b.w * b.uy * b.uy
		}
	}
	return steep > level
}

// telling are the lines that say most: long, large, clearly writing. Their u points to where the
// lines run when the picture is turned by 0° or, lying, by 90° clockwise: to the right, or up.
func telling(boxes []box, lying bool) []box {
	var out []box
	for _, b := range boxes {
		if steep := b.uy*b.uy > b.ux*b.ux; b.w < 2*b.h || steep != lying {
			continue
		}
		if lying && b.uy > 0 || !lying && b.ux < 0 {
			b.ux, b.uy = -b.ux, -b.uy
		}
		out = append(out, b)
	}
	weight := func(b box) float64 { return b.score * math.Min(b.w/b.h, 12) * math.Min(b.h, 40) }
	slices.SortStableFunc(out, func(a, b box) int { return cmp.Compare(weight(b), weight(a)) })
	return out[:min(len(out), voters)]
}
