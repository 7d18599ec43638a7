package review_test

import (
	"testing"

	"cailiao/intake"
	"cailiao/review"
)

func TestADecisionMovesTheCountsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		c := r.submitted()
		counts := func(who intake.Staff) map[intake.State]int {
			q, err := r.Queue(t.Context(), who, review.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			return q.Counts
		}
		for _, who := range []intake.Staff{r.site, r.area} {
			if got := counts(who); got[intake.Submitted] != 1 {
				t.Fatalf("%s before: %v", who.Name, got)
			}
		}
		counts(r.site)[intake.Submitted] = 99 // a caller's own
		if _, err := r.Decide(t.Context(), r.site, c.ID, r.verdicts(c, nil)); err != nil {
			t.Fatal(err)
		}
		for _, who := range []intake.Staff{r.site, r.area} {
			if got := counts(who); got[intake.Submitted] != 0 || got[intake.SitePassed] != 1 {
				t.Errorf("%s after: %v", who.Name, got)
			}
		}
		if got := counts(r.other); got[intake.SitePassed] != 0 {
			t.Errorf("another site counts it, too: %v", got)
		}
	})
}
