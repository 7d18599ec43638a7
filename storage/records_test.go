package storage_test

import (
	"fmt"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestStaffAccounts(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		wang := must(db.AddStaff(ctx, intake.Staff{Name: "王老师", Role: intake.RoleSite, Site: "A", PasswordHash: "h", CreatedAt: t0}))(t)
		li := must(db.AddStaff(ctx, intake.Staff{Name: "李老师", Role: intake.RoleArea, CreatedAt: t0}))(t)
		_, err := db.AddStaff(ctx, intake.Staff{Name: "王老师", Role: intake.RoleAdmin})
		is(t, err, intake.ErrConflict)
		same(t, must(db.StaffByName(ctx, "王老师"))(t), wang)
		same(t, must(db.StaffByID(ctx, li.ID))(t), li)
		_, err = db.StaffByName(ctx, "nobody")
		is(t, err, intake.ErrNotFound)
		_, err = db.StaffByID(ctx, 999)
		is(t, err, intake.ErrNotFound)

		ok(t, db.SetStaffPassword(ctx, wang.ID, "new"))
		ok(t, db.SetStaffPassword(ctx, wang.ID, "new")) // no change is no error
		ok(t, db.SetStaffDisabled(ctx, wang.ID, true))
		wang.PasswordHash, wang.Disabled, wang.Epoch = "new", true, 3
		same(t, must(db.AllStaff(ctx))(t), []intake.Staff{li, wang})
		is(t, db.SetStaffPassword(ctx, 999, "x"), intake.ErrNotFound)
		is(t, db.SetStaffDisabled(ctx, 999, true), intake.ErrNotFound)
	})
}

func TestDecisionsAreKeptInOrder(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		s := must(db.Case(ctx, c.ID))(t).Submission
		first := storage.DecisionRow{SubmissionID: s.ID, CandidateID: c.ID, Round: 1, Level: storage.LevelSite, StaffID: 1, At: t0,
			Judgements: []intake.Judgement{{Material: "diploma", Reasons: []string{"IMG_BLUR"}, Comment: "看不清"}, {Material: "id_front", Pass: true}}}
		second := storage.DecisionRow{SubmissionID: s.ID, CandidateID: c.ID, Round: 2, Level: storage.LevelArea, StaffID: 2, At: day(1), Judgements: []intake.Judgement{}}
		ok(t, db.AddDecision(ctx, first))
		ok(t, db.AddDecision(ctx, second))
		all := must(db.Decisions(ctx, c.ID))(t)
		first.ID, second.ID = all[0].ID, all[1].ID
		same(t, all, []storage.DecisionRow{first, second})
		second.SubmissionID = 999
		is(t, db.AddDecision(ctx, second), intake.ErrNotFound)
	})
}

func TestEventsAreListedNewestFirst(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		for i := range 5 {
			ok(t, db.Log(ctx, storage.Event{At: day(i), Actor: "staff:3", Action: fmt.Sprint("did ", i), CandidateID: int64(i%2 + 1), Detail: `{"n":1}`}))
		}
		events := must(db.Events(ctx, 1, 2))(t)
		same(t, len(events), 2)
		same(t, events[0], storage.Event{ID: events[0].ID, At: day(4), Actor: "staff:3", Action: "did 4", CandidateID: 1, Detail: `{"n":1}`})
		same(t, events[1].Action, "did 2")
		same(t, len(must(db.Events(ctx, 0, 9))(t)), 0)
	})
}

func TestAttemptsAreCountedInTheirWindow(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		for i := range 4 {
			ok(t, db.AddAttempt(ctx, "bind", "x", t0.Add(time.Duration(i)*time.Minute)))
		}
		ok(t, db.AddAttempt(ctx, "bind", "y", t0))
		ok(t, db.AddAttempt(ctx, "login", "x", t0))
		count := func(scope, who string, since time.Time) int { return must(db.Attempts(ctx, scope, who, since))(t) }
		same(t, count("bind", "x", t0), 4)
		same(t, count("bind", "x", t0.Add(2*time.Minute)), 2)
		ok(t, db.DropOldAttempts(ctx, t0.Add(time.Minute)))
		same(t, []int{count("bind", "x", t0), count("bind", "y", t0), count("login", "x", t0)}, []int{3, 0, 0})
		ok(t, db.AddAttempt(ctx, "bind", "y", t0))
		ok(t, db.ClearAttempts(ctx, "bind", "x"))
		same(t, []int{count("bind", "x", t0), count("bind", "y", t0)}, []int{0, 1})
	})
}

func TestTableCountsNameEveryTable(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		roster(t, db, "A", 3)
		counts := must(db.TableCounts(t.Context()))(t)
		same(t, counts["candidates"], 3)
		query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%' AND name <> 'installation'"
		if db.Pool().DriverName() == "mysql" {
			query = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name NOT LIKE 'goose_%' AND table_name <> 'installation'"
		}
		var names []string
		ok(t, db.Pool().Select(&names, query))
		same(t, len(counts), len(names))
		for _, name := range names {
			if _, counted := counts[name]; !counted {
				t.Errorf("table %s is not counted", name)
			}
		}
	})
}
