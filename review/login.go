package review

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
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

// Attempt is one try to sign in. Address is where it came from, without the port. Device is what the
// browser was given to be known by; empty: nothing yet. Code is a one-time or a recovery code, for
// those who have set them up.
type Attempt struct {
	Name     string
	Password string
	Code     string
	Address  string
	Device   string
}

// Wrong tries are counted for 15 minutes in three ways. A stranger is stopped by any of them.
// A pair of name and address that has signed in before is stopped by its own tries only, so
// that nobody can lock a person or a whole office out from elsewhere. A browser in which the name
// has signed in before is a pair of its own, so that nobody can at the next desk either, though
// the whole office has one address. Who gets in takes back what they mistyped.
const (
	KnownFor        = 30 * 24 * time.Hour // since signing in last
	attemptWindow   = 15 * time.Minute
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

// enter notes that somebody has signed in: what they mistyped is taken back, their desk is known.
func (d *Desk) enter(ctx context.Context, staff intake.Staff, a Attempt, with string) error {
	now := d.now()
	device, err := d.knownDevice(ctx, a)
	if err != nil {
		return err
	}
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		own := a.pair()
		if device {
			own = a.devicePair() // what was tried at this address may be others' doing
		} else {
			mistyped, err := tx.Attempts(ctx, scopePair, own, now.Add(-attemptWindow))
			if err != nil {
				return err
			}
			for _, count := range [][2]string{{scopeName, mark(staffName(a.Name))}, {scopeAddress, mark(a.place())}} {
				if err := tx.TakeBackAttempts(ctx, count[0], count[1], mistyped); err != nil {
					return err
				}
			}
		}
		if err := tx.ClearAttempts(ctx, scopePair, own); err != nil {
			return err
		}
		for _, pair := range a.pairs() {
			if err := tx.ClearAttempts(ctx, scopeKnown, pair); err != nil {
				return err
			}
			if err := tx.AddAttempt(ctx, scopeKnown, pair, now); err != nil {
				return err
			}
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

// place is what an address is counted as: a network of IPv6 gives whoever is in it as many addresses
// as they like.
func (a Attempt) place() string {
	addr, err := netip.ParseAddr(a.Address)
	if err != nil || addr.Unmap().Is4() {
		return a.Address
	}
	network, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return a.Address
	}
	return network.String()
}

// pair stands for the name and the address.
func (a Attempt) pair() string { return mark(staffName(a.Name), a.place()) }

// devicePair stands for the name and the browser.
func (a Attempt) devicePair() string { return mark(staffName(a.Name), "device", a.Device) }

// pairs are all that who signs in is known by from then on.
func (a Attempt) pairs() []string {
	if a.Device == "" {
		return []string{a.pair()}
	}
	return []string{a.pair(), a.devicePair()}
}

// allowed says whether one more try is heard: nil or ErrTooMany.
func (d *Desk) allowed(ctx context.Context, a Attempt) error {
	count := func(scope, who string) (n int, err error) {
		window := attemptWindow
		if scope == scopeKnown {
			window = KnownFor
		}
		if n, err = d.DB.Attempts(ctx, scope, who, d.now().Add(-window)); err != nil {
			err = fmt.Errorf("login: %w", err)
		}
		return n, err
	}
	device, err := d.knownDevice(ctx, a)
	if err != nil {
		return err
	}
	limits := []struct {
		scope, who string
		most       int
	}{{scopePair, a.pair(), perPair}, {scopeName, mark(staffName(a.Name)), perName}, {scopeAddress, mark(a.place()), perAddress}}
	if device {
		limits[0].who, limits = a.devicePair(), limits[:1]
	} else if known, err := count(scopeKnown, a.pair()); err != nil {
		return err
	} else if known > 0 {
		limits = limits[:1]
	}
	for _, limit := range limits {
		n, err := count(limit.scope, limit.who)
		if err != nil {
			return err
		}
		if n >= limit.most {
			return ErrTooMany
		}
	}
	return nil
}

// knownDevice says that the name has signed in in this browser lately.
func (d *Desk) knownDevice(ctx context.Context, a Attempt) (bool, error) {
	if a.Device == "" {
		return false, nil
	}
	n, err := d.DB.Attempts(ctx, scopeKnown, a.devicePair(), d.now().Add(-KnownFor))
	if err != nil {
		return false, fmt.Errorf("login: %w", err)
	}
	return n > 0, nil
}

// wrong counts a wrong try and returns ErrBadLogin; a try that cannot be counted gets no answer.
func (d *Desk) wrong(ctx context.Context, staffID int64, a Attempt, with string) error {
	device, err := d.knownDevice(ctx, a)
	if err != nil {
		return err
	}
	counts := [][2]string{{scopePair, a.pair()}, {scopeName, mark(staffName(a.Name))}, {scopeAddress, mark(a.place())}}
	if device {
		counts = [][2]string{{scopePair, a.devicePair()}}
	}
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		for _, try := range counts {
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
