package intake

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC)

// reviewSeason has two required materials and an optional one.
func reviewSeason() *Season {
	return &Season{
		Location: time.UTC,
		Window:   Window{Opens: noon.AddDate(0, 0, -3), Closes: noon.AddDate(0, 0, 10), Corrections: noon.AddDate(0, 0, 30)},
		Review:   Review{Deadline: 24 * time.Hour, QuietFrom: 22 * 60, QuietTo: 8 * 60},
		Materials: []Material{
			{Code: "front", Name: "正面", Min: 1, Max: 1}, {Code: "trial", Name: "证明", Min: 1, Max: 3},
			{Code: "other", Name: "其他", Optional: true, Max: 2},
		},
		Reasons: []Reason{{Code: "BLUR", Label: "模糊", Kind: ReasonMaterial}, {Code: "DATA", Label: "信息有误", Kind: ReasonRegistration}},
	}
}

func submitted() Case {
	return Case{
		Candidate:  Candidate{ID: 7, Site: "a"},
		Submission: Submission{ID: 1, CandidateID: 7, State: Submitted, Round: 1, Version: 3},
		Items:      []Item{{Material: "front", State: ItemPending}, {Material: "trial", State: ItemPending}},
		Photos:     []Photo{{ID: 1, Material: "front", Round: 1}, {ID: 2, Material: "trial", Round: 1}},
	}
}

var (
	siteReviewer = Staff{ID: 1, Role: RoleSite, Site: "a"}
	areaReviewer = Staff{ID: 2, Role: RoleArea}
	pass         = []Judgement{{Material: "front", Pass: true}, {Material: "trial", Pass: true}}
)

func TestADecisionMovesTheCase(t *testing.T) {
	season := reviewSeason()
	back := []Judgement{{Material: "front", Pass: true}, {Material: "trial", Reasons: []string{"BLUR"}, Comment: "看不清"}}
	for _, tt := range []struct {
		name       string
		change     func(*Case)
		by         Staff
		judgements []Judgement
		want       State
		items      []ItemState
	}{
		{"site passes all: the area is next", nil, siteReviewer, pass, SitePassed, []ItemState{ItemSitePassed, ItemSitePassed}},
		{"site returns one: only that unlocks", nil, siteReviewer, back, Returned, []ItemState{ItemSitePassed, ItemReturned}},
		{"area passes all: done", atArea, areaReviewer, pass, Passed, []ItemState{ItemPassed, ItemPassed}},
		{"area returns one to the candidate", atArea, areaReviewer, back, Returned, []ItemState{ItemPassed, ItemReturned}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := submitted()
			if tt.change != nil {
				tt.change(&c)
			}
			got, err := Decide(season, c, Decision{By: tt.by, At: noon, Version: c.Submission.Version, Judgements: tt.judgements})
			if err != nil {
				t.Fatal(err)
			}
			if got.Submission.State != tt.want {
				t.Errorf("state = %s, want %s", got.Submission.State, tt.want)
			}
			var states []ItemState
			for _, item := range got.Items {
				states = append(states, item.State)
			}
			if diff := cmp.Diff(tt.items, states); diff != "" {
				t.Error(diff)
			}
			if tt.want == Returned && (got.Submission.Round != 2 || !got.Submission.DeadlineAt.Equal(noon.Add(24*time.Hour))) {
				t.Errorf("a return starts round 2 and a 24-hour clock, got %+v", got.Submission)
			}
		})
	}
}

func atArea(c *Case) {
	c.Submission.State, c.Submission.SiteBy = SitePassed, siteReviewer.ID
	c.Items = []Item{{Material: "front", State: ItemSitePassed}, {Material: "trial", State: ItemSitePassed}}
}

func TestADecisionIsRefused(t *testing.T) {
	season := reviewSeason()
	admin := Staff{ID: siteReviewer.ID, Role: RoleAdmin}
	for _, tt := range []struct {
		name   string
		change func(*Case, *Decision)
		want   error
	}{
		{"the case changed since", func(_ *Case, d *Decision) { d.Version-- }, ErrConflict},
		{"another site's reviewer", func(_ *Case, d *Decision) { d.By.Site = "b" }, ErrForbidden},
		{"a disabled account", func(_ *Case, d *Decision) { d.By.Disabled = true }, ErrForbidden},
		{"the area before the site", func(_ *Case, d *Decision) { d.By = areaReviewer }, ErrForbidden},
		{"the site at the area's turn", func(c *Case, _ *Decision) { atArea(c) }, ErrForbidden},
		{"the same person twice", func(c *Case, d *Decision) { atArea(c); d.By = admin }, ErrSamePerson},
		{"nothing submitted", func(c *Case, _ *Decision) { c.Submission.State = Collecting }, ErrForbidden},
		{"an item left out", func(_ *Case, d *Decision) { d.Judgements = d.Judgements[:1] }, ErrIncomplete},
		{"an item twice", func(_ *Case, d *Decision) { d.Judgements = []Judgement{pass[0], pass[0]} }, ErrIncomplete},
		{"an item that is not waiting", func(_ *Case, d *Decision) {
			d.Judgements = []Judgement{pass[0], {Material: "other", Pass: true}}
		}, ErrIncomplete},
		{"a return without a reason", func(_ *Case, d *Decision) { d.Judgements = []Judgement{pass[0], {Material: "trial"}} }, ErrNoReason},
		{"a reason nobody knows", func(_ *Case, d *Decision) {
			d.Judgements = []Judgement{pass[0], {Material: "trial", Reasons: []string{"NONE"}}}
		}, ErrNoReason},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := submitted()
			d := Decision{By: siteReviewer, At: noon, Version: c.Submission.Version, Judgements: pass}
			tt.change(&c, &d)
			before := submitted()
			got, err := Decide(season, c, d)
			if !errors.Is(err, tt.want) {
				t.Fatalf("error = %v, want %v", err, tt.want)
			}
			if err == nil && cmp.Equal(got, before) {
				t.Error("nothing changed")
			}
		})
	}
}

func TestAReturnedItemNeedsAPhotoTheReviewerHasNotSeen(t *testing.T) {
	season := reviewSeason()
	for _, tt := range []struct {
		name    string
		reasons []string
		photos  []Photo
		short   int
	}{
		{"nothing new", []string{"BLUR"}, []Photo{{ID: 1, Material: "front", Round: 1}, {ID: 2, Material: "trial", Round: 1}}, 1},
		{"a new photo", []string{"BLUR"}, []Photo{{ID: 1, Material: "front", Round: 1}, {ID: 3, Material: "trial", Round: 2}}, 0},
		{"all deleted", []string{"BLUR"}, []Photo{{ID: 1, Material: "front", Round: 1}}, 1},
		{"only registration data were wrong", []string{"DATA"}, []Photo{{ID: 1, Material: "front", Round: 1}, {ID: 2, Material: "trial", Round: 1}}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := submitted()
			c, err := Decide(season, c, Decision{By: siteReviewer, At: noon, Version: 3, Judgements: []Judgement{
				pass[0], {Material: "trial", Reasons: tt.reasons},
			}})
			if err != nil {
				t.Fatal(err)
			}
			c.Photos = tt.photos
			again, short := Submit(season.Materials, c, noon)
			if len(short) != tt.short {
				t.Fatalf("missing %d items, want %d", len(short), tt.short)
			}
			if tt.short == 0 && again.Item("trial").State != ItemPending {
				t.Errorf("trial = %s after resubmitting, want pending", again.Item("trial").State)
			}
			if tt.short == 0 && again.Item("front").State != ItemSitePassed {
				t.Errorf("front = %s, want it to keep its pass", again.Item("front").State)
			}
		})
	}
}
