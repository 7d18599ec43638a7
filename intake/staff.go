package intake

import (
	"slices"
	"time"
)

// Role of a staff account.
type Role string

const (
	RoleSite  Role = "site"  // reviews first, for one exam site 考点
	RoleArea  Role = "area"  // reviews second, for the whole exam area 考区
	RoleLead  Role = "lead"  // as site or, without a site, as area; also takes cases over and steers the team's work
	RoleAdmin Role = "admin" // both levels, every site, accounts and configuration
)

// Roles in the order of what they may do.
var Roles = []Role{RoleSite, RoleArea, RoleLead, RoleAdmin}

// Staff is one account of the review pages.
type Staff struct {
	ID           int64
	Name         string // login name, unique
	Role         Role
	Site         string // code; for RoleSite, and for RoleLead of a site
	PasswordHash string
	Disabled     bool
	CreatedAt    time.Time

	Epoch        int64     // of its sessions: those of an earlier one are over
	InitialUntil time.Time // the password was given by somebody else, and works until then; zero: it is their own
	TOTPSecret   string    // shared with the telephone that shows one-time codes; empty: none
	TOTPSince    time.Time // when that was set up; zero: it is not
	LastLogin    time.Time
}

// MustChange says that the password was given by somebody else, who knows it.
func (s Staff) MustChange() bool { return !s.InitialUntil.IsZero() }

// TOTP says that signing in takes a one-time code.
func (s Staff) TOTP() bool { return !s.TOTPSince.IsZero() }

// Sees says whether the account may look at a candidate of this exam site at all.
func (s Staff) Sees(site string) bool {
	switch {
	case s.Disabled || !slices.Contains(Roles, s.Role):
		return false
	case s.OfSite():
		return s.Site == site
	}
	return true
}

// OfSite says that the account works for one exam site only, at the first level.
func (s Staff) OfSite() bool { return s.Role == RoleSite || s.Role == RoleLead && s.Site != "" }

// OfArea says that the account works for the exam area, at the second level only.
func (s Staff) OfArea() bool { return s.Role == RoleArea || s.Role == RoleLead && s.Site == "" }

// Leads says that the account may take over what others hold, and steer the work of those it sees.
func (s Staff) Leads() bool { return s.Role == RoleLead || s.Role == RoleAdmin }

// MayDecide tells whether the account may decide a case as it stands now: nil, ErrForbidden
// (wrong role, site or state) or ErrSamePerson.
func (s Staff) MayDecide(c Case) error {
	if !s.Sees(c.Candidate.Site) {
		return ErrForbidden
	}
	switch c.Submission.State {
	case Submitted:
		if s.OfArea() {
			return ErrForbidden
		}
	case SitePassed:
		if s.OfSite() {
			return ErrForbidden
		}
		if s.ID == c.Submission.SiteBy {
			return ErrSamePerson
		}
	default:
		return ErrForbidden
	}
	return nil
}
