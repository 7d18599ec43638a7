package intake

import "time"

// Role of a staff account.
type Role string

const (
	RoleSite  Role = "site"  // reviews first, for one exam site 考点
	RoleArea  Role = "area"  // reviews second, for the whole exam area 考区
	RoleAdmin Role = "admin" // both levels, every site
)

// Staff is one account of the review pages.
type Staff struct {
	ID           int64
	Name         string // login name, unique
	Role         Role
	Site         string // code; only for RoleSite
	PasswordHash string
	Disabled     bool
	CreatedAt    time.Time
}

// Sees says whether the account may look at a candidate of this exam site at all.
func (s Staff) Sees(site string) bool {
	return !s.Disabled && (s.Role == RoleArea || s.Role == RoleAdmin || s.Role == RoleSite && s.Site == site)
}

// MayDecide tells whether the account may decide a case as it stands now: nil, ErrForbidden
// (wrong role, site or state) or ErrSamePerson.
func (s Staff) MayDecide(c Case) error {
	if !s.Sees(c.Candidate.Site) {
		return ErrForbidden
	}
	switch c.Submission.State {
	case Submitted:
		if s.Role == RoleArea {
			return ErrForbidden
		}
	case SitePassed:
		if s.Role == RoleSite {
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
