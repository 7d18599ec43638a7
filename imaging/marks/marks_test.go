package marks

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"testing"

	"cailiao/imaging/codec"
	"cailiao/imaging/imagetest"
)

func plane(img *image.RGBA) codec.Plane {
	p := codec.NewPlane(img.Rect.Dx(), img.Rect.Dy())
	for i := range p.Pix {
		p.Pix[i], _, _ = color.RGBToYCbCr(img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2])
	}
	return p
}

func TestACodeIsFoundWhicheverWayItLiesAndSomewhatBlurred(t *testing.T) {
	for _, module := range []int{4, 6, 9} {
		page := imagetest.Scene{W: 900, H: 1200, Seed: uint64(module)}.Draw()
		imagetest.Code(page, 560, 860, module)
		for _, turn := range []codec.Turn{{}, {CW: 90}, {CW: 180}, {CW: 270}, {Mirror: true}} {
			if !HasQR(plane(page).Turn(turn)) {
				t.Errorf("modules of %d pixels, %v: not found", module, turn)
			}
		}
		if !HasQR(plane(imagetest.Blur(page, module/6))) {
			t.Errorf("modules of %d pixels, blurred: not found", module)
		}
	}
}

func TestPrintIsNotACode(t *testing.T) {
	for seed := range uint64(12) {
		page := plane(imagetest.Scene{W: 900, H: 1200, Seed: seed}.Draw())
		if HasQR(page) {
			t.Errorf("page %d", seed)
		}
		if face, err := FindFace(page); err != nil || face.Sure(6) {
			t.Errorf("page %d: %+v, %v", seed, face, err)
		}
	}
}

func TestAFaceTellsWhichWayIsUp(t *testing.T) {
	upright := face(480, 640)
	for cw := 0; cw < 360; cw += 90 {
		lies := codec.Turn{CW: cw}
		found, err := FindFace(upright.Turn(lies))
		if err != nil || !found.Sure(6) || lies.Then(found.Turn) != (codec.Turn{}) {
			t.Errorf("lying %d°: %+v, %v", cw, found, err)
		}
	}
}

func TestATinyPictureHasNeither(t *testing.T) {
	small := codec.NewPlane(9, 500)
	if found, err := FindFace(small); err != nil || found.Score != 0 || HasQR(small) {
		t.Errorf("%+v, %v", found, err)
	}
}

// face draws somebody in front of a wall, in soft light: what the cascade goes by is where a face
// is bright and dark.
func face(w, h int) codec.Plane {
	p := codec.NewPlane(w, h)
	cx, cy, r := float64(w)/2, float64(h)*.45, float64(w)*.27
	blob := func(x, y, at, down, wide, high float64) float64 {
		dx, dy := (x-cx-at*r)/(wide*r), (y-cy-down*r)/(high*r)
		return math.Exp(-dx*dx - dy*dy)
	}
	for y := range h {
		for x := range w {
			fx, fy := float64(x), float64(y)
			v := 150.
			dx, dy := (fx-cx)/r, (fy-cy)/(1.3*r)
			if head := dx*dx + dy*dy; head < 1.25 && fy < cy {
				v = 50 // hair
			}
			if dx*dx+(fy-cy-.15*r)*(fy-cy-.15*r)/(1.5*r*r) < .8 {
				v = 200 - 25*dx*dx
				for _, side := range []float64{-.4, .4} {
					v -= 130 * blob(fx, fy, side, -.2, .17, .09) // eyes
					v -= 70 * blob(fx, fy, side, -.42, .26, .07) // brows
					v += 20 * blob(fx, fy, side, .25, .2, .2)    // cheeks
				}
				v += 25 * blob(fx, fy, 0, .1, .1, .3)    // nose
				v -= 50 * blob(fx, fy, 0, .42, .2, .06)  // its shadow
				v -= 90 * blob(fx, fy, 0, .72, .32, .08) // mouth
			}
			p.Pix[y*w+x] = uint8(max(0, min(255, v)))
		}
	}
	return p
}

func ExampleFace_Sure() {
	fmt.Println(Face{Score: 40, Other: 10}.Sure(6), Face{Score: 40, Other: 30}.Sure(6))
	// Output: true false
}
