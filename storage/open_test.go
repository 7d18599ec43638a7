package storage_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestWrongConfigIsOneLineThatSaysWhatToDo(t *testing.T) {
	notDB := filepath.Join(t.TempDir(), "not.db")
	ok(t, os.WriteFile(notDB, []byte(strings.Repeat("this is a letter, not a database\n", 100)), 0o600))
	for _, tt := range []struct {
		name   string
		config storage.Config
		want   string
	}{
		{"unknown driver", storage.Config{Driver: "oracle", DSN: "x"}, `driver: "sqlite" or "mysql" expected`},
		{"no DSN", storage.Config{}, "dsn: sqlite needs the path of a file"},
		{"in memory", storage.Config{DSN: ":memory:"}, "dsn: sqlite needs the path of a file"},
		{"one connection", storage.Config{DSN: "a.db", MaxOpen: 1}, "max_open: at least 2"},
		{"no database", storage.Config{DSN: notDB}, "is not an SQLite database"},
		{"a folder", storage.Config{DSN: t.TempDir()}, "is a directory"},
		{"a broken MySQL DSN", storage.Config{Driver: "mysql", DSN: "root:secret@127.0.0.1"}, "dsn: mysql needs user, address and database name"},
		{"a MySQL DSN without database", storage.Config{Driver: "mysql", DSN: "root:secret@tcp(127.0.0.1:1)/"}, "dsn: mysql needs user"},
		{"nobody there", storage.Config{Driver: "mysql", DSN: "root:secret@tcp(127.0.0.1:1)/x"}, "no MySQL or MariaDB server answers at 127.0.0.1:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db, err := storage.Open(t.Context(), tt.config)
			if err == nil {
				db.Close()
				t.Fatal("it opened")
			}
			if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "secret") {
				t.Errorf("error is %q, want one line with %q and no password", err, tt.want)
			}
		})
	}
}

func TestWrongLoginAndDatabaseAreNamed(t *testing.T) {
	storagetest.EachConfig(t, func(t *testing.T, config storage.Config) {
		if config.Driver != "mysql" {
			return // a file has neither
		}
		name := config.DSN[strings.LastIndex(config.DSN, "/")+1:]
		name, _, _ = strings.Cut(name, "?")
		for want, dsn := range map[string]string{
			"refuses user":                        "nobody:wrong@" + config.DSN[strings.Index(config.DSN, "@")+1:],
			`database "not_there" does not exist`: strings.Replace(config.DSN, "/"+name, "/not_there", 1),
		} {
			_, err := storage.Open(t.Context(), storage.Config{Driver: "mysql", DSN: dsn})
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "wrong") {
				t.Errorf("error is %v, want one with %q and no password", err, want)
			}
		}
	})
}

func TestReadOnlyFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	db, err := storage.Open(t.Context(), storage.Config{DSN: path})
	ok(t, err)
	ok(t, db.Close())
	ok(t, os.Chmod(path, 0o444))
	ok(t, os.Chmod(filepath.Dir(dir), 0o755)) // others may come in, see below
	ok(t, os.Chmod(dir, 0o555))
	defer os.Chmod(dir, 0o755)
	failed := make(chan error)
	go func() {
		if os.Getuid() == 0 { // root may write anything: this thread becomes somebody else, and ends
			runtime.LockOSThread()
			syscall.RawSyscall(syscall.SYS_SETFSUID, 65534, 0, 0)
		}
		db, err := storage.Open(context.Background(), storage.Config{DSN: path})
		if err == nil {
			db.Close()
		}
		failed <- err
	}()
	if err := <-failed; err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("error is %v, want one that says read-only", err)
	}
}

func TestServersTooOldOrReadOnlyAreRefused(t *testing.T) {
	for _, tt := range []struct{ version, readOnly, innodb, want string }{
		{"8.0.36", "0", "0", ""},
		{"8.4.0-log", "OFF", "OFF", ""},
		{"9.1.0", "0", "0", ""},
		{"10.6.18-MariaDB", "0", "0", ""},
		{"5.5.5-10.11.6-MariaDB-1:10.11.6", "0", "0", ""},
		{"11.4.2-MariaDB-ubu2404", "0", "0", ""},
		{"5.7.44-log", "0", "0", "too old: 5.7.44-log, at least MySQL 8.0"},
		{"10.5.23-MariaDB", "0", "0", "too old: 10.5.23-MariaDB, at least MariaDB 10.6"},
		{"5.5.5-10.3.39-MariaDB", "0", "0", "at least MariaDB 10.6"},
		{"tidb", "0", "0", "MySQL or MariaDB expected"},
		{"8.0.36", "1", "0", "read-only"},
		{"12.0.1-MariaDB", "NO_LOCK", "0", "read-only"},
		{"10.11.6-MariaDB", "0", "1", "read-only"},
	} {
		err := storage.CheckMySQL(tt.version, tt.readOnly, tt.innodb)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error is %v", tt, err)
		}
	}
}

func TestInstancesThatStartAtOnceMigrateOnce(t *testing.T) {
	storagetest.EachConfig(t, func(t *testing.T, config storage.Config) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		errs := make([]error, 8)
		atOnce(len(errs), func(i int) {
			db, err := storage.Open(ctx, config)
			if err == nil {
				defer db.Close()
				err = db.Migrate(ctx)
			}
			if err == nil {
				_, err = db.TableCounts(ctx)
			}
			errs[i] = err
		})
		for _, err := range errs {
			ok(t, err)
		}
		db, err := storage.Open(ctx, config)
		ok(t, err)
		defer db.Close()
		have, want, err := db.Version(ctx)
		ok(t, err)
		same(t, have, want)
		var twice int
		ok(t, db.Pool().Get(&twice, "SELECT COUNT(*) - COUNT(DISTINCT version_id) FROM goose_db_version WHERE version_id > 0"))
		same(t, twice, 0)
	})
}

func TestSchemaVersions(t *testing.T) {
	storagetest.EachConfig(t, func(t *testing.T, config storage.Config) {
		ctx := t.Context()
		db, err := storage.Open(ctx, config)
		ok(t, err)
		defer db.Close()
		have, want, err := db.Version(ctx)
		ok(t, err)
		if have != 0 || want < 1 {
			t.Errorf("never migrated: have %d, want %d", have, want)
		}
		ok(t, db.Migrate(ctx))
		ok(t, db.Migrate(ctx))
		// A newer program migrated the database: the old one goes on working.
		_, err = db.Pool().Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
		ok(t, err)
		ok(t, db.Migrate(ctx))
		have, _, err = db.Version(ctx)
		ok(t, err)
		same(t, have, int64(99))
		ok(t, db.Ping(ctx))
		ok(t, db.Close())
		if err := db.Ping(ctx); err == nil {
			t.Error("a closed database answers")
		}
	})
}

func TestMigrationThatWasCutOffGoesOn(t *testing.T) {
	storagetest.EachConfig(t, func(t *testing.T, config storage.Config) {
		if config.Driver == "sqlite" {
			return // a migration is one transaction there
		}
		db, err := storage.Open(t.Context(), config)
		ok(t, err)
		defer db.Close()
		ok(t, db.Migrate(t.Context()))
		for _, cut := range []string{"DROP TABLE attempts", "DELETE FROM goose_db_version"} {
			_, err := db.Pool().Exec(cut)
			ok(t, err)
		}
		ok(t, db.Migrate(t.Context()))
		must(db.TableCounts(t.Context()))(t)
		have, want, err := db.Version(t.Context())
		ok(t, err)
		same(t, have, want)
	})
}

func TestDatabaseFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "a b?%c.db")
	db, err := storage.Open(t.Context(), storage.Config{DSN: path})
	ok(t, err)
	defer db.Close()
	ok(t, db.Migrate(t.Context()))
	info, err := os.Stat(path)
	ok(t, err)
	same(t, info.Mode().Perm(), os.FileMode(0o600))
	if info.Size() == 0 {
		t.Error("the database is in another file")
	}
}
