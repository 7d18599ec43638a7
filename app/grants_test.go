package app_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// A real database user with no more rights than docs/security/grants.sql gives: the whole program
// works with them, and nobody who has taken it over can change what the log says.
func TestTheProgramWorksWhereItCannotChangeItsLog(t *testing.T) {
	if !slices.Contains(storagetest.Engines(t), "mysql") {
		return // rights are a database server's
	}
	var database storage.Config
	w := apptest.StartWith(t, "mysql", start, func(cfg *app.Config) {
		owner, err := storage.Open(t.Context(), cfg.Database, storagetest.Keys(t))
		if err != nil {
			t.Fatal(err)
		}
		defer owner.Close()
		if err := owner.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		cfg.Database = storagetest.Granted(t, cfg.Database, filepath.Join(apptest.Root(), "docs/security/grants.sql"))
		database = cfg.Database
	})
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	ctx := t.Context()

	// A candidate and a reviewer go their way, an admin looks after accounts, a person is erased.
	user := bound(t, w)
	if d := user.SendPhoto(ctx, imagetest.Photo(1)); !strings.Contains(d.Reply, "收到第 1 张") {
		t.Fatalf("a photo: %q %s", d.Reply, d.Broken)
	}
	reviewer, admin := w.AddStaff(t, "kaodian", intake.RoleSite, "110101"), w.AddStaff(t, "guanli", intake.RoleAdmin, "")
	_, err := w.Desk.Login(ctx, review.Attempt{Name: "kaodian", Password: apptest.Password, Address: "127.0.0.1"})
	must("sign in", err)
	c, err := w.DB.CandidateByNumber(ctx, apptest.People[0].Number)
	must("the candidate", err)
	sheet, err := w.Desk.Sheet(ctx, reviewer, c.ID)
	must("the sheet", err)
	must("the look", w.Desk.Looked(ctx, reviewer, sheet))
	must("a role", w.Desk.ChangeRole(ctx, admin, reviewer.ID, intake.RoleArea, ""))
	page, err := w.Desk.SearchLog(ctx, admin, review.LogSearch{})
	must("the log", err)
	before := len(page.Lines)
	if before < 6 {
		t.Errorf("%d lines", before)
	}
	must("what was kept long enough", w.Keeper.Forget(ctx))
	_, err = w.Keeper.Erase(ctx, c.ID, review.Actor(admin), "申请删除")
	must("erasure", err)
	must("no migration is due", w.DB.Migrate(ctx))

	for _, statement := range []string{
		"UPDATE events SET actor = 'staff:9'", "UPDATE events SET actor = 'staff:9' WHERE id = 1",
		"DELETE FROM events", "DELETE FROM events WHERE id = 1", "TRUNCATE TABLE events", "DROP TABLE events",
		"REPLACE INTO events (id, happened_at, actor, action, candidate_id, detail) VALUES (1, 0, 'x', 'x', 0, '')",
		"INSERT INTO events (id, happened_at, actor, action, candidate_id, detail) VALUES (1, 0, 'x', 'x', 0, '') ON DUPLICATE KEY UPDATE actor = 'x'",
		"ALTER TABLE events ADD COLUMN x INT", "RENAME TABLE events TO gone",
		"CREATE TRIGGER events_change BEFORE INSERT ON events FOR EACH ROW SET NEW.actor = 'x'",
		"GRANT ALL ON *.* TO CURRENT_USER",
	} {
		if err := storagetest.Try(t, database, statement); err == nil || !strings.Contains(strings.ToLower(err.Error()), "denied") {
			t.Errorf("%s: %v", statement, err)
		}
	}
	page, err = w.Desk.SearchLog(ctx, admin, review.LogSearch{})
	must("the log", err)
	if len(page.Lines) != before+1 || page.Lines[0].Action != "person.erase" {
		t.Errorf("%d lines before, %d after; the last is %s", before, len(page.Lines), page.Lines[0].Action)
	}
}
