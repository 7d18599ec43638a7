package intake

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestReopeningGivesBackTheChosenItemsOnly(t *testing.T) {
	now := time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC)
	season := &Season{Location: time.UTC, Review: Review{Deadline: 24 * time.Hour}, Window: Window{Opens: now.Add(-time.Hour), Closes: now.Add(48 * time.Hour), Corrections: now.Add(96 * time.Hour)}}
	lead, siteLead := Staff{ID: 9, Role: RoleLead}, Staff{ID: 8, Role: RoleLead, Site: "S1"}
	c := Case{
		Candidate:  Candidate{ID: 1, Site: "S1"},
		Submission: Submission{State: Passed, Round: 1, SiteBy: 1, AreaBy: 2, Version: 7},
		Items:      []Item{{Material: "a", State: ItemPassed}, {Material: "b", State: ItemPassed}},
	}
	ask := func(change func(*Reopening)) Reopening {
		r := Reopening{By: lead, Version: 7, Items: []string{"a"}, Reason: "请重拍"}
		change(&r)
		return r
	}
	after, err := Reopen(season, c, ask(func(*Reopening) {}), now)
	if err != nil {
		t.Fatal(err)
	}
	s := after.Submission
	if s.State != Returned || s.Round != 2 || s.SiteBy != 0 || s.AreaBy != 0 || !s.DeadlineAt.Equal(season.Deadline(now)) {
		t.Errorf("%+v", s)
	}
	if a, b := after.Item("a"), after.Item("b"); a.State != ItemReturned || !a.Resend || a.Comment != "请重拍" || b.State != ItemPassed {
		t.Errorf("%+v, %+v", a, b)
	}
	if kinds := NoticesFor(season, after, now); kinds[0].Kind != NoticeReturned {
		t.Errorf("the candidate is told %v", kinds)
	}
	if c.Items[0].State != ItemPassed {
		t.Error("the case given was changed")
	}
	for want, r := range map[error][]Reopening{
		ErrConflict: {ask(func(r *Reopening) { r.Version = 6 })},
		ErrForbidden: {
			ask(func(r *Reopening) { r.By = siteLead }), // the area passed it
			ask(func(r *Reopening) { r.By = Staff{ID: 1, Role: RoleSite, Site: "S1"} }),
			ask(func(r *Reopening) { r.By = Staff{ID: 2, Role: RoleArea} }),
			ask(func(r *Reopening) { r.By = Staff{ID: 8, Role: RoleLead, Site: "S2"} }),
		},
		ErrIncomplete: {ask(func(r *Reopening) { r.Items = nil }), ask(func(r *Reopening) { r.Items = []string{"a", "c"} })},
		ErrNoReason:   {ask(func(r *Reopening) { r.Reason = "" })},
	} {
		for _, r := range r {
			if _, err := Reopen(season, c, r, now); !errors.Is(err, want) {
				t.Errorf("%+v: %v, want %v", r, err, want)
			}
		}
	}
	if _, err := Reopen(season, c, ask(func(*Reopening) {}), season.Window.Corrections); !errors.Is(err, ErrTooLate) {
		t.Errorf("after the end: %v", err)
	}
	c.Submission.State = SitePassed
	if err := siteLead.MayReopen(c); err != nil {
		t.Errorf("what only the site passed: %v", err)
	}
	c.Submission.State = Collecting
	if err := lead.MayReopen(c); !errors.Is(err, ErrForbidden) {
		t.Errorf("what is not locked: %v", err)
	}
	c.Items[0].State = ItemOpen
	if got := Reopenable(c); !slices.Equal(got, []string{"b"}) {
		t.Errorf("%v", got)
	}
}
