package review

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"cailiao/intake"
	"cailiao/storage"
)

// What Login answers. A wrong name, a wrong password and a disabled account look the same.
var (
	ErrBadLogin = errors.New("name, password or code is wrong")
	ErrTooMany  = errors.New("too many wrong tries")
	ErrExpired  = errors.New("the initial password was not used in time")
)

// Actions of the audit log about signing in.
const (
	ActionLogin   = "login"         // detail: signing
	ActionProof   = "login.proof"   // somebody signed in proved again who they are; detail: signing
	ActionRefused = "login.refused" // by nobody; detail: signing with the account that was tried
)

// Nobody is who tried to sign in and was refused, in the audit log.
const Nobody = "nobody"

// signing is the audit detail of a try to sign in.
type signing struct {
	Staff int64  `json:"staff,omitempty"` // 0: the actor, or no such account
	With  string `json:"with"`            // "password", "code", "recovery code"; "all": password and code
	From  string `json:"from"`            // stands for the address
}

// Attempt is one try to sign in. Address is where it came from, without the port. Code is a
// one-time or a recovery code, for those who have set them up.
type Attempt struct {
	Name     string
	Password string
	Code     string
	Address  string
}

// Wrong tries are counted for 15 minutes in three ways. A stranger is stopped by any of them.
// A pair of name and address that has signed in before is stopped by its own tries only, so
// that nobody can lock a person or a whole office out from elsewhere, or from the next desk.
const (
	attemptWindow   = 15 * time.Minute
	knownFor        = 30 * 24 * time.Hour
	perPair         = 10
	perName         = 30
	perAddress      = 60
	scopePair       = "login-pair"
	scopeName       = "login-name"
	scopeAddress    = "login-address"
	scopeKnown      = "login-known"
	attemptSeparate = "\x00"
)

// Login returns the account behind a name and password. If it has one-time codes (Staff.TOTP),
// that is only half of signing in: LoginCode is the other. Errors: ErrBadLogin, ErrTooMany, ErrExpired.
func (d *Desk) Login(ctx context.Context, a Attempt) (intake.Staff, error) {
	staff, err := d.check(ctx, a)
	if err != nil {
		return intake.Staff{}, err
	}
	if staff.MustChange() && !d.now().Before(staff.InitialUntil) {
		return intake.Staff{}, ErrExpired
	}
	if !costs(staff.PasswordHash, d.Cost.orUsual()) {
		if err := d.DB.Rehash(ctx, staff.ID, staff.PasswordHash, d.hash(password(a.Password))); err != nil {
			return intake.Staff{}, fmt.Errorf("login: %w", err)
		}
	}
	if staff.TOTP() {
		return staff, nil // its wrong tries are not forgiven yet
	}
	return staff, d.enter(ctx, staff, a, "password")
}

// LoginCode is the second half of signing in to an account that Login returned: its one-time code,
// or a recovery code. Errors: ErrBadLogin, ErrTooMany.
func (d *Desk) LoginCode(ctx context.Context, staff intake.Staff, a Attempt) error {
	a.Name = staff.Name
	with, err := d.checkCode(ctx, staff, a)
	if err != nil {
		return err
	}
	return d.enter(ctx, staff, a, with)
}

// enter notes that somebody has signed in: their wrong tries are forgiven, their desk is known.
func (d *Desk) enter(ctx context.Context, staff intake.Staff, a Attempt, with string) error {
	pair, now := mark(staffName(a.Name), a.Address), d.now()
	err := d.DB.InTx(ctx, func(tx storage.Q) error {
		if err := tx.ClearAttempts(ctx, scopePair, pair); err != nil {
			return err
		}
		if err := tx.ClearAttempts(ctx, scopeKnown, pair); err != nil {
			return err
		}
		if err := tx.AddAttempt(ctx, scopeKnown, pair, now); err != nil {
			return err
		}
		if err := tx.SetLastLogin(ctx, staff.ID, now); err != nil {
			return err
		}
		event, err := d.event(Actor(staff), ActionLogin, 0, signing{With: with, From: shortMark(a.Address)})
		if err != nil {
			return err
		}
		return tx.Log(ctx, event)
	})
	if err != nil {
		return fmt.Errorf("login: %w", err)
	}
	return nil
}

// Prove checks the one-time code, or without one the password, of somebody who is signed in
// already; tries count as in Login. Errors: ErrBadLogin, ErrTooMany.
func (d *Desk) Prove(ctx context.Context, staff intake.Staff, a Attempt) error {
	if !staff.TOTP() {
		return d.ProveFully(ctx, staff, a)
	}
	a.Name = staff.Name
	with, err := d.checkCode(ctx, staff, a)
	if err != nil {
		return err
	}
	return d.logSigning(ctx, staff, ActionProof, signing{With: with, From: shortMark(a.Address)})
}

// ProveFully checks all that signing in takes, of somebody who is signed in already: the password
// and, where it is set up, the one-time code. Errors: ErrBadLogin, ErrTooMany.
func (d *Desk) ProveFully(ctx context.Context, staff intake.Staff, a Attempt) error {
	a.Name = staff.Name
	if _, err := d.check(ctx, a); err != nil {
		return err
	}
	with := "password"
	if staff.TOTP() {
		if _, err := d.checkCode(ctx, staff, a); err != nil {
			return err
		}
		with = "all"
	}
	return d.logSigning(ctx, staff, ActionProof, signing{With: with, From: shortMark(a.Address)})
}

func (d *Desk) logSigning(ctx context.Context, staff intake.Staff, action string, detail signing) error {
	event, err := d.event(Actor(staff), action, 0, detail)
	if err != nil {
		return err
	}
	if err := d.DB.Log(ctx, event); err != nil {
		return fmt.Errorf("login: %w", err)
	}
	return nil
}

// SignIn is one time an account signed in; With is "password", "code" or "recovery code", which
// came last.
type SignIn struct {
	At   time.Time
	With string
}

// Logins are the last times an account signed in, newest first, at most limit.
func (d *Desk) Logins(ctx context.Context, staff intake.Staff, limit int) ([]SignIn, error) {
	events, err := d.DB.SearchEvents(ctx, storage.EventSearch{Actor: Actor(staff), Action: ActionLogin, Limit: limit})
	if err != nil {
		return nil, fmt.Errorf("logins of staff %d: %w", staff.ID, err)
	}
	all := make([]SignIn, len(events))
	for i, e := range events {
		var detail signing
		if err := json.Unmarshal([]byte(e.Detail), &detail); err != nil {
			return nil, fmt.Errorf("event %d: %w", e.ID, err)
		}
		all[i] = SignIn{At: e.At, With: detail.With}
	}
	return all, nil
}

// check holds a name and password against the accounts and counts what is wrong.
func (d *Desk) check(ctx context.Context, a Attempt) (intake.Staff, error) {
	defer d.hashing.begin()() // the counts are read inside, so that a burst cannot overtake them
	if err := d.allowed(ctx, a); err != nil {
		return intake.Staff{}, err
	}
	staff, err := d.DB.StaffByName(ctx, staffName(a.Name))
	unknown := errors.Is(err, intake.ErrNotFound)
	if err != nil && !unknown {
		return intake.Staff{}, fmt.Errorf("login: %w", err)
	}
	hash := staff.PasswordHash
	if unknown {
		hash = d.nobodysHash()
	}
	if !fits(password(a.Password), hash) || unknown || staff.Disabled {
		return intake.Staff{}, d.wrong(ctx, staff.ID, a, "password")
	}
	return staff, nil
}

type tries struct {
	pair, name, address, known int
}

func (t tries) tooMany() bool {
	if t.pair >= perPair {
		return true
	}
	return t.known == 0 && (t.name >= perName || t.address >= perAddress)
}

// allowed says whether one more try is heard: nil or ErrTooMany.
func (d *Desk) allowed(ctx context.Context, a Attempt) error {
	name := staffName(a.Name)
	tries, err := d.tries(ctx, mark(name, a.Address), mark(name), mark(a.Address))
	if err == nil && tries.tooMany() {
		return ErrTooMany
	}
	return err
}

func (d *Desk) tries(ctx context.Context, pair, name, address string) (tries, error) {
	var t tries
	now := d.now()
	for _, count := range []struct {
		n          *int
		scope, who string
		window     time.Duration
	}{
		{&t.pair, scopePair, pair, attemptWindow},
		{&t.name, scopeName, name, attemptWindow},
		{&t.address, scopeAddress, address, attemptWindow},
		{&t.known, scopeKnown, pair, knownFor},
	} {
		n, err := d.DB.Attempts(ctx, count.scope, count.who, now.Add(-count.window))
		if err != nil {
			return tries{}, fmt.Errorf("login: %w", err)
		}
		*count.n = n
	}
	return t, nil
}

// wrong counts a wrong try and returns ErrBadLogin; a try that cannot be counted gets no answer.
func (d *Desk) wrong(ctx context.Context, staffID int64, a Attempt, with string) error {
	name := staffName(a.Name)
	err := d.DB.InTx(ctx, func(tx storage.Q) error {
		for _, try := range [][2]string{{scopePair, mark(name, a.Address)}, {scopeName, mark(name)}, {scopeAddress, mark(a.Address)}} {
			if err := tx.AddAttempt(ctx, try[0], try[1], d.now()); err != nil {
				return err
			}
		}
		event, err := d.event(Nobody, ActionRefused, 0, signing{Staff: staffID, With: with, From: shortMark(a.Address)})
		if err != nil {
			return err
		}
		return tx.Log(ctx, event)
	})
	if err != nil {
		return fmt.Errorf("login: %w", err)
	}
	return ErrBadLogin
}

func (d *Desk) nobodysHash() string {
	d.dummy.Do(func() { d.nobody = hashPassword("", d.Cost.orUsual()) })
	return d.nobody
}

// shortMark tells addresses apart in the log.
func shortMark(address string) string { return mark(address)[:8] }

// mark stands for a name or address in the table of attempts, which holds no personal data.
func mark(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, attemptSeparate)))
	return hex.EncodeToString(sum[:16])
}

// staffName brings a typed name to the form it is stored in: full-width letters and the like
// are the same name.
func staffName(s string) string { return strings.TrimSpace(norm.NFKC.String(s)) }

// password brings a typed password to one form (NIST SP 800-63B 5.1.1.2), so that another
// keyboard does not make another password. What is too long fits nothing.
func password(s string) string {
	if len(s) > longestPassword || !utf8.ValidString(s) {
		return ""
	}
	return norm.NFKC.String(s)
}

func control(r rune) bool { return r < 0x20 || r == 0x7f || r == utf8.RuneError }
