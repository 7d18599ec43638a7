package main

import (
	"bytes"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cailiao/imaging/imagetest"
)

// photoCommand runs `cailiao photo` in this process, where no config.yaml stands.
func photoCommand(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	t.Chdir(t.TempDir())
	var o, e bytes.Buffer
	code = run(t.Context(), append([]string{"photo"}, args...), program{in: os.Stdin, out: &o, err: &e})
	return o.String(), e.String(), code
}

func TestPhotoDescribesOnePictureAndWritesItsCopyBesideIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "card.jpeg")
	put(t, path, imagetest.Photo(1))
	out, errs, code := photoCommand(t, path)
	if code != 0 || !strings.Contains(out, "1080×1440") || !strings.Contains(out, "decode") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	data, err := os.ReadFile(strings.TrimSuffix(path, ".jpeg") + ".copy.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil || len(data) > 200_000 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

func TestPhotoPutsManyPicturesIntoATable(t *testing.T) {
	dir := t.TempDir()
	scene := imagetest.Good(2)
	good, blurred, gone := filepath.Join(dir, "good.jpg"), filepath.Join(dir, "blurred.jpg"), filepath.Join(dir, "gone.jpg")
	put(t, good, imagetest.Oriented(imagetest.JPEG(scene.Draw(), 80), 6))
	scene.Defocus = 5
	put(t, blurred, imagetest.JPEG(scene.Draw(), 80))
	put(t, filepath.Join(dir, "broken.jpg"), imagetest.Photo(3)[:5000])
	copies := filepath.Join(dir, "new", "copies")
	out, errs, code := photoCommand(t, good, "-out", copies, gone, blurred, filepath.Join(dir, "broken.jpg"))
	if code != 1 || !strings.Contains(errs, gone) {
		t.Errorf("exit %d\n%s", code, errs)
	}
	lines := strings.Split(out, "\n")
	if len(lines) < 4 || !strings.HasPrefix(lines[1], "jpeg") || !strings.Contains(lines[1], " 90 ") || !strings.Contains(lines[1], "  ok ") ||
		!strings.Contains(lines[2], "refuse blur") || !strings.Contains(lines[3], "refuse broken") {
		t.Errorf("table:\n%s", out)
	}
	if entries, err := os.ReadDir(copies); err != nil || len(entries) != 2 {
		t.Errorf("copies: %v, %v", entries, err)
	}
}

func TestPhotoHoldsAFolderAgainstItsLabels(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "a.jpg"), imagetest.Photo(1))
	labels := filepath.Join(dir, "labels.csv")
	put(t, labels, []byte("file,variant,level,expect,reason\na.jpg,sharp,a,accept,\n"))
	out, errs, code := photoCommand(t, "-labels", labels, dir)
	if code != 0 || !strings.Contains(out, "good pictures 1: refused 0") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if _, errs, code = photoCommand(t, "-labels", labels, dir, dir); code != 2 || !strings.Contains(errs, "用法") {
		t.Errorf("two folders: exit %d\n%s", code, errs)
	}
}

func TestPhotoJudgesByTheSeasonOfItsConfiguration(t *testing.T) {
	i := install(t, "sqlite")
	season := filepath.Join(filepath.Dir(i.config), "seasons", "season.yaml")
	data, err := os.ReadFile(season)
	if err != nil {
		t.Fatal(err)
	}
	put(t, season, append(data, "\nphotos:\n  thresholds: {blur_refuse: 5000, blur_doubt: 9000}\n"...))
	path := filepath.Join(t.TempDir(), "card.jpg")
	put(t, path, imagetest.Photo(1))
	out, code := i.run("", "photo", path)
	if code != 0 || !strings.Contains(out, "against 5000") {
		t.Errorf("exit %d\n%s", code, out)
	}
}
