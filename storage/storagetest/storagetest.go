// Package storagetest opens databases and Redis servers for tests: what is embedded always,
// and the servers named by the environment. It starts servers of a test's own, too.
//
//	CAILIAO_TEST_MYSQL    DSN of a MySQL or MariaDB user who may create databases
//	CAILIAO_TEST_REDIS    host:port of a Redis server whose databases 1 to 15 may be emptied
//	CAILIAO_TEST_S3       http://key:secret@host:port of an S3 service, path style, whose key may make
//	                      buckets; without it a fake in the process stands for one
//	CAILIAO_TEST_ENGINES  "all": a server that is not named fails the test
package storagetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"cailiao/storage"
)

// Each runs f on a fresh, migrated database of every engine, as subtests "sqlite" and "mysql".
func Each(t *testing.T, f func(t *testing.T, db *storage.DB)) {
	t.Helper()
	EachConfig(t, func(t *testing.T, config storage.Config) { f(t, open(t, config)) })
}

// EachConfig runs f with an empty database of every engine that nobody has opened yet.
func EachConfig(t *testing.T, f func(t *testing.T, config storage.Config)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, file(t)) })
	dsn := os.Getenv("CAILIAO_TEST_MYSQL")
	if dsn == "" && !mustAll() {
		return
	}
	t.Run("mysql", func(t *testing.T) {
		if dsn == "" {
			t.Fatal("CAILIAO_TEST_MYSQL is empty, but CAILIAO_TEST_ENGINES wants all engines")
		}
		f(t, database(t, dsn))
	})
}

// Open returns a fresh, migrated SQLite database.
func Open(t testing.TB) *storage.DB {
	t.Helper()
	return open(t, file(t))
}

func mustAll() bool { return os.Getenv("CAILIAO_TEST_ENGINES") == "all" }

func open(t testing.TB, config storage.Config) *storage.DB {
	t.Helper()
	db, err := storage.Open(context.Background(), config, Keys(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return db
}

func file(t testing.TB) storage.Config {
	return storage.Config{Driver: "sqlite", DSN: filepath.Join(t.TempDir(), "test.db")}
}

// database creates one on the server and drops it after the test.
func database(t testing.TB, dsn string) storage.Config {
	t.Helper()
	scratch, err := NewScratch(context.Background(), dsn)
	if err != nil {
		t.Fatalf("CAILIAO_TEST_MYSQL: %v", err)
	}
	t.Cleanup(func() {
		if err := scratch.Drop(); err != nil {
			t.Errorf("drop test database: %v", err)
		}
	})
	return scratch.Config
}

// EachRedis runs f on an empty Redis in the process and on the server of the environment, as
// subtests "embedded" and "server".
func EachRedis(t *testing.T, f func(t *testing.T, r *storage.Redis)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) { f(t, Redis(t, nil)) })
	addr := os.Getenv("CAILIAO_TEST_REDIS")
	if addr == "" && !mustAll() {
		return
	}
	t.Run("server", func(t *testing.T) {
		if addr == "" {
			t.Fatal("CAILIAO_TEST_REDIS is empty, but CAILIAO_TEST_ENGINES wants all engines")
		}
		f(t, connect(t, storage.RedisConfig{Addr: addr, DB: emptyDB(t, addr)}, nil))
	})
}

// EachSet runs f on a fresh database of every engine and the empty Redis that goes with it, as
// subtests "sqlite" (all embedded) and "mysql" (both servers).
func EachSet(t *testing.T, f func(t *testing.T, db *storage.DB, r *storage.Redis)) {
	t.Helper()
	EachConfig(t, func(t *testing.T, config storage.Config) {
		addr := os.Getenv("CAILIAO_TEST_REDIS")
		switch {
		case config.Driver == "sqlite" || addr == "" && !mustAll():
			f(t, open(t, config), Redis(t, nil))
		case addr == "":
			t.Fatal("CAILIAO_TEST_REDIS is empty, but CAILIAO_TEST_ENGINES wants all engines")
		default:
			f(t, open(t, config), connect(t, storage.RedisConfig{Addr: addr, DB: emptyDB(t, addr)}, nil))
		}
	})
}

// Redis starts an empty Redis in the process; now may be nil.
func Redis(t testing.TB, now func() time.Time) *storage.Redis {
	t.Helper()
	return connect(t, storage.RedisConfig{}, now)
}

func connect(t testing.TB, config storage.RedisConfig, now func() time.Time) *storage.Redis {
	t.Helper()
	r, err := storage.OpenRedis(context.Background(), config, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// emptyDB reserves one of the server's databases 1 to 15 for this test, so that tests of
// several packages may run at once; the reservations stand in database 0.
func emptyDB(t testing.TB, addr string) int {
	t.Helper()
	ctx := context.Background()
	desk := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { desk.Close() })
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		for n := 1; n <= 15; n++ {
			seat := fmt.Sprintf("cailiao-test:%d", n)
			switch err := desk.SetArgs(ctx, seat, "taken", redis.SetArgs{Mode: "NX", TTL: 30 * time.Minute}).Err(); {
			case err == redis.Nil:
				continue
			case err != nil:
				t.Fatalf("CAILIAO_TEST_REDIS: %v", err)
			}
			flush(t, addr, n)
			t.Cleanup(func() { flush(t, addr, n); desk.Del(ctx, seat) })
			return n
		}
	}
	t.Fatal("CAILIAO_TEST_REDIS: no free database for a minute")
	return 0
}

func flush(t testing.TB, addr string, n int) {
	client := redis.NewClient(&redis.Options{Addr: addr, DB: n})
	defer client.Close()
	if err := client.FlushDB(context.Background()).Err(); err != nil {
		t.Fatalf("CAILIAO_TEST_REDIS: %v", err)
	}
}
