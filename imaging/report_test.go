package imaging

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cailiao/imaging/codec"
	"cailiao/imaging/imagetest"
)

func TestAReportHoldsVerdictsAgainstLabels(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	photo := imagetest.Good(5)
	write("good.jpg", imagetest.JPEG(photo.Draw(), 80))
	write("again.jpg", imagetest.JPEG(photo.Draw(), 60))
	photo.Defocus = 5
	write("blurred.jpg", imagetest.JPEG(photo.Draw(), 80))
	write("passed off as good.jpg", imagetest.JPEG(photo.Draw(), 81))
	write("labels.csv", []byte("file,variant,level,expect,reason\n"+
		"good.jpg,sharp,a,accept,\nagain.jpg,dup,q60,duplicate,good.jpg\n"+
		"blurred.jpg,defocus,5,reject,blur\npassed off as good.jpg,sharp,b,accept,\n"))
	var out strings.Builder
	if err := New(Config{}).Report(context.Background(), &out, filepath.Join(dir, "labels.csv"), dir, nil); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"passed off as good.jpg: accept, but refuse (blur",
		"duplicates found 1 of 1",
		"good pictures 2: refused 1, doubted 0",
		"reject 1: refused 1 (100.0 %), doubted 0",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no %q in\n%s", line, out.String())
		}
	}
}

func TestAReportTellsHowPicturesLieAndWhatTheyShow(t *testing.T) {
	dir := t.TempDir()
	labels := "file,type,variant,level,rotate_cw_needed,mirrored,expect,reason,keywords\n"
	for i, row := range []string{
		"a.jpg,card,sharp,a,0,0,accept,,姓名|住址", "b.jpg,card,rot,90,90,0,fix,,姓名|住址", "c.jpg,deed,rot,180,180,0,fix,,授予",
		"d.jpg,deed,mirror,h,0,1,fix,,授予",
	} {
		labels += row + "\n"
		if err := os.WriteFile(filepath.Join(dir, row[:5]), imagetest.JPEG(imagetest.Page(uint64(i), 610, 820), 80), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "labels.csv")
	if err := os.WriteFile(path, []byte(labels), 0o600); err != nil {
		t.Fatal(err)
	}
	answers := []Seen{{Sure: true, Kind: "card"}, {Turn: codec.Turn{CW: 90}, Sure: true, Kind: "card"}, {Turn: codec.Turn{}, Sure: true, Kind: "card"}, {}}
	var out strings.Builder
	look := func(_ context.Context, _ []byte, kinds []Kind) (Seen, error) {
		if len(kinds) != 2 || kinds[0].Code != "card" || len(kinds[0].Words) != 2 {
			t.Errorf("kinds %+v", kinds)
		}
		seen := answers[0]
		answers = answers[1:]
		return seen, nil
	}
	if err := New(Config{}).Report(t.Context(), &out, path, dir, look); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"fixes right 1 of 3 (33.3 %), turned wrongly 1 of all 4",
		"material recognised 2 of 4 legible pictures (50.0 %), taken for another 1",
		"c.jpg: lies by {180 false}, seen as {0 false}",
		"c.jpg: is deed, taken for card",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no %q in\n%s", line, out.String())
		}
	}
}

func TestAReportSaysWhatIsWrongWithItsLabels(t *testing.T) {
	dir := t.TempDir()
	for content, want := range map[string]string{
		"file,variant\na,b\n":                                      `no column "level"`,
		"file,variant,level,expect,reason\n":                       "no rows",
		"file,variant,level,expect,reason\ngone.jpg,a,b,accept,\n": "gone.jpg",
	} {
		path := filepath.Join(dir, "labels.csv")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		err := New(Config{}).Report(context.Background(), &strings.Builder{}, path, dir, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", content, err)
		}
	}
}

func TestADescriptionShowsWhatThresholdsAreHeldAgainst(t *testing.T) {
	var out strings.Builder
	if err := take(t, imagetest.Photo(1)).Describe(&out); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"1080×1440", "sharp", "writing", "copy", "decode"} {
		if !strings.Contains(out.String(), word) {
			t.Errorf("no %q in %s", word, out.String())
		}
	}
}
