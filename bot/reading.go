package bot

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"cailiao/imaging"
	"cailiao/imaging/codec"
	"cailiao/imaging/reading"
	"cailiao/intake"
)

// Reader reads pictures: reading.Reader, or what stands in for it where its files are not.
type Reader interface {
	Posture(ctx context.Context, data []byte) (reading.Posture, error)
	Text(ctx context.Context, data []byte) ([]reading.Line, error)
	Read(ctx context.Context, data []byte, margin float64) (reading.Result, error)
}

const (
	// postureFor and textFor bound what is done before the answer, so that it keeps WeChat's five
	// seconds. What was not done is done by ReadPhotos.
	postureFor = 2 * time.Second
	textFor    = 1200 * time.Millisecond
	readEvery  = 2 * time.Second
	readBatch  = 20
	readLimit  = 60 * time.Second // of one photo
)

// look is what was seen on a picture before the answer.
type look struct {
	ways   []codec.Turn     // of which one makes it upright, likeliest first; nil: nothing to ask
	margin float64          // of the first one
	found  []intake.Verdict // facts, such as that it was turned
	lines  []reading.Line   // what stands on it
	read   bool             // lines are known
}

// look turns a picture that lies on its side, upside down or mirrored, by what is written on it or
// by a face, and reads it as far as there is time. Whatever hinders that leaves the picture as it
// is: reading never costs a photo.
func (b *Bot) look(ctx context.Context, message int64, data []byte, taken imaging.Taken, m intake.Material) (imaging.Taken, look) {
	var seen look
	if taken.Copy == nil || taken.Level() == intake.Refuse {
		return taken, seen
	}
	limits := b.Imaging.Thresholds()
	posture, read := b.posture(ctx, message, taken)
	if m.Face && !posture.Sure(limits.WayMargin) {
		if face, err := b.Imaging.Face(ctx, taken.Copy); err != nil {
			b.Log.WarnContext(ctx, "no face looked for", "message", message, "err", err)
		} else if face.Sure(limits.FaceScore) {
			seen.found = turnFact(turnedByFace, face.Turn, face.Score, limits.FaceScore)
			turned, ok := b.turn(ctx, message, data, taken, face.Turn)
			if !ok {
				seen.found = nil
			}
			return turned, seen
		}
	}
	switch {
	case !read || posture.Lines == 0:
		return taken, seen
	case !posture.Sure(limits.WayMargin):
		if posture.Turn != (codec.Turn{}) {
			seen.ways, seen.margin = []codec.Turn{posture.Turn, posture.Next}, posture.Margin
		}
		return taken, seen
	case posture.Turn != (codec.Turn{}):
		turned, ok := b.turn(ctx, message, data, taken, posture.Turn)
		if !ok {
			return taken, seen
		}
		taken, seen.found = turned, turnFact(turnedByText, posture.Turn, posture.Margin, limits.WayMargin)
	}
	limited, cancel := context.WithTimeout(ctx, textFor)
	defer cancel()
	lines, err := b.Reading.Text(limited, taken.Copy)
	if err != nil {
		b.Log.InfoContext(ctx, "picture not read before the answer", "message", message, "err", err)
		return taken, seen
	}
	seen.lines, seen.read = lines, true
	return taken, seen
}

// posture looks which side is up; read is false when nobody could say.
func (b *Bot) posture(ctx context.Context, message int64, taken imaging.Taken) (posture reading.Posture, read bool) {
	if b.Reading == nil {
		return posture, false
	}
	looking, cancel := context.WithTimeout(ctx, postureFor)
	defer cancel()
	posture, err := b.Reading.Posture(looking, taken.Copy)
	if err != nil {
		b.Log.WarnContext(ctx, "picture not looked at for its posture", "message", message, "err", err)
		return reading.Posture{}, false
	}
	return posture, true
}

// turn makes a picture's copies anew, turned.
func (b *Bot) turn(ctx context.Context, message int64, data []byte, taken imaging.Taken, turn codec.Turn) (imaging.Taken, bool) {
	if turn == (codec.Turn{}) {
		return taken, true
	}
	turned, err := b.Imaging.TakeTurned(ctx, data, turn)
	if err != nil || turned.Copy == nil || turned.Level() == intake.Refuse {
		b.Log.WarnContext(ctx, "picture not turned", "message", message, "err", err)
		return taken, false
	}
	return turned, true
}

// keepReading reads photos that are stored, beside everything else, until ctx ends; stopped waits
// for that.
func (b *Bot) keepReading(ctx context.Context) (stopped func()) {
	var running sync.WaitGroup
	if b.Reading == nil {
		return running.Wait
	}
	running.Go(func() {
		tick := time.NewTicker(cmp.Or(b.ReadEvery, readEvery))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := b.ReadPhotos(ctx); err != nil && ctx.Err() == nil {
				b.Log.ErrorContext(ctx, "photos not read, will be tried again", "err", err)
			}
		}
	})
	return running.Wait
}

// ReadPhotos reads the photos nobody has read yet: turns those that lie, files those of the tray
// that say what they are, and stores what does not fit. It ends when there are none left.
func (b *Bot) ReadPhotos(ctx context.Context) error {
	for after := int64(0); ; {
		photos, err := b.DB.PhotosUnread(ctx, after, readBatch)
		if err != nil || len(photos) == 0 {
			return err
		}
		for _, p := range photos {
			after = p.ID
			if err := b.readPhoto(ctx, p); err != nil {
				return err
			}
		}
	}
}

// readPhoto reads one photo. One that cannot be read counts as read: it would hold up the others
// for ever.
func (b *Bot) readPhoto(ctx context.Context, p intake.Photo) error {
	data, err := b.Blobs.Get(ctx, p.Copy)
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return err
	}
	var result reading.Result
	if err == nil {
		limited, cancel := context.WithTimeout(ctx, readLimit)
		defer cancel()
		result, err = b.Reading.Read(limited, data, b.Imaging.Thresholds().WayMargin)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if err != nil {
		b.Log.ErrorContext(ctx, "photo not read", "photo", p.ID, "err", err)
		return b.DB.NotePhoto(ctx, p, nil, b.Now())
	}
	return b.amend(ctx, p.CandidateID, func(t *turn) error { return t.takeIn(ctx, p.ID, result) })
}
