package review_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cailiao/intake"
	"cailiao/review"
)

func TestUndoRestoresTheCaseExactly(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		c := r.submitted()
		received := intake.NoticesFor(r.Season, r.caseOf(c), r.clock)
		if err := r.DB.AddNotices(ctx, received); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Sheet(ctx, r.site, c.ID); err != nil {
			t.Fatal(err)
		}
		before, told := r.caseOf(c), notices(t, r, c)
		for _, returned := range []map[string][]string{nil, {"trial": {"TR_SEAL"}}, {"trial": {"FAKE"}}} {
			d := r.verdicts(c, returned)
			for i := range d.Judgements {
				if !d.Judgements[i].Pass {
					d.Judgements[i].Boxes = []intake.Box{{Photo: before.PhotosOf("trial")[0].ID, X: 0.1, Y: 0.1, W: 0.5, H: 0.5}}
				}
			}
			after, err := r.Decide(ctx, r.site, c.ID, d)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range must(r.DB.Notices(ctx, c.ID))(t) {
				if n.State == intake.NoticeWaiting && n.Kind != intake.NoticeReceived && n.DueAt.Before(r.clock.Add(review.UndoFor)) {
					t.Errorf("%s is due at %v: it may leave before the decision can no longer be taken back", n.Kind, n.DueAt)
				}
			}
			r.clock = r.clock.Add(review.UndoFor)
			if err := r.Undo(ctx, r.site, c.ID, after.Submission.Version); err != nil {
				t.Fatal(err)
			}
			if sheet := must(r.Peek(ctx, r.site, c.ID))(t); len(sheet.Draft) != len(d.Judgements) {
				t.Errorf("what was decided is not there to start again from: %v", sheet.Draft)
			}
			if sheet := must(r.Peek(ctx, r.admin, c.ID))(t); sheet.Draft != nil {
				t.Error("another reviewer is shown what was taken back")
			}
			restored := r.caseOf(c)
			if restored.Submission.Version <= after.Submission.Version {
				t.Error("an older sheet would pass for the newest")
			}
			restored.Submission.Version = before.Submission.Version
			if diff := cmp.Diff(before, restored); diff != "" {
				t.Errorf("returned %v: -before +restored\n%s", returned, diff)
			}
			now := notices(t, r, c)
			if now[intake.NoticeReceived] != told[intake.NoticeReceived] {
				t.Errorf("what waited before: %v", now)
			}
			for kind, state := range now {
				if kind != intake.NoticeReceived && state != intake.NoticeCancelled {
					t.Errorf("%s is %s after undoing", kind, state)
				}
			}
		}
		sheet, err := r.Sheet(ctx, r.site, c.ID)
		if err != nil || len(sheet.Decisions) != 3 || !sheet.Decisions[0].Undone || len(sheet.Frames) != 0 || sheet.Proposed.By != "" {
			t.Errorf("the history: %+v, %v", sheet.Decisions, err)
		}
		// Decided again, the candidate is told again.
		if _, err := r.Decide(ctx, r.site, c.ID, r.verdicts(c, map[string][]string{"trial": {"TR_SEAL"}})); err != nil {
			t.Fatal(err)
		}
		if now := notices(t, r, c); now[intake.NoticeReturned] != intake.NoticeWaiting || now[intake.NoticeReminder] != intake.NoticeWaiting {
			t.Errorf("after the second decision: %v", now)
		}
	})
}

func TestUndoIsRefusedWhenItIsTooLate(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		c := r.submitted()
		if err := r.Undo(ctx, r.site, c.ID, 1); !errors.Is(err, review.ErrUndoLate) {
			t.Errorf("nothing was decided: %v", err)
		}
		after, err := r.Decide(ctx, r.site, c.ID, r.verdicts(c, nil))
		if err != nil {
			t.Fatal(err)
		}
		version := after.Submission.Version
		refused := func(what string, who intake.Staff, want error) {
			t.Helper()
			if err := r.Undo(ctx, who, c.ID, version); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		refused("somebody else", r.admin, review.ErrUndoLate)
		refused("another site", r.other, intake.ErrNotFound)
		r.clock = r.clock.Add(review.UndoFor + time.Microsecond)
		refused("after ten seconds", r.site, review.ErrUndoLate)
		r.clock = r.clock.Add(-time.Second)
		if _, err := r.Decide(ctx, r.area, c.ID, r.verdicts(c, nil)); err != nil {
			t.Fatal(err)
		}
		refused("the area has decided", r.site, review.ErrUndoLate)
		if state := r.caseOf(c).Submission.State; state != intake.Passed {
			t.Errorf("state %q", state)
		}
	})
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestReasonsAreLearnedPerMaterial(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := context.Background()
		c := r.submitted()
		first := func(material string) string {
			t.Helper()
			sheet := must(r.Peek(ctx, r.site, c.ID))(t)
			for _, item := range sheet.Items {
				if item.Material.Code == material {
					return item.Reasons[0].Code
				}
			}
			return ""
		}
		if got := first("trial"); got != "TR_SEAL" {
			t.Errorf("before: %s", got)
		}
		after := must(r.Decide(ctx, r.site, c.ID, r.verdicts(c, map[string][]string{"trial": {"IMG_GLARE", "INFO_FIX"}})))(t)
		if trial, diploma := first("trial"), first("diploma"); trial != "IMG_GLARE" || diploma != "IMG_BLUR" {
			t.Errorf("after: %s, %s", trial, diploma)
		}
		if err := r.Undo(ctx, r.site, c.ID, after.Submission.Version); err != nil {
			t.Fatal(err)
		}
		if got := first("trial"); got != "TR_SEAL" {
			t.Errorf("what was taken back still counts: %s", got)
		}
	})
}
