package storage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// TestEveryTableIsMoved fails when a migration adds a table that nobody named in tables, or one
// before a table it refers to.
func TestEveryTableIsMoved(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		listing, refers := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", `SELECT "table" FROM pragma_foreign_key_list(?)`
		if db.Pool().DriverName() == "mysql" {
			listing = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"
			refers = `SELECT referenced_table_name FROM information_schema.key_column_usage
				WHERE table_schema = DATABASE() AND table_name = ? AND referenced_table_name IS NOT NULL`
		}
		var all []string
		ok(t, db.Pool().Select(&all, listing))
		for _, table := range all {
			if table != "installation" && table != "goose_db_version" && !slices.Contains(storage.Tables, table) {
				t.Errorf("table %s is neither moved nor backed up: name it in tables of storage.go", table)
			}
		}
		for i, table := range storage.Tables {
			var others []string
			ok(t, db.Pool().Select(&others, refers, table))
			for _, other := range others {
				if other != table && !slices.Contains(storage.Tables[:i], other) {
					t.Errorf("%s stands before %s, which it refers to", table, other)
				}
			}
		}
	})
}

// furnished fills every table by the columns the database itself has: rows rows each, with
// texts that are hard to carry.
func furnished(t *testing.T, db *storage.DB, rows int) {
	t.Helper()
	hard := []string{"考生\x01'\"\\%", "😀🧾", "", "blank ", "a\nb\tc"}
	for _, table := range storage.Tables {
		must(db.Pool().Exec("DELETE FROM " + table))(t) // what migrations put there
		var columns []struct {
			Name, Type string
			Notnull    bool
			PK         int `db:"pk"`
		}
		ok(t, db.Pool().Select(&columns, "SELECT name, type, \"notnull\", pk FROM pragma_table_info(?)", table))
		var unique []string
		ok(t, db.Pool().Select(&unique, `SELECT i.name FROM pragma_index_list(?) l, pragma_index_info(l.name) i WHERE l."unique"`, table))
		var parents []struct{ From, Table, To string }
		ok(t, db.Pool().Select(&parents, `SELECT "from", "table", COALESCE("to", 'id') AS "to" FROM pragma_foreign_key_list(?)`, table))
		for i := range rows {
			var names []string
			var cells []any
			for c, column := range columns {
				var cell any = hard[(i+c)%len(hard)]
				switch {
				case column.Type == "INTEGER":
					cell = int64(i + 1)
				case column.Type == "BLOB" && i == 0:
					cell = []byte{}
				case column.Type == "BLOB":
					cell = []byte{0, 0xff, byte(i), '\''}
				case column.Type == "REAL":
					cell = float64(i) / 3
				case slices.Contains(unique, column.Name):
					cell = fmt.Sprintf("k%d-é", i)
				}
				if !column.Notnull && column.PK == 0 && i%2 == 1 {
					cell = nil
				}
				if column.Type == "INTEGER" && (column.Name == "phash" || column.Name == "dhash") {
					cell = int64(-1) << (i % 63)
				}
				for _, parent := range parents {
					if parent.From == column.Name {
						cell = int64(i + 1) // the parent's row of the same number
					}
				}
				names, cells = append(names, `"`+column.Name+`"`), append(cells, cell)
			}
			_, err := db.Pool().Exec("INSERT INTO "+table+" ("+strings.Join(names, ",")+") VALUES ("+strings.TrimSuffix(strings.Repeat("?,", len(names)), ",")+")", cells...)
			if err != nil {
				t.Fatalf("%s row %d: %v", table, i, err)
			}
		}
	}
}

// bothEngines moves from an SQLite database to one of each engine.
func bothEngines(t *testing.T, do func(t *testing.T, from, to *storage.DB)) {
	t.Helper()
	storagetest.EachConfig(t, func(t *testing.T, config storage.Config) {
		from := storagetest.Open(t)
		to := must(storage.Open(t.Context(), config, storagetest.Keys(t)))(t)
		defer to.Close()
		do(t, from, to)
	})
}

func blobsOf(t *testing.T, n int) (from, to storage.Blobs, bucket *storagetest.S3) {
	t.Helper()
	from, _ = openBlobs(t)
	for i := range n {
		ok(t, from.Put(t.Context(), storage.BlobKey(int64(i), "a", "copy"), []byte(fmt.Sprint("picture ", i))))
	}
	bucket = storagetest.StartS3(t)
	return from, must(storage.OpenBlobs(bucket.Config))(t), bucket
}

func TestAnInstallationIsMovedWholeAndOnlyOnce(t *testing.T) {
	bothEngines(t, func(t *testing.T, from, to *storage.DB) {
		ctx := t.Context()
		furnished(t, from, 7)
		_, err := from.Pool().Exec("INSERT INTO sqlite_sequence (name, seq) SELECT 'events', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'events')")
		ok(t, err)
		_, err = from.Pool().Exec("UPDATE sqlite_sequence SET seq = 4711 WHERE name = 'events'") // rows up to here were deleted
		ok(t, err)
		fromBlobs, toBlobs, _ := blobsOf(t, 30)
		carry := storage.Carry{From: from, To: to, FromBlobs: fromBlobs, ToBlobs: toBlobs, Target: "new.yaml"}
		ok(t, carry.Prepare(ctx))
		moved := must(carry.Run(ctx))(t)
		same(t, must(from.Prove(ctx))(t), must(to.Prove(ctx))(t))
		same(t, len(moved.Proofs), len(storage.Tables)+1)
		for _, proof := range moved.Proofs {
			if want := map[bool]int{true: 30, false: 7}[proof.Name == "pictures"]; proof.N != want {
				t.Errorf("%d of %s moved, want %d", proof.N, proof.Name, want)
			}
		}
		ok(t, to.Log(ctx, storage.Event{At: t0, Action: "first"}))
		var last int64
		ok(t, to.Pool().Get(&last, "SELECT MAX(id) FROM events"))
		same(t, last, int64(4712))

		refused(t, from.Migrate(ctx), "was moved to new.yaml")
		ok(t, to.Migrate(ctx))
		_, err = carry.Run(ctx)
		refused(t, err, "was moved to new.yaml already")
		same(t, must(from.Back(ctx))(t), "new.yaml")
		ok(t, from.Migrate(ctx))
		_, err = carry.Run(ctx)
		refused(t, err, "new.yaml holds another installation")
	})
}

func TestAMoveThatWasCutOffGoesOnWhereItStopped(t *testing.T) {
	bothEngines(t, func(t *testing.T, from, to *storage.DB) {
		furnished(t, from, 3)
		roster(t, from, "110108", 1200)
		fromBlobs, toBlobs, bucket := blobsOf(t, 40)
		carry := storage.Carry{From: from, To: to, FromBlobs: fromBlobs, ToBlobs: toBlobs, Target: "new.yaml"}
		ok(t, carry.Prepare(t.Context()))
		cuts := 0
		for _, at := range []struct {
			what string
			done int
		}{{"pictures", 20}, {"candidates", 500}, {"items", 0}, {"verify", 3}} {
			ctx, cut := context.WithCancel(t.Context())
			carry.Progress = func(what string, done, total int) {
				if what == at.what && done >= at.done {
					cut()
				}
			}
			if _, err := carry.Run(ctx); err == nil {
				t.Fatalf("not cut off at %v", at)
			}
			cut()
			cuts++
			refused(t, from.Migrate(t.Context()), "is being moved to new.yaml")
			refused(t, to.Migrate(t.Context()), "is being filled from")
		}
		var began []int
		carry.Progress = func(what string, done, _ int) {
			if what == "candidates" {
				began = append(began, done)
			}
		}
		puts := 0
		bucket.Count(func(method string) {
			if method == "PUT" {
				puts++
			}
		})
		must(carry.Run(t.Context()))(t)
		if began[0] < 500 || puts != 0 {
			t.Errorf("the last run began at candidate %d and wrote %d blobs again", began[0], puts)
		}
		same(t, must(from.Prove(t.Context()))(t), must(to.Prove(t.Context()))(t))
	})
}

func TestAMoveIsRefusedWhereItWouldDoHarm(t *testing.T) {
	bothEngines(t, func(t *testing.T, from, to *storage.DB) {
		ctx := t.Context()
		roster(t, from, "110101", 3)
		fromBlobs, toBlobs, _ := blobsOf(t, 2)
		carry := storage.Carry{From: from, To: to, FromBlobs: fromBlobs, ToBlobs: toBlobs, Target: "new.yaml"}
		ok(t, carry.Prepare(ctx))

		release := must(from.Use(ctx))(t)
		_, err := carry.Run(ctx)
		refused(t, err, "the program runs on")
		ok(t, release())

		ok(t, toBlobs.Put(ctx, storage.BlobKey(99, "theirs", "copy"), []byte("x")))
		_, err = carry.Run(ctx)
		refused(t, err, "blobs are those of another installation")
		ok(t, toBlobs.Delete(ctx, storage.BlobKey(99, "theirs", "copy")))

		roster(t, to, "110102", 1)
		_, err = carry.Run(ctx)
		refused(t, err, "is not empty")
		ok(t, from.Migrate(ctx)) // nothing was marked
	})
}

func TestWhatArrivesWrongIsNotDeclaredMoved(t *testing.T) {
	bothEngines(t, func(t *testing.T, from, to *storage.DB) {
		ctx := t.Context()
		roster(t, from, "110101", 3)
		fromBlobs, toBlobs, _ := blobsOf(t, 2)
		carry := storage.Carry{From: from, To: to, FromBlobs: fromBlobs, ToBlobs: toBlobs, Target: "new.yaml"}
		ok(t, carry.Prepare(ctx))
		carry.Progress = func(what string, done, _ int) {
			if what == "verify" && done == 0 {
				_, err := to.Pool().Exec("UPDATE candidates SET phone = '1' WHERE number = '11010100002'")
				ok(t, err)
			}
		}
		_, err := carry.Run(ctx)
		refused(t, err, "candidates: what arrived is not what was sent")
		refused(t, to.Migrate(ctx), "is being filled from")
		refused(t, from.Migrate(ctx), "is being moved")
	})
}

func TestNobodyWritesToTheSourceMeanwhile(t *testing.T) {
	from := storagetest.Open(t)
	config := storage.Config{Driver: "sqlite", DSN: t.TempDir() + "/to.db"}
	to := must(storage.Open(t.Context(), config, storagetest.Keys(t)))(t)
	defer to.Close()
	roster(t, from, "110101", 3)
	fromBlobs, toBlobs, _ := blobsOf(t, 1)
	carry := storage.Carry{From: from, To: to, FromBlobs: fromBlobs, ToBlobs: toBlobs, Target: "new.yaml"}
	ok(t, carry.Prepare(t.Context()))
	tried := false
	carry.Progress = func(what string, _, _ int) {
		if what != "submissions" || tried {
			return
		}
		tried = true
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if err := from.Log(ctx, storage.Event{At: t0, Action: "late"}); err == nil {
			t.Error("somebody wrote to the source while it was moved")
		}
		if _, err := from.Use(ctx); err == nil {
			t.Error("the program started on the source while it was moved")
		} else if !strings.Contains(err.Error(), "is being moved") && !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	}
	must(carry.Run(t.Context()))(t)
	same(t, tried, true)
}
