package storagetest

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"cailiao/storage"
)

// Beside is the same database as who stands at the server sees it.
func Beside(t testing.TB, config storage.Config) *sql.DB {
	t.Helper()
	driver, dsn := "sqlite", config.DSN+"?_pragma=busy_timeout(5000)"
	if config.Driver == "mysql" {
		driver, dsn = "mysql", config.DSN
	}
	pool, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}

// Dump is every value of every table, and every blob, as somebody would read them who stole
// database and photos, but no keys.
func Dump(t testing.TB, db *storage.DB, config storage.Config, blobs storage.Blobs) string {
	t.Helper()
	pool := Beside(t, config)
	counts, err := db.TableCounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for table := range counts {
		dumpTable(t, pool, table, &all)
	}
	err = blobs.Each(t.Context(), func(key string, _ time.Time) error {
		data, err := blobs.Get(t.Context(), key)
		fmt.Fprintf(&all, "%s: %s\n", key, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func dumpTable(t testing.TB, pool *sql.DB, table string, all *strings.Builder) {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, dest := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		for i, v := range values {
			fmt.Fprintf(all, "%s.%s=%s\n", table, columns[i], v)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
