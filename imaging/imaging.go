// Package imaging makes every photo right before a human sees it: bytes in; facts, verdicts and
// an upright copy within the authority's limit out. It does no I/O and keeps nothing.
//
// One picture goes through these stages, each timed (Taken.Stages):
//
//	sniff   what the bytes are
//	guard   what the header promises; no pixel is decoded yet
//	wait    for a place in the workshop
//	decode  strict; a picture that is not whole is refused
//	turn    upright by EXIF
//	facts   light, sharpness, edges, hashes
//	copy    the authority's copy: kept as it came when already right, else the best that fits
//	views   the screen copy and the thumbnail
package imaging

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"cailiao/intake"
)

// Config bounds what a picture may cost and what its copy may be. The zero value is sensible.
type Config struct {
	// MaxBytes is the size no copy exceeds. Default 200,000: it satisfies 200 KB read as
	// 200,000 and as 204,800 bytes, and costs less than one step of JPEG quality.
	MaxBytes int `yaml:"max_bytes"`
	// LongSide is the longest side of a copy, in pixels; smaller pictures are never enlarged.
	// Default 1800: structural similarity and text recognition are flat from 1440 to 2016.
	LongSide int `yaml:"long_side"`
	// InBytes is the largest picture looked at, in bytes. Default 20 MB; WeChat sends at most 10.
	InBytes int `yaml:"in_bytes"`
	// Workers is how many pictures are worked on at once. Default: the number of processors, at
	// least 2. Large pictures may hold only half of them, so that ordinary photos always pass.
	Workers int `yaml:"workers"`
	// Timeout is the longest time one picture may take once work has begun. Default 3 s.
	Timeout time.Duration `yaml:"timeout"`

	Thresholds Thresholds `yaml:"thresholds"`
}

// Validate says what cannot be: negative bounds, a limit no legible page fits into.
func (c Config) Validate() error {
	switch {
	case c.MaxBytes != 0 && c.MaxBytes < 20_000:
		return amiss("max_bytes", "%d: at least 20000, or leave it out for 200000", c.MaxBytes)
	case c.LongSide != 0 && (c.LongSide < 400 || c.LongSide > 8000):
		return amiss("long_side", "%d: between 400 and 8000, or leave it out for 1800", c.LongSide)
	case c.InBytes < 0:
		return amiss("in_bytes", "%d: must not be negative", c.InBytes)
	case c.Workers < 0:
		return amiss("workers", "%d: must not be negative", c.Workers)
	case c.Timeout < 0:
		return amiss("timeout", "%v: must not be negative", c.Timeout)
	}
	return c.Thresholds.Validate()
}

func amiss(key, problem string, args ...any) error {
	return &intake.FieldError{Key: key, Problem: fmt.Sprintf(problem, args...)}
}

func (c Config) withDefaults() Config {
	c.MaxBytes = or(c.MaxBytes, 200_000)
	c.LongSide = or(c.LongSide, 1800)
	c.InBytes = or(c.InBytes, 20<<20)
	c.Workers = or(c.Workers, max(2, runtime.GOMAXPROCS(0)))
	c.Timeout = or(c.Timeout, 3*time.Second)
	c.Thresholds = c.Thresholds.withDefaults()
	return c
}

// or is value, or what stands in for it when it is zero.
func or[T comparable](value, instead T) T {
	var zero T
	if value == zero {
		return instead
	}
	return value
}

// The errors of Take. A bad picture is not an error but a verdict; these say that the picture
// was not judged and may be tried again.
var (
	ErrBusy    = errors.New("imaging: no free place before the deadline")
	ErrTooSlow = errors.New("imaging: picture took longer than its time limit")
)

// Taken is everything known about one picture.
type Taken struct {
	SHA256        string // of the bytes as received, hex: equal means the very same file; empty when the format or the size is refused
	Format        string // "jpeg", "png"; for other pictures their own name; empty: not a picture
	Width, Height int    // upright, as received, in pixels; 0 when unreadable
	Turned        int    // degrees clockwise applied to make it upright: 0, 90, 180, 270
	Mirrored      bool   // a left-right flip was applied, after the turn
	PHash, DHash  uint64 // see Alike
	Facts         Facts
	Verdicts      []intake.Verdict // gravest first; intake.Worst(Verdicts) is the level

	// Copy is for the authority: a JPEG of at most Config.MaxBytes. Screen is for reviewers, long
	// side at most 1800; it is the same slice as Copy when that is no larger, as it is by default. Thumb has a long
	// side of at most 320. All are upright JPEGs without metadata; nil when the picture could not
	// be read. Treat them as read-only.
	Copy, Screen, Thumb []byte

	Stages []Stage

	// Fault is a defect of this package met on the way, for the log. The picture is refused as
	// Broken then.
	Fault error
}

// Level is the gravest level among the verdicts.
func (t Taken) Level() intake.Level { return intake.Worst(t.Verdicts) }

// Stage is what one step of the pipeline took.
type Stage struct {
	Name string // "sniff", "guard", "wait", "decode", "turn", "facts", "copy", "views"
	Took time.Duration
}
