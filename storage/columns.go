package storage

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"cailiao/intake"
)

// row is what a read function scans: *sqlx.Row or *sqlx.Rows.
type row interface{ Scan(dest ...any) error }

// one reads the only row; none is intake.ErrNotFound.
func one[T any](ctx context.Context, q Q, read func(row) (T, error), query string, args ...any) (T, error) {
	v, err := read(opened{q.sql.QueryRowxContext(ctx, query, args...), q.home.keys})
	return v, q.clean(err)
}

// list reads all rows.
func list[T any](ctx context.Context, q Q, read func(row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.sql.QueryxContext(ctx, query, args...)
	if err != nil {
		return nil, q.clean(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := read(opened{rows, q.home.keys})
		if err != nil {
			return nil, q.clean(err)
		}
		all = append(all, v)
	}
	return all, q.clean(rows.Err())
}

// value reads a row of one column.
func value[T any](r row) (v T, err error) { return v, r.Scan(&v) }

// exec runs a statement and returns how many rows it matched.
func (q Q) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := q.sql.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, q.clean(err)
	}
	n, err := result.RowsAffected()
	return n, q.clean(err)
}

// execOne runs a statement that must match a row; if it matches none, the error is missing.
func (q Q) execOne(ctx context.Context, missing error, query string, args ...any) error {
	n, err := q.exec(ctx, query, args...)
	if err == nil && n == 0 {
		return missing
	}
	return err
}

// insert runs an INSERT of one row and returns its id.
func (q Q) insert(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := q.sql.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, q.clean(err)
	}
	id, err := result.LastInsertId()
	return id, q.clean(err)
}

// clean turns a driver's error into one the house understands, and into one that may be
// logged: MySQL quotes the value in some messages.
func (q Q) clean(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return intake.ErrNotFound
	}
	switch q.home.dialect.classify(err) {
	case faultDuplicate:
		return fmt.Errorf("the row exists: %w", intake.ErrConflict)
	case faultOrphan:
		return fmt.Errorf("a row it belongs to is missing: %w", intake.ErrNotFound)
	}
	return q.home.dialect.printable(err)
}

// marks returns n groups of placeholders for columns: (?,?),(?,?).
func marks(n, columns int) string {
	group := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + ")"
	return strings.TrimSuffix(strings.Repeat(group+",", n), ",")
}

// args makes arguments of a slice, for IN (…).
func args[T any](values []T) []any {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = v
	}
	return all
}

// micros is how a time stands in a column; the zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// stored is a time as it will come back from a column.
func stored(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMicro(t.UnixMicro()).UTC()
}

// moment scans a BIGINT of microseconds into a time.
type moment struct{ t *time.Time }

func (m moment) Scan(src any) error {
	n, err := integer(src)
	*m.t = time.Time{}
	if n != 0 {
		*m.t = time.UnixMicro(n).UTC()
	}
	return err
}

// integer reads what a driver gives for an integer column, NULL as 0. database/sql goes by way of a text and reflection,
// which costs a turn with ten photos more than reading them does.
func integer(src any) (int64, error) {
	switch src := src.(type) {
	case int64:
		return src, nil
	case nil:
		return 0, nil
	case []byte:
		return strconv.ParseInt(string(src), 10, 64)
	}
	return 0, fmt.Errorf("integer column holds %T", src)
}

// whole scans an integer column, such as (*whole)(&p.Seq).
type whole int

func (w *whole) Scan(src any) error {
	n, err := integer(src)
	*w = whole(n)
	return err
}

// whole64 is whole for ids and versions.
type whole64 int64

func (w *whole64) Scan(src any) error {
	n, err := integer(src)
	*w = whole64(n)
	return err
}

// bits scans a BIGINT as the bit pattern of a uint64.
type bits struct{ n *uint64 }

func (b bits) Scan(src any) error {
	n, err := integer(src)
	*b.n = uint64(n)
	return err
}

// blank scans NULL as the zero value.
func blank[T any](dest *T) sql.Scanner { return nullable[T]{dest} }

type nullable[T any] struct{ dest *T }

func (n nullable[T]) Scan(src any) error {
	var v sql.Null[T]
	if err := v.Scan(src); err != nil {
		return err
	}
	*n.dest = v.V
	return nil
}

// orNull stores the zero value as NULL, so that a unique column may hold many of them.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// asJSON stores and scans a value as JSON text; scanning needs a pointer.
type asJSON struct{ v any }

func (j asJSON) Value() (driver.Value, error) {
	text, err := json.Marshal(j.v)
	return string(text), err
}

func (j asJSON) Scan(src any) error {
	text, err := textOf(src)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, j.v)
}

// attrs scans a JSON object so that whole numbers become int, as the season's expressions
// expect, not float64.
type attrs struct{ m *map[string]any }

func (a attrs) Scan(src any) error {
	text, err := textOf(src)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	m := map[string]any{}
	if err := decoder.Decode(&m); err != nil {
		return err
	}
	for k, v := range m {
		m[k] = withInts(v)
	}
	*a.m = m
	return nil
}

func withInts(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n
		}
		f, err := v.Float64()
		if err != nil {
			return math.Inf(1)
		}
		return f
	case []any:
		for i := range v {
			v[i] = withInts(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = withInts(v[k])
		}
	}
	return v
}

func textOf(src any) ([]byte, error) {
	switch src := src.(type) {
	case string:
		return []byte(src), nil
	case []byte:
		return src, nil
	case nil: // an outer join found no row
		return []byte("null"), nil
	}
	return nil, fmt.Errorf("JSON column holds %T", src)
}

// within adds to an error what was being done; nil stays nil.
func within(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

func isConflict(err error) bool { return errors.Is(err, intake.ErrConflict) }
