package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"cailiao/intake"
)

// LoadSeason reads a season file and checks that its example pictures are there. The folder
// returned holds them.
func LoadSeason(path string, loc *time.Location) (*intake.Season, fs.FS, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("season: %w", err)
	}
	season, err := intake.ParseSeason(data, loc)
	if err != nil {
		return nil, nil, fmt.Errorf("season %s:\n%w", path, err)
	}
	dir := os.DirFS(filepath.Dir(path))
	var missing []error
	for i, m := range season.Materials {
		if m.Example == "" {
			continue
		}
		key := fmt.Sprintf("materials[%d].example", i)
		if info, err := fs.Stat(dir, m.Example); err != nil || info.IsDir() {
			missing = append(missing, &intake.FieldError{
				Line: intake.LineOf(data, key), Key: key, Problem: "no such picture beside the season file",
			})
		}
	}
	if err := errors.Join(missing...); err != nil {
		return nil, nil, fmt.Errorf("season %s:\n%w", path, err)
	}
	return season, dir, nil
}
