package review_test

import (
	"slices"
	"strings"
	"testing"

	"cailiao/review"
	"cailiao/storage"
)

// gone erases the candidate with a number, and says whether somebody with it is on record later.
func (r *room) gone(number string) (back func() bool) {
	r.t.Helper()
	ctx := r.t.Context()
	c, err := r.DB.CandidateByNumber(ctx, number)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.DB.Erase(ctx, c.ID, storage.Erasure{At: r.Now(), Actor: "system", Reason: "本人申请"}); err != nil {
		r.t.Fatal(err)
	}
	return func() bool {
		_, err := r.DB.CandidateByNumber(ctx, number)
		return err == nil
	}
}

func TestWhoWasErasedDoesNotComeBackWithARosterUnlessSomebodySaysSo(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		r.imported(3, "S1")
		back := r.gone("N002")
		text := rosterCSV(4, "S1")
		job, report := r.upload(area, text)
		if job.Counts.Erased != 1 || job.Counts.New != 1 || !slices.Equal(report.Erased, []int{3}) {
			t.Errorf("checked: %+v, lines %v", job.Counts, report.Erased)
		}
		if job = r.confirm(area, job, -1); job.Counts.New != 1 || job.Counts.Erased != 1 || job.Counts.Back != 0 || back() {
			t.Errorf("imported: %+v, back: %v", job.Counts, back())
		}
		job, _ = r.upload(area, text)
		if err := r.ConfirmRoster(t.Context(), area, review.RosterRef{ID: job.ID, Version: job.Version}, review.RosterChoice{Withdraw: -1, Erased: true}); err != nil {
			t.Fatal(err)
		}
		if job, _ = r.worked(area, job.ID); job.Counts.Back != 1 || job.Counts.New != 1 || job.Counts.Erased != 0 || !back() {
			t.Errorf("wanted back: %+v, back: %v", job.Counts, back())
		}
		events, err := r.DB.Events(t.Context(), 0, 1)
		if err != nil || len(events) != 1 || events[0].Action != review.ActionRoster || !strings.Contains(events[0].Detail, `"back":1`) {
			t.Errorf("in the log: %+v (%v)", events, err)
		}
		if job, report = r.upload(area, text); job.Counts.Erased != 0 || len(report.Erased) != 0 {
			t.Errorf("once back they are like others: %+v", job.Counts)
		}
	})
}

func TestTheCommandLineLeavesOutWhoWasErasedToo(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		r.imported(3, "S1")
		back := r.gone("N001")
		if gone, err := r.DB.ErasedAmong(t.Context(), []string{"N002", "N009"}); err != nil || len(gone) != 0 {
			t.Errorf("somebody else was erased, too: %v (%v)", gone, err)
		}
		for _, step := range []struct {
			opts review.ImportOptions
			new  int
			back bool
		}{{review.ImportOptions{}, 0, false}, {review.ImportOptions{DryRun: true, Erased: true}, 1, false}, {review.ImportOptions{Erased: true}, 1, true}} {
			report, err := r.ImportRoster(t.Context(), strings.NewReader(rosterCSV(2, "S1")), step.opts)
			if err != nil || report.New != step.new || !slices.Equal(report.Erased, []int{2}) || back() != step.back {
				t.Errorf("%+v: %+v, back %v (%v)", step.opts, report, back(), err)
			}
		}
	})
}
