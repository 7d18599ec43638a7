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

	"cailiao/imaging"
	"cailiao/imaging/codec"
	"cailiao/imaging/imagetest"
)

// shot is one kind of picture to measure, and how much more than the floor it may cost.
type shot struct {
	name    string
	file    string // what was received
	scaled  bool   // the copy has fewer pixels
	limit   float64
	stretch float64
}

const mostMemory = 80 << 20 // per 12-megapixel picture

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
		{"chat photo, needs a fit", *fit, false, 6, 3},
		{"chat photo, kept", *keep, false, 3, 2},
		{"original, 12 megapixels", *original, true, 5, 3},
	}
	if err := draw(dir, shots); err != nil {
		return err
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

// draw makes the pictures that were not given.
func draw(dir string, shots []shot) error {
	for i, make := range []func() []byte{
		func() []byte { return imagetest.JPEG(imagetest.Scene{W: 1080, H: 1440, Noise: 3, Seed: 1}.Draw(), 92) },
		func() []byte { return imagetest.JPEG(imagetest.Scene{W: 1080, H: 1440, Noise: 3, Seed: 1}.Draw(), 78) },
		func() []byte {
			lying := imagetest.Lying(imagetest.Scene{W: 3024, H: 4032, Noise: 4, Defocus: 1, Seed: 1}.Draw(), 6)
			return imagetest.Oriented(imagetest.JPEG(lying, 90), 6)
		},
	} {
		if shots[i].file != "" {
			continue
		}
		shots[i].file = filepath.Join(dir, strconv.Itoa(i)+".jpg")
		if err := os.WriteFile(shots[i].file, make(), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// measure prints one table and says whether the goals were met.
func measure(ctx context.Context, out io.Writer, tools *toolbox, s shot, dir string, runs int) (bool, error) {
	data, err := os.ReadFile(s.file)
	if err != nil {
		return false, err
	}
	taken, err := imaging.New(imaging.Config{}).Take(ctx, data)
	if err != nil {
		return false, err
	}
	if taken.Copy == nil {
		return false, fmt.Errorf("refused: %v", taken.Verdicts)
	}
	copyFile := filepath.Join(dir, "copy.jpg")
	if err := os.WriteFile(copyFile, taken.Copy, 0o600); err != nil {
		return false, err
	}
	floor, err := tools.floor(ctx, s.file, copyFile, dir, runs)
	if err != nil {
		return false, err
	}
	self, err := os.Executable()
	if err != nil {
		return false, err
	}
	ours, err := run(ctx, self, "-photo", strconv.Itoa(runs), s.file)
	if err != nil {
		return false, err
	}
	idle, err := run(ctx, self, "-photo", "0", s.file)
	if err != nil {
		return false, err
	}
	once, err := run(ctx, self, "-photo", "1", s.file)
	if err != nil {
		return false, err
	}
	cost := (ours.cpu - idle.cpu) / float64(runs)

	fmt.Fprintf(out, "%s: %d bytes, %d×%d upright; floor %.1f ms\n", s.name, len(data), taken.Width, taken.Height, floor*1000)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "way\tCPU ms\t× floor\tpeak MB\tbytes\tSSIM")
	line := func(name string, cpu float64, rss int64, result []byte) error {
		similarity, err := alike(ctx, result, data, taken)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		_, err = fmt.Fprintf(t, "%s\t%.1f\t%.2f\t%d\t%d\t%.4f\n", name, cpu*1000, cpu/floor, rss>>20, len(result), similarity)
		return err
	}
	if err := line("imaging: facts, verdicts, copy, screen, thumbnail", cost, once.rss, taken.Copy); err != nil {
		return false, err
	}
	for _, other := range tools.others {
		result := filepath.Join(dir, "other.jpg")
		u, err := repeat(ctx, min(runs, 5), other.path, other.args(s.file, result)...)
		if err != nil {
			return false, err
		}
		made, err := os.ReadFile(result)
		if err != nil {
			return false, err
		}
		if err := line(other.name+": copy only", u.cpu, u.rss, made); err != nil {
			return false, err
		}
	}
	if err := t.Flush(); err != nil {
		return false, err
	}
	ok := cost/floor <= s.limit && (!s.scaled || once.rss <= mostMemory) && len(taken.Copy) <= 200_000
	fmt.Fprintf(out, "goal ≤ %g× (stretch %g×): %.2f×, %s\n\n", s.limit, s.stretch, cost/floor, map[bool]string{true: "met", false: "MISSED"}[ok])
	return ok, nil
}

// alike is the SSIM of a result's luma against the picture scaled to the result's size.
func alike(ctx context.Context, result, source []byte, taken imaging.Taken) (float64, error) {
	a, err := lumaOf(ctx, result)
	if err != nil {
		return 0, err
	}
	b, err := lumaOf(ctx, source)
	if err != nil {
		return 0, err
	}
	b = b.Turn(codec.Turn{CW: taken.Turned, Mirror: taken.Mirrored})
	if (a.W > a.H) != (b.W > b.H) { // a tool that does not turn
		b = b.Turn(codec.Turn{CW: 360 - taken.Turned})
	}
	return codec.SSIM(a, b.Scale(a.W, a.H)), nil
}

func lumaOf(ctx context.Context, data []byte) (codec.Plane, error) {
	j, err := codec.ReadJPEG(data, 20)
	if err != nil {
		return codec.Plane{}, err
	}
	p, _, err := j.Decode(ctx, codec.Want{Luma: 8, Chroma: 8})
	if err != nil {
		return codec.Plane{}, err
	}
	return p.Planes[0], nil
}

// photoChild takes one picture n times and nothing else, to be measured from outside.
func photoChild(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: bench -photo TIMES FILE")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	data, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	works := imaging.New(imaging.Config{})
	for range n {
		if _, err := works.Take(ctx, data); err != nil {
			return err
		}
	}
	return nil
}
