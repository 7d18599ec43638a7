package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/watch"
)

const (
	turnLock  = 3 * time.Second // of the shared lock, renewed while held; who waits behind an instance that died waits so long
	lockWait  = 60 * time.Second
	sweepWait = 2 * time.Second // of the sweep: whoever is at it finishes, or the next sweep does
	conflicts = 5               // tries of one turn against other writers
	attempts  = 12              // tries of one message before it is given up with an apology,
	mediaLife = 70 * time.Hour  // unless it only waits for WeChat or the blob store: they may come back as long as WeChat keeps a photo
)

// task is a message to be finished.
type task struct {
	id     int64
	openID string
	hand   *handover // of the request that waits; nil: nobody does
	sweep  bool      // leave it to whoever is at it already
	came   *arrival
}

// arrival is a message that has just come, with what it says.
type arrival struct {
	storage.Arrival
	said body
}

var (
	errAlbum  = errors.New("an album before it is not complete")
	errInWork = errors.New("somebody is at it")
)

// work finishes a user's messages in the order they came, up to and including id, and returns
// that one's outcome. One turn at a time per user: a door in this process, a Redis lock across
// instances; without Redis only the order across instances is lost, the rows' versions guard.
// A message that found nothing else of its user to be done needs no lock: whoever comes behind it
// finds it in the queue, and takes the lock.
func (b *Bot) work(ctx context.Context, job task) (outcome, error) {
	id, openID := job.id, job.openID
	leave, waited := b.turns.enter(openID)
	defer leave()
	if job.came != nil && job.came.Alone && !waited {
		b.step("locked")
		return b.workOne(ctx, []storage.Message{job.came.Message}, job.hand, job.came)
	}
	unlock, err := b.lock(ctx, job)
	if err != nil {
		return outcome{}, err
	}
	defer unlock()
	b.step("locked")
	rows, err := b.DB.Unfinished(ctx, openID, b.Now())
	if err != nil {
		return outcome{}, err
	}
	if b.unquiet(rows, job) {
		return outcome{}, errAlbum
	}
	for len(rows) > 0 && rows[0].ID <= id {
		n := together(rows)
		var hand *handover
		if rows[n-1].ID >= id {
			hand = job.hand
		}
		out, err := b.workOne(ctx, rows[:n], hand, nil)
		if rows[n-1].ID >= id {
			return out, err
		}
		if err != nil {
			b.Log.ErrorContext(ctx, "message put off", "message", rows[0].ID, "err", err)
		}
		rows = rows[n:]
	}
	row, err := b.DB.Message(ctx, id)
	if err != nil {
		return outcome{}, err
	}
	if row.DoneAt.IsZero() { // put off: it will be answered late
		return outcome{}, nil
	}
	return outcome{id: row.ID, openID: openID, reply: row.Reply}, nil
}

func (b *Bot) lock(ctx context.Context, job task) (unlock func(), err error) {
	patience := lockWait
	if job.sweep {
		patience = sweepWait
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	unlock, err = b.Redis.Wait(waiting, "turn:{"+who(job.openID)+"}", turnLock)
	if err == nil {
		return unlock, nil
	}
	if waiting.Err() != nil && job.sweep {
		return nil, errInWork
	}
	if waiting.Err() != nil {
		return nil, fmt.Errorf("wait for the turn: %w", err)
	}
	b.Log.WarnContext(ctx, "no shared lock, going on with this instance's own", "err", err)
	return func() {}, nil
}

// workOne turns one recorded message, or the photos of an album, into their effect and one
// reply, once. What fails is put off with growing delay so that it never blocks what comes behind it.
// came is the message when it has just come and how its user stands is known; nil: to be read.
func (b *Bot) workOne(ctx context.Context, rows []storage.Message, hand *handover, came *arrival) (out outcome, err error) {
	last := rows[len(rows)-1]
	ctx = traced(ctx, last)
	out = outcome{id: last.ID, openID: last.OpenID}
	began := time.Now() // a duration, not a moment
	defer func() {
		fate := "done"
		switch {
		case err != nil:
			fate = "failed"
		case out.unfinished:
			fate = "later"
		}
		b.Metrics.Turn(last.Kind, fate, time.Since(began))
	}()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if err != nil && ctx.Err() == nil {
			err = errors.Join(err, b.putOff(ctx, rows, nil))
		}
	}()
	fetched := map[int64]*delivery{}
	for try := range conflicts {
		if try > 0 {
			if rows, err = b.stillNew(ctx, rows); err != nil || len(rows) == 0 {
				out.reply = ""
				return b.doneElsewhere(ctx, out, err)
			}
			came = nil
		}
		t, loadErr := b.load(ctx, rows, fetched, came)
		if loadErr != nil {
			return out, loadErr
		}
		b.step("loaded")
		t.hand = hand
		out.reply, err = t.take(ctx)
		var later *laterError
		if errors.As(err, &later) {
			out.unfinished = true
			out.reply = later.reply
			b.Log.WarnContext(ctx, "message put off", "message", last.ID, "tries", last.Attempts+1, "err", later.cause)
			return out, b.putOff(ctx, rows, later)
		}
		if err != nil {
			return out, err
		}
		if out.reply, err = t.save(ctx, out.reply); !errors.Is(err, intake.ErrConflict) {
			out.id, out.answered = t.carrier().ID, t.answered
			if err == nil && last.Attempts > 0 {
				b.hurry(ctx)
			}
			return out, err
		}
	}
	return out, err
}

// traced gives a context without a request the one a message came with, so that its log lines are found whoever works
// on it, and whenever.
func traced(ctx context.Context, row storage.Message) context.Context {
	if watch.Request(ctx) != "" {
		return ctx
	}
	var msg body
	if json.Unmarshal(row.Body, &msg) != nil { // a body that was wiped has none
		return ctx
	}
	return watch.WithRequest(ctx, msg.Request)
}

// stillNew leaves out what another instance has finished meanwhile: without Redis two may be at one message.
func (b *Bot) stillNew(ctx context.Context, rows []storage.Message) (left []storage.Message, err error) {
	for _, row := range rows {
		now, err := b.DB.Message(ctx, row.ID)
		if err != nil {
			return nil, err
		}
		if now.DoneAt.IsZero() {
			left = append(left, now)
		}
	}
	return left, nil
}

// doneElsewhere is the outcome of a message that another instance has finished.
func (b *Bot) doneElsewhere(ctx context.Context, out outcome, err error) (outcome, error) {
	if err != nil {
		return out, err
	}
	row, err := b.DB.Message(ctx, out.id)
	if err == nil {
		out.reply = row.Reply
	}
	return out, err
}

// putOff plans the next try of messages; later says what they wait for, nil: nothing that could come back. After the
// last try they are closed with one apology, and the candidate asked to send again.
func (b *Bot) putOff(ctx context.Context, rows []storage.Message, later *laterError) error {
	var errs []error
	apologised := false
	material := ""
	if later != nil {
		material = later.material
	}
	for _, row := range rows {
		if row.Attempts+1 < attempts || later != nil && b.Now().Sub(row.ReceivedAt) < mediaLife {
			errs = append(errs, b.postpone(ctx, b.DB.Q, row, material))
			continue
		}
		reply := ""
		if !apologised {
			var err error
			if reply, err = b.say("sorry"); err != nil {
				return err
			}
			apologised = true
		}
		errs = append(errs, b.DB.Finish(ctx, row.ID, reply, b.Now()))
	}
	return errors.Join(errs...)
}

// hurry brings forward what was put off: one that waited has just succeeded, so what they wait for is back.
func (b *Bot) hurry(ctx context.Context) {
	if err := b.DB.Hurry(ctx, b.Now()); err != nil {
		b.Log.WarnContext(ctx, "what was put off is not brought forward", "err", err)
	}
}

func (b *Bot) postpone(ctx context.Context, q storage.Q, row storage.Message, material string) error {
	if row.Material != "" { // where it was meant to go when it came
		material = row.Material
	}
	delay := min(time.Second<<min(row.Attempts+1, 10), 15*time.Minute)
	return q.Postpone(ctx, row.ID, b.Now().Add(delay), material)
}

// laterError says that a message cannot be finished now for a passing reason outside.
type laterError struct {
	cause    error
	reply    string // interim word for the candidate
	material string // where the photo is meant to go
}

func (e *laterError) Error() string { return "later: " + e.cause.Error() }
func (e *laterError) Unwrap() error { return e.cause }
