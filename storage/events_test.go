package storage_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestNoStatementOfThisPackageChangesOrRemovesAnEvent(t *testing.T) {
	forbidden := regexp.MustCompile(`(?is)\b(UPDATE|DELETE\s+FROM|REPLACE\s+INTO|TRUNCATE(\s+TABLE)?|DROP\s+TABLE(\s+IF\s+EXISTS)?)\s+events\b`)
	files, err := filepath.Glob("*.go")
	ok(t, err)
	for _, folder := range []string{"sqlite", "mysql"} {
		more, err := filepath.Glob("migrations/" + folder + "/*.sql")
		ok(t, err)
		files = append(files, more...)
	}
	read := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		ok(t, err)
		if found := forbidden.Find(text); found != nil {
			t.Errorf("%s: %q", file, found)
		}
		read++
	}
	if read < 20 {
		t.Errorf("only %d files were read", read)
	}
}

func TestTheDatabaseRefusesToChangeOrRemoveAnEvent(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ok(t, db.Log(t.Context(), storage.Event{At: t0, Actor: "staff:1", Action: "decide"}))
		ok(t, db.CheckEventGuards(t.Context()))
		for _, statement := range []string{"UPDATE events SET actor = 'staff:2'", "DELETE FROM events", "DELETE FROM events WHERE action = 'decide'"} {
			if _, err := db.Pool().ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "never changed") {
				t.Errorf("%s: %v", statement, err)
			}
		}
		found := must(db.SearchEvents(t.Context(), storage.EventSearch{Limit: 10}))(t)
		if len(found) != 1 || found[0].Actor != "staff:1" {
			t.Errorf("left: %+v", found)
		}
		// Somebody with the rights takes a trigger away: `cailiao check` tells, the next start mends.
		_, err := db.Pool().ExecContext(t.Context(), "DROP TRIGGER events_no_delete")
		ok(t, err)
		if err := db.CheckEventGuards(t.Context()); !errors.Is(err, storage.ErrNotGuarded) {
			t.Errorf("without a trigger: %v", err)
		}
		ok(t, db.Migrate(t.Context()))
		ok(t, db.CheckEventGuards(t.Context()))
	})
}

func TestSearchingTheLog(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		c := bound(t, db, "A", 2)
		for i := range 40 { // ids 1 to 40, a minute apart
			e := storage.Event{At: t0.Add(time.Duration(i) * time.Minute), Actor: []string{"candidate", "staff:1"}[i%2], Action: []string{"photo", "decide", "login"}[i%3], CandidateID: c[i%2].ID}
			ok(t, db.Log(t.Context(), e))
		}
		all := must(db.SearchEvents(t.Context(), storage.EventSearch{Limit: 100}))(t)
		for _, test := range []struct {
			name   string
			search storage.EventSearch
			fits   func(e storage.Event) bool
		}{
			{"everything", storage.EventSearch{}, func(storage.Event) bool { return true }},
			{"one actor", storage.EventSearch{Actor: "staff:1"}, func(e storage.Event) bool { return e.Actor == "staff:1" }},
			{"one action", storage.EventSearch{Action: "login"}, func(e storage.Event) bool { return e.Action == "login" }},
			{"an actor's action", storage.EventSearch{Actor: "staff:1", Action: "login"}, func(e storage.Event) bool { return e.Actor == "staff:1" && e.Action == "login" }},
			{"one candidate", storage.EventSearch{CandidateID: c[0].ID}, func(e storage.Event) bool { return e.CandidateID == c[0].ID }},
			{"a span", storage.EventSearch{From: t0.Add(5 * time.Minute), Until: t0.Add(20 * time.Minute)},
				func(e storage.Event) bool {
					return !e.At.Before(t0.Add(5*time.Minute)) && e.At.Before(t0.Add(20*time.Minute))
				}},
			{"an actor in a span", storage.EventSearch{Actor: "candidate", From: t0.Add(30 * time.Minute)},
				func(e storage.Event) bool { return e.Actor == "candidate" && !e.At.Before(t0.Add(30*time.Minute)) }},
			{"the future", storage.EventSearch{From: t0.Add(100 * time.Hour)}, func(storage.Event) bool { return false }},
			{"nobody", storage.EventSearch{Actor: "staff:9"}, func(storage.Event) bool { return false }},
		} {
			var want []storage.Event
			for _, e := range all {
				if test.fits(e) {
					want = append(want, e)
				}
			}
			var got []storage.Event
			for test.search.Limit = 7; ; { // page by page
				page := must(db.SearchEvents(t.Context(), test.search))(t)
				got = append(got, page...)
				if len(page) < test.search.Limit {
					break
				}
				test.search.Before = page[len(page)-1].ID
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %d events, want %d", test.name, len(got), len(want))
			}
		}
		if len(all) != 40 {
			t.Errorf("%d events", len(all))
		}
	})
}

func TestWhatChangesOfAnAccount(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		wang := must(db.AddStaff(ctx, intake.Staff{Name: "王老师", Role: intake.RoleSite, Site: "A", PasswordHash: "h", CreatedAt: t0, InitialUntil: day(7)}))(t)
		other := must(db.AddStaff(ctx, intake.Staff{Name: "赵老师", Role: intake.RoleSite, Site: "A", PasswordHash: "h", CreatedAt: t0}))(t)
		same(t, must(db.StaffByID(ctx, wang.ID))(t), wang)

		wang.Role, wang.Site, wang.PasswordHash, wang.Disabled, wang.Epoch = intake.RoleArea, "", "g", true, 3
		wang.InitialUntil, wang.TOTPSecret, wang.TOTPSince = time.Time{}, "secret", t0
		ok(t, db.InTx(ctx, func(tx storage.Q) error {
			if _, err := tx.LockStaff(ctx, wang.ID); err != nil {
				return err
			}
			return tx.SaveStaff(ctx, wang)
		}))
		ok(t, db.SetLastLogin(ctx, wang.ID, day(1)))
		wang.LastLogin = day(1)
		same(t, must(db.StaffByID(ctx, wang.ID))(t), wang)
		same(t, must(db.StaffByID(ctx, other.ID))(t), other)

		ok(t, db.Rehash(ctx, wang.ID, "another", "x"))
		ok(t, db.SetStaffPassword(ctx, other.ID, "new"))
		ok(t, db.SetStaffDisabled(ctx, other.ID, true))
		if got := must(db.StaffByID(ctx, other.ID))(t); got.Epoch != 2 {
			t.Errorf("epoch %d: sessions outlive a changed password or a closed account", got.Epoch)
		}
		if got := must(db.StaffByID(ctx, wang.ID))(t); got.PasswordHash != "g" {
			t.Errorf("a hash that has been changed meanwhile is replaced: %q", got.PasswordHash)
		}
		for _, err := range []error{db.SaveStaff(ctx, intake.Staff{ID: 99}), db.SetLastLogin(ctx, 99, t0)} {
			if !errors.Is(err, intake.ErrNotFound) {
				t.Errorf("nobody's account: %v", err)
			}
		}
	})
}

func TestOneTimeCodesAreUsedOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		wang := must(db.AddStaff(ctx, intake.Staff{Name: "王老师", Role: intake.RoleSite, Site: "A"}))(t)
		other := must(db.AddStaff(ctx, intake.Staff{Name: "赵老师", Role: intake.RoleSite, Site: "A"}))(t)
		ok(t, db.UseTOTPStep(ctx, wang.ID, 100))
		for _, step := range []int64{100, 99} {
			if err := db.UseTOTPStep(ctx, wang.ID, step); !errors.Is(err, intake.ErrConflict) {
				t.Errorf("step %d: %v", step, err)
			}
		}
		ok(t, db.UseTOTPStep(ctx, other.ID, 100))

		ok(t, db.SetRecoveryCodes(ctx, wang.ID, []string{"a", "b"}))
		ok(t, db.SetRecoveryCodes(ctx, other.ID, []string{"a"}))
		ok(t, db.UseRecoveryCode(ctx, wang.ID, "a", t0))
		for who, hash := range map[int64]string{wang.ID: "a", other.ID: "b"} {
			if err := db.UseRecoveryCode(ctx, who, hash, t0); !errors.Is(err, intake.ErrNotFound) {
				t.Errorf("%q: %v", hash, err)
			}
		}
		if n := must(db.RecoveryCodes(ctx, wang.ID))(t); n != 1 {
			t.Errorf("%d left", n)
		}
		ok(t, db.SetRecoveryCodes(ctx, wang.ID, []string{"c", "d"}))
		if err := db.UseRecoveryCode(ctx, wang.ID, "b", t0); !errors.Is(err, intake.ErrNotFound) {
			t.Errorf("a code of the former set: %v", err)
		}
	})
}

// A log has tens of millions of lines: no search may read more than its page, nor sort.
func TestASearchReadsOnlyItsPageOfTheLog(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		ok(t, db.InTx(ctx, func(tx storage.Q) error {
			for i := range 3000 {
				e := storage.Event{At: t0.Add(time.Duration(i) * time.Minute), Actor: fmt.Sprint("staff:", i%3), Action: []string{"photo", "decide"}[i%2], CandidateID: int64(i % 100)}
				if err := tx.Log(ctx, e); err != nil {
					return err
				}
			}
			return nil
		}))
		const page = 20
		for name, search := range map[string]storage.EventSearch{
			"all":               {},
			"later pages":       {Before: 1500},
			"actor":             {Actor: "staff:1"},
			"action":            {Action: "decide"},
			"actor and action":  {Actor: "staff:1", Action: "decide", Before: 2000},
			"candidate":         {CandidateID: 7, Action: "decide"},
			"a day":             {From: t0, Until: day(1)},
			"an actor in a day": {Actor: "staff:1", From: t0, Until: day(1)},
		} {
			search.Limit = page
			conn, err := db.Pool().Connx(ctx)
			ok(t, err)
			q := db.Watched(conn, func(query string, args []any) {
				rows, err := db.Pool().Queryx(map[string]string{"mysql": "EXPLAIN ", "sqlite": "EXPLAIN QUERY PLAN "}[db.Pool().DriverName()]+query, args...)
				ok(t, err)
				defer rows.Close()
				for rows.Next() {
					step := map[string]any{}
					ok(t, rows.MapScan(step))
					for k, v := range step {
						if b, isBytes := v.([]byte); isBytes {
							step[k] = string(b)
						}
					}
					if text := fmt.Sprint(step); strings.Contains(text, "filesort") || strings.Contains(text, "TEMP B-TREE") {
						t.Errorf("%s: sorts: %s\n%s", name, query, text)
					}
				}
			})
			overhead := touched(t, db, conn)
			before := touched(t, db, conn)
			overhead = before - overhead
			if got := must(q.SearchEvents(ctx, search))(t); len(got) != page {
				t.Errorf("%s: %d events", name, len(got))
			}
			if n := touched(t, db, conn) - before - overhead; n > 4*page {
				t.Errorf("%s: touched %d of 3000 rows", name, n)
			}
			ok(t, conn.Close())
		}
	})
}

// touched is how many rows the server has read for this connection; SQLite does not count.
func touched(t *testing.T, db *storage.DB, conn *sqlx.Conn) (n int) {
	t.Helper()
	if db.Pool().DriverName() == "mysql" {
		ok(t, conn.GetContext(t.Context(), &n, `SELECT SUM(variable_value) FROM information_schema.session_status
			WHERE variable_name LIKE 'Handler_read%'`))
	}
	return n
}
