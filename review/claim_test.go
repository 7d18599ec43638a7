package review_test

import (
	"errors"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/review"
)

func TestWhoOpensASheetHoldsIt(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.submitted()
		ctx := t.Context()
		open := func(who intake.Staff) review.Sheet {
			t.Helper()
			sheet, err := r.Sheet(ctx, who, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			return sheet
		}
		if sheet, err := r.Peek(ctx, r.site, c.ID); err != nil || sheet.Holder.StaffID != 0 || !r.caseOf(c).Submission.OpenedAt.IsZero() {
			t.Errorf("looking ahead: holder %+v, opened %v, %v", sheet.Holder, r.caseOf(c).Submission.OpenedAt, err)
		}
		if sheet := open(r.area); sheet.Holder.StaffID != 0 {
			t.Error("who may not decide holds it")
		}
		mine := open(r.site)
		if mine.MayDecide != nil || mine.Holder.StaffID != r.site.ID || !mine.Holder.Until.Equal(r.clock.Add(review.Lease)) {
			t.Errorf("mine: %v, %+v", mine.MayDecide, mine.Holder)
		}
		if r.caseOf(c).Submission.OpenedAt.IsZero() {
			t.Error("it can still be withdrawn")
		}
		if again := open(r.site); again.Holder.Token != mine.Holder.Token {
			t.Error("a second tab takes it away from the first")
		}
		theirs := open(r.admin2)
		if !errors.Is(theirs.MayDecide, review.ErrHeld) || theirs.Holder.Name != r.site.Name {
			t.Errorf("another: %v, %+v", theirs.MayDecide, theirs.Holder)
		}
		d := r.verdicts(c, nil)
		if _, err := r.Decide(ctx, r.admin2, c.ID, d); !errors.Is(err, review.ErrHeld) || !errors.Is(err, intake.ErrConflict) {
			t.Errorf("another decides: %v", err)
		}
		if _, err := r.Renew(ctx, r.admin2, c.ID, "made up"); !errors.Is(err, review.ErrHeld) {
			t.Errorf("another renews: %v", err)
		}
		if err := r.Release(ctx, r.admin2, c.ID, mine.Holder.Token); err != nil {
			t.Error(err)
		}
		if open(r.admin2).MayDecide == nil {
			t.Error("another ended the claim")
		}

		r.clock = r.clock.Add(review.Lease - time.Second)
		if hold, err := r.Renew(ctx, r.site, c.ID, mine.Holder.Token); err != nil || hold.Token != mine.Holder.Token {
			t.Errorf("renew: %+v, %v", hold, err)
		}
		r.clock = r.clock.Add(review.Lease - time.Second)
		if open(r.admin2).MayDecide == nil {
			t.Error("a renewed claim ended early")
		}
		r.clock = r.clock.Add(2 * time.Second)
		if sheet := open(r.admin2); sheet.MayDecide != nil {
			t.Errorf("an old claim does not end: %v", sheet.MayDecide)
		}
		if _, err := r.Decide(ctx, r.site, c.ID, d); !errors.Is(err, review.ErrHeld) {
			t.Errorf("a claim that ended and was taken: %v", err)
		}
		if err := r.Release(ctx, r.admin2, c.ID, open(r.admin2).Holder.Token); err != nil {
			t.Error(err)
		}
		if _, err := r.Renew(ctx, r.site, c.ID, mine.Holder.Token); err != nil {
			t.Errorf("a released one is not taken up again: %v", err)
		}
		if _, err := r.Decide(ctx, r.site, c.ID, d); err != nil {
			t.Error(err)
		}
		if held, err := r.DB.HeldBy(ctx, r.site.ID, r.clock); err != nil || len(held) != 0 {
			t.Errorf("still held after the decision: %v, %v", held, err)
		}
		if _, err := r.Renew(ctx, r.site, c.ID, mine.Holder.Token); !errors.Is(err, intake.ErrConflict) {
			t.Errorf("what is decided is held again: %v", err)
		}
	})
}

func TestALeadTakesOverAndADisabledAccountHoldsNothing(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.submitted()
		ctx := t.Context()
		lead, err := r.DB.AddStaff(ctx, intake.Staff{Name: "组长", Role: intake.RoleLead, Site: "S1", PasswordHash: "none"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Sheet(ctx, r.site, c.ID); err != nil {
			t.Fatal(err)
		}
		colleague := r.site
		colleague.ID += 100
		for who, want := range map[*intake.Staff]error{&colleague: intake.ErrForbidden, &r.other: intake.ErrNotFound, &r.area: intake.ErrForbidden} {
			if err := r.TakeOver(ctx, *who, c.ID); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", who.Name, err, want)
			}
		}
		if err := r.TakeOver(ctx, lead, c.ID); err != nil {
			t.Fatal(err)
		}
		events, err := r.DB.Events(ctx, c.ID, 5)
		if err != nil || len(events) != 1 || events[0].Action != review.ActionTakeOver || events[0].Actor != review.Actor(lead) {
			t.Errorf("events %+v, %v", events, err)
		}
		if _, err := r.Decide(ctx, r.site, c.ID, r.verdicts(c, nil)); !errors.Is(err, review.ErrHeld) {
			t.Errorf("who held it before: %v", err)
		}
		if err := r.DB.SetStaffDisabled(ctx, lead.ID, true); err != nil {
			t.Fatal(err)
		}
		if sheet, err := r.Sheet(ctx, r.site, c.ID); err != nil || sheet.MayDecide != nil {
			t.Errorf("a disabled account still holds it: %v, %v", sheet.MayDecide, err)
		}
	})
}
