package review_test

import (
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
)

// numbers are an account's, counted a while after what happened.
func (r *room) numbers(who intake.Staff) review.Numbers {
	r.t.Helper()
	r.clock = r.clock.Add(2 * time.Minute)
	all, err := r.Everything(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	n, err := r.Numbers(r.t.Context(), who, all)
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

func TestNumbersFollowTheWork(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.submitted()
		log := func(action string) {
			if err := r.DB.Log(t.Context(), storage.Event{At: r.clock, Actor: "candidate", Action: action, CandidateID: c.ID}); err != nil {
				t.Fatal(err)
			}
		}
		log("bind")
		log("submit")
		decide := func(who intake.Staff, returned map[string][]string) {
			if _, err := r.Decide(t.Context(), who, c.ID, r.verdicts(c, returned)); err != nil {
				t.Fatal(err)
			}
		}
		decide(r.site, map[string][]string{"trial": {"TR_SEAL", "IMG_BLUR"}})
		n := r.numbers(r.site)
		if s := n.Sites[0]; s.Imported != 1 || s.Bound != 1 || s.Submitted != 1 || s.SitePassed != 0 || s.Returned != 1 || !s.Oldest.IsZero() {
			t.Errorf("after the return: %+v", s)
		}
		r.photo(c, "trial", 2)
		r.submit(c)
		decide(r.site, nil)
		decide(r.area, map[string][]string{"diploma": {"IMG_BLUR"}})
		r.photo(c, "diploma", 3)
		r.submit(c)
		decide(r.site, nil)
		decide(r.area, nil)
		n = r.numbers(r.admin)
		s, today := n.Sites[0], n.Days[len(n.Days)-1]
		if s.Passed != 1 || s.SitePassed != 1 || s.AreaDecided != 2 || s.Overturned != 1 {
			t.Errorf("site at the end: %+v", s)
		}
		if today.Bound != 1 || today.Submitted != 1 || today.SiteReturned != 1 || today.SitePassed != 2 || today.Passed != 1 || today.Overturned != 1 {
			t.Errorf("today: %+v", today)
		}
		if len(n.Reasons) != 2 || n.Reasons[0] != (review.Count{Code: "IMG_BLUR", N: 2}) || n.Reasons[1].N != 1 {
			t.Errorf("reasons %+v", n.Reasons)
		}
		if n.RoundsMedian() != 2 || len(n.Rounds) != 2 {
			t.Errorf("rounds %+v", n.Rounds)
		}
		if again := r.numbers(r.admin); again.Days[len(again.Days)-1] != today {
			t.Errorf("counted twice: %+v", again.Days[len(again.Days)-1])
		}
		for who, want := range map[string]int{r.site.Name: 1, r.admin.Name: 2, r.other.Name: 0} {
			staff := map[string]intake.Staff{r.site.Name: r.site, r.admin.Name: r.admin, r.other.Name: r.other}[who]
			if people := r.numbers(staff).People; len(people) != want {
				t.Errorf("%s sees %d people, want %d", who, len(people), want)
			}
		}
	})
}

func TestOneSiteDoesNotSeeAnothersNumbers(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.submitted()
		if _, err := r.Decide(t.Context(), r.site, c.ID, r.verdicts(c, map[string][]string{"trial": {"TR_SEAL"}})); err != nil {
			t.Fatal(err)
		}
		lead := intake.Staff{ID: 77, Role: intake.RoleLead, Site: "S2"}
		for _, who := range []intake.Staff{r.other, lead} {
			n := r.numbers(who)
			if len(n.Sites) != 1 || n.Sites[0].Site != "S2" || n.Sites[0].Imported != 0 || len(n.Reasons) != 0 || len(n.People) != 0 ||
				n.All.Decided != 0 || n.Days[len(n.Days)-1].SiteReturned != 0 {
				t.Errorf("%s of S2 sees %+v", who.Role, n)
			}
		}
		if n := r.numbers(intake.Staff{ID: 78, Role: intake.RoleLead, Site: "S1"}); len(n.Sites) != 1 || n.All.Decided != 1 || len(n.People) != 1 {
			t.Errorf("the lead of S1 sees %+v", n)
		}
	})
}
