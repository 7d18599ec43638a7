package storage

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"cailiao/intake"
)

// Bounds of what is held of candidates who spoke a moment ago.
const (
	familiarMost = 2000        // candidates in a generation; there are two
	familiarFor  = time.Minute // a generation; what somebody changed by hand is seen after two
)

// familiar holds items and photos of candidates who spoke a moment ago: in a conversation one message follows the other,
// and as a rule nothing of this changes between them. What it holds counts only under the stamp that is read anew for each
// message, and whatever changes items or photos changes the stamp in the same transaction (saveSubmission, changePhotos):
// so instances need not know of each other.
type familiar struct {
	mu         sync.Mutex
	young, old map[int64]memory // by candidate
	begun      time.Time        // when young was
}

// stamp tells one state of a candidate's items and photos from all others. The openid is in it so that nobody is ever
// shown another's, whatever becomes of row numbers.
type stamp struct {
	openID                      string
	submission, version, photos int64
}

type memory struct {
	stamp stamp
	of    intake.Case // items, photos and tray; the rest is read each time
}

// recall completes those cases that are known under their stamps, and returns the others.
func (f *familiar) recall(heads []head) (known map[int64]intake.Case, unknown []intake.Case) {
	known = make(map[int64]intake.Case, len(heads))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.age(time.Now())
	for _, h := range heads {
		id := h.Case.Candidate.ID
		m, found := f.young[id]
		if !found {
			m, found = f.old[id]
		}
		if !found || m.stamp != h.stamp() {
			unknown = append(unknown, h.Case)
			continue
		}
		c := h.Case // its own slices: turns sort and cut them
		c.Items, c.Photos, c.Tray = slices.Clone(m.of.Items), slices.Clone(m.of.Photos), slices.Clone(m.of.Tray)
		known[id] = c
	}
	return known, unknown
}

// keep remembers cases that were read after their heads: what changed in between belongs to a later stamp, and is read again.
func (f *familiar) keep(heads []head, cases map[int64]intake.Case) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.age(time.Now())
	for _, h := range heads {
		c, read := cases[h.Case.Candidate.ID]
		if !read || h.Case.Submission.ID == 0 {
			continue
		}
		f.young[h.Case.Candidate.ID] = memory{h.stamp(), intake.Case{
			Items: slices.Clone(c.Items), Photos: slices.Clone(c.Photos), Tray: slices.Clone(c.Tray),
		}}
	}
}

// age begins a new generation when the young one is full or old.
func (f *familiar) age(now time.Time) {
	switch since := now.Sub(f.begun); {
	case since > 2*familiarFor:
		f.young, f.old, f.begun = map[int64]memory{}, nil, now
	case since > familiarFor, len(f.young) >= familiarMost:
		f.young, f.old, f.begun = map[int64]memory{}, f.young, now
	}
}

// changePhotos does what changes photos of a candidate, and changes the stamp with it. First the stamp: whoever locks a
// case begins with its submission, too.
func (q Q) changePhotos(ctx context.Context, candidateID int64, change func(tx Q) error) error {
	return q.atomic(ctx, func(tx Q) error {
		_, err := tx.exec(ctx, "UPDATE submissions SET photos_version = photos_version + 1 WHERE candidate_id = ?", candidateID)
		if err != nil {
			return fmt.Errorf("photos of candidate %d: %w", candidateID, err)
		}
		return change(tx)
	})
}

// changePhoto is changePhotos for one photo; intake.ErrNotFound when there is no such photo.
func (q Q) changePhoto(ctx context.Context, id int64, change func(tx Q) error) error {
	candidateID, err := one(ctx, q, value[int64], "SELECT candidate_id FROM photos WHERE id = ?", id)
	if err != nil {
		return err
	}
	return q.changePhotos(ctx, candidateID, change)
}
