package review

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cailiao/intake"
	"cailiao/storage"
)

// Office is who works at the command line of the machine itself: it may do what an admin may.
var Office = intake.Staff{Role: intake.RoleAdmin}

// What the makers and changers of accounts refuse.
var (
	ErrStaffName = errors.New("a name has 2 to 40 characters, without spaces at its ends or control characters")
	ErrStaffRole = errors.New("the role is one of site, area, lead, admin")
	ErrStaffSite = errors.New("the site must be one of the season's for role site, for role lead also empty, and empty otherwise")
	ErrOwnself   = errors.New("nobody closes their own account, or changes their own role")
	ErrLastAdmin = errors.New("the last admin stays an admin")
)

// Actions of the audit log about accounts. Detail: account.
const (
	ActionStaffAdd      = "staff.add"
	ActionStaffRole     = "staff.role"
	ActionStaffDisable  = "staff.disable"
	ActionStaffEnable   = "staff.enable"
	ActionStaffPassword = "staff.password"
	ActionStaffTOTP     = "staff.totp"
	ActionStaffSessions = "staff.sessions"
)

// account is the audit detail of a changed account.
type account struct {
	Staff  int64    `json:"staff"`
	Before *holding `json:"before,omitempty"`
	After  *holding `json:"after,omitempty"`
}

type holding struct {
	Role     intake.Role `json:"role"`
	Site     string      `json:"site,omitempty"`
	Disabled bool        `json:"disabled,omitempty"`
}

// InitialLife is how long an initial password works.
const InitialLife = 7 * 24 * time.Hour

// ManagesAny says that the account may look after other accounts.
func ManagesAny(staff intake.Staff) bool { return staff.Leads() && !staff.Disabled }

// Manages says whether the account may look after one that works as other does: an admin after
// all, a lead after the reviewers of their own site or of the area.
func Manages(staff, other intake.Staff) bool {
	switch {
	case !ManagesAny(staff):
		return false
	case staff.Role == intake.RoleAdmin:
		return true
	case staff.OfSite():
		return other.Role == intake.RoleSite && other.Site == staff.Site
	}
	return other.Role == intake.RoleArea
}

// Accounts lists the accounts that staff may look after, by name. intake.ErrForbidden: nobody's.
func (d *Desk) Accounts(ctx context.Context, staff intake.Staff) ([]intake.Staff, error) {
	if !ManagesAny(staff) {
		return nil, fmt.Errorf("accounts: %w", intake.ErrForbidden)
	}
	all, err := d.DB.AllStaff(ctx)
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	return slices.DeleteFunc(all, func(other intake.Staff) bool { return !Manages(staff, other) }), nil
}

// NewStaff is an account to be added. Site is a code, for roles site and lead only. Without a
// Password it gets an initial one.
type NewStaff struct {
	Name     string
	Role     intake.Role
	Site     string
	Password string
	By       intake.Staff // zero: Office
}

// AddStaff adds an account. Errors: ErrStaffName, ErrStaffPassword, ErrLongPassword, ErrCommonPassword,
// ErrStaffRole, ErrStaffSite (all that apply, joined), intake.ErrForbidden when By may not look
// after such an account, intake.ErrConflict when the name is taken.
func (d *Desk) AddStaff(ctx context.Context, n NewStaff) (intake.Staff, error) {
	added, _, err := d.addStaff(ctx, n)
	return added, err
}

// AddStaffInitially is AddStaff with an initial password, which it returns.
func (d *Desk) AddStaffInitially(ctx context.Context, n NewStaff) (added intake.Staff, initial string, err error) {
	n.Password = ""
	return d.addStaff(ctx, n)
}

func (d *Desk) addStaff(ctx context.Context, n NewStaff) (added intake.Staff, initial string, err error) {
	if n.By == (intake.Staff{}) {
		n.By = Office
	}
	s := intake.Staff{Name: staffName(n.Name), Role: n.Role, Site: n.Site, CreatedAt: d.now()}
	if n.Password == "" {
		initial = initialPassword()
		n.Password, s.InitialUntil = initial, d.now().Add(InitialLife)
	}
	if err := errors.Join(checkName(s.Name), d.checkPassword(n.Password, s), d.checkRole(s)); err != nil {
		return intake.Staff{}, "", err
	}
	if !Manages(n.By, s) {
		return intake.Staff{}, "", fmt.Errorf("add staff: %w", intake.ErrForbidden)
	}
	s.PasswordHash = d.hash(password(n.Password))
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		var err error
		if added, err = tx.AddStaff(ctx, s); err != nil {
			return err
		}
		return d.logAccount(ctx, tx, n.By, ActionStaffAdd, account{Staff: added.ID, After: holdingOf(added)})
	})
	if err != nil {
		return intake.Staff{}, "", fmt.Errorf("add staff: %w", err)
	}
	return added, initial, nil
}

// ChangeRole gives an account another role and site. Errors: those of alter, ErrStaffRole,
// ErrStaffSite, intake.ErrForbidden for a role that by may not give.
func (d *Desk) ChangeRole(ctx context.Context, by intake.Staff, id int64, role intake.Role, site string) error {
	return d.alter(ctx, by, id, alteration{action: ActionStaffRole, do: func(s *intake.Staff) error {
		s.Role, s.Site = role, site
		if err := d.checkRole(*s); err != nil {
			return err
		}
		if !Manages(by, *s) {
			return intake.ErrForbidden
		}
		return nil
	}})
}

// Disable closes an account and ends its sessions. Errors: those of alter.
func (d *Desk) Disable(ctx context.Context, by intake.Staff, id int64) error {
	return d.alter(ctx, by, id, alteration{action: ActionStaffDisable, do: func(s *intake.Staff) error {
		s.Disabled = true
		return nil
	}})
}

// Enable opens a closed account again. Errors: those of alter.
func (d *Desk) Enable(ctx context.Context, by intake.Staff, id int64) error {
	return d.alter(ctx, by, id, alteration{action: ActionStaffEnable, do: func(s *intake.Staff) error {
		s.Disabled = false
		return nil
	}})
}

// ResetPassword gives an account a new initial password and ends its sessions. Errors: those of alter.
func (d *Desk) ResetPassword(ctx context.Context, by intake.Staff, id int64) (initial string, err error) {
	initial = initialPassword()
	hash := d.hash(password(initial))
	err = d.alter(ctx, by, id, alteration{action: ActionStaffPassword, do: func(s *intake.Staff) error {
		s.PasswordHash, s.InitialUntil = hash, d.now().Add(InitialLife)
		return nil
	}})
	return initial, err
}

// ResetTOTP takes the telephone from an account, for somebody who has lost it, and ends its
// sessions. Errors: those of alter.
func (d *Desk) ResetTOTP(ctx context.Context, by intake.Staff, id int64) error {
	return d.alter(ctx, by, id, alteration{
		action: ActionStaffTOTP,
		do: func(s *intake.Staff) error {
			s.TOTPSecret, s.TOTPSince = "", time.Time{}
			return nil
		},
		also: func(tx storage.Q) error { return tx.SetRecoveryCodes(ctx, id, nil) },
	})
}

// EndSessionsOf signs an account out everywhere. Errors: those of alter.
func (d *Desk) EndSessionsOf(ctx context.Context, by intake.Staff, id int64) error {
	return d.alter(ctx, by, id, alteration{action: ActionStaffSessions, do: func(*intake.Staff) error { return nil }})
}

// alteration is one change of somebody else's account.
type alteration struct {
	action string
	do     func(s *intake.Staff) error
	also   func(tx storage.Q) error // in the same transaction; may be nil
}

// alter changes an account in one transaction and ends its sessions. Errors: intake.ErrNotFound
// (unknown, or none that by looks after), intake.ErrForbidden (by looks after nobody), ErrOwnself,
// ErrLastAdmin.
func (d *Desk) alter(ctx context.Context, by intake.Staff, id int64, a alteration) error {
	if !ManagesAny(by) {
		return fmt.Errorf("%s: %w", a.action, intake.ErrForbidden)
	}
	err := d.DB.InTx(ctx, func(tx storage.Q) error {
		all, err := tx.AllStaff(ctx)
		if err != nil {
			return err
		}
		before, err := tx.LockStaff(ctx, id)
		if err != nil {
			return err
		}
		if !Manages(by, before) {
			return intake.ErrNotFound
		}
		if before.ID == by.ID {
			return ErrOwnself
		}
		after := before
		if err := a.do(&after); err != nil {
			return err
		}
		if isAdmin(before) && !isAdmin(after) && !slices.ContainsFunc(all, func(s intake.Staff) bool { return s.ID != id && isAdmin(s) }) {
			return ErrLastAdmin
		}
		after.Epoch++
		if err := tx.SaveStaff(ctx, after); err != nil {
			return err
		}
		if a.also != nil {
			if err := a.also(tx); err != nil {
				return err
			}
		}
		return d.logAccount(ctx, tx, by, a.action, account{Staff: id, Before: holdingOf(before), After: holdingOf(after)})
	})
	if err != nil {
		return fmt.Errorf("%s of staff %d: %w", a.action, id, err)
	}
	return nil
}

func isAdmin(s intake.Staff) bool { return s.Role == intake.RoleAdmin && !s.Disabled }

func holdingOf(s intake.Staff) *holding {
	return &holding{Role: s.Role, Site: s.Site, Disabled: s.Disabled}
}

func (d *Desk) logAccount(ctx context.Context, tx storage.Q, by intake.Staff, action string, detail account) error {
	event, err := d.event(Actor(by), action, 0, detail)
	if err != nil {
		return err
	}
	return tx.Log(ctx, event)
}

// initialPassword has 80 random bits in groups that can be read out.
func initialPassword() string {
	text := strings.ToLower(rand.Text())
	return strings.Join([]string{text[0:4], text[4:8], text[8:12], text[12:16]}, "-")
}

func checkName(name string) error {
	if length := utf8.RuneCountInString(name); length < 2 || length > 40 || strings.ContainsFunc(name, control) {
		return ErrStaffName
	}
	return nil
}

func (d *Desk) checkRole(s intake.Staff) error {
	_, known := d.Season.Site(s.Site)
	switch s.Role {
	case intake.RoleSite:
		if !known {
			return ErrStaffSite
		}
	case intake.RoleLead:
		if s.Site != "" && !known {
			return ErrStaffSite
		}
	case intake.RoleArea, intake.RoleAdmin:
		if s.Site != "" {
			return ErrStaffSite
		}
	default:
		return ErrStaffRole
	}
	return nil
}
