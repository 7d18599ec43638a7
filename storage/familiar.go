package storage

import (
	"context"
	"fmt"
	"maps"
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

// familiar holds the cases of candidates who spoke a moment ago: in a conversation one message follows the other, and as a
// rule nothing of this changes between them. What it holds counts only under the stamp that is read anew for each message,
// and whatever changes a candidate, a submission, items or photos changes the stamp in the same transaction (a version,
// the time of the binding, or changePhotos): so instances need not know of each other.
type familiar struct {
	mu         sync.Mutex
	young, old map[int64]memory // by candidate
	begun      time.Time        // when young was
}

// stamp tells one state of a candidate's case from all others. The openid is in it so that nobody is ever shown another's,
// whatever becomes of row numbers.
type stamp struct {
	openID                               string
	candidate, boundAt, candidateVersion int64
	submission, version, photos          int64
}

type memory struct {
	stamp stamp
	of    intake.Case
}

// recall returns the cases that are known under their stamps, and the candidates of the others.
func (f *familiar) recall(heads []head) (known map[int64]intake.Case, unknown []int64) {
	known = make(map[int64]intake.Case, len(heads))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.age(time.Now())
	for _, h := range heads {
		m, found := f.young[h.stamp.candidate]
		if !found {
			m, found = f.old[h.stamp.candidate]
		}
		if !found || m.stamp != h.stamp {
			unknown = append(unknown, h.stamp.candidate)
			continue
		}
		known[h.stamp.candidate] = separate(m.of)
	}
	return known, unknown
}

// separate is the same case with lists and maps of its own: turns sort, cut and fill them.
func separate(c intake.Case) intake.Case {
	c.Items, c.Photos, c.Tray = slices.Clone(c.Items), slices.Clone(c.Photos), slices.Clone(c.Tray)
	who := &c.Candidate
	who.Attrs, who.Answers, who.Assumed = maps.Clone(who.Attrs), maps.Clone(who.Answers), slices.Clone(who.Assumed)
	return c
}

// keep remembers cases that were read after their heads: what changed in between belongs to a later stamp, and is read again.
func (f *familiar) keep(heads []head, cases map[int64]intake.Case) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.age(time.Now())
	for _, h := range heads {
		if c, read := cases[h.stamp.candidate]; read && h.stamp.submission != 0 {
			f.young[h.stamp.candidate] = memory{h.stamp, separate(c)}
		}
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
