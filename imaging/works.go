package imaging

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"cailiao/imaging/codec"
	"cailiao/intake"
)

// Works is the workshop: it bounds how many pictures are worked on at once. Safe for use by many
// goroutines.
type Works struct {
	// Observe is told what every stage of every picture took, from many goroutines; nil: nobody
	// asks. Set it before the first picture.
	Observe func(stage string, took time.Duration)

	cfg    Config
	places chan struct{}
	large  chan struct{} // a large picture needs one of these, too
}

// New makes a workshop from a validated Config.
func New(cfg Config) *Works {
	cfg = cfg.withDefaults()
	return &Works{
		cfg:    cfg,
		places: make(chan struct{}, cfg.Workers),
		large:  make(chan struct{}, max(1, cfg.Workers/2)),
	}
}

// Take judges one picture and makes its copies. It waits for a free place as long as ctx lets it
// (ErrBusy), then works no longer than Config.Timeout (ErrTooSlow); both also wrap ctx's error. A
// bad picture is no error but a Refuse verdict.
func (w *Works) Take(ctx context.Context, data []byte) (Taken, error) {
	return w.TakeTurned(ctx, data, codec.Turn{})
}

// Thresholds are what pictures are held against here.
func (w *Works) Thresholds() Thresholds { return w.cfg.Thresholds }

// TakeTurned is Take for a picture that is known to lie wrong even after its EXIF orientation was
// followed: turn is what makes it upright then.
func (w *Works) TakeTurned(ctx context.Context, data []byte, turn codec.Turn) (Taken, error) {
	job := &job{cfg: &w.cfg, data: data, extra: turn, clock: time.Now(), observe: w.Observe}
	if !job.sniff() {
		return job.taken, nil
	}
	place := place{works: w}
	defer place.leave()
	if len(data) > largeBytes {
		if err := place.large(ctx); err != nil {
			return Taken{}, err
		}
		job.stage("wait")
	}
	if !job.guard() {
		return job.taken, nil
	}
	if job.isLarge() {
		if err := place.large(ctx); err != nil {
			return Taken{}, err
		}
	}
	if err := place.enter(ctx); err != nil {
		return Taken{}, err
	}
	job.stage("wait")

	ctx, cancel := context.WithTimeoutCause(ctx, w.cfg.Timeout, ErrTooSlow)
	defer cancel()
	if err := job.work(ctx); err != nil {
		return Taken{}, err
	}
	return job.taken, nil
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// place is what one picture holds in the workshop. Large pictures queue among themselves first, so
// that many of them never keep an ordinary photo waiting.
type place struct {
	works           *Works
	isLarge, inside bool
}

func (p *place) large(ctx context.Context) error {
	if p.isLarge {
		return nil
	}
	select {
	case p.works.large <- struct{}{}:
		p.isLarge = true
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	}
}

func (p *place) enter(ctx context.Context) error {
	select {
	case p.works.places <- struct{}{}:
		p.inside = true
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	}
}

func (p *place) leave() {
	if p.inside {
		<-p.works.places
	}
	if p.isLarge {
		<-p.works.large
	}
}

// job is one picture on its way through the stages.
type job struct {
	cfg   *Config
	data  []byte
	extra codec.Turn
	taken Taken
	clock time.Time // when the current stage began

	observe func(stage string, took time.Duration)

	jpeg *codec.JPEG // one of these is set once guard has passed
	png  *codec.PNG
	turn codec.Turn

	copySide int // long side of the copy
}

// stage closes the stage that ends now.
func (j *job) stage(name string) {
	now := time.Now()
	j.taken.Stages = append(j.taken.Stages, Stage{name, now.Sub(j.clock)})
	if j.observe != nil {
		j.observe(name, now.Sub(j.clock))
	}
	j.clock = now
}

func (j *job) refuse(code string, value, threshold float64) bool {
	j.taken.Verdicts = []intake.Verdict{{Code: code, Level: intake.Refuse, Value: value, Threshold: threshold}}
	return false
}

// work runs the stages behind guard. A picture that cannot be decoded is a verdict; what is
// returned is only that time ran out.
func (j *job) work(ctx context.Context) error {
	err := j.stages(ctx)
	var late bool
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		late = errors.Is(context.Cause(ctx), ErrTooSlow)
	case errors.Is(err, codec.ErrUnsupported):
		j.refuse(OtherFormat, 0, 0)
		return nil
	default:
		j.refuse(Broken, 0, 0)
		return nil
	}
	if late {
		return fmt.Errorf("%w: %w", ErrTooSlow, ctx.Err())
	}
	return fmt.Errorf("imaging: %w", ctx.Err())
}

// stages turns a panic of the decoders into Taken.Fault: one crafted picture must not stop the
// program for everybody.
func (j *job) stages(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			j.taken.Fault = fmt.Errorf("imaging: panic: %v\n%s", r, debug.Stack())
			j.taken.Copy, j.taken.Screen, j.taken.Thumb = nil, nil, nil
			err = codec.ErrBroken
		}
	}()
	p, coefs, err := j.decode(ctx)
	if err != nil {
		return err
	}
	j.stage("decode")
	p = j.upright(p)
	j.stage("turn")
	small := p.Fit(within(p.W, p.H, thumbSide))
	j.measure(p, small)
	j.taken.Verdicts = j.judge()
	j.stage("facts")
	if err := j.copies(ctx, p, coefs); err != nil {
		return err
	}
	j.stage("copy")
	j.views(p, small)
	j.stage("views")
	return nil
}
