package review_test

import (
	"errors"
	"strings"
	"testing"

	"cailiao/intake"
	"cailiao/review"
)

func TestUnbindingNeedsAReasonAndLeavesNothingToTheOldWeChat(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.submitted()
		ctx := t.Context()
		talk, err := r.DB.SaveTalk(ctx, intake.Talk{OpenID: "openid", Stage: "upload", Ahead: "审核意见", Memo: intake.Memo{Current: "id_front"}})
		if err != nil {
			t.Fatal(err)
		}
		for want, err := range map[error]error{
			intake.ErrNotFound: r.Unbind(ctx, r.other, c.ID, "换手机"),
			intake.ErrNoReason: r.Unbind(ctx, r.site, c.ID, " \n"),
			review.ErrTooLong:  r.Unbind(ctx, r.site, c.ID, strings.Repeat("长", 201)),
		} {
			if !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		}
		if err := r.Unbind(ctx, r.site, c.ID, "换手机"); err != nil {
			t.Fatal(err)
		}
		if err := r.Unbind(ctx, r.site, c.ID, "换手机"); !errors.Is(err, intake.ErrConflict) {
			t.Errorf("again: %v", err)
		}
		now := r.caseOf(c)
		if now.Candidate.OpenID != "" || len(now.Photos) != 3 || now.Submission.State != intake.Submitted {
			t.Errorf("%+v", now)
		}
		after, err := r.DB.Talk(ctx, "openid")
		if err != nil || after.CandidateID != 0 || after.Ahead != "" || after.Stage != "" || after.Memo.Current != "" || after.Version == talk.Version {
			t.Errorf("the old talk: %+v, %v", after, err)
		}
		events, err := r.DB.Events(ctx, c.ID, 1)
		if err != nil || events[0].Action != review.ActionUnbind || !strings.Contains(events[0].Detail, "换手机") {
			t.Errorf("%+v, %v", events, err)
		}
		if err := r.DB.Bind(ctx, c.ID, "another", r.clock); err != nil {
			t.Errorf("another WeChat: %v", err)
		}
	})
}

func TestAReopenedCaseIsToldAndComesBackThroughBothLevels(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.submitted()
		ctx := t.Context()
		if _, err := r.Decide(ctx, r.site, c.ID, r.verdicts(c, nil)); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Decide(ctx, r.area, c.ID, r.verdicts(c, nil)); err != nil {
			t.Fatal(err)
		}
		ask := intake.Reopening{Version: r.caseOf(c).Submission.Version, Items: []string{"diploma"}, Reason: "请换成彩色原件"}
		if err := r.Reopen(ctx, r.area, c.ID, ask); !errors.Is(err, intake.ErrForbidden) {
			t.Errorf("by who does not lead: %v", err)
		}
		if err := r.Reopen(ctx, r.admin, c.ID, ask); err != nil {
			t.Fatal(err)
		}
		if err := r.Reopen(ctx, r.admin, c.ID, ask); !errors.Is(err, intake.ErrConflict) {
			t.Errorf("again: %v", err)
		}
		told := notices(t, r, c)
		if told[intake.NoticePassed] != intake.NoticeCancelled || told[intake.NoticeReturned] != intake.NoticeWaiting {
			t.Errorf("notices %v", told)
		}
		r.photo(c, "diploma", 2)
		r.submit(c)
		if waiting := intake.Waiting(r.caseOf(c)); len(waiting) != 1 || waiting[0] != "diploma" {
			t.Errorf("the site judges %v", waiting)
		}
		for _, who := range []intake.Staff{r.site, r.area} {
			if _, err := r.Decide(ctx, who, c.ID, r.verdicts(c, nil)); err != nil {
				t.Fatal(err)
			}
		}
		if now := r.caseOf(c); now.Submission.State != intake.Passed || now.Submission.Round != 2 {
			t.Errorf("%+v", now.Submission)
		}
	})
}
