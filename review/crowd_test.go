package review_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// TestFiftyReviewersNeverDecideTwice lets 50 reviewers work through 200 candidates at two
// instances over one database: by the queue and out of turn, leaving sheets, taking decisions
// back, sending stale forms.
func TestFiftyReviewersNeverDecideTwice(t *testing.T) {
	const reviewers, candidates = 50, 200
	storagetest.EachConfig(t, func(t *testing.T, config storage.Config) {
		r := newRoom(t, opened(t, config))
		second := newRoom(t, opened(t, config)).Desk // with a connection pool of its own
		ids := r.multitude(candidates)
		staff := make([]intake.Staff, reviewers)
		for i := range staff {
			staff[i] = must(r.DB.AddStaff(t.Context(), intake.Staff{Name: fmt.Sprint("审核", i), Role: intake.RoleSite, Site: "S1", PasswordHash: "none"}))(t)
		}
		var working sync.WaitGroup
		for i, who := range staff {
			desk := r.Desk
			if i%2 == 1 {
				desk = second
			}
			working.Go(func() { work(t, desk, who, ids) })
		}
		working.Wait()
		r.settled(ids)
	})
}

func opened(t *testing.T, config storage.Config) *storage.DB {
	t.Helper()
	db := must(storage.Open(t.Context(), config, storagetest.Keys(t)))(t)
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// multitude makes n candidates of S1 who have submitted.
func (r *room) multitude(n int) []int64 {
	r.t.Helper()
	ctx := r.t.Context()
	var rows []intake.RosterRow
	for i := range n {
		rows = append(rows, intake.RosterRow{Line: i + 2, Number: fmt.Sprintf("N%03d", i), Name: "考生", IDNumber: fmt.Sprint(i), Site: "S1",
			Attrs: map[string]any{"level": "执业", "category": "临床"}})
	}
	must(r.DB.ImportRoster(ctx, rows, nil))(r.t)
	var ids []int64
	err := r.DB.InTx(ctx, func(tx storage.Q) error {
		ids = nil
		for _, row := range rows {
			c, err := tx.CandidateByNumber(ctx, row.Number)
			if err != nil {
				return err
			}
			before, err := tx.Case(ctx, c.ID)
			if err != nil {
				return err
			}
			after := before
			after.Submission.State, after.Submission.SubmittedAt = intake.Submitted, r.clock
			for _, m := range []string{"id_front", "diploma", "trial"} {
				after.Items = append(after.Items, intake.Item{Material: m, State: intake.ItemPending})
			}
			if _, err := tx.SaveCase(ctx, before, after); err != nil {
				return err
			}
			ids = append(ids, c.ID)
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return ids
}

// work goes on until nobody is left in the queue.
func work(t *testing.T, desk *review.Desk, who intake.Staff, ids []int64) {
	ctx := t.Context()
	after := int64(0)
	for turn := 0; ; turn++ {
		id, err := desk.Next(ctx, who, review.Filter{}, after)
		if errors.Is(err, intake.ErrNotFound) {
			return
		}
		if turn%4 == 3 { // out of turn, where somebody else may be
			id = ids[rand.N(len(ids))]
		}
		if err != nil {
			t.Errorf("next: %v", err)
			return
		}
		after = id
		sheet, err := desk.Sheet(ctx, who, id)
		if errors.Is(err, intake.ErrConflict) {
			continue
		}
		if err != nil {
			t.Errorf("sheet: %v", err)
			return
		}
		if turn%7 == 5 && sheet.MayDecide == nil { // leaves it
			if err := desk.Release(ctx, who, id, sheet.Holder.Token); err != nil {
				t.Errorf("release: %v", err)
			}
			after = 0 // it may be the last one
			continue
		}
		d := intake.Decision{Version: sheet.Case.Submission.Version}
		for _, material := range intake.Waiting(sheet.Case) {
			j := intake.Judgement{Material: material, Pass: rand.N(4) > 0}
			if !j.Pass {
				j.Reasons = []string{"IMG_BLUR"}
			}
			d.Judgements = append(d.Judgements, j)
		}
		decided, err := desk.Decide(ctx, who, id, d) // also where the sheet said it may not
		switch {
		case err == nil && sheet.MayDecide != nil && !errors.Is(sheet.MayDecide, review.ErrHeld): // who held it may have left
			t.Errorf("decided what was not to be decided: %v", sheet.MayDecide)
		case err == nil && turn%5 == 4:
			if err := desk.Undo(ctx, who, id, decided.Submission.Version); err != nil {
				t.Errorf("undo: %v", err)
			}
			after = 0
		case err != nil && sheet.MayDecide == nil:
			t.Errorf("refused what is held: %v", err)
		case err != nil && !errors.Is(err, intake.ErrConflict) && !errors.Is(err, intake.ErrForbidden):
			t.Errorf("refused: %v", err)
		}
	}
}

// settled checks what 50 reviewers left behind.
func (r *room) settled(ids []int64) {
	r.t.Helper()
	ctx := r.t.Context()
	held := must(r.DB.HeldAmong(ctx, ids, r.clock))(r.t)
	if len(held) != 0 {
		r.t.Errorf("%d claims are stuck", len(held))
	}
	for _, id := range ids {
		c := must(r.DB.Case(ctx, id))(r.t)
		standing, undone := 0, 0
		for _, d := range must(r.DB.Decisions(ctx, id))(r.t) {
			if d.UndoneAt.IsZero() {
				standing++
			} else {
				undone++
			}
		}
		logged := map[string]int{}
		for _, e := range must(r.DB.Events(ctx, id, 100))(r.t) {
			logged[e.Action]++
		}
		told := 0
		for _, n := range must(r.DB.Notices(ctx, id))(r.t) {
			if n.State == intake.NoticeWaiting && !n.Kind.Nudge() {
				told++
			}
		}
		if standing != 1 || logged[review.ActionDecide] != 1+undone || logged[review.ActionUndo] != undone || told != 1 ||
			c.Submission.State == intake.Submitted {
			r.t.Errorf("candidate %d: %s, %d decisions stand, %d undone, log %v, %d notices", id, c.Submission.State, standing, undone, logged, told)
		}
	}
}
