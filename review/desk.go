// Package review is what staff do: sign in, find a candidate, look at the photos beside the
// registration data, decide, and bring the roster in. Every method asks first whether the
// account may see the candidate's exam site; a foreign candidate is intake.ErrNotFound, exactly
// as an unknown one.
package review

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"cailiao/clamd"
	"cailiao/intake"
	"cailiao/storage"
)

// Desk is the staff's side of the house. DB, Blobs and Season are needed. Use it by pointer.
type Desk struct {
	DB     *storage.DB
	Blobs  storage.Blobs
	Season *intake.Season
	Clamd  *clamd.Client    // nil: roster files are not scanned
	Now    func() time.Time // nil: time.Now
	Log    *slog.Logger     // nil: silent
	Wake   func()           // tells the notice loop that rows are due; may be nil

	// Tell sends words to a WeChat user, now or with the next reply; nil: nobody is told.
	Tell func(ctx context.Context, openID, words string) (delivered bool, err error)

	Cost    Cost          // of hashing a password; zero: the usual
	TOTPFor []intake.Role // who may not work without one-time codes

	importing importing

	tallies tallies
	ringing sync.Once
	rings   chan struct{} // see bell
	hashing hashing
	dummy   sync.Once
	nobody  string // a hash no password fits, so that an unknown name costs as much time
}

func (d *Desk) now() time.Time {
	if d.Now == nil {
		return time.Now()
	}
	return d.Now()
}

func (d *Desk) log() *slog.Logger {
	if d.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return d.Log
}

// visible loads a candidate the account may see.
func (d *Desk) visible(ctx context.Context, staff intake.Staff, candidateID int64) (intake.Candidate, error) {
	c, err := d.DB.Candidate(ctx, candidateID)
	if err != nil {
		return intake.Candidate{}, err
	}
	if !staff.Sees(c.Site) {
		return intake.Candidate{}, foreign(candidateID)
	}
	return c, nil
}

func foreign(candidateID int64) error {
	return fmt.Errorf("candidate %d: %w", candidateID, intake.ErrNotFound)
}

// Actor is how an account stands in the audit log; Office is "system".
func Actor(staff intake.Staff) string {
	if staff.ID == Office.ID {
		return "system"
	}
	return fmt.Sprintf("staff:%d", staff.ID)
}

// Actions of the audit log written here.
const (
	ActionDecide = "decide"        // detail: decided
	ActionLook   = "photo.look"    // detail: looked; a picture was given by itself
	ActionPhone  = "phone.look"    // no detail
	ActionRoster = "roster.import" // detail: Report counts
	ActionUnsafe = "roster.unsafe" // detail: what the virus scanner calls it
)

// event makes an audit row; detail is any JSON value without personal data.
func (d *Desk) event(actor, action string, candidateID int64, detail any) (storage.Event, error) {
	text := ""
	if detail != nil {
		b, err := json.Marshal(detail)
		if err != nil {
			return storage.Event{}, fmt.Errorf("event %s: %w", action, err)
		}
		text = string(b)
	}
	return storage.Event{At: d.now(), Actor: actor, Action: action, CandidateID: candidateID, Detail: text}, nil
}
