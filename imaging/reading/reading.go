// Package reading reads pictures of documents on this machine: which side is up, whether the
// picture is mirrored, what kind of document it shows, and what is written on it. Nothing leaves
// the machine.
//
// The reading itself is done by PP-OCRv4 (PaddleOCR, Apache-2.0) on ONNX Runtime (MIT), which
// setup-reading.sh puts into a folder. Both are optional: the program is built with them by
// `-tags reading`, which needs a C compiler; the default build stays static pure Go, and Open says
// ErrNotBuilt. So do missing files: ErrMissing. Everything else works without.
package reading

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"cailiao/imaging/codec"
)

// The errors of Open that mean that there is no reading here, which is no fault.
var (
	ErrNotBuilt = errors.New("this program was built without reading (build with -tags reading)")
	ErrMissing  = errors.New("the files for reading are missing (run ./setup-reading.sh)")
)

// The files of the folder Open reads.
const (
	fileDetect  = "ch_PP-OCRv4_det_infer.onnx"
	fileRead    = "ch_PP-OCRv4_rec_infer.onnx"
	fileKeys    = "ppocr_keys_v1.txt"
	fileRuntime = "libonnxruntime.so.1"
)

// Built says whether this program can read at all, given the files.
func Built() bool { return built }

// Reader reads pictures: one at a time, and beside that looks at the posture of one, for whom
// somebody waits. It holds about 240 MB.
type Reader struct {
	engine engine
	keys   []string      // what the classes of the reading model mean; class 0 is "nothing"
	whole  chan struct{} // the place of Read
	quick  chan struct{} // the place of Posture
}

// engine runs the two models.
type engine interface {
	detect(in []float32, h, w int) ([]float32, error)                      // 3×h×w → h×w, how likely each pixel is writing
	read(in []float32, w int) (out []float32, steps, classes int, e error) // 3×48×w → steps×classes
	close() error
}

// Open loads what setup-reading.sh put into dir; it takes about a second.
func Open(dir string) (*Reader, error) {
	if !built {
		return nil, fmt.Errorf("reading: %w", ErrNotBuilt)
	}
	if missing := Missing(dir); len(missing) > 0 {
		return nil, fmt.Errorf("reading: %s in %s: %w", strings.Join(missing, ", "), dir, ErrMissing)
	}
	text, err := os.ReadFile(filepath.Join(dir, fileKeys))
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("reading: %s is damaged", fileKeys)
	}
	e, err := openEngine(dir)
	if err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	return newReader(e, string(text)), nil
}

func newReader(e engine, keys string) *Reader {
	r := &Reader{engine: e, whole: make(chan struct{}, 1), quick: make(chan struct{}, 1)}
	r.keys = append(r.keys, "")
	r.keys = append(r.keys, strings.Split(strings.TrimRight(keys, "\n"), "\n")...)
	r.keys = append(r.keys, " ")
	return r
}

// Missing are the files that reading needs and dir does not have.
func Missing(dir string) []string {
	var missing []string
	for _, name := range []string{fileDetect, fileRead, fileKeys, fileRuntime} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.IsDir() {
			missing = append(missing, name)
		}
	}
	return missing
}

// Close lets go of the models once what is being read is done. Whoever still comes waits until
// their time is over.
func (r *Reader) Close() error {
	r.whole <- struct{}{}
	r.quick <- struct{}{}
	return r.engine.close()
}

// Line is one line of writing.
type Line struct {
	Text       string
	Confidence float64 // 0–1, mean over its characters
	X, Y       float64 // its middle, as shares of the upright picture
	W, H       float64
}

// Result is what was read.
type Result struct {
	Posture Posture
	Lines   []Line // from top to bottom; nil when the posture is unsure
	Took    time.Duration
}

// Read looks which side is up and, when the margin is sure, reads all lines. data is a JPEG that was made upright by its
// metadata, such as imaging.Taken.Copy. It waits for its turn as long as ctx lets it and looks at
// ctx between lines.
func (r *Reader) Read(ctx context.Context, data []byte, margin float64) (Result, error) {
	leave, err := enter(ctx, r.whole)
	if err != nil {
		return Result{}, err
	}
	defer leave()
	start := time.Now()
	p, err := decode(ctx, data)
	if err != nil {
		return Result{}, err
	}
	posture, err := r.posture(ctx, p)
	if err != nil {
		return Result{}, err
	}
	result := Result{Posture: posture}
	if posture.Sure(margin) {
		if result.Lines, err = r.lines(ctx, p.Turn(posture.Turn)); err != nil {
			return Result{}, err
		}
	}
	result.Took = time.Since(start)
	return result, nil
}

// Posture is Read without reading more than a few lines: about a sixth of the time.
func (r *Reader) Posture(ctx context.Context, data []byte) (Posture, error) {
	leave, err := enter(ctx, r.quick)
	if err != nil {
		return Posture{}, err
	}
	defer leave()
	p, err := decode(ctx, data)
	if err != nil {
		return Posture{}, err
	}
	return r.posture(ctx, p)
}

// Text reads all lines of a picture that is known to be upright. It waits and gives up like Read.
func (r *Reader) Text(ctx context.Context, data []byte) ([]Line, error) {
	leave, err := enter(ctx, r.whole)
	if err != nil {
		return nil, err
	}
	defer leave()
	p, err := decode(ctx, data)
	if err != nil {
		return nil, err
	}
	return r.lines(ctx, p)
}

func enter(ctx context.Context, place chan struct{}) (leave func(), err error) {
	select {
	case place <- struct{}{}:
		return func() { <-place }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("reading: wait: %w", ctx.Err())
	}
}

const (
	maxScans = 20
	pageSide = 1600 // of the picture lines are cut from
)

func decode(ctx context.Context, data []byte) (codec.Picture, error) {
	j, err := codec.ReadJPEG(data, maxScans)
	if err != nil {
		return codec.Picture{}, fmt.Errorf("reading: %w", err)
	}
	if max(j.Width, j.Height) > 4*pageSide || j.Scans > maxScans {
		return codec.Picture{}, fmt.Errorf("reading: %d×%d is larger than any copy", j.Width, j.Height)
	}
	p, _, err := j.Decode(ctx, codec.Want{Luma: 8, Chroma: 8})
	if err != nil {
		return codec.Picture{}, fmt.Errorf("reading: %w", err)
	}
	if long := max(p.W, p.H); long > pageSide {
		p = p.Fit(max(1, p.W*pageSide/long), max(1, p.H*pageSide/long))
	}
	return p, nil
}
