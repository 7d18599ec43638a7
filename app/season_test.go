package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cailiao/imaging"
	"cailiao/intake"
)

// seasonWith is the shipped season file with something added at its end.
func seasonWith(t *testing.T, end string) string {
	t.Helper()
	data, err := os.ReadFile("../seasons/beijing-2026.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	examples, err := filepath.Abs("../seasons/examples")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(examples, filepath.Join(dir, "examples")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "season.yaml")
	if err := os.WriteFile(path, append(data, end...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestASeasonsPhotoThresholdsWinOverTheConfiguration(t *testing.T) {
	season, _, err := LoadSeason(seasonWith(t, "\nphotos:\n  thresholds: {blur_refuse: 20, far: .1}\n"), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := photoConfig(imaging.Config{LongSide: 1600, Thresholds: imaging.Thresholds{BlurRefuse: 30, BlurDoubt: 90}}, season)
	if want := (imaging.Thresholds{BlurRefuse: 20, BlurDoubt: 90, Far: .1}); err != nil || cfg.Thresholds != want || cfg.LongSide != 1600 {
		t.Errorf("%+v, %v", cfg, err)
	}
	// What is right in itself may contradict the configuration.
	_, err = photoConfig(imaging.Config{Thresholds: imaging.Thresholds{BlurRefuse: 5, BlurDoubt: 10}}, season)
	if err == nil || !strings.Contains(err.Error(), "photos.thresholds.blur_refuse") {
		t.Errorf("%v", err)
	}
}

func TestMistakesInPhotoThresholdsAreToldWithTheirLine(t *testing.T) {
	for _, tt := range []struct{ end, key string }{
		{"\nphotos:\n  thresholds:\n    far: .1\n    blurr: 20\n", "photos.thresholds.blurr"},
		{"\nphotos:\n  thresholds:\n    far: .1\n    cut_ink: 20\n", "photos.thresholds.cut_ink"},
		{"\nphotos:\n  thresholds:\n    far: .1\n    shaken: much\n", "photos.thresholds.shaken"},
		{"\nphotos:\n  treshold: {}\n", "photos.treshold"},
	} {
		path := seasonWith(t, tt.end)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = LoadSeason(path, time.UTC)
		want := (&intake.FieldError{Line: intake.LineOf(data, tt.key), Key: tt.key}).Error()
		if err == nil || !strings.Contains(err.Error(), strings.TrimSuffix(want, ": ")) {
			t.Errorf("want %q; got %v", want, err)
		}
	}
}
