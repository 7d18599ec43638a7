package imaging

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"strings"
	"testing"
	"time"

	"cailiao/imaging/imagetest"
	"cailiao/intake"
)

func take(t testing.TB, data []byte) Taken {
	t.Helper()
	taken, err := New(Config{Timeout: time.Minute}).Take(context.Background(), data)
	if err != nil {
		t.Fatal(err)
	}
	if taken.Fault != nil {
		t.Fatal(taken.Fault)
	}
	return taken
}

func TestEveryKindOfPhotoGetsItsVerdict(t *testing.T) {
	for _, tt := range []struct {
		name  string
		scene imagetest.Scene
		code  string // of the first verdict; empty: none
		level intake.Level
		where string
	}{
		{"a good photo", imagetest.Scene{}, "", intake.OK, ""},
		{"a noisy one", imagetest.Scene{Noise: 9}, "", intake.OK, ""},
		{"a grey one", imagetest.Scene{Grey: true}, "", intake.OK, ""},
		{"a screenshot, pure white", imagetest.Scene{Screen: true}, "", intake.OK, ""},
		{"slightly out of focus", imagetest.Scene{Defocus: 2}, Blur, intake.Doubt, ""},
		{"out of focus", imagetest.Scene{Defocus: 4}, Blur, intake.Refuse, ""},
		{"slightly shaken", imagetest.Scene{Shake: 8}, Shaken, intake.Doubt, ""},
		{"shaken", imagetest.Scene{Shake: 20}, Shaken, intake.Refuse, ""},
		{"dim", imagetest.Scene{Light: .35}, Dark, intake.Doubt, ""},
		{"dark", imagetest.Scene{Light: .15}, Dark, intake.Refuse, ""},
		{"over-exposed", imagetest.Scene{Light: 1.9}, Bright, intake.Doubt, ""},
		{"a reflection", imagetest.Scene{Glare: .17}, Glare, intake.Doubt, "top-left"},
		{"cut off at the right", imagetest.Scene{Left: .3, Top: .1, Right: 1.3, Bottom: .9}, Cut, intake.Doubt, "right"},
		{"cut off at the left", imagetest.Scene{Left: -.4, Top: .1, Right: .8, Bottom: .9}, Cut, intake.Doubt, "left"},
		{"cut off at the bottom", imagetest.Scene{Left: .1, Top: .3, Right: .9, Bottom: 1.38}, Cut, intake.Doubt, "bottom"},
		{"cut off at the top", imagetest.Scene{Left: .1, Top: -.383, Right: .9, Bottom: .7}, Cut, intake.Doubt, "top"},
		{"far away", imagetest.Scene{Left: .42, Top: .42, Right: .58, Bottom: .58}, Far, intake.Doubt, ""},
		{"far away and blurred", imagetest.Scene{Left: .42, Top: .42, Right: .58, Bottom: .58, Defocus: 2}, Far, intake.Refuse, ""},
		{"an empty table", imagetest.Scene{Empty: true}, NoDocument, intake.Refuse, ""},
		{"a blank sheet", imagetest.Scene{Blank: true}, Blank, intake.Refuse, ""},
		{"a thumbnail", imagetest.Scene{W: 240, H: 320}, Small, intake.Refuse, ""},
		{"a small picture", imagetest.Scene{W: 525, H: 700}, Small, intake.Doubt, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.scene.W == 0 {
				tt.scene.W, tt.scene.H = 1080, 1440
			}
			taken := take(t, imagetest.JPEG(tt.scene.Draw(), 88))
			if tt.code == "" {
				if len(taken.Verdicts) > 0 {
					t.Errorf("verdicts %+v", taken.Verdicts)
				}
				return
			}
			if len(taken.Verdicts) == 0 {
				t.Fatalf("no verdict; facts %+v", taken.Facts)
			}
			v := taken.Verdicts[0]
			if v.Code != tt.code || v.Level != tt.level || v.Where != tt.where {
				t.Errorf("got %+v; facts %+v", v, taken.Facts)
			}
			if taken.Level() != tt.level || taken.Copy == nil {
				t.Errorf("level %s, copy of %d bytes", taken.Level(), len(taken.Copy))
			}
		})
	}
}

func TestThresholdsAreStoredWithTheVerdict(t *testing.T) {
	data := imagetest.JPEG(imagetest.Good(0).Draw(), 88)
	w := New(Config{Thresholds: Thresholds{BlurRefuse: 5_000, BlurDoubt: 9_000}})
	taken, err := w.Take(context.Background(), data)
	if err != nil {
		t.Fatal(err)
	}
	v := taken.Verdicts[0]
	if v.Code != Blur || v.Threshold != 5_000 || v.Value != taken.Facts.Sharp {
		t.Errorf("%+v", v)
	}
}

func TestThresholdsThatMakeNoSenseAreNamed(t *testing.T) {
	for _, bad := range []Thresholds{{BlurRefuse: -1}, {BlurRefuse: 200}, {DarkDoubt: 300}, {Far: 2}, {CutInk: -.1}} {
		if err := (Config{Thresholds: bad}).Validate(); err == nil {
			t.Errorf("%+v passed", bad)
		}
	}
	if err := (Config{}).Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
}

func TestRefusalsComeBeforeDoubts(t *testing.T) {
	scene := imagetest.Scene{W: 1080, H: 1440, Left: .3, Top: .1, Right: 1.3, Bottom: .9, Defocus: 4}
	taken := take(t, imagetest.JPEG(scene.Draw(), 88))
	if len(taken.Verdicts) != 2 || taken.Verdicts[0].Code != Blur || taken.Verdicts[1].Code != Cut {
		t.Errorf("%+v", taken.Verdicts)
	}
}

func TestTheSamePhotoSentAgainIsAlikeAndAnotherIsNot(t *testing.T) {
	scene := imagetest.Good(0)
	img := scene.Draw()
	like := func(data []byte) Likeness {
		taken := take(t, data)
		return Likeness{taken.PHash, taken.DHash}
	}
	first := like(imagetest.JPEG(img, 90))
	again := like(imagetest.JPEG(halved(img), 60))
	scene.Seed = 99
	other := like(imagetest.JPEG(scene.Draw(), 90))
	if !Alike(first, again) {
		t.Errorf("%x and %x are not alike", first, again)
	}
	if Alike(first, Likeness{^first.PHash, first.DHash}) || first == other {
		t.Errorf("%x and %x are", first, other)
	}
}

// halved is every other pixel of every other row.
func halved(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, img.Rect.Dx()/2, img.Rect.Dy()/2))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			out.Set(x, y, img.At(2*x, 2*y))
		}
	}
	return out
}

// decoded is a JPEG as the standard library reads it.
func decoded(t testing.TB, data []byte) image.Image {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestASeasonOverridesThresholdsByName(t *testing.T) {
	base := Thresholds{BlurDoubt: 200, Far: .4}
	got, err := base.With(map[string]float64{"blur_refuse": 20, "far": .1})
	if want := (Thresholds{BlurDoubt: 200, BlurRefuse: 20, Far: .1}); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if base.Far != .4 {
		t.Error("the configuration's own thresholds changed")
	}
	for _, bad := range []map[string]float64{{"blurr": 20}, {"blur_doubt": 0}, {"blur_refuse": 300}, {"far": -1}} {
		if _, err := base.With(bad); err == nil || !strings.Contains(err.Error(), "thresholds.") {
			t.Errorf("%v: %v", bad, err)
		}
	}
}
