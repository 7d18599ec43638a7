package codec

import (
	"math/rand/v2"
	"testing"

	"cailiao/imaging/imagetest"
)

func TestEveryOrientationIsUndone(t *testing.T) {
	img := imagetest.Scene{W: 37, H: 53}.Draw()
	upright := lumaOf(img)
	for o := 1; o <= 8; o++ {
		got := lumaOf(imagetest.Lying(img, o)).Turn(TurnFor(o))
		if got.W != 37 || got.H != 53 || furthest(got, upright) != 0 {
			t.Errorf("orientation %d: %d×%d", o, got.W, got.H)
		}
	}
}

func TestTurnsFollowEachOther(t *testing.T) {
	p := NewPlane(7, 5)
	for i := range p.Pix {
		p.Pix[i] = byte(i)
	}
	for a := 1; a <= 8; a++ {
		for b := 1; b <= 8; b++ {
			first, second := TurnFor(a), TurnFor(b)
			got, want := p.Turn(first.Then(second)), p.Turn(first).Turn(second)
			if got.W != want.W || furthest(got, want) != 0 {
				t.Errorf("%v then %v is not %v", first, second, first.Then(second))
			}
		}
	}
}

func TestScalingKeepsFlatAreasFlat(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		p := NewPlane(1+rnd.IntN(70), 1+rnd.IntN(70))
		level := byte(rnd.IntN(256))
		for i := range p.Pix {
			p.Pix[i] = level
		}
		w, h := 1+rnd.IntN(40), 1+rnd.IntN(40)
		q := p.Scale(w, h)
		if q.W != w || q.H != h {
			t.Fatalf("%d×%d to %d×%d gave %d×%d", p.W, p.H, w, h, q.W, q.H)
		}
		for y := range h {
			for _, v := range q.Row(y) {
				if v != level {
					t.Fatalf("%d×%d to %d×%d: %d became %d", p.W, p.H, w, h, level, v)
				}
			}
		}
	}
}

func TestScalingDoesNotShift(t *testing.T) {
	p := NewPlane(300, 40) // a ramp: every sample tells where it comes from
	for y := range p.H {
		for x := range p.W {
			p.Row(y)[x] = byte(x * 255 / 299)
		}
	}
	for _, w := range []int{290, 200, 151, 100, 60} {
		q := p.Scale(w, 40)
		for x := 3; x < w-3; x++ {
			want := ((float64(x)+.5)*300/float64(w) - .5) * 255 / 299
			if got := float64(q.Row(20)[x]); got < want-1.5 || got > want+1.5 {
				t.Fatalf("to %d: sample %d is %.0f, should be %.1f", w, x, got, want)
			}
		}
	}
}
