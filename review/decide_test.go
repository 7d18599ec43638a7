package review_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"cailiao/intake"
	"cailiao/review"
)

func TestSitePassesThenAnotherPersonOfTheAreaPasses(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.submitted()
		after, err := r.Decide(t.Context(), r.site, c.ID, r.verdicts(c, nil))
		if err != nil || after.Submission.State != intake.SitePassed {
			t.Fatalf("site: state %q, %v", after.Submission.State, err)
		}
		if got := notices(t, r, c); got[intake.NoticeSitePassed] != intake.NoticeWaiting {
			t.Errorf("notices after the site: %v", got)
		}
		after, err = r.Decide(t.Context(), r.area, c.ID, r.verdicts(c, nil))
		if err != nil || after.Submission.State != intake.Passed {
			t.Fatalf("area: state %q, %v", after.Submission.State, err)
		}
		got := notices(t, r, c)
		if got[intake.NoticePassed] != intake.NoticeWaiting || got[intake.NoticeSitePassed] != intake.NoticeCancelled {
			t.Errorf("the first notice is moot, the second is due: %v", got)
		}
		if got := r.woken.Load(); got != 2 {
			t.Errorf("the notice loop was woken %d times, want 2", got)
		}
		decisions, err := r.DB.Decisions(t.Context(), c.ID)
		if err != nil || len(decisions) != 2 || decisions[0].Level != "site" || decisions[1].Level != "area" {
			t.Errorf("decisions %+v, %v", decisions, err)
		}
	})
}

func TestAReturnUnlocksOnlyWhatWasReturned(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.submitted()
		after, err := r.Decide(t.Context(), r.site, c.ID, r.verdicts(c, map[string][]string{"trial": {"TR_SEAL", "IMG_BLUR"}}))
		if err != nil || after.Submission.State != intake.Returned || after.Submission.Round != 2 {
			t.Fatalf("state %q, round %d, %v", after.Submission.State, after.Submission.Round, err)
		}
		sheet, err := r.Sheet(t.Context(), r.site, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range sheet.Items {
			if want := item.Material.Code == "trial" || item.Item.State == intake.ItemOpen; item.Locked == want {
				t.Errorf("%s: locked %v, want %v", item.Material.Code, item.Locked, !want)
			}
		}
		got := notices(t, r, c)
		if got[intake.NoticeReturned] != intake.NoticeWaiting || got[intake.NoticeReminder] != intake.NoticeWaiting {
			t.Errorf("notices %v", got)
		}
		events, err := r.DB.Events(t.Context(), c.ID, 10)
		if err != nil || len(events) != 1 || events[0].Action != review.ActionDecide || !strings.Contains(events[0].Detail, `"trial"`) {
			t.Errorf("events %+v, %v", events, err)
		}
	})
}

func TestARefusedDecisionLeavesNothingBehind(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.submitted()
		good := r.verdicts(c, nil)
		stale, partial, unfounded, foreign, long := good, good, good, good, good
		stale.Version--
		partial.Judgements = good.Judgements[:1]
		unfounded.Judgements = append([]intake.Judgement{{Material: "id_front"}}, good.Judgements[1:]...)
		foreign.Judgements = append([]intake.Judgement{{Material: "id_front", Reasons: []string{"TR_SEAL"}}}, good.Judgements[1:]...)
		long.Judgements = append([]intake.Judgement{{Material: "id_front", Reasons: []string{"IMG_BLUR"}, Comment: strings.Repeat("长", 201)}}, good.Judgements[1:]...)
		for _, test := range []struct {
			name string
			who  intake.Staff
			d    intake.Decision
			want error
		}{
			{"an older version", r.site, stale, intake.ErrConflict},
			{"not every item", r.site, partial, intake.ErrIncomplete},
			{"a return without reason", r.site, unfounded, intake.ErrNoReason},
			{"a reason of another material", r.site, foreign, intake.ErrNoReason},
			{"a comment too long for a chat", r.site, long, review.ErrTooLong},
			{"a reviewer of another site", r.other, good, intake.ErrNotFound},
			{"the area before the site", r.area, good, intake.ErrForbidden},
		} {
			if _, err := r.Decide(t.Context(), test.who, c.ID, test.d); !errors.Is(err, test.want) {
				t.Errorf("%s: %v, want %v", test.name, err, test.want)
			}
		}
		if _, err := r.Decide(t.Context(), r.site, c.ID+100, good); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("unknown candidate: %v", err)
		}
		counts, err := r.DB.TableCounts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"decisions", "notices"} {
			if n, ok := counts[table]; !ok || n != 0 {
				t.Errorf("%d rows in %s (known: %v)", n, table, ok)
			}
		}
		if got := r.caseOf(c).Submission.State; got != intake.Submitted || r.woken.Load() != 0 {
			t.Errorf("state %q, woken %d times", got, r.woken.Load())
		}
	})
}

func TestTheSecondReviewNeedsAnotherPerson(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.submitted()
		if _, err := r.Decide(t.Context(), r.admin, c.ID, r.verdicts(c, nil)); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Decide(t.Context(), r.admin, c.ID, r.verdicts(c, nil)); !errors.Is(err, intake.ErrSamePerson) {
			t.Errorf("same person: %v", err)
		}
		if _, err := r.Decide(t.Context(), r.admin2, c.ID, r.verdicts(c, nil)); err != nil {
			t.Errorf("another person: %v", err)
		}
	})
}

func TestOfManyReviewersAtOnceExactlyOneDecides(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.submitted()
		d := r.verdicts(c, nil)
		const reviewers = 8
		errs := make([]error, reviewers)
		var deciding sync.WaitGroup
		for i := range reviewers {
			deciding.Go(func() {
				who := r.site
				if i%2 == 1 {
					who = r.admin
				}
				_, errs[i] = r.Decide(t.Context(), who, c.ID, d)
			})
		}
		deciding.Wait()
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case !errors.Is(err, intake.ErrConflict):
				t.Errorf("lost with %v, want a conflict", err)
			}
		}
		decisions, err := r.DB.Decisions(t.Context(), c.ID)
		if err != nil || won != 1 || len(decisions) != 1 {
			t.Errorf("%d won, %d decisions, %v", won, len(decisions), err)
		}
	})
}

func TestWhatPeopleTypedIsTidied(t *testing.T) {
	r := newRoom(t, openDB(t)).staffed()
	c := r.submitted()
	d := r.verdicts(c, map[string][]string{"trial": {"TR_SEAL", "TR_SEAL", "IMG_BLUR"}})
	for i := range d.Judgements {
		d.Judgements[i].Comment = "  请重拍\r\n第二页\x00\x1b[31m  "
		d.Judgements[i].Note = "\t给同事 "
	}
	after, err := r.Decide(t.Context(), r.site, c.ID, d)
	if err != nil {
		t.Fatal(err)
	}
	trial, front := after.Item("trial"), after.Item("id_front")
	if trial.Comment != "请重拍\n第二页[31m" || trial.Note != "给同事" || strings.Join(trial.Reasons, " ") != "TR_SEAL IMG_BLUR" {
		t.Errorf("returned item: %+v", trial)
	}
	if front.Comment != "" || front.Note != "给同事" {
		t.Errorf("passed item keeps only the note: %+v", front)
	}
}
