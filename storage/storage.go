// Package storage keeps what must not be lost: SQL is the truth (SQLite or MySQL/MariaDB),
// Redis gives order and comfort, pictures are blobs on disk or in a bucket. One set of methods
// serves both engines; what differs between them stands in dialect.go.
package storage

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jmoiron/sqlx"

	"cailiao/intake"
	"cailiao/seal"
)

// Config is the section "database" of the configuration. The zero value needs only a DSN.
type Config struct {
	Driver   string        `yaml:"driver"`    // "sqlite" (default) or "mysql" (MySQL ≥ 8.0, MariaDB ≥ 10.6)
	DSN      string        `yaml:"dsn"`       // sqlite: a file path; mysql: user:password@tcp(host:3306)/name
	MaxOpen  int           `yaml:"max_open"`  // connections at most; 0: 8 for sqlite, 32 for mysql
	MaxIdle  int           `yaml:"max_idle"`  // of them kept open without work; 0: all
	Lifetime time.Duration `yaml:"lifetime"`  // mysql: a connection is renewed after this; 0: 30m, below what servers and proxies allow
	IdleTime time.Duration `yaml:"idle_time"` // a connection without work is closed after this; 0: 5m
	TLS      TLSConfig     `yaml:"tls"`       // mysql
}

// Validate says what is wrong with the section, without touching the database: an
// *intake.FieldError whose key is relative to the section.
func (c Config) Validate() error {
	d, err := dialectOf(c.Driver)
	if err != nil {
		return err
	}
	// With one connection, a read beside an open transaction would wait for itself.
	if c.MaxOpen < 0 || c.MaxOpen == 1 {
		return misset("max_open", fmt.Sprintf("at least 2 connections, or 0 for the default, not %d", c.MaxOpen))
	}
	switch {
	case c.MaxIdle < 0:
		return misset("max_idle", fmt.Sprintf("a number from 0, not %d", c.MaxIdle))
	case c.Lifetime < 0:
		return misset("lifetime", "a time such as 30m expected")
	case c.IdleTime < 0:
		return misset("idle_time", "a time such as 5m expected")
	}
	if err := c.TLS.validate(); err != nil {
		return err
	}
	return d.checkDSN(c.DSN)
}

func misset(key, problem string) error { return &intake.FieldError{Key: key, Problem: problem} }

// DB is an open database. All methods of Q work on it outside a transaction; those of several
// statements open one themselves.
type DB struct {
	Q
	Now func() time.Time // nil: time.Now; only stamps submissions.updated_at

	config   Config
	dialect  dialect
	keys     *seal.Keys
	pool     *sqlx.DB
	shared   shared
	familiar familiar
}

// Q is the repository: one set of methods, on the database or inside a transaction.
type Q struct {
	sql  sqlx.ExtContext
	home *DB
	ends *[]closing // of messages, to be written by one statement at the end; nil: each is written at once
}

// Open connects and checks that the server is reachable, new enough and writable; each
// failure is one line that says what to do. It does not migrate. keys, one at most, seal personal
// data; without them whatever needs them fails.
func Open(ctx context.Context, config Config, keys ...*seal.Keys) (*DB, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	d, err := dialectOf(config.Driver)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	pool, err := d.open(config)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	if err := d.checkServer(ctx, pool, config); err != nil {
		pool.Close()
		return nil, fmt.Errorf("database: %w", err)
	}
	db := &DB{config: config, dialect: d, pool: pool}
	if len(keys) > 0 {
		db.keys = keys[0]
	}
	db.Q = Q{sql: pool, home: db}
	db.shared.open(db)
	return db, nil
}

// Ping asks the server for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.pool.PingContext(ctx); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return nil
}

// Close ends all connections.
func (db *DB) Close() error {
	err := db.pool.Close()
	db.shared.flying.Wait()
	return err
}

// Bounds of a retried transaction.
const (
	txTries    = 8
	txPause    = 5 * time.Millisecond // doubled each time, with jitter
	txPatience = 10 * time.Second     // no new try after this long
)

// InTx runs work in one transaction, committed when work returns nil, rolled back on error or
// panic. When the database chose it as the victim of a deadlock, or a lock took too long, the
// whole of work runs again: it must have no other effects.
func (db *DB) InTx(ctx context.Context, work func(tx Q) error) error {
	return db.retry(ctx, func() error { return db.tryTx(ctx, work) })
}

func (db *DB) retry(ctx context.Context, do func() error) error {
	began := time.Now()
	for try := 1; ; try++ {
		err := do()
		if err == nil || try == txTries || time.Since(began) > txPatience || db.dialect.classify(err) != faultBusy {
			return err
		}
		pause := txPause << try
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause/2 + rand.N(pause)):
		}
	}
}

func (db *DB) tryTx(ctx context.Context, work func(tx Q) error) error {
	tx, err := db.pool.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // does nothing after a commit; also on panic
	if err := work(Q{sql: tx, home: db}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// atomic runs several statements as one: in the transaction q is in, or in one of its own.
func (q Q) atomic(ctx context.Context, work func(tx Q) error) error {
	if _, open := q.sql.(*sqlx.Tx); open {
		return work(q)
	}
	return q.home.InTx(ctx, work)
}

func (q Q) now() time.Time {
	if q.home.Now != nil {
		return q.home.Now()
	}
	return time.Now()
}

// tables in an order that respects references: all but installation, which is about this database.
var tables = []string{
	"erasures", "doomed_blobs",
	"candidates", "privacy_consents", "submissions", "items", "photos", "decisions", "talks", "messages",
	"notices", "delivery_events", "notice_pauses", "consents", "staff", "recovery_codes", "events", "attempts", "questions", "used_scenes",
	"figures", "figure_marks", "batches", "batch_rows",
	"roster_jobs", "roster_columns",
	"claims", "undos", "reason_counts",
}

// TableCounts counts the rows of every table, for `cailiao check` and tests; it reads whole
// tables.
func (q Q) TableCounts(ctx context.Context) (map[string]int, error) {
	counts := make(map[string]int, len(tables))
	for _, table := range tables {
		var n int
		if err := sqlx.GetContext(ctx, q.sql, &n, "SELECT COUNT(*) FROM "+table); err != nil {
			return nil, fmt.Errorf("count %s: %w", table, q.clean(err))
		}
		counts[table] = n
	}
	return counts, nil
}
