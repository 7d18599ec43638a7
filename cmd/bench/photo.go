package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"text/tabwriter"
)

// shot is one kind of picture to measure, and how much more than the floor it may cost.
type shot struct {
	name    string
	file    string // what was received
	limit   float64
	stretch float64
}

const mostMemory = 80 << 20 // of a process that takes one picture

// photo compares the whole way of a photo with libjpeg-turbo's decoder and encoder run once each
// (the floor), and with the tools one might use instead.
func photo(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("photo", flag.ContinueOnError)
	runs := flags.Int("n", 20, "runs of each")
	fit := flags.String("fit", "", "a JPEG over 200,000 bytes of a photo as chat delivers it; drawn when empty")
	keep := flags.String("keep", "", "the same under 200,000 bytes")
	original := flags.String("original", "", "a JPEG straight from a camera, about 12 megapixels")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-photo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tools, err := findTools()
	if err != nil {
		return err
	}
	shots := []shot{
		{"chat photo, needs a fit", *fit, 6, 3},
		{"chat photo, kept", *keep, 3, 2},
		{"original, 12 megapixels", *original, 5, 3},
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for i := range shots {
		if shots[i].file == "" {
			shots[i].file = filepath.Join(dir, strconv.Itoa(i)+".jpg")
			if _, err := run(ctx, self, "-photo-draw", strconv.Itoa(i), shots[i].file); err != nil {
				return err
			}
		}
	}
	met := true
	for _, s := range shots {
		ok, err := measure(ctx, os.Stdout, tools, s, dir, *runs)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		met = met && ok
	}
	for _, name := range tools.missing {
		fmt.Printf("not installed, not compared: %s\n", name)
	}
	if !met {
		return errors.New("a goal was missed")
	}
	return nil
}

// measure prints one table and says whether the goals were met.
func measure(ctx context.Context, out io.Writer, tools *toolbox, s shot, dir string, runs int) (bool, error) {
	self, err := os.Executable()
	if err != nil {
		return false, err
	}
	copyFile := filepath.Join(dir, "copy.jpg")
	turned, err := run(ctx, self, "-photo-copy", s.file, copyFile)
	if err != nil {
		return false, err
	}
	floor, err := tools.floor(ctx, s.file, copyFile, dir, runs)
	if err != nil {
		return false, err
	}
	var times [3]usage // of that many pictures
	for i, n := range []int{0, 1, runs} {
		if times[i], err = run(ctx, self, "-photo-take", strconv.Itoa(n), s.file); err != nil {
			return false, err
		}
	}
	cost := (times[2].cpu - times[0].cpu) / float64(runs)

	fmt.Fprintf(out, "%s: floor %.1f ms\n", s.name, floor*1000)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "way\tCPU ms\t× floor\tpeak MB\tbytes\tSSIM")
	line := func(name string, u usage, file string) (int64, error) {
		info, err := os.Stat(file)
		if err != nil {
			return 0, err
		}
		similarity, err := run(ctx, self, "-photo-ssim", file, s.file, turned.said)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		_, err = fmt.Fprintf(t, "%s\t%.1f\t%.2f\t%d\t%d\t%s\n", name, u.cpu*1000, u.cpu/floor, u.rss>>20, info.Size(), similarity.said)
		return info.Size(), err
	}
	size, err := line("imaging: facts, verdicts, copy, screen, thumbnail", usage{cpu: cost, rss: times[1].rss}, copyFile)
	if err != nil {
		return false, err
	}
	for _, other := range tools.others {
		result := filepath.Join(dir, "other.jpg")
		u, err := repeat(ctx, min(runs, 5), other.path, other.args(s.file, result)...)
		if err != nil {
			return false, err
		}
		if _, err := line(other.name+": copy only", u, result); err != nil {
			return false, err
		}
	}
	if err := t.Flush(); err != nil {
		return false, err
	}
	ok := cost/floor <= s.limit && times[1].rss <= mostMemory && size <= 200_000
	fmt.Fprintf(out, "goal ≤ %g× (stretch %g×), ≤ %d MB: %.2f×, %d MB: %s\n\n", s.limit, s.stretch, mostMemory>>20,
		cost/floor, times[1].rss>>20, map[bool]string{true: "met", false: "MISSED"}[ok])
	return ok, nil
}
