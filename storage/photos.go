package storage

import (
	"context"
	"fmt"
	"time"

	"cailiao/intake"
)

const photoColumns = `id, candidate_id, material, seq, round, state, sha256, format, width, height, bytes, copy_bytes,
	original_key, copy_key, screen_key, thumb_key, phash, dhash, verdicts, tray, turn, message_id, received_at, read_at`

func readPhoto(r row) (p intake.Photo, err error) {
	err = r.Scan((*whole64)(&p.ID), (*whole64)(&p.CandidateID), &p.Material, (*whole)(&p.Seq), (*whole)(&p.Round), (*string)(&p.State),
		&p.SHA256, &p.Format, (*whole)(&p.Width), (*whole)(&p.Height), (*whole)(&p.Bytes), (*whole)(&p.CopyBytes),
		&p.Original, &p.Copy, &p.Screen, &p.Thumb, bits{&p.PHash}, bits{&p.DHash}, asJSON{&p.Verdicts}, (*whole)(&p.Tray), (*whole)(&p.Turn),
		(*whole64)(&p.MessageID), moment{&p.ReceivedAt}, moment{&p.ReadAt})
	return p, err
}

// AddPhoto stores a photo and returns it with its ID and Seq. intake.ErrConflict when its
// message has brought one already; intake.ErrNotFound when there is no such candidate. Photos
// of one candidate are added under LockCase.
func (q Q) AddPhoto(ctx context.Context, p intake.Photo) (intake.Photo, error) {
	if p.State == "" {
		p.State = intake.Kept
	}
	if p.Verdicts == nil {
		p.Verdicts = []intake.Verdict{}
	}
	p.ReceivedAt = stored(p.ReceivedAt)
	err := q.changePhotos(ctx, p.CandidateID, func(tx Q) error {
		last, err := tx.lastSeq(ctx, p)
		if err != nil {
			return err
		}
		p.Seq = last + 1
		p.ID, err = tx.insert(ctx, `INSERT INTO photos (candidate_id, material, seq, round, state, state_at, sha256, format,
				width, height, bytes, copy_bytes, original_key, copy_key, screen_key, thumb_key, phash, dhash, verdicts,
				tray, message_id, received_at, read_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			p.CandidateID, p.Material, p.Seq, p.Round, p.State, micros(p.ReceivedAt), p.SHA256, p.Format,
			p.Width, p.Height, p.Bytes, p.CopyBytes, p.Original, p.Copy, p.Screen, p.Thumb, int64(p.PHash), int64(p.DHash),
			asJSON{p.Verdicts}, p.Tray, orNull(p.MessageID), micros(p.ReceivedAt), micros(p.ReadAt))
		return err
	})
	if err != nil {
		return intake.Photo{}, fmt.Errorf("add photo: %w", err)
	}
	return p, nil
}

// lastSeq is the highest Seq of photos of p's material.
func (q Q) lastSeq(ctx context.Context, p intake.Photo) (int, error) {
	return one(ctx, q, value[int], "SELECT COALESCE(MAX(seq), 0) FROM photos WHERE candidate_id = ? AND material = ?", p.CandidateID, p.Material)
}

// SetPhotoState keeps, replaces or deletes a photo; its row and bytes stay.
func (q Q) SetPhotoState(ctx context.Context, id int64, state intake.PhotoState, now time.Time) error {
	err := q.changePhoto(ctx, id, func(tx Q) error {
		return tx.execOne(ctx, intake.ErrNotFound, "UPDATE photos SET state = ?, state_at = ? WHERE id = ?", state, micros(now), id)
	})
	return within(fmt.Sprintf("photo %d", id), err)
}

// FilePhoto gives a photo of the tray to a material, as its newest one. What stands on it is to be
// held against that material, so it counts as unread.
func (q Q) FilePhoto(ctx context.Context, p intake.Photo, now time.Time) error {
	return q.toMaterial(ctx, p, intake.InTray, now)
}

// MovePhoto gives a kept photo to another material, as FilePhoto does one of the tray.
func (q Q) MovePhoto(ctx context.Context, p intake.Photo, now time.Time) error {
	return q.toMaterial(ctx, p, intake.Kept, now)
}

func (q Q) toMaterial(ctx context.Context, p intake.Photo, from intake.PhotoState, now time.Time) error {
	err := q.changePhotos(ctx, p.CandidateID, func(tx Q) error {
		last, err := tx.lastSeq(ctx, p)
		if err != nil {
			return err
		}
		return tx.execOne(ctx, intake.ErrConflict, `UPDATE photos
			SET material = ?, seq = ?, round = ?, state = ?, state_at = ?, read_at = 0
			WHERE id = ? AND state = ?`, p.Material, last+1, p.Round, intake.Kept, micros(now), p.ID, from)
	})
	return within(fmt.Sprintf("file photo %d", p.ID), err)
}

// TurnPhoto stores that a photo's copies were made anew, the other way up. The bytes are in their
// place already; intake.ErrConflict when the copies are no longer those that were turned.
func (q Q) TurnPhoto(ctx context.Context, p intake.Photo, old string) error {
	err := q.changePhotos(ctx, p.CandidateID, func(tx Q) error {
		return tx.execOne(ctx, intake.ErrConflict, `UPDATE photos SET copy_key = ?, screen_key = ?, thumb_key = ?, copy_bytes = ?,
			width = ?, height = ?, phash = ?, dhash = ?, verdicts = ? WHERE id = ? AND copy_key = ?`,
			p.Copy, p.Screen, p.Thumb, p.CopyBytes, p.Width, p.Height, int64(p.PHash), int64(p.DHash), asJSON{p.Verdicts}, p.ID, old)
	})
	return within(fmt.Sprintf("turn photo %d", p.ID), err)
}

// Photo returns one photo, or intake.ErrNotFound.
func (q Q) Photo(ctx context.Context, id int64) (intake.Photo, error) {
	p, err := one(ctx, q, readPhoto, "SELECT "+photoColumns+" FROM photos WHERE id = ?", id)
	return p, within(fmt.Sprintf("photo %d", id), err)
}

// PhotosEver lists all photos of a candidate by material and Seq, also those that no longer count.
func (q Q) PhotosEver(ctx context.Context, candidateID int64) ([]intake.Photo, error) {
	photos, err := list(ctx, q, readPhoto, "SELECT "+photoColumns+` FROM photos
		WHERE candidate_id = ? ORDER BY material, seq`, candidateID)
	return photos, within(fmt.Sprintf("photos of candidate %d", candidateID), err)
}

// PhotoByMessage returns the photo a message brought, or intake.ErrNotFound.
func (q Q) PhotoByMessage(ctx context.Context, messageID int64) (intake.Photo, error) {
	p, err := one(ctx, q, readPhoto, "SELECT "+photoColumns+" FROM photos WHERE message_id = ?", messageID)
	return p, within(fmt.Sprintf("photo of message %d", messageID), err)
}

// PhotosByMessages lists the photos that came with some messages.
func (q Q) PhotosByMessages(ctx context.Context, messages []int64) ([]intake.Photo, error) {
	if len(messages) == 0 {
		return nil, nil
	}
	photos, err := list(ctx, q, readPhoto, "SELECT "+photoColumns+" FROM photos WHERE message_id IN "+marks(1, len(messages)), args(messages)...)
	return photos, within("photos of messages", err)
}

// PhotosBySHA lists the photos with the same bytes as received, of whatever candidate and
// state, oldest first.
func (q Q) PhotosBySHA(ctx context.Context, sha string) ([]intake.Photo, error) {
	photos, err := list(ctx, q, readPhoto, "SELECT "+photoColumns+" FROM photos WHERE sha256 = ? ORDER BY id", sha)
	return photos, within("photos by hash", err)
}

// PhotosUnread lists photos after an id that count or wait in the tray and that have not been
// read, oldest first.
func (q Q) PhotosUnread(ctx context.Context, after int64, limit int) ([]intake.Photo, error) {
	photos, err := list(ctx, q, readPhoto, "SELECT "+photoColumns+` FROM photos
		WHERE read_at = 0 AND id > ? AND state IN (?, ?) ORDER BY id LIMIT ?`, after, intake.Kept, intake.InTray, limit)
	return photos, within("photos to read", err)
}

// NotePhoto adds what reading a photo found to its verdicts, once: a photo that was read in the
// meantime, by another instance, stays as it is.
func (q Q) NotePhoto(ctx context.Context, p intake.Photo, notes []intake.Verdict, now time.Time) error {
	verdicts := append(append([]intake.Verdict{}, p.Verdicts...), notes...)
	err := q.changePhotos(ctx, p.CandidateID, func(tx Q) error {
		_, err := tx.exec(ctx, "UPDATE photos SET verdicts = ?, read_at = ? WHERE id = ? AND read_at = 0",
			asJSON{verdicts}, micros(now), p.ID)
		return err
	})
	return within(fmt.Sprintf("note photo %d", p.ID), err)
}

// SetPhotoTurn keeps by how many quarter turns reviewers look at a photo.
func (q Q) SetPhotoTurn(ctx context.Context, id int64, turn int) error {
	err := q.changePhoto(ctx, id, func(tx Q) error {
		return tx.execOne(ctx, intake.ErrNotFound, "UPDATE photos SET turn = ? WHERE id = ?", turn, id)
	})
	return within(fmt.Sprintf("turn photo %d", id), err)
}
