package review

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
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
	ErrBadLogin = errors.New("name or password is wrong")
	ErrTooMany  = errors.New("too many wrong tries")
)

// What AddStaff refuses.
var (
	ErrStaffName     = errors.New("a name has 2 to 40 characters, without spaces at its ends or control characters")
	ErrStaffPassword = fmt.Errorf("a password has at least %d characters and is not the name", PasswordLength)
	ErrStaffRole     = errors.New("the role is one of site, area, lead, admin")
	ErrStaffSite     = errors.New("the site must be one of the season's for role site, for role lead also empty, and empty otherwise")
)

// PasswordLength is the least number of characters of a password.
const PasswordLength = 10

const longestPassword = 1024 // bytes

// Attempt is one try to sign in. Address is where it came from, without the port.
type Attempt struct {
	Name     string
	Password string
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

// Login returns the account behind a name and password. Errors: ErrBadLogin, ErrTooMany.
func (d *Desk) Login(ctx context.Context, a Attempt) (intake.Staff, error) {
	staff, err := d.check(ctx, a)
	if err != nil {
		return intake.Staff{}, err
	}
	pair, now := mark(staff.Name, a.Address), d.now()
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		if err := tx.ClearAttempts(ctx, scopePair, pair); err != nil {
			return err
		}
		if err := tx.ClearAttempts(ctx, scopeKnown, pair); err != nil {
			return err
		}
		if err := tx.AddAttempt(ctx, scopeKnown, pair, now); err != nil {
			return err
		}
		event, err := d.event(Actor(staff), ActionLogin, 0, nil)
		if err != nil {
			return err
		}
		return tx.Log(ctx, event)
	})
	if err != nil {
		return intake.Staff{}, fmt.Errorf("login: %w", err)
	}
	return staff, nil
}

// check holds a name and password against the accounts and counts what is wrong.
func (d *Desk) check(ctx context.Context, a Attempt) (intake.Staff, error) {
	defer d.hashing.begin()() // the counts are read inside, so that a burst cannot overtake them
	name := staffName(a.Name)
	pair, who, from := mark(name, a.Address), mark(name), mark(a.Address)
	now := d.now()

	tries, err := d.tries(ctx, pair, who, from)
	if err != nil {
		return intake.Staff{}, err
	}
	if tries.tooMany() {
		return intake.Staff{}, ErrTooMany
	}
	staff, err := d.DB.StaffByName(ctx, name)
	unknown := errors.Is(err, intake.ErrNotFound)
	if err != nil && !unknown {
		return intake.Staff{}, fmt.Errorf("login: %w", err)
	}
	hash := staff.PasswordHash
	if unknown {
		hash = d.nobodysHash()
	}
	if !fits(password(a.Password), hash) || unknown || staff.Disabled {
		if err := d.wrong(ctx, now, pair, who, from); err != nil {
			return intake.Staff{}, fmt.Errorf("login: %w", err) // an uncounted try gets no answer
		}
		return intake.Staff{}, ErrBadLogin
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

func (d *Desk) wrong(ctx context.Context, now time.Time, pair, name, address string) error {
	return d.DB.InTx(ctx, func(tx storage.Q) error {
		for _, a := range [][2]string{{scopePair, pair}, {scopeName, name}, {scopeAddress, address}} {
			if err := tx.AddAttempt(ctx, a[0], a[1], now); err != nil {
				return err
			}
		}
		return nil
	})
}

func (d *Desk) nobodysHash() string {
	d.dummy.Do(func() { d.nobody = d.hashing.hash("") })
	return d.nobody
}

// mark stands for a name or address in the table of attempts, which holds no personal data.
func mark(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, attemptSeparate)))
	return hex.EncodeToString(sum[:16])
}

// NewStaff is an account to be added. Site is a code, for role site only.
type NewStaff struct {
	Name     string
	Role     intake.Role
	Site     string
	Password string
}

// AddStaff adds an account. Errors: ErrStaffName, ErrStaffPassword, ErrStaffRole, ErrStaffSite
// (all that apply, joined), intake.ErrConflict when the name is taken.
func (d *Desk) AddStaff(ctx context.Context, n NewStaff) (intake.Staff, error) {
	n.Name = staffName(n.Name)
	if err := d.validate(n); err != nil {
		return intake.Staff{}, err
	}
	end := d.hashing.begin()
	hash := d.hashing.hash(password(n.Password))
	end()
	var added intake.Staff
	err := d.DB.InTx(ctx, func(tx storage.Q) error {
		var err error
		added, err = tx.AddStaff(ctx, intake.Staff{
			Name: n.Name, Role: n.Role, Site: n.Site, PasswordHash: hash, CreatedAt: d.now(),
		})
		if err != nil {
			return err
		}
		event, err := d.event("system", ActionStaff, 0, map[string]any{"staff": added.ID, "role": n.Role, "site": n.Site})
		if err != nil {
			return err
		}
		return tx.Log(ctx, event)
	})
	if err != nil {
		return intake.Staff{}, fmt.Errorf("add staff: %w", err)
	}
	return added, nil
}

func (d *Desk) validate(n NewStaff) error {
	var faults []error
	if length := utf8.RuneCountInString(n.Name); length < 2 || length > 40 || strings.ContainsFunc(n.Name, control) {
		faults = append(faults, ErrStaffName)
	}
	p := password(n.Password)
	if utf8.RuneCountInString(p) < PasswordLength || len(p) > longestPassword || strings.EqualFold(p, n.Name) {
		faults = append(faults, ErrStaffPassword)
	}
	switch n.Role {
	case intake.RoleSite:
		if _, known := d.Season.Site(n.Site); !known {
			faults = append(faults, ErrStaffSite)
		}
	case intake.RoleLead:
		if _, known := d.Season.Site(n.Site); n.Site != "" && !known {
			faults = append(faults, ErrStaffSite)
		}
	case intake.RoleArea, intake.RoleAdmin:
		if n.Site != "" {
			faults = append(faults, ErrStaffSite)
		}
	default:
		faults = append(faults, ErrStaffRole)
	}
	return errors.Join(faults...)
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

// Prove checks the password of somebody who is signed in already; tries count as in Login.
// Errors: ErrBadLogin, ErrTooMany.
func (d *Desk) Prove(ctx context.Context, staff intake.Staff, a Attempt) error {
	a.Name = staff.Name
	proven, err := d.check(ctx, a)
	if err == nil && proven.ID != staff.ID {
		return ErrBadLogin
	}
	return err
}
