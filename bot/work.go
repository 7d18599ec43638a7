package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cailiao/intake"
	"cailiao/storage"
)

const (
	turnLock  = 15 * time.Second // of the shared lock, renewed while held
	lockWait  = 60 * time.Second
	conflicts = 5  // tries of one turn against other writers
	attempts  = 12 // tries of one message before it is given up with an apology
)

// work finishes a user's messages in the order they came, up to and including id, and returns
// that one's outcome. One turn at a time per user: a door in this process, a Redis lock across
// instances; without Redis only the order across instances is lost, the rows' versions guard.
func (b *Bot) work(ctx context.Context, id int64, openID string) (outcome, error) {
	leave := b.turns.enter(openID)
	defer leave()
	unlock, err := b.lock(ctx, openID)
	if err != nil {
		return outcome{}, err
	}
	defer unlock()
	rows, err := b.DB.Unfinished(ctx, openID, b.Now())
	if err != nil {
		return outcome{}, err
	}
	for len(rows) > 0 && rows[0].ID <= id {
		n := together(rows)
		out, err := b.workOne(ctx, rows[:n])
		if rows[n-1].ID >= id {
			return out, err
		}
		if err != nil {
			b.Log.Error("message put off", "message", rows[0].ID, "err", err)
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

func (b *Bot) lock(ctx context.Context, openID string) (unlock func(), err error) {
	waiting, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	unlock, err = b.Redis.Wait(waiting, "turn:{"+who(openID)+"}", turnLock)
	if err == nil {
		return unlock, nil
	}
	if waiting.Err() != nil {
		return nil, fmt.Errorf("wait for the turn: %w", err)
	}
	b.Log.Warn("no shared lock, going on with this instance's own", "err", err)
	return func() {}, nil
}

// workOne turns one recorded message, or the photos of an album, into their effect and one
// reply, once. What fails is put off with growing delay so that it never blocks what comes behind it.
func (b *Bot) workOne(ctx context.Context, rows []storage.Message) (out outcome, err error) {
	last := rows[len(rows)-1]
	out = outcome{id: last.ID, openID: last.OpenID}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if err != nil && ctx.Err() == nil {
			err = errors.Join(err, b.putOff(ctx, rows, ""))
		}
	}()
	fetched := map[int64]*delivery{}
	for range conflicts {
		t, loadErr := b.load(ctx, rows, fetched)
		if loadErr != nil {
			return out, loadErr
		}
		out.reply, err = t.take(ctx)
		var later *laterError
		if errors.As(err, &later) {
			out.unfinished = true
			out.reply = later.reply
			b.Log.Warn("message put off", "message", last.ID, "tries", last.Attempts+1, "err", later.cause)
			return out, b.putOff(ctx, rows, later.material)
		}
		if err != nil {
			return out, err
		}
		if out.reply, err = t.save(ctx, out.reply); !errors.Is(err, intake.ErrConflict) {
			out.id = t.carrier().ID
			return out, err
		}
	}
	return out, err
}

// putOff plans the next try of messages. After the last they are closed with one apology, and
// the candidate asked to send again.
func (b *Bot) putOff(ctx context.Context, rows []storage.Message, material string) error {
	var errs []error
	apologised := false
	for _, row := range rows {
		if row.Attempts+1 < attempts {
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

func (b *Bot) postpone(ctx context.Context, q storage.Q, row storage.Message, material string) error {
	if row.Material != "" { // where it was meant to go when it came
		material = row.Material
	}
	delay := min(time.Second<<(row.Attempts+1), 15*time.Minute)
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
