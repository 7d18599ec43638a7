package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// multiply copies the first people until there are n candidates with everything that belongs to them, inside the
// server: through the program it would take hours.
func (d *database) multiply(ctx context.Context, n int, attrs map[string]any) error {
	conn, err := d.server.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	do := func(query string, args ...any) error {
		_, err := conn.ExecContext(ctx, query, args...)
		return err
	}
	for _, setup := range []string{
		"USE " + d.name, "SET foreign_key_checks = 0, unique_checks = 0",
		"CREATE TABLE numbers (n INT PRIMARY KEY)", "INSERT INTO numbers VALUES (0)",
	} {
		if err := do(setup); err != nil {
			return err
		}
	}
	for have := 1; have < n; have *= 2 {
		if err := do("INSERT INTO numbers SELECT n + ? FROM numbers WHERE n + ? < ?", have, have, n); err != nil {
			return err
		}
	}
	copies, err := d.copies(ctx, conn, attrs)
	if err != nil {
		return err
	}
	const step = 20_000
	for first := people; first < n; first += step {
		for _, query := range copies {
			if err := do(query, first, min(first+step, n)); err != nil {
				return err
			}
		}
		fmt.Fprintf(os.Stderr, "\r%d of %d candidates", min(first+step, n), n)
	}
	fmt.Fprintln(os.Stderr)
	return do("ANALYZE TABLE candidates, submissions, talks, photos")
}

// copies are the statements that make candidates from the first to before the last number, each like one of the
// first people. Columns that are not named here are taken over.
func (d *database) copies(ctx context.Context, conn *sql.Conn, attrs map[string]any) ([]string, error) {
	known, err := json.Marshal(attrs)
	if err != nil {
		return nil, err
	}
	const openid = "CONCAT('o-bench-', LPAD(k.n, 7, '0'))"
	sha := "SHA2(CONCAT(k.n, '/', t.id), 256)"
	key := func(kind string) string { return "CONCAT(LEFT(" + sha + ", 2), '/', " + sha + ", '-" + kind + "')" }
	var all []string
	for _, table := range []struct {
		name, on string
		own      map[string]string
	}{
		{"candidates", "t.id = 1 + k.n % 1000", map[string]string{"id": "k.n + 1", "number": "CONCAT('27', LPAD(k.n, 8, '0'))", "openid": openid,
			// Sealed texts open only in their own row: the copies get plain ones, which are read as they are.
			"name": "'考生'", "id_number": "CONCAT('99', k.n)", "phone": "'13900000001'", "second_phone": "''", "answers": "'{}'",
			"attrs": "'" + string(known) + "'",
		}},
		{"submissions", "t.candidate_id = 1 + k.n % 1000", map[string]string{"id": "k.n + 1", "candidate_id": "k.n + 1"}},
		{"talks", "t.openid = CONCAT('o-bench-', LPAD(k.n % 1000, 7, '0'))", map[string]string{"openid": openid, "memo": "'{}'", "ahead": "''"}},
		{"photos", "t.candidate_id = 1 + k.n % 1000", map[string]string{
			"id": "NULL", "candidate_id": "k.n + 1", "sha256": sha, "phash": "t.phash + k.n * 7919", "dhash": "t.dhash + k.n * 104729",
			"original_key": key("original"), "copy_key": key("copy"), "screen_key": key("screen"), "thumb_key": key("thumb"),
		}},
	} {
		columns, err := d.columns(ctx, conn, table.name)
		if err != nil {
			return nil, err
		}
		values := make([]string, len(columns))
		for i, column := range columns {
			values[i] = "t." + column
			if own, ok := table.own[column]; ok {
				values[i] = own
				delete(table.own, column)
			}
		}
		if len(table.own) > 0 {
			return nil, fmt.Errorf("table %s has no columns %v", table.name, slices.Collect(maps.Keys(table.own)))
		}
		all = append(all, fmt.Sprintf("INSERT INTO %[1]s (%[2]s) SELECT %[3]s FROM numbers k JOIN %[1]s t ON %[4]s WHERE k.n >= ? AND k.n < ? ORDER BY k.n",
			table.name, strings.Join(columns, ", "), strings.Join(values, ", "), table.on))
	}
	return all, nil
}

func (d *database) columns(ctx context.Context, conn *sql.Conn, table string) (names []string, err error) {
	rows, err := conn.QueryContext(ctx, `SELECT column_name FROM information_schema.columns
		WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position`, d.name, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// size is what a table takes, rows and indexes, for one of its rows.
func (d *database) size(ctx context.Context, table string) (bytesPerRow float64, err error) {
	err = d.server.QueryRowContext(ctx, `SELECT (data_length + index_length) / table_rows FROM information_schema.tables
		WHERE table_schema = ? AND table_name = ?`, d.name, table).Scan(&bytesPerRow)
	return bytesPerRow, err
}
