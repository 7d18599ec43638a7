package handlers

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/templates"
)

const peoplePath = "/staff/people"

// people lists the accounts somebody looks after.
func (h *House) people(c *gin.Context, staff intake.Staff) error {
	return h.showPeople(c, staff, peopleView{status: http.StatusOK})
}

// peopleView is what the list of accounts shows besides the accounts.
type peopleView struct {
	status  int
	problem string
	adding  review.NewStaff // as typed
	given   templates.GivenPassword
}

func (h *House) showPeople(c *gin.Context, staff intake.Staff, v peopleView) error {
	ctx := c.Request.Context()
	all, err := h.Desk.Accounts(ctx, staff)
	if err != nil {
		return err
	}
	page := templates.PeoplePage{
		Frame: h.frame(c), Problem: v.problem, Given: v.given, Name: v.adding.Name, Role: v.adding.Role, Site: v.adding.Site,
	}
	if page.Flash, _, err = h.takeFlash(ctx); err != nil {
		return err
	}
	for _, role := range intake.Roles {
		if givesRole(staff, role) {
			page.Roles = append(page.Roles, role)
		}
	}
	for _, site := range h.Season.Sites {
		if !staff.OfSite() || staff.Site == site.Code {
			page.Sites = append(page.Sites, templates.SiteChoice{Code: site.Code, Name: site.Name})
		}
	}
	if staff.OfArea() {
		page.Sites = nil
	}
	for _, s := range all {
		page.Accounts = append(page.Accounts, templates.Account{
			URL: fmt.Sprintf("%s/%d", peoplePath, s.ID), Name: s.Name, Role: s.Role, Site: s.Site, SiteName: h.siteName(s.Site),
			Disabled: s.Disabled, Initial: s.MustChange(), TOTP: s.TOTP(), LastLogin: h.local(s.LastLogin), Self: s.ID == staff.ID,
		})
	}
	return render(c, v.status, page, "")
}

// givesRole says whether somebody may make accounts of a role.
func givesRole(staff intake.Staff, role intake.Role) bool {
	return review.Manages(staff, intake.Staff{Role: role, Site: staff.Site})
}

// addPerson adds an account and shows its initial password, once.
func (h *House) addPerson(c *gin.Context, staff intake.Staff) error {
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	n := review.NewStaff{Name: c.PostForm("name"), Role: intake.Role(c.PostForm("role")), Site: c.PostForm("site"), By: staff}
	added, initial, err := h.Desk.AddStaffInitially(c.Request.Context(), n)
	v := peopleView{status: http.StatusOK, given: templates.GivenPassword{Name: added.Name, Password: initial}}
	if err != nil {
		v = peopleView{status: http.StatusUnprocessableEntity, problem: accountProblem(err), adding: n}
		if errors.Is(err, intake.ErrConflict) {
			v.status, v.problem = http.StatusConflict, "taken"
		}
		if v.problem == "" {
			return err
		}
	}
	return h.showPeople(c, staff, v)
}

// accountProblem is a code for what is wrong with a wish about an account; empty: another error.
func accountProblem(err error) string {
	for _, p := range []struct {
		err  error
		code string
	}{
		{review.ErrStaffName, "name"}, {review.ErrStaffRole, "role"}, {review.ErrStaffSite, "site"},
		{review.ErrOwnself, "self"}, {review.ErrLastAdmin, "last"},
	} {
		if errors.Is(err, p.err) {
			return p.code
		}
	}
	return ""
}

// changePerson changes an account: its role, whether it is open, its password, its telephone.
func (h *House) changePerson(c *gin.Context, staff intake.Staff) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	ctx, what := c.Request.Context(), c.Param("what")
	v := peopleView{status: http.StatusOK}
	switch what {
	case "role":
		err = h.Desk.ChangeRole(ctx, staff, id, intake.Role(c.PostForm("role")), c.PostForm("site"))
	case "disable":
		err = h.Desk.Disable(ctx, staff, id)
	case "enable":
		err = h.Desk.Enable(ctx, staff, id)
	case "totp":
		err = h.Desk.ResetTOTP(ctx, staff, id)
	case "sessions":
		err = h.Desk.EndSessionsOf(ctx, staff, id)
	case "password":
		v.given.Password, err = h.Desk.ResetPassword(ctx, staff, id)
	default:
		err = intake.ErrNotFound
	}
	if v.problem = accountProblem(err); v.problem != "" {
		v.status, v.given = http.StatusUnprocessableEntity, templates.GivenPassword{}
		return h.showPeople(c, staff, v)
	}
	if err != nil {
		return err
	}
	if what == "password" {
		changed, err := h.DB.StaffByID(ctx, id)
		if err != nil {
			return err
		}
		v.given.Name = changed.Name
		return h.showPeople(c, staff, v)
	}
	if err := h.leave(ctx, "people-"+what, ""); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, peoplePath)
	return nil
}
