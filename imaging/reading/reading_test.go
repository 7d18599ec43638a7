//go:build reading && cgo

package reading

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"cailiao/imaging"
	"cailiao/imaging/codec"
)

// open loads the models from the folder setup-reading.sh filled.
func open(t *testing.T) *Reader {
	t.Helper()
	dir := os.Getenv("CAILIAO_TEST_READING")
	if dir == "" {
		t.Fatal("CAILIAO_TEST_READING is not set: run ./setup-reading.sh and set it to the folder's full path; ./test.sh does")
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// sample is the copy the pipeline makes of one of the demo's pictures, turned on top.
func sample(t *testing.T, name string, turn codec.Turn) []byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../../cmd/demo/samples", name+"*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("sample %s: %v, %v", name, files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	taken, err := imaging.New(imaging.Config{}).TakeTurned(t.Context(), data, turn)
	if err != nil || taken.Copy == nil {
		t.Fatalf("sample %s: %+v, %v", name, taken.Verdicts, err)
	}
	return taken.Copy
}

func TestASampleIsReadWhicheverWayItLies(t *testing.T) {
	r := open(t)
	for _, name := range []string{"01", "08"} {
		for _, lies := range []codec.Turn{{}, {CW: 90}, {CW: 180}, {CW: 270}, {Mirror: true}, {CW: 90, Mirror: true}, {CW: 180, Mirror: true}, {CW: 270, Mirror: true}} {
			p, err := r.Posture(t.Context(), sample(t, name, lies))
			if err != nil {
				t.Fatal(err)
			}
			if back := lies.Then(p.Turn); back != (codec.Turn{}) || !p.Sure(0) {
				t.Errorf("sample %s lying %v: %+v", name, lies, p)
			}
		}
	}
}

func TestWhatStandsOnSamplesIsRead(t *testing.T) {
	r := open(t)
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, tt := range []struct {
		sample, says, name, id string
		until                  time.Time
	}{
		{sample: "01", says: "公民身份号码", name: "林知夏", id: "99000019990417002X"},
		{sample: "02", says: "签发机关", until: day("2029-05-06")},
		{sample: "03", says: "林知夏", id: "99000019990417002X"},
		{sample: "05", says: "学位证书"},
		{sample: "06", says: "电子注册备案表", until: day("2026-07-20")},
		{sample: "11", says: "医疗机构执业许可证", until: day("2037-04-30")},
		{sample: "22", says: "林知夏", id: "99000019990417002X"}, // dark
		{sample: "24", says: "毕业证书"},                          // lies on its side
	} {
		t.Run(tt.sample, func(t *testing.T) {
			res, err := r.Read(t.Context(), sample(t, tt.sample, codec.Turn{}), 0)
			if err != nil {
				t.Fatal(err)
			}
			if !res.Says(tt.says) {
				t.Errorf("does not say %s", tt.says)
			}
			if name, _ := res.Name(); tt.name != "" && name != tt.name {
				t.Errorf("name %q", name)
			}
			if ids := res.IDNumbers(); tt.id != "" && !slices.Contains(ids, tt.id) || tt.id == "" && len(ids) > 0 {
				t.Errorf("numbers %v", ids)
			}
			if until, ok := res.ValidUntil(time.UTC); ok == tt.until.IsZero() || ok && !until.Equal(tt.until) {
				t.Errorf("valid until %v, %v", until, ok)
			}
		})
	}
}

func TestAnUnreadablePictureIsNotTurned(t *testing.T) {
	p, err := open(t).Posture(t.Context(), sample(t, "21", codec.Turn{}))
	if err != nil || p.Sure(0) || math.Abs(p.Margin) > .1 {
		t.Errorf("%+v, %v", p, err)
	}
}
