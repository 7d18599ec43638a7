package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"cailiao/app"
	"cailiao/imaging"
	"cailiao/imaging/reading"
)

func photoFlags(flags *flag.FlagSet, opts *options) {
	flags.StringVar(&opts.labels, "labels", "", "")
	flags.StringVar(&opts.out, "out", "", "")
}

// photo shows what pictures are judged to be and writes their copies, or holds a folder of
// labelled pictures against their labels.
func photo(ctx context.Context, p program, cfg app.Config, opts options) error {
	works, err := app.OpenPhotos(cfg)
	if err != nil {
		return err
	}
	if opts.labels != "" {
		look, closed, err := lookFor(cfg, works)
		if err != nil {
			return err
		}
		if look == nil {
			p.print(p.err, "photo unread", nil)
		}
		return errors.Join(works.Report(ctx, p.out, opts.labels, opts.args[0], look), closed())
	}
	if opts.out != "" {
		if err := os.MkdirAll(opts.out, 0o755); err != nil {
			return err
		}
	}
	ok := true
	var shown []shownPhoto
	for _, path := range opts.args {
		s, err := takeFile(ctx, works, path, opts.out)
		if err != nil {
			p.print(p.err, "photo failed", map[string]any{"File": path, "Err": err})
			ok = false
			continue
		}
		shown = append(shown, s)
	}
	if len(shown) == 1 {
		err = shown[0].taken.Describe(p.out)
	} else if len(shown) > 1 {
		err = photoTable(p.out, shown)
	}
	for _, s := range shown {
		p.print(p.out, "photo copy", s)
	}
	if err == nil && !ok {
		return errFailed
	}
	return err
}

// readingDir is where setup-reading.sh puts its files when nobody says otherwise.
const readingDir = "data/reading"

// lookFor reads pictures where that is installed; nil where it is not.
func lookFor(cfg app.Config, works *imaging.Works) (look imaging.Look, closed func() error, err error) {
	r, err := reading.Open(cmp.Or(cfg.Reading.Dir, readingDir))
	if errors.Is(err, reading.ErrNotBuilt) || errors.Is(err, reading.ErrMissing) {
		return nil, func() error { return nil }, nil
	}
	if err != nil {
		return nil, nil, err
	}
	limits := works.Thresholds()
	return func(ctx context.Context, copied []byte, kinds []imaging.Kind) (imaging.Seen, error) {
		result, err := r.Read(ctx, copied, limits.WayMargin)
		if err != nil {
			return imaging.Seen{}, err
		}
		seen := imaging.Seen{Turn: result.Posture.Turn, Sure: result.Posture.Sure(limits.WayMargin)}
		var all []reading.Kind
		for _, k := range kinds {
			all = append(all, reading.Kind(k))
		}
		if best, margin := reading.Best(result.Guesses(all)); best.Share >= limits.OtherShare && margin >= limits.OtherMore {
			seen.Kind = best.Code
		}
		return seen, nil
	}, r.Close, nil
}

// shownPhoto is a picture taken from a file.
type shownPhoto struct {
	File, Copy string // Copy is empty when there is none
	Bytes      int    // of the copy
	taken      imaging.Taken
	took       time.Duration
}

// takeFile judges one file and writes its copy into dir, or beside it.
func takeFile(ctx context.Context, works *imaging.Works, path, dir string) (shownPhoto, error) {
	s := shownPhoto{File: path}
	data, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	start := time.Now()
	if s.taken, err = works.Take(ctx, data); err != nil {
		return s, err
	}
	s.took = time.Since(start)
	if s.taken.Fault != nil {
		return s, s.taken.Fault
	}
	if s.taken.Copy == nil {
		return s, nil
	}
	if dir == "" {
		dir = filepath.Dir(path)
	}
	name := filepath.Base(path)
	s.Copy = filepath.Join(dir, strings.TrimSuffix(name, filepath.Ext(name))+".copy.jpg")
	s.Bytes = len(s.taken.Copy)
	return s, os.WriteFile(s.Copy, s.taken.Copy, 0o600)
}

// photoTable has a row per picture; its columns go by the names facts and thresholds have in files.
func photoTable(out io.Writer, shown []shownPhoto) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "format\tsize\tturned\tp95\tburnt\tspread\tsharp\teven\twriting\textent\tcopy")
	stages := []string{"decode", "turn", "facts", "copy", "views"}
	for _, s := range stages {
		fmt.Fprintf(t, "\t%s ms", s)
	}
	fmt.Fprint(t, "\tall ms\tverdict\tfile\n")
	for _, s := range shown {
		f := s.taken.Facts
		fmt.Fprintf(t, "%s\t%d×%d\t%d\t%.0f\t%.3f\t%.1f\t%.1f\t%.2f\t%.3f\t%.2f\t%d", s.taken.Format, s.taken.Width, s.taken.Height,
			s.taken.Turned, f.P95, f.Burnt, f.Spread, f.Sharp, f.Even, f.Page.Writing, f.Page.Extent, s.Bytes)
		took := map[string]time.Duration{}
		for _, stage := range s.taken.Stages {
			took[stage.Name] = stage.Took
		}
		for _, name := range stages {
			fmt.Fprintf(t, "\t%.1f", took[name].Seconds()*1000)
		}
		fmt.Fprintf(t, "\t%.1f\t%s", s.took.Seconds()*1000, s.taken.Level())
		for _, v := range s.taken.Verdicts {
			fmt.Fprintf(t, " %s %.4g/%.4g", v.Code, v.Value, v.Threshold)
			if v.Where != "" {
				fmt.Fprintf(t, " %s", v.Where)
			}
		}
		fmt.Fprintf(t, "\t%s\n", s.File)
	}
	return t.Flush()
}
