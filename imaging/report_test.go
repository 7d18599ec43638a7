package imaging

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	if err := New(Config{}).Report(context.Background(), &out, filepath.Join(dir, "labels.csv"), dir); err != nil {
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
		err := New(Config{}).Report(context.Background(), &strings.Builder{}, path, dir)
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
