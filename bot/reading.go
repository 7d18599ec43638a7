package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cailiao/imaging"
	"cailiao/imaging/codec"
	"cailiao/imaging/reading"
	"cailiao/intake"
)

// What reading a photo finds. All are notes: staff see them, the candidate does not, and nothing
// is refused for them.
const (
	otherKind   = "other_kind"   // looks like another item, whose name is Where; Value and Threshold: shares of words found
	nameDiffers = "name_differs" // the name on it is not the roster's
	idDiffers   = "id_differs"   // the identity number on it is not the roster's
	expired     = "expired"      // valid until the day in Where
	askew       = "askew"        // may lie on its side or be mirrored: the margin in Value was too small to turn it, or there was no time
)

const (
	// postureFor bounds looking which side is up, so that the answer keeps WeChat's five seconds.
	postureFor = 2 * time.Second
	readEvery  = 2 * time.Second
	readBatch  = 20
	readLimit  = 60 * time.Second // of one photo
)

// upright turns a picture that lies on its side, upside down or mirrored, by what is written on
// it. Whatever hinders that leaves the picture as it is: reading never costs a photo.
func (b *Bot) upright(ctx context.Context, message int64, data []byte, taken imaging.Taken) imaging.Taken {
	if b.Reading == nil || taken.Copy == nil || taken.Level() == intake.Refuse {
		return taken
	}
	looking, cancel := context.WithTimeout(ctx, postureFor)
	defer cancel()
	posture, err := b.Reading.Posture(looking, taken.Copy)
	if err != nil {
		b.Log.Warn("picture not looked at for its posture", "message", message, "err", err)
		return taken
	}
	if !posture.Sure() || posture.Turn == (codec.Turn{}) {
		return taken
	}
	turned, err := b.Imaging.TakeTurned(ctx, data, posture.Turn)
	if err != nil || turned.Copy == nil || turned.Level() == intake.Refuse {
		b.Log.Warn("picture not turned", "message", message, "err", err)
		return taken
	}
	return turned
}

// keepReading reads photos that are stored, beside everything else, until ctx ends; stopped waits
// for that.
func (b *Bot) keepReading(ctx context.Context) (stopped func()) {
	var running sync.WaitGroup
	if b.Reading == nil {
		return running.Wait
	}
	running.Go(func() {
		tick := time.NewTicker(readEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := b.ReadPhotos(ctx); err != nil && ctx.Err() == nil {
				b.Log.Error("photos not read, will be tried again", "err", err)
			}
		}
	})
	return running.Wait
}

// ReadPhotos reads the photos nobody has read yet and stores what does not fit. It ends when
// there are none left.
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
	c, err := b.DB.Case(ctx, p.CandidateID)
	if err != nil {
		return err
	}
	materials, err := b.Season.List(c.Candidate.Attrs)
	if err != nil {
		return fmt.Errorf("list of candidate %d: %w", c.Candidate.ID, err)
	}
	data, err := b.Blobs.Get(ctx, p.Copy)
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return err
	}
	var notes []intake.Verdict
	if err == nil {
		limited, cancel := context.WithTimeout(ctx, readLimit)
		defer cancel()
		result, err := b.Reading.Read(limited, data)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			b.Log.Error("photo not read", "photo", p.ID, "err", err)
		} else {
			notes = b.notes(c.Candidate, materials, p, result)
		}
	}
	return b.DB.NotePhoto(ctx, p, notes, b.Now())
}

// How well a photo must fit another item, and how much better than its own, to be noted.
const (
	otherShare = .6
	otherMore  = .4
)

// notes holds what was read against the item the photo was sent for and against the roster.
func (b *Bot) notes(who intake.Candidate, materials []intake.Material, p intake.Photo, read reading.Result) []intake.Verdict {
	var found []intake.Verdict
	if read.Posture.Lines > 0 && read.Posture.Turn != (codec.Turn{}) {
		found = append(found, note(askew, read.Posture.Margin, reading.SureMargin, ""))
	}
	if !read.Posture.Sure() {
		return found
	}
	var own intake.Material
	names := map[string]string{}
	var kinds []reading.Kind
	for _, m := range materials {
		names[m.Code] = m.Name
		kinds = append(kinds, reading.Kind{Code: m.Code, Words: m.Words})
		if m.Code == p.Material {
			own = m
		}
	}
	guesses := read.Guesses(kinds)
	best, _ := reading.Best(guesses)
	for _, g := range guesses {
		if g.Code == p.Material && best.Share >= otherShare && best.Share-g.Share >= otherMore {
			// What it should say is not the question then.
			return append(found, note(otherKind, best.Share, g.Share, names[best.Code]))
		}
	}
	if own.Own {
		found = append(found, whose(who, read)...)
	}
	if day, ok := read.ValidUntil(b.Season.Location); ok && !b.Now().Before(day.AddDate(0, 0, 1)) {
		found = append(found, note(expired, 0, 0, day.Format(time.DateOnly)))
	}
	return found
}

// whose holds name and number against the roster. Only what was read beyond doubt counts: a name
// behind its label, a number whose check character is right.
func whose(who intake.Candidate, read reading.Result) []intake.Verdict {
	var found []intake.Verdict
	if name, trusted := read.Name(); trusted && name != who.Name && !read.Says(who.Name) {
		found = append(found, note(nameDiffers, 0, 0, ""))
	}
	if numbers := read.IDNumbers(); len(numbers) > 0 && !read.Says(who.IDNumber) {
		found = append(found, note(idDiffers, 0, 0, ""))
	}
	return found
}

func note(code string, value, threshold float64, where string) intake.Verdict {
	return intake.Verdict{Code: code, Level: intake.Note, Value: value, Threshold: threshold, Where: where}
}
