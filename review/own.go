package review

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
	"golang.org/x/crypto/argon2"

	"cailiao/intake"
	"cailiao/storage"
)

// What changing one's own account answers besides ErrStaffPassword, ErrLongPassword and ErrCommonPassword.
var (
	ErrSamePassword = errors.New("the new password is the old one")
	ErrTOTPSet      = errors.New("one-time codes are set up already")
)

// Actions of the audit log about one's own account; no detail.
const (
	ActionOwnPassword = "own.password"
	ActionOwnTOTP     = "own.totp"
	ActionOwnTOTPOff  = "own.totp.off"
	ActionOwnCodes    = "own.codes"
	ActionOwnSessions = "own.sessions" // all others were ended
	ActionOwnSession  = "own.session"  // one was ended
)

const (
	totpIssuer    = "材料审核"
	totpPeriod    = 30 // seconds
	recoveryCodes = 10
)

// NeedsTOTP says that the account may not work before it has set up one-time codes.
func (d *Desk) NeedsTOTP(staff intake.Staff) bool {
	return !staff.TOTP() && slices.Contains(d.TOTPFor, staff.Role)
}

// MayDropTOTP says that the account may do without one-time codes.
func (d *Desk) MayDropTOTP(staff intake.Staff) bool { return !slices.Contains(d.TOTPFor, staff.Role) }

// PasswordTakesCode says that changing the password takes a one-time code too. Not at the change
// of an initial password: whoever comes to it has given a code a moment ago, and can do nothing else.
func PasswordTakesCode(staff intake.Staff) bool { return staff.TOTP() && !staff.MustChange() }

// ChangePassword gives somebody another password, by all that signing in takes; their other
// sessions end. It returns the account as it is then. Errors: ErrBadLogin, ErrTooMany,
// ErrSamePassword, ErrStaffPassword, ErrLongPassword, ErrCommonPassword.
func (d *Desk) ChangePassword(ctx context.Context, staff intake.Staff, a Attempt, wish string) (intake.Staff, error) {
	a.Name = staff.Name
	if _, err := d.check(ctx, a); err != nil {
		return staff, err
	}
	if password(wish) == password(a.Password) {
		return staff, ErrSamePassword
	}
	if err := d.checkPassword(wish, staff); err != nil {
		return staff, err
	}
	if PasswordTakesCode(staff) { // last, because it uses the code up
		if _, err := d.checkCode(ctx, staff, a); err != nil {
			return staff, err
		}
	}
	hash := d.hash(password(wish))
	return d.alterOwn(ctx, staff, ActionOwnPassword, func(s *intake.Staff, _ storage.Q) error {
		s.PasswordHash, s.InitialUntil = hash, time.Time{}
		return nil
	})
}

// EndSessions ends all sessions of an account; the caller begins a new one for the one it is in.
func (d *Desk) EndSessions(ctx context.Context, staff intake.Staff) (intake.Staff, error) {
	return d.alterOwn(ctx, staff, ActionOwnSessions, func(*intake.Staff, storage.Q) error { return nil })
}

// LogEndedSession notes that somebody ends one of their own sessions.
func (d *Desk) LogEndedSession(ctx context.Context, staff intake.Staff) error {
	event, err := d.event(Actor(staff), ActionOwnSession, 0, nil)
	if err != nil {
		return err
	}
	if err := d.DB.Log(ctx, event); err != nil {
		return fmt.Errorf("end a session of staff %d: %w", staff.ID, err)
	}
	return nil
}

// OfferTOTP is the key, as a text and as the address in a QR code, with which somebody sets up
// one-time codes; it stays the same until that is done. ErrTOTPSet: it is done.
func (d *Desk) OfferTOTP(ctx context.Context, staff intake.Staff) (secret, address string, err error) {
	if staff.TOTP() {
		return "", "", ErrTOTPSet
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: totpIssuer, AccountName: staff.Name, Period: totpPeriod, SecretSize: 20})
	if err != nil {
		return "", "", fmt.Errorf("one-time codes: %w", err)
	}
	secret = key.Secret()
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		s, err := tx.LockStaff(ctx, staff.ID)
		if err != nil {
			return err
		}
		if s.TOTP() {
			return ErrTOTPSet
		}
		if s.TOTPSecret != "" {
			secret = s.TOTPSecret
			return nil
		}
		s.TOTPSecret = secret
		return tx.SaveStaff(ctx, s)
	})
	if err != nil {
		return "", "", fmt.Errorf("one-time codes of staff %d: %w", staff.ID, err)
	}
	return secret, strings.Replace(key.URL(), "secret="+key.Secret(), "secret="+secret, 1), nil
}

// SetUpTOTP takes the first code of a telephone; from then on signing in takes a code. It returns
// the recovery codes, which are not kept readable; other sessions end. Errors: ErrBadLogin,
// ErrTooMany, ErrTOTPSet.
func (d *Desk) SetUpTOTP(ctx context.Context, staff intake.Staff, a Attempt) (after intake.Staff, codes []string, err error) {
	if staff.TOTP() {
		return staff, nil, ErrTOTPSet
	}
	a.Name = staff.Name
	if _, err := d.checkCode(ctx, staff, a); err != nil {
		return staff, nil, err
	}
	codes, hashes := d.newRecoveryCodes()
	after, err = d.alterOwn(ctx, staff, ActionOwnTOTP, func(s *intake.Staff, tx storage.Q) error {
		if s.TOTP() {
			return ErrTOTPSet
		}
		s.TOTPSince = d.now()
		return tx.SetRecoveryCodes(ctx, s.ID, hashes)
	})
	return after, codes, err
}

// DropTOTP does away with one-time codes, to set them up on another telephone or, where they are
// not required, for good. Other sessions end.
func (d *Desk) DropTOTP(ctx context.Context, staff intake.Staff) (intake.Staff, error) {
	return d.alterOwn(ctx, staff, ActionOwnTOTPOff, func(s *intake.Staff, tx storage.Q) error {
		s.TOTPSecret, s.TOTPSince = "", time.Time{}
		return tx.SetRecoveryCodes(ctx, s.ID, nil)
	})
}

// NewRecoveryCodes puts new recovery codes in place of all former ones.
func (d *Desk) NewRecoveryCodes(ctx context.Context, staff intake.Staff) (after intake.Staff, codes []string, err error) {
	codes, hashes := d.newRecoveryCodes()
	after, err = d.alterOwn(ctx, staff, ActionOwnCodes, func(s *intake.Staff, tx storage.Q) error {
		if !s.TOTP() {
			return intake.ErrConflict
		}
		return tx.SetRecoveryCodes(ctx, s.ID, hashes)
	})
	return after, codes, err
}

// alterOwn changes one's own account in one transaction and ends its sessions.
func (d *Desk) alterOwn(ctx context.Context, staff intake.Staff, action string, do func(*intake.Staff, storage.Q) error) (after intake.Staff, err error) {
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		s, err := tx.LockStaff(ctx, staff.ID)
		if err != nil {
			return err
		}
		if s.Disabled || s.Epoch != staff.Epoch {
			return intake.ErrConflict // somebody else changed the account meanwhile
		}
		if err := do(&s, tx); err != nil {
			return err
		}
		s.Epoch++
		after = s
		if err := tx.SaveStaff(ctx, s); err != nil {
			return err
		}
		event, err := d.event(Actor(s), action, 0, nil)
		if err != nil {
			return err
		}
		return tx.Log(ctx, event)
	})
	if err != nil {
		return staff, fmt.Errorf("%s of staff %d: %w", action, staff.ID, err)
	}
	return after, nil
}

// checkCode holds a one-time or recovery code against an account, uses it up, and counts what is
// wrong as Login does. It says which it was.
func (d *Desk) checkCode(ctx context.Context, staff intake.Staff, a Attempt) (with string, err error) {
	defer d.hashing.begin()() // so that a burst cannot overtake the counts
	if err := d.allowed(ctx, a); err != nil {
		return "", err
	}
	code := strings.ToLower(strings.Join(strings.FieldsFunc(password(a.Code), func(r rune) bool { return r == ' ' || r == '-' }), ""))
	if step, ok := fitsTOTP(staff.TOTPSecret, code, d.now()); ok {
		err := d.DB.UseTOTPStep(ctx, staff.ID, step)
		if errors.Is(err, intake.ErrConflict) {
			return "", d.wrong(ctx, staff.ID, a, "code") // used before
		}
		if err != nil {
			return "", fmt.Errorf("login: %w", err)
		}
		return "code", nil
	}
	err = d.useRecoveryCode(ctx, staff.ID, code)
	if errors.Is(err, intake.ErrNotFound) {
		return "", d.wrong(ctx, staff.ID, a, "code")
	}
	if err != nil {
		return "", fmt.Errorf("login: %w", err)
	}
	return "recovery code", nil
}

// fitsTOTP says which time step a code belongs to: this one, the one before or the one after
// (RFC 6238, 5.2).
func fitsTOTP(secret, code string, now time.Time) (step int64, ok bool) {
	if secret == "" || len(code) != otp.DigitsSix.Length() {
		return 0, false
	}
	this := now.Unix() / totpPeriod
	for _, step := range []int64{this, this - 1, this + 1} {
		fits, err := hotp.ValidateCustom(code, uint64(step), secret, hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && fits {
			return step, true
		}
	}
	return 0, false
}

// A recovery code has 50 random bits: too few for a plain hash, should the table be stolen, and just
// enough to be typed. All codes of an account share a salt, so that a try costs one hash.
const (
	recoveryLength = 10 // characters
	recoverySalt   = 8  // bytes
	recoveryKey    = 24 // bytes
)

// recoveryCost is OWASP's minimum for argon2id; it is not configured, for the hashes do not name it.
var recoveryCost = Cost{Memory: 19 * 1024, Passes: 2}

func (d *Desk) newRecoveryCodes() (codes, hashes []string) {
	defer d.hashing.begin()()
	salt := make([]byte, recoverySalt)
	rand.Read(salt) // never fails (crypto/rand)
	for range recoveryCodes {
		text := strings.ToLower(rand.Text())[:recoveryLength]
		codes = append(codes, text[:5]+"-"+text[5:])
		hashes = append(hashes, hashCode(text, salt))
	}
	return codes, hashes
}

// useRecoveryCode uses a code up; intake.ErrNotFound: it is none, or was used.
func (d *Desk) useRecoveryCode(ctx context.Context, id int64, code string) error {
	if len(code) != recoveryLength {
		return intake.ErrNotFound
	}
	left, err := d.DB.UnusedRecoveryCodes(ctx, id)
	if err != nil {
		return err
	}
	if len(left) == 0 {
		return intake.ErrNotFound
	}
	salt, err := hex.DecodeString(left[0][:min(2*recoverySalt, len(left[0]))])
	if err != nil {
		return fmt.Errorf("recovery codes of staff %d: a damaged hash", id)
	}
	return d.DB.UseRecoveryCode(ctx, id, hashCode(code, salt), d.now())
}

func hashCode(code string, salt []byte) string {
	key := argon2.IDKey([]byte(code), salt, recoveryCost.Passes, recoveryCost.Memory, 1, recoveryKey)
	return hex.EncodeToString(append(slices.Clone(salt), key...))
}
