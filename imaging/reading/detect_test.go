package reading

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"cailiao/imaging/codec"
	"cailiao/imaging/imagetest"
)

// island paints a rectangle of sure pixels at an angle.
func island(prob []float32, w int, b box) {
	for i := range prob {
		x, y := float64(i%w)+.5-b.x, float64(i/w)+.5-b.y
		if math.Abs(x*b.ux+y*b.uy) <= b.w/2 && math.Abs(-x*b.uy+y*b.ux) <= b.h/2 {
			prob[i] = .9
		}
	}
}

func TestARectangleIsLaidAroundEachIsland(t *testing.T) {
	const w, h = 320, 320
	for _, angle := range []float64{0, 14, 45, 90, 120} {
		rad := angle * math.Pi / 180
		want := box{x: 160, y: 150, ux: math.Cos(rad), uy: math.Sin(rad), w: 120, h: 16}
		prob := make([]float32, w*h)
		island(prob, w, want)
		island(prob, w, box{x: 20, y: 300, ux: 1, w: 2, h: 2}) // a speck
		boxes := boxesIn(prob, w, h)
		if len(boxes) != 1 {
			t.Fatalf("%v°: %d boxes", angle, len(boxes))
		}
		got := boxes[0]
		grown := want.w * want.h * grow / (want.w + want.h)
		along := math.Abs(got.ux*want.ux + got.uy*want.uy)
		if math.Hypot(got.x-want.x, got.y-want.y) > 1.5 || along < .999 ||
			math.Abs(got.w-want.w-grown) > 4 || math.Abs(got.h-want.h-grown) > 4 {
			t.Errorf("%v°: %+v", angle, got)
		}
	}
}

func TestWhatIsOnlyLikelyIsNoWriting(t *testing.T) {
	prob := make([]float32, 64*64)
	for i := range prob {
		prob[i] = .4
	}
	if boxes := boxesIn(prob, 64, 64); len(boxes) != 0 {
		t.Errorf("%v", boxes)
	}
}

// clerk stands for the models: it finds given boxes and reads with a confidence that depends on
// whether the line comes to it bright end first and bright side up.
type clerk struct {
	boxes []box
	fail  error
}

func (c clerk) detect(in []float32, h, w int) ([]float32, error) {
	prob := make([]float32, h*w)
	for _, b := range c.boxes {
		island(prob, w, b)
	}
	return prob, c.fail
}

// read answers class 1 with how much brighter the start is than the end and the top than the foot.
func (c clerk) read(in []float32, w int) ([]float32, int, int, error) {
	var start, end, top, foot float64
	for y := range lineHeight {
		for x := range w {
			v := float64(in[y*w+x])
			if x < w/2 {
				start += v
			} else {
				end += v
			}
			if y < lineHeight/2 {
				top += v
			} else {
				foot += v
			}
		}
	}
	confidence := .5
	if start > end {
		confidence += .2
	}
	if top > foot {
		confidence += .2
	}
	return []float32{0, float32(confidence), 0}, 1, 3, nil
}

func (clerk) close() error { return nil }

func TestAPictureIsTurnedTheWayItsLinesReadBest(t *testing.T) {
	// Brighter to the left and to the top, so that of the eight ways a picture may lie just one
	// reads best.
	luma := codec.NewPlane(320, 320)
	for y := range 320 {
		for x := range 320 {
			luma.Pix[y*320+x] = byte(255 - x/3 - y/3)
		}
	}
	upright := codec.Picture{W: 320, H: 320, Planes: []codec.Plane{luma}}
	level := []box{{x: 160, y: 90, ux: 1, w: 200, h: 20}, {x: 150, y: 200, ux: 1, w: 180, h: 18}}
	steep := []box{{x: 160, y: 150, ux: 0, uy: 1, w: 200, h: 20}}
	for _, lies := range []codec.Turn{{}, {CW: 90}, {CW: 180}, {CW: 270}, {Mirror: true}, {CW: 180, Mirror: true}} {
		boxes := level
		if lies.CW%180 != 0 {
			boxes = steep
		}
		r := newReader(clerk{boxes: boxes}, "a\n")
		p, err := r.posture(t.Context(), upright.Turn(lies))
		if err != nil {
			t.Fatal(err)
		}
		if back := lies.Then(p.Turn); back != (codec.Turn{}) || !p.Sure(0) || p.Lines != len(boxes) {
			t.Errorf("lying %v: found %+v", lies, p)
		}
	}
}

func TestNothingToReadIsUnsure(t *testing.T) {
	res, err := newReader(clerk{}, "a\n").Read(t.Context(), imagetest.JPEG(imagetest.Page(1, 320, 320), 80), 0)
	if err != nil || res.Posture.Sure(0) || res.Lines != nil {
		t.Errorf("%+v, %v", res, err)
	}
}

func TestAReaderPassesOnWhatItsModelsSay(t *testing.T) {
	broken := errors.New("broken")
	data := imagetest.JPEG(imagetest.Page(1, 320, 320), 80)
	if _, err := newReader(clerk{fail: broken}, "a\n").Read(t.Context(), data, 0); !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := newReader(clerk{}, "a\n").Read(t.Context(), data[:100], 0); err == nil {
		t.Error("half a picture was read")
	}
	r := newReader(clerk{}, "a\n")
	leave, err := enter(t.Context(), r.whole)
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Read(ctx, data, 0); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	// Whoever waits for a posture does not wait for a long reading.
	if _, err := r.Posture(t.Context(), data); err != nil {
		t.Error(err)
	}
}

func TestAClosedReaderKeepsNobody(t *testing.T) {
	r := newReader(clerk{}, "a\n")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := r.Read(ctx, nil, 0); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestEqualNeighboursAreOneCharacter(t *testing.T) {
	r := newReader(clerk{}, "甲\n乙\n")
	var out []float32
	for _, class := range []int{1, 1, 0, 1, 2, 2, 3, 0} {
		row := make([]float32, 4)
		row[class] = .5
		out = append(out, row...)
	}
	if text, confidence := r.spell(out, 8, 4); text != "甲甲乙" || confidence != .5 {
		t.Errorf("%q %v", text, confidence)
	}
}
