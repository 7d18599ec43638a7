package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// usage is what a process cost.
type usage struct {
	cpu float64 // seconds, user and system
	rss int64   // bytes at its peak

	said string // its standard output
}

// run starts a program and measures it.
func run(ctx context.Context, path string, args ...string) (usage, error) {
	var said, complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout, cmd.Stderr = &said, &complaints
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("%s: %w: %s", filepath.Base(path), err, bytes.TrimSpace(complaints.Bytes()))
	}
	state := cmd.ProcessState
	u := usage{cpu: (state.UserTime() + state.SystemTime()).Seconds(), said: said.String()}
	if r, ok := state.SysUsage().(*syscall.Rusage); ok {
		u.rss = r.Maxrss << 10 // Linux counts in kilobytes
	}
	return u, nil
}

// repeat is the mean of n runs.
func repeat(ctx context.Context, n int, path string, args ...string) (usage, error) {
	var sum usage
	for range n {
		u, err := run(ctx, path, args...)
		if err != nil {
			return usage{}, err
		}
		sum.cpu += u.cpu / float64(n)
		sum.rss = max(sum.rss, u.rss)
	}
	return sum, nil
}

// toolbox is what is installed to compare with.
type toolbox struct {
	djpeg, cjpeg string
	others       []other
	missing      []string
}

// other is another way to make the copy.
type other struct {
	name, path string
	args       func(in, out string) []string
}

func findTools() (*toolbox, error) {
	var t toolbox
	var err error
	if t.djpeg, err = exec.LookPath("djpeg"); err != nil {
		return nil, fmt.Errorf("the floor needs djpeg and cjpeg (Debian: libjpeg-turbo-progs): %w", err)
	}
	if t.cjpeg, err = exec.LookPath("cjpeg"); err != nil {
		return nil, fmt.Errorf("the floor needs djpeg and cjpeg (Debian: libjpeg-turbo-progs): %w", err)
	}
	for _, o := range []other{
		{name: "convert", args: func(in, out string) []string {
			return []string{in, "-auto-orient", "-resize", "1800x1800>", "-strip", "-define", "jpeg:extent=200KB", out}
		}},
		{name: "jpegoptim", args: func(in, out string) []string {
			return []string{"--quiet", "--force", "--overwrite", "--size=195", "--strip-all", "--stdout", in}
		}},
	} {
		if o.path, err = exec.LookPath(o.name); err != nil {
			t.missing = append(t.missing, map[string]string{"convert": "ImageMagick's convert (Debian: imagemagick)", "jpegoptim": "jpegoptim"}[o.name])
			continue
		}
		if o.name == "jpegoptim" { // writes where it reads unless told to write to standard output
			args, path := o.args, o.path
			o.path, err = exec.LookPath("sh")
			if err != nil {
				return nil, err
			}
			o.args = func(in, out string) []string {
				return append([]string{"-c", `out=$1; shift; exec "$@" > "$out"`, "sh", out, path}, args(in, out)...)
			}
		}
		t.others = append(t.others, o)
	}
	return &t, nil
}

// floor is libjpeg-turbo decoding the picture and encoding one of the copy's size, in seconds of
// CPU, without what starting the two programs costs.
func (t *toolbox) floor(ctx context.Context, file, copyFile, dir string, runs int) (float64, error) {
	ppm := func(in, name string) (string, error) {
		out := filepath.Join(dir, name)
		_, err := run(ctx, t.djpeg, "-outfile", out, in)
		return out, err
	}
	pixels, err := ppm(copyFile, "copy.ppm")
	if err != nil {
		return 0, err
	}
	dot := filepath.Join(dir, "dot.ppm")
	if err := os.WriteFile(dot, append([]byte("P6\n8 8\n255\n"), make([]byte, 192)...), 0o600); err != nil {
		return 0, err
	}
	dotJPEG := filepath.Join(dir, "dot.jpg")
	sum := 0.
	for _, step := range []struct {
		sign float64
		path string
		args []string
	}{
		{1, t.djpeg, []string{"-outfile", os.DevNull, file}},
		{1, t.cjpeg, []string{"-quality", "80", "-outfile", os.DevNull, pixels}},
		{-1, t.cjpeg, []string{"-quality", "80", "-outfile", dotJPEG, dot}},
		{-1, t.djpeg, []string{"-outfile", os.DevNull, dotJPEG}},
	} {
		u, err := repeat(ctx, runs, step.path, step.args...)
		if err != nil {
			return 0, err
		}
		sum += step.sign * u.cpu
	}
	if sum <= 0 {
		return 0, fmt.Errorf("floor of %v s: the clock is too coarse, raise -n", sum)
	}
	return sum, nil
}
