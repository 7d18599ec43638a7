package bot_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/templates"
)

// The replies link 「换…」 and 「删除…」 with an item's name: each must be found again.
func TestEveryItemIsFoundByWhatIsToBeDoneWithIt(t *testing.T) {
	files, err := filepath.Glob("../seasons/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		season, err := intake.ParseSeason(data, time.Local)
		if err != nil {
			t.Fatal(file, err)
		}
		var lines []intake.Line
		for _, m := range season.Materials {
			lines = append(lines, intake.Line{Material: m})
		}
		for _, line := range lines {
			for word, want := range map[string]string{"换": "retake", "删除": "delete"} {
				command, item, n := templates.Deed(word + line.Material.Name)
				found := intake.Named(lines, item)
				if command != want || n != 0 || len(found) != 1 || found[0].Material.Code != line.Material.Code {
					t.Errorf("%s: %s%s: %q of %q, %d, finds %d", file, word, line.Material.Name, command, item, n, len(found))
				}
			}
		}
	}
}
