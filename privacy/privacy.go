// Package privacy does what the law on personal information asks beyond the daily work: it forgets
// what has had its time, erases a person or a whole season for good, and hands a person what we
// hold about them.
package privacy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"cailiao/intake"
	"cailiao/storage"
)

// Config is the section "privacy" of the configuration.
type Config struct {
	Notice string `yaml:"notice"` // version of the text candidates agree to; default 1; a new one is asked for again
	Keep   Keep   `yaml:"keep"`

	Operator string         `yaml:"operator"` // who decides why the data are processed; default: the season's area
	Contact  intake.Contact `yaml:"contact"`  // whom to ask about personal data; default: the exam sites alone
}

// Keep is how many days what is kept for; 0: the default; -1: until the season is erased.
type Keep struct {
	Messages  int `yaml:"messages"`  // what was said in chat; default 30
	Attempts  int `yaml:"attempts"`  // wrong tries, delivery events, used QR scenes; default 30
	Originals int `yaml:"originals"` // photos as received, after the candidate has passed; default -1; the copy stays
	Orphans   int `yaml:"orphans"`   // bytes stored whose row never came; default 3, at least 2
}

// MessageDays is how many days what was said is kept; 0: until the season is erased.
func (k Keep) MessageDays() int { return int(max(days(k.Messages, keepMessages), 0).Hours() / 24) }

// AttemptDays is the same of wrong tries.
func (k Keep) AttemptDays() int { return int(max(days(k.Attempts, keepAttempts), 0).Hours() / 24) }

// Validate checks the section.
func (c Config) Validate() error {
	var errs []error
	for key, days := range map[string]int{"messages": c.Keep.Messages, "attempts": c.Keep.Attempts, "originals": c.Keep.Originals} {
		if days < -1 {
			errs = append(errs, &intake.FieldError{Key: "keep." + key, Problem: "a number of days expected, 0 for the default, -1 for no end"})
		}
	}
	if o := c.Keep.Orphans; o != 0 && o < 2 {
		errs = append(errs, &intake.FieldError{Key: "keep.orphans", Problem: "at least 2 days expected: a photo's bytes come before its row"})
	}
	if len(c.Notice) > 32 {
		errs = append(errs, &intake.FieldError{Key: "notice", Problem: "at most 32 characters expected"})
	}
	if len([]rune(c.Operator)) > 60 {
		errs = append(errs, &intake.FieldError{Key: "operator", Problem: "at most 60 characters expected"})
	}
	return errors.Join(errs...)
}

// Version of the notice.
func (c Config) Version() string {
	if c.Notice == "" {
		return "1"
	}
	return c.Notice
}

// Keeper forgets, erases and hands out. DB and Blobs are needed; without a Season nobody is parted.
type Keeper struct {
	DB     *storage.DB
	Blobs  storage.Blobs
	Season *intake.Season
	Config Config
	Now    func() time.Time
	Log    *slog.Logger
}

// Actions of the audit log written here; they hold no personal data.
const (
	ActionErase  = "person.erase"  // detail: erasure id, rows and blobs
	ActionExport = "person.export" // no detail
)

// Preview tells what Erase would take of the person with a 报名号.
func (k *Keeper) Preview(ctx context.Context, number string) (intake.Candidate, storage.Erasure, error) {
	c, err := k.DB.CandidateByNumber(ctx, number)
	if err != nil {
		return c, storage.Erasure{}, err
	}
	e, err := k.DB.PersonRows(ctx, c)
	return c, e, err
}

// ErrReason is the error of erasing without saying why.
var ErrReason = errors.New("a reason is needed, at most 80 characters, without names and numbers")

// Erase takes a person away for good: rows at once, then every blob, and returns the receipt. What
// a stopped program leaves undone of the blobs, Run finishes.
func (k *Keeper) Erase(ctx context.Context, candidateID int64, actor, reason string) (storage.Erasure, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" || len([]rune(reason)) > 80 || strings.ContainsAny(reason, "\r\n") {
		return storage.Erasure{}, ErrReason
	}
	var e storage.Erasure
	err := k.DB.InTx(ctx, func(tx storage.Q) (err error) {
		e, err = tx.Erase(ctx, candidateID, storage.Erasure{At: k.Now(), Actor: actor, Reason: reason})
		if err != nil {
			return err
		}
		return tx.Log(ctx, storage.Event{
			At: k.Now(), Actor: actor, Action: ActionErase, CandidateID: candidateID,
			Detail: fmt.Sprintf(`{"erasure":%d,"rows":%d,"blobs":%d}`, e.ID, e.Rows(), e.Blobs),
		})
	})
	if err != nil {
		return e, err
	}
	return e, k.deleteDoomed(ctx)
}

// EraseAll erases everybody, one after the other; progress hears of each. A pass that was cut off
// goes on when it is started again.
func (k *Keeper) EraseAll(ctx context.Context, actor, reason string, progress func(done int)) (people int, rows int64, blobs int, err error) {
	for {
		some, err := k.DB.CandidatesBehind(ctx, 0, 100)
		if err != nil || len(some) == 0 {
			return people, rows, blobs, err
		}
		for _, c := range some {
			e, err := k.Erase(ctx, c.ID, actor, reason)
			if err != nil {
				return people, rows, blobs, err
			}
			people, rows, blobs = people+1, rows+e.Rows(), blobs+e.Blobs
			progress(people)
		}
	}
}

const doomedStep = 200

// deleteDoomed deletes the blobs whose rows are gone.
func (k *Keeper) deleteDoomed(ctx context.Context) error {
	for {
		keys, err := k.DB.DoomedBlobs(ctx, doomedStep)
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, key := range keys {
			used, err := k.DB.BlobUsed(ctx, key)
			if err != nil {
				return err
			}
			if !used {
				if err := k.Blobs.Delete(ctx, key); err != nil {
					return err
				}
			}
			if err := k.DB.BlobGone(ctx, key); err != nil {
				return err
			}
		}
	}
}
