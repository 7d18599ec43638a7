package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"cailiao/imaging"
	"cailiao/intake"
	"cailiao/storage"
	"cailiao/wechat"
)

// Photos sent together arrive as separate messages, at once, in any order, perhaps at different
// instances. Each waits until no newer one has come for a while; then the newest one's turn takes
// them all, in the order they were taken, and answers for all.

// quietFor is how long after a photo another one still belongs to the same album.
const quietFor = 1200 * time.Millisecond

// overtaken waits until the user's album is complete; true when row is a photo and a newer one
// has come, whose turn will take it.
func (b *Bot) overtaken(ctx context.Context, row storage.Message) bool {
	quiet := cmp.Or(b.Quiet, quietFor)
	for {
		now := b.Now()
		newest, err := b.DB.NewestPhoto(ctx, row.OpenID, now)
		if err != nil {
			if !errors.Is(err, intake.ErrNotFound) {
				b.Log.WarnContext(ctx, "album not awaited", "message", row.ID, "err", err)
			}
			return false
		}
		if row.Kind == string(wechat.KindImage) && newest.ID > row.ID {
			return true
		}
		wait := quiet - now.Sub(newest.ReceivedAt)
		if wait <= 0 {
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(min(wait, quiet)): // the clock may have been moved
		}
	}
}

// unquiet says whether photos that may still get company stand before the message to be finished, which is none itself,
// or was not awaited because nobody but the sweep asks for it.
func (b *Bot) unquiet(rows []storage.Message, job task) bool {
	var newest time.Time
	for _, row := range rows {
		if row.ID == job.id && row.Kind == string(wechat.KindImage) && !job.sweep {
			return false // has waited by itself
		}
		if row.ID <= job.id && row.Kind == string(wechat.KindImage) && row.ReceivedAt.After(newest) {
			newest = row.ReceivedAt
		}
	}
	return !newest.IsZero() && b.Now().Sub(newest) < cmp.Or(b.Quiet, quietFor)
}

// together is how many messages at the head of rows make one turn: the photos of an album, else one.
func together(rows []storage.Message) int {
	n := 0
	for n < len(rows) && rows[n].Kind == string(wechat.KindImage) {
		n++
	}
	return max(n, 1)
}

// shot is one photo of a turn.
type shot struct {
	row   storage.Message
	msg   body
	n     int    // its number in the summary, and in the tray
	meant string // material it was meant for when it was put off
	*delivery

	later    error            // it cannot be finished now
	likeness []intake.Verdict // what comparing it with other photos found
	held     []intake.Verdict // what holding it against its item found
	guess    guess            // what it seems to be
	told     bool             // it went where what stands on it says
	fate     string           // what became of it, see summary
	home     string           // material it went to, or was in already
}

// delivery is a picture fetched, judged and stored once, kept over a second try of the turn.
type delivery struct {
	bytes  int
	copied int // bytes of the copy
	taken  *imaging.Taken
	harm   string // what the virus scanner calls it; empty: nothing was found
	look
}

// lineUp takes the photos of the turn in the order the candidate sent them.
func (t *turn) lineUp(rows []storage.Message, fetched map[int64]*delivery) error {
	if rows[0].Kind != string(wechat.KindImage) {
		return nil
	}
	for _, row := range rows {
		s := &shot{row: row, meant: row.Material}
		if err := json.Unmarshal(row.Body, &s.msg); err != nil {
			return fmt.Errorf("stored message: %w", err)
		}
		if fetched[row.ID] == nil {
			fetched[row.ID] = new(delivery)
		}
		s.delivery = fetched[row.ID]
		t.shots = append(t.shots, s)
	}
	slices.SortStableFunc(t.shots, func(a, b *shot) int {
		return cmp.Or(cmp.Compare(a.msg.Created, b.msg.Created), cmp.Compare(a.msg.MsgID, b.msg.MsgID))
	})
	return nil
}

// develop fetches, judges and stores all pictures of the turn side by side.
func (t *turn) develop(ctx context.Context) {
	var all sync.WaitGroup
	meant, _ := t.target()
	for i, s := range t.shots {
		to := meant.Material
		if i >= max(1, meant.Room()) {
			to = intake.Material{} // what it is for is not known yet
		}
		all.Go(func() { s.develop(ctx, t.bot, t.c.Candidate.ID, to) })
	}
	all.Wait()
	for _, s := range t.shots {
		if s.harm != "" {
			t.log("photo.unsafe", s.harm)
		}
	}
}

// triesBroken is how often a picture that arrives empty or cut off is fetched again before the
// candidate is asked for it again.
const triesBroken = 2

// unsafeFile is the verdict on a file in which the virus scanner found something.
const unsafeFile = "unsafe"

// The fates of a photo.
const (
	fateKept    = "kept"    // went to its material
	fateTray    = "tray"    // waits in the tray
	fateRefused = "refused" // not kept, see the verdict
	fateKnown   = "known"   // was there already
	fateSame    = "same"    // is the one that was returned
	fateGone    = "gone"    // WeChat no longer has it
	fateLarge   = "large"   // larger than we take
	fateLater   = "later"   // will be finished later
)

func (s *shot) develop(ctx context.Context, b *Bot, candidate int64, meant intake.Material) {
	if s.taken == nil {
		s.fetch(ctx, b, candidate, meant)
	}
	if s.taken != nil && s.taken.Level() == intake.Refuse {
		s.fate = fateRefused
	}
}

// fetch brings a photo home: from WeChat, through judgement, into the blob store. Its bytes are in hand only here.
func (s *shot) fetch(ctx context.Context, b *Bot, candidate int64, meant intake.Material) {
	held := int64(photoGuess)
	if err := b.photos.enter(ctx, held); err != nil {
		s.put(fmt.Errorf("wait for room: %w", err))
		return
	}
	defer func() { b.photos.leave(held) }()
	b.step("fetching")
	if s.row.Attempts > 0 { // every download counts against WeChat's quota: not while nobody can scan it
		if err := b.Clamd.Ready(ctx); err != nil {
			s.put(fmt.Errorf("scan photo: %w", err))
			return
		}
	}
	media, err := b.WeChat.Media(ctx, s.msg.MediaID)
	switch {
	case errors.Is(err, wechat.ErrMediaTooLarge):
		s.fate = fateLarge
		return
	case err != nil && wechat.ActionFor(err) == wechat.AskAgain:
		s.fate = fateGone
		return
	case errors.Is(err, wechat.ErrTruncated) && s.row.Attempts >= triesBroken:
		s.taken = &imaging.Taken{Verdicts: []intake.Verdict{{Code: imaging.Broken, Level: intake.Refuse}}}
		return
	case err != nil:
		s.put(fmt.Errorf("fetch photo: %w", err))
		return
	}
	b.photos.leave(held - int64(len(media.Bytes)))
	held = int64(len(media.Bytes))
	b.step("fetched")
	harm, err := b.Clamd.Scan(ctx, media.Bytes)
	if err != nil {
		s.put(fmt.Errorf("scan photo: %w", err))
		return
	}
	if harm != "" { // no decoder sees it, nothing of it is kept
		s.harm = harm
		s.taken = &imaging.Taken{Verdicts: []intake.Verdict{{Code: unsafeFile, Level: intake.Refuse}}}
		return
	}
	taken, err := b.Imaging.Take(ctx, media.Bytes)
	if err != nil {
		s.put(fmt.Errorf("judge photo: %w", err))
		return
	}
	if taken.Fault != nil {
		b.Log.ErrorContext(ctx, "a picture broke the imaging code", "message", s.row.ID, "err", taken.Fault)
	}
	taken, s.look = b.look(ctx, s.row.ID, media.Bytes, taken, meant)
	b.step("judged")
	if taken.Level() != intake.Refuse {
		if err := b.store(ctx, candidate, &taken, media.Bytes); err != nil {
			s.put(err) // its bytes are not kept: it will be fetched again
			return
		}
	}
	b.step("stored")
	s.bytes, s.copied = len(media.Bytes), len(taken.Copy)
	taken.Copy, taken.Screen, taken.Thumb = nil, nil, nil // stored; the turn may still wait for its fellows
	s.taken = &taken
}

// verdicts are all that was found, on the picture itself first.
func (s *shot) verdicts() []intake.Verdict {
	return slices.Concat(s.taken.Verdicts, s.likeness, s.held, s.found)
}

func (s *shot) put(later error) { s.later, s.fate = later, fateLater }

// store keeps the bytes, before any row points at them.
func (b *Bot) store(ctx context.Context, candidate int64, taken *imaging.Taken, original []byte) error {
	for _, blob := range []struct {
		kind string
		data []byte
	}{{"original", original}, {"copy", taken.Copy}, {"screen", taken.Screen}, {"thumb", taken.Thumb}} {
		if err := b.Blobs.Put(ctx, storage.BlobKey(candidate, taken.SHA256, blob.kind), blob.data); err != nil {
			return fmt.Errorf("store photo: %w", err)
		}
		b.step("storing")
	}
	return nil
}

// photo is the row of a shot, for no material yet.
func (t *turn) photo(s *shot) intake.Photo {
	id, taken := t.c.Candidate.ID, s.taken
	key := func(kind string) string { return storage.BlobKey(id, taken.SHA256, kind) }
	readAt := time.Time{}
	if s.read || s.ways != nil {
		readAt = t.now
	}
	return intake.Photo{
		CandidateID: id, ReadAt: readAt, Round: t.c.Submission.Round, State: intake.Kept,
		SHA256: taken.SHA256, Format: taken.Format, Width: taken.Width, Height: taken.Height,
		Bytes: s.bytes, CopyBytes: s.copied, PHash: taken.PHash, DHash: taken.DHash,
		Verdicts: s.verdicts(), MessageID: s.row.ID, ReceivedAt: t.now,
		Original: key("original"), Copy: key("copy"), Screen: key("screen"), Thumb: key("thumb"),
	}
}
