package review_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
)

// crowd is n candidates of S1 who have submitted; a check has a doubt about those named.
func (r *room) crowd(n int, doubtful ...int) []intake.Candidate {
	r.t.Helper()
	all := r.imported(n, "S1")
	for i, c := range all {
		if err := r.DB.Bind(r.t.Context(), c.ID, fmt.Sprint("openid", i), r.clock); err != nil {
			r.t.Fatal(err)
		}
		for _, material := range []string{"id_front", "diploma", "trial"} {
			r.photo(c, material, 1)
		}
		for _, k := range doubtful {
			if k == i {
				r.doubt(c, "diploma")
			}
		}
		r.submit(c)
	}
	return all
}

func (r *room) doubt(c intake.Candidate, material string) {
	r.t.Helper()
	for _, p := range r.caseOf(c).PhotosOf(material) {
		if err := r.DB.NotePhoto(r.t.Context(), p, []intake.Verdict{{Code: "blur", Level: intake.Note}}, r.clock); err != nil {
			r.t.Fatal(err)
		}
	}
}

// start previews an order and begins it for all who are not left out.
func (r *room) start(who intake.Staff, all []intake.Candidate, o review.BatchOrder) int64 {
	r.t.Helper()
	chosen := map[int64]int64{}
	for _, c := range all {
		chosen[c.ID] = r.caseOf(c).Submission.Version
	}
	id, err := r.StartBatch(r.t.Context(), who, chosen, o)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

func (r *room) results(who intake.Staff, id int64) map[int64]string {
	r.t.Helper()
	_, _, rows, err := r.Batch(r.t.Context(), who, id)
	if err != nil {
		r.t.Fatal(err)
	}
	got := map[int64]string{}
	for _, row := range rows {
		got[row.CandidateID] = row.State + " " + row.Why
	}
	return got
}

func TestManyArePassedThatNobodyDoubts(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		all := r.crowd(4, 1)
		pass := review.BatchOrder{Pass: true}
		var ids []int64
		for _, c := range all {
			ids = append(ids, c.ID)
		}
		lines, err := r.PreviewBatch(t.Context(), r.site, append(ids, 9999), pass)
		if err != nil || len(lines) != 4 || lines[1].Out != review.OutDoubt || lines[0].Out != "" {
			t.Fatalf("preview %+v, %v", lines, err)
		}
		if lines, err := r.PreviewBatch(t.Context(), r.other, ids, pass); err != nil || len(lines) != 0 {
			t.Errorf("another site previews %+v, %v", lines, err)
		}
		id := r.start(r.site, all, pass)
		// One is decided by somebody else before the order comes to it.
		if _, err := r.Decide(t.Context(), r.admin, all[2].ID, r.verdicts(all[2], map[string][]string{"trial": {"TR_SEAL"}})); err != nil {
			t.Fatal(err)
		}
		if worked, err := r.WorkBatch(t.Context()); err != nil || !worked {
			t.Fatalf("worked %v, %v", worked, err)
		}
		got := r.results(r.site, id)
		for i, want := range []string{"done ", "left " + review.OutDoubt, "left " + review.OutChanged, "done "} {
			if got[all[i].ID] != want {
				t.Errorf("candidate %d: %q, want %q", i, got[all[i].ID], want)
			}
		}
		for i, want := range []intake.State{intake.SitePassed, intake.Submitted, intake.Returned, intake.SitePassed} {
			if state := r.caseOf(all[i]).Submission.State; state != want {
				t.Errorf("candidate %d is %q, want %q", i, state, want)
			}
		}
		if worked, err := r.WorkBatch(t.Context()); err != nil || worked {
			t.Errorf("a finished order is worked again: %v, %v", worked, err)
		}
		if _, _, _, err := r.Batch(t.Context(), r.other, id); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("somebody else looks at the order: %v", err)
		}
	})
}

func TestManyAreReturnedForTheSameReason(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		all := r.crowd(3, 2)
		id := r.start(r.site, all, review.BatchOrder{Material: "trial", Reasons: []string{"TR_SEAL"}, Comment: "请盖章"})
		if _, err := r.WorkBatch(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := r.results(r.site, id)
		if got[all[0].ID] != "done " || got[all[1].ID] != "done " || got[all[2].ID] != "left "+review.OutDoubt {
			t.Errorf("results %v", got)
		}
		for _, c := range all[:2] {
			now := r.caseOf(c)
			if item := now.Item("trial"); now.Submission.State != intake.Returned || item.State != intake.ItemReturned || item.Comment != "请盖章" ||
				now.Item("diploma").State != intake.ItemSitePassed {
				t.Errorf("%+v", now.Items)
			}
			if n := notices(t, r, c); n[intake.NoticeReturned] != intake.NoticeWaiting {
				t.Errorf("notices %v", n)
			}
		}
		for name, o := range map[string]review.BatchOrder{
			"no reason": {Material: "trial"}, "a reason of another material": {Material: "diploma", Reasons: []string{"TR_SEAL"}},
			"no material": {Reasons: []string{"IMG_BLUR"}},
		} {
			if _, err := r.StartBatch(t.Context(), r.site, map[int64]int64{all[2].ID: 1}, o); err == nil {
				t.Errorf("%s: begun", name)
			}
		}
	})
}

func TestAnOrderThatWasCutOffIsGoneOnWithAndDecidesOnce(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		all := r.crowd(12)
		id := r.start(r.site, all, review.BatchOrder{Pass: true})
		ctx, cut := context.WithCancel(t.Context())
		decided := 0
		r.Wake = func() {
			decided++
			if decided == 5 {
				cut()
			}
		}
		if _, err := r.WorkBatch(ctx); err == nil {
			t.Fatal("the cut was not felt")
		}
		r.Wake = nil
		r.clock = r.clock.Add(time.Minute)
		var working sync.WaitGroup
		for range 3 { // instances that all see it
			working.Go(func() {
				if _, err := r.WorkBatch(t.Context()); err != nil && !errors.Is(err, intake.ErrConflict) {
					t.Error(err)
				}
			})
		}
		working.Wait()
		for candidate, got := range r.results(r.site, id) {
			if got != "done " {
				t.Errorf("candidate %d: %q", candidate, got)
			}
			if rows, err := r.DB.Decisions(t.Context(), candidate); err != nil || len(rows) != 1 {
				t.Errorf("candidate %d: %d decisions, %v", candidate, len(rows), err)
			}
		}
		if b, err := r.DB.Batch(t.Context(), id); err != nil || b.State != storage.BatchFinished || b.Done != 12 {
			t.Errorf("%+v, %v", b, err)
		}
	})
}

func TestAnOrderThatIsStoppedLeavesOutWhoStillWaits(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		all := r.crowd(12)
		id := r.start(r.site, all, review.BatchOrder{Pass: true})
		if err := r.StopBatch(t.Context(), r.other, id); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("somebody else stops it: %v", err)
		}
		decided := 0
		r.Wake = func() {
			if decided++; decided == 5 {
				if err := r.StopBatch(t.Context(), r.site, id); err != nil {
					t.Error(err)
				}
			}
		}
		if worked, err := r.WorkBatch(t.Context()); err != nil || !worked {
			t.Fatalf("worked %v, %v", worked, err)
		}
		r.Wake = nil
		if err := r.StopBatch(t.Context(), r.admin, id); err != nil { // too late: nothing happens
			t.Error(err)
		}
		if b, err := r.DB.Batch(t.Context(), id); err != nil || b.State != storage.BatchFinished || b.Done != 5 || b.Left != 7 || b.Waiting != 0 {
			t.Errorf("%+v, %v", b, err)
		}
		passed, results := 0, r.results(r.site, id)
		for _, c := range all {
			switch state := r.caseOf(c).Submission.State; {
			case state == intake.SitePassed && results[c.ID] == "done ":
				passed++
			case state != intake.Submitted || results[c.ID] != "left "+review.OutStopped:
				t.Errorf("candidate %d: %s, %q", c.ID, state, results[c.ID])
			}
		}
		if passed != 5 {
			t.Errorf("%d passed, want 5", passed)
		}
		events, err := r.DB.SearchEvents(t.Context(), storage.EventSearch{Action: review.ActionBatchStop, Limit: 10})
		if err != nil || len(events) != 1 {
			t.Errorf("log: %+v, %v", events, err)
		}
	})
}

func TestWhoIsOpenSomewhereElseIsLeftOutAndTimeIsTaken(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		all := r.crowd(3)
		if _, err := r.Sheet(t.Context(), r.admin, all[0].ID); err != nil {
			t.Fatal(err)
		}
		lines, err := r.PreviewBatch(t.Context(), r.site, []int64{all[0].ID, all[1].ID}, review.BatchOrder{Pass: true})
		if err != nil || len(lines) != 2 || lines[0].Out != review.OutHeld || lines[1].Out != "" {
			t.Fatalf("preview %+v, %v", lines, err)
		}
		id := r.start(r.site, all[:2], review.BatchOrder{Pass: true})
		if _, err := r.WorkBatch(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := r.results(r.site, id); got[all[0].ID] != "left "+review.OutHeld || got[all[1].ID] != "done " {
			t.Errorf("results %v", got)
		}
		if _, err := r.Sheet(t.Context(), r.site, all[2].ID); err != nil {
			t.Fatal(err)
		}
		r.clock = r.clock.Add(24 * time.Second)
		if _, err := r.Decide(t.Context(), r.site, all[2].ID, r.verdicts(all[2], nil)); err != nil {
			t.Fatal(err)
		}
		n := r.numbers(r.site)
		if n.All.PerItem != 8*time.Second || n.All.Timed != 1 || n.All.Decided != 2 {
			t.Errorf("24 seconds for three items: %+v", n.All)
		}
	})
}
