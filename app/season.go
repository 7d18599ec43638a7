package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"cailiao/imaging"
	"cailiao/intake"
)

// LoadSeason reads a season file and checks that its example pictures are there and its photo
// thresholds make sense. The folder returned holds the pictures.
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
	var faults []error
	for i, m := range season.Materials {
		if m.Example == "" {
			continue
		}
		key := fmt.Sprintf("materials[%d].example", i)
		if info, err := fs.Stat(dir, m.Example); err != nil || info.IsDir() {
			faults = append(faults, &intake.FieldError{
				Key: key, Problem: "no such picture beside the season file",
			})
		}
	}
	_, err = imaging.Thresholds{}.With(season.PhotoThresholds)
	faults = append(faults, under("photos", err))
	if err := placed(data, errors.Join(faults...)); err != nil {
		return nil, nil, fmt.Errorf("season %s:\n%w", path, err)
	}
	return season, dir, nil
}

// photoConfig is how pictures are judged: the configuration, with the season's thresholds.
func photoConfig(cfg imaging.Config, season *intake.Season) (imaging.Config, error) {
	thresholds, err := cfg.Thresholds.With(season.PhotoThresholds)
	if err != nil {
		return cfg, fmt.Errorf("season: %w", under("photos", err))
	}
	cfg.Thresholds = thresholds
	return cfg, nil
}

// OpenPhotos opens what judging pictures from the command line needs, with the season's
// thresholds when there is a season.
func OpenPhotos(cfg Config) (*imaging.Works, error) {
	if cfg.Season == "" {
		return imaging.New(cfg.Imaging), nil
	}
	season, _, err := LoadSeason(cfg.Season, cfg.Location())
	if err != nil {
		return nil, err
	}
	photos, err := photoConfig(cfg.Imaging, season)
	return imaging.New(photos), err
}
