package review_test

import (
	"errors"
	"testing"

	"cailiao/intake"
	"cailiao/review"
)

func TestAChangedPhotoVoidsTheSitesPass(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		c := r.submitted()
		must(r.Decide(ctx, r.site, c.ID, r.verdicts(c, nil)))(t)
		d := r.verdicts(c, nil)
		old := r.caseOf(c).PhotosOf("diploma")[0]
		if err := r.DB.SetPhotoState(ctx, old.ID, intake.Deleted, r.clock); err != nil {
			t.Fatal(err)
		}
		r.photo(c, "diploma", 1)
		_, err := r.Decide(ctx, r.area, c.ID, d)
		if !errors.Is(err, intake.ErrPhotos) || !errors.Is(err, intake.ErrConflict) {
			t.Fatalf("a pass for other photos: %v", err)
		}
		now := r.caseOf(c)
		if now.Submission.State != intake.Submitted || now.Submission.SiteBy != 0 || now.Item("diploma").State != intake.ItemPending || now.Submission.OpenedAt != r.caseOf(c).Submission.OpenedAt {
			t.Errorf("%+v", now.Submission)
		}
		if got := notices(t, r, c); got[intake.NoticeSitePassed] != intake.NoticeCancelled || got[intake.NoticePassed] != "" {
			t.Errorf("notices %v", got)
		}
		events := must(r.DB.Events(ctx, c.ID, 5))(t)
		if events[0].Action != review.ActionVoid {
			t.Errorf("events %+v", events)
		}
		// The site looks again, and both may pass it now.
		must(r.Decide(ctx, r.site, c.ID, r.verdicts(c, nil)))(t)
		if got := notices(t, r, c); got[intake.NoticeSitePassed] != intake.NoticeWaiting {
			t.Errorf("notices of the second pass: %v", got)
		}
		after := must(r.Decide(ctx, r.area, c.ID, r.verdicts(c, nil)))(t)
		if after.Submission.State != intake.Passed {
			t.Errorf("state %q", after.Submission.State)
		}
	})
}

func TestTheAreaSendsACaseBackToTheSite(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		c := r.submitted()
		must(r.Sheet(ctx, r.site, c.ID))(t)
		passed := must(r.Decide(ctx, r.site, c.ID, r.verdicts(c, nil)))(t)
		if sheet := must(r.Sheet(ctx, r.area, c.ID))(t); sheet.Site.By != r.site.Name || len(sheet.Site.Judgements) != 3 {
			t.Errorf("the area does not see what the site decided: %+v", sheet.Site)
		}
		back := intake.Back{Version: passed.Submission.Version, Note: " 公章请再核对 "}
		without := back
		without.Note = "  "
		for _, test := range []struct {
			who  intake.Staff
			back intake.Back
			want error
		}{{r.admin, back, intake.ErrConflict}, {r.area, without, intake.ErrNoReason}, {r.area, intake.Back{Note: "x"}, intake.ErrConflict}} {
			if _, err := r.SendBack(ctx, test.who, c.ID, test.back); !errors.Is(err, test.want) {
				t.Errorf("%s %+v: %v", test.who.Name, test.back, err)
			}
		}
		after := must(r.SendBack(ctx, r.area, c.ID, back))(t)
		if after.Submission.State != intake.Submitted || after.Submission.Round != 1 || after.Submission.SiteBy != 0 || r.caseOf(c).Submission.OpenedAt.IsZero() {
			t.Errorf("%+v", after.Submission)
		}
		for kind, state := range notices(t, r, c) {
			if state != intake.NoticeCancelled {
				t.Errorf("the candidate will be told: %s is %s", kind, state)
			}
		}
		sheet := must(r.Sheet(ctx, r.site, c.ID))(t)
		if sheet.Back.By != r.area.Name || sheet.Back.Note != "公章请再核对" || sheet.Waiting != 3 {
			t.Errorf("the site's sheet: %+v, %d wait", sheet.Back, sheet.Waiting)
		}
		// It can be taken back like any decision.
		if err := r.Undo(ctx, r.area, c.ID, after.Submission.Version); err != nil {
			t.Fatal(err)
		}
		now := r.caseOf(c)
		if now.Submission.State != intake.SitePassed || now.Submission.SiteBy != r.site.ID || now.Item("trial").State != intake.ItemSitePassed {
			t.Errorf("after undoing: %+v", now.Submission)
		}
	})
}

func TestAFinalReturnNeedsASecondPerson(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		c := r.submitted()
		final := map[string][]string{"trial": {"FAKE"}}
		after := must(r.Decide(ctx, r.site, c.ID, r.verdicts(c, final)))(t)
		if after.Submission.State != intake.Submitted || after.Submission.FinalBy != r.site.ID || len(notices(t, r, c)) != 0 {
			t.Errorf("one person alone: %+v, notices %v", after.Submission, notices(t, r, c))
		}
		if _, err := r.Decide(ctx, r.site, c.ID, r.verdicts(c, final)); !errors.Is(err, intake.ErrFinalAlone) {
			t.Errorf("the same person twice: %v", err)
		}
		sheet := must(r.Sheet(ctx, r.admin, c.ID))(t)
		if sheet.Proposed.By != r.site.Name || sheet.Waiting != 3 {
			t.Errorf("the second person sees %+v", sheet.Proposed)
		}
		after = must(r.Decide(ctx, r.admin, c.ID, r.verdicts(c, final)))(t)
		if after.Submission.State != intake.Returned || after.Submission.FinalBy != 0 || after.Item("trial").Resend {
			t.Errorf("two persons: %+v", after.Submission)
		}
	})
}

func TestWrongRegistrationDataLeaveThePhotosAlone(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		c := r.submitted()
		d := r.verdicts(c, map[string][]string{"diploma": {"INFO_FIX"}})
		for i := range d.Judgements {
			d.Judgements[i].Right, d.Judgements[i].Wrong = []string{"name"}, nil
			if !d.Judgements[i].Pass {
				d.Judgements[i].Wrong = []string{"id_number"}
			}
		}
		passing := r.verdicts(c, nil)
		passing.Judgements[0].Wrong = []string{"name"}
		if _, err := r.Decide(ctx, r.site, c.ID, passing); !errors.Is(err, intake.ErrMismatch) {
			t.Errorf("an item with wrong data passes: %v", err)
		}
		photos := r.caseOf(c).Photos
		must(r.Decide(ctx, r.site, c.ID, d))(t)
		if got := notices(t, r, c); got[intake.NoticeRegistration] != intake.NoticeWaiting || got[intake.NoticeReturned] != "" {
			t.Errorf("notices %v", got)
		}
		materials, err := r.Season.List(c.Attrs)
		if err != nil {
			t.Fatal(err)
		}
		after, short := intake.Submit(materials, r.caseOf(c), r.clock)
		if len(short) != 0 || len(after.Photos) != len(photos) {
			t.Errorf("new photos are asked for: %+v", short)
		}
		sheet := must(r.Sheet(ctx, r.site, c.ID))(t)
		if got := sheet.Decisions[0].Judgements; len(got) != 3 || got[0].Wrong[0] != "id_number" {
			t.Errorf("what did not fit is not kept: %+v", got)
		}
	})
}
