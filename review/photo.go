package review

import (
	"context"
	"fmt"
	"time"

	"cailiao/imaging"
	"cailiao/intake"
)

// PhotoKind names one of the stored forms of a photo.
type PhotoKind string

const (
	Thumb    PhotoKind = "thumb"    // small, for lists
	Screen   PhotoKind = "screen"   // for review
	Copy     PhotoKind = "copy"     // upright, within the exam authority's limit
	Original PhotoKind = "original" // the bytes as received; hostile until proven otherwise
)

// Picture is a stored photo that an account may see; Bytes fetches it.
type Picture struct {
	Photo intake.Photo
	Kind  PhotoKind
	Tag   string // changes when the bytes do
	Type  string // MIME type
	Name  string // of the file when saved; no personal data

	load func(ctx context.Context) ([]byte, error)
}

// Bytes fetches the picture. What is not part of an open sheet is written to the log first.
func (p Picture) Bytes(ctx context.Context) ([]byte, error) { return p.load(ctx) }

type looked struct {
	Photo int64     `json:"photo"`
	Kind  PhotoKind `json:"kind"`
}

// Photo finds a photo in one of its forms. intake.ErrNotFound: unknown photo or kind, or a
// candidate of a site the account does not see.
func (d *Desk) Photo(ctx context.Context, staff intake.Staff, photoID int64, kind PhotoKind) (Picture, error) {
	p, err := d.DB.Photo(ctx, photoID)
	if err != nil {
		return Picture{}, fmt.Errorf("photo %d: %w", photoID, err)
	}
	if _, err := d.visible(ctx, staff, p.CandidateID); err != nil {
		return Picture{}, fmt.Errorf("photo %d: %w", photoID, err)
	}
	picture := Picture{Photo: p, Kind: kind, Type: "image/jpeg"}
	extension := "jpg"
	key := ""
	switch kind {
	case Thumb:
		key = p.Thumb
	case Screen:
		key = p.Screen
	case Copy:
		key = p.Copy
	case Original:
		key = p.Original
		if p.Format == "png" {
			picture.Type, extension = "image/png", "png"
		}
	}
	if key == "" {
		return Picture{}, fmt.Errorf("photo %d as %q: %w", photoID, kind, intake.ErrNotFound)
	}
	at := d.now().In(d.location())
	picture.Tag = fmt.Sprintf("%.32s-%s", p.SHA256, kind)
	if kind == Screen { // stamped for who looks, anew every hour
		picture.Tag = fmt.Sprintf("%.32s-%s-%d-%d", p.SHA256, kind, staff.ID, at.Unix()/3600)
	}
	picture.Name = fmt.Sprintf("%d-%s-%d.%s", p.CandidateID, p.Material, p.Seq, extension)
	picture.load = func(ctx context.Context) ([]byte, error) {
		if err := d.logPicture(ctx, staff, p, kind); err != nil {
			return nil, fmt.Errorf("photo %d: %w", photoID, err)
		}
		data, err := d.Blobs.Get(ctx, key)
		if err != nil {
			return nil, fmt.Errorf("photo %d: bytes: %w", photoID, err)
		}
		if kind != Screen {
			return data, nil
		}
		if data, err = imaging.Stamp(ctx, data, stampLine(staff, at)); err != nil {
			return nil, fmt.Errorf("photo %d: %w", photoID, err)
		}
		return data, nil
	}
	return picture, nil
}

// TurnPhoto keeps by how many quarter turns clockwise reviewers look at a photo. Errors:
// intake.ErrNotFound as Photo, intake.ErrIncomplete (not 0 to 3).
func (d *Desk) TurnPhoto(ctx context.Context, staff intake.Staff, photoID int64, turn int) error {
	p, err := d.DB.Photo(ctx, photoID)
	if err != nil {
		return fmt.Errorf("turn photo %d: %w", photoID, err)
	}
	if _, err := d.visible(ctx, staff, p.CandidateID); err != nil {
		return fmt.Errorf("turn photo %d: %w", photoID, err)
	}
	if turn < 0 || turn > 3 {
		return fmt.Errorf("turn photo %d by %d: %w", photoID, turn, intake.ErrIncomplete)
	}
	return d.DB.SetPhotoTurn(ctx, photoID, turn)
}

// stampLine says on the screen copy who looks at it and when. Names are mostly Chinese, which our
// letters cannot draw: the account's number, which the log knows, stands for them.
func stampLine(staff intake.Staff, at time.Time) string {
	return fmt.Sprintf("No.%d %s", staff.ID, at.Format("2006-01-02 15:04"))
}

func (d *Desk) location() *time.Location {
	if d.Season.Location == nil {
		return time.UTC
	}
	return d.Season.Location
}
