package bot_test

import (
	"context"
	"crypto/sha256"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"cailiao/imaging"
	"cailiao/imaging/codec"
	"cailiao/imaging/imagetest"
	"cailiao/imaging/reading"
)

// clerk stands in for the models: it knows the copies of the pictures scripts draw.
type clerk struct {
	mu    sync.Mutex
	known map[[32]byte]reading.Result
	busy  bool
}

func (c *clerk) setBusy(busy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = busy
}

func (c *clerk) learn(copied []byte, r reading.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[sha256.Sum256(copied)] = r
}

func (c *clerk) Posture(_ context.Context, data []byte) (reading.Posture, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy {
		return reading.Posture{}, context.DeadlineExceeded
	}
	return c.known[sha256.Sum256(data)].Posture, nil
}

func (c *clerk) Text(ctx context.Context, data []byte) ([]reading.Line, error) {
	r, err := c.Read(ctx, data, 0)
	return r.Lines, err
}

func (c *clerk) Read(_ context.Context, data []byte, _ float64) (reading.Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy {
		return reading.Result{}, context.DeadlineExceeded
	}
	return c.known[sha256.Sum256(data)], nil
}

var written = regexp.MustCompile(`^(\d+)(.*?)(躺|难辨|二零二五)?$`)

// written draws pictures that say what they are, and lets the clerk know them.
func (s *stage) written(list string) [][]byte {
	var photos [][]byte
	for entry := range strings.SplitSeq(list, ",") {
		m := written.FindStringSubmatch(entry)
		seed, _ := strconv.ParseUint(m[1], 10, 64)
		data := picture(s.t, "图", seed)
		upright := reading.Result{Posture: reading.Posture{Margin: 1, Lines: 3}}
		for _, material := range s.w.Season.Materials {
			if material.Name == m[2] {
				for _, word := range material.Words {
					upright.Lines = append(upright.Lines, reading.Line{Text: word, Confidence: .99})
				}
			}
		}
		switch m[3] {
		case "躺":
			data = imagetest.JPEG(imagetest.Lying(imagetest.Page(seed, 610, 820), 8), 80)
			turn := codec.Turn{CW: 270}
			s.learn(data, codec.Turn{}, reading.Result{Posture: reading.Posture{Turn: turn, Margin: .5, Lines: 3}})
			s.learn(data, turn, upright)
		case "难辨":
			head := codec.Turn{CW: 180}
			s.learn(data, codec.Turn{}, reading.Result{Posture: reading.Posture{Turn: head, Margin: .05, Lines: 2}})
			s.learn(data, head, reading.Result{Posture: reading.Posture{Margin: .05, Lines: 2}})
		case "二零二五":
			upright.Lines = append(upright.Lines, reading.Line{Text: "有效期限2015.03.01-2025.03.01", Confidence: .99})
			fallthrough
		default:
			s.learn(data, codec.Turn{}, upright)
		}
		photos = append(photos, data)
	}
	return photos
}

// learn lets the clerk know a picture's copy after a turn.
func (s *stage) learn(data []byte, turn codec.Turn, r reading.Result) {
	taken, err := imaging.New(imaging.Config{}).TakeTurned(s.t.Context(), data, turn)
	if err != nil {
		s.t.Fatal(err)
	}
	s.clerk.learn(taken.Copy, r)
}
