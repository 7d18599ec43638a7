package storage

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
)

// Numbered, forward only, never edited after landing.
//
//go:embed migrations
var migrationFiles embed.FS

// migrations is how the schema of one engine moves.
type migrations struct {
	dialect goose.Dialect
	folder  string
	pool    *sqlx.DB // closed after use
	lock    goose.ProviderOption
}

// Migrate brings the schema to the newest version. Several instances may do so at once: one
// works, the others wait until ctx ends. A database newer than the program is left alone.
func (db *DB) Migrate(ctx context.Context) error {
	m, err := db.dialect.migrations(db.config)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer m.pool.Close()
	provider, err := m.provider()
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", db.dialect.printable(err))
	}
	return nil
}

// Version returns the schema version the database has (0: never migrated), and the one this
// program wants.
func (db *DB) Version(ctx context.Context) (have, want int64, err error) {
	m, err := db.dialect.migrations(db.config)
	if err != nil {
		return 0, 0, fmt.Errorf("schema version: %w", err)
	}
	defer m.pool.Close()
	provider, err := m.provider()
	if err != nil {
		return 0, 0, fmt.Errorf("schema version: %w", err)
	}
	for _, source := range provider.ListSources() {
		want = max(want, source.Version)
	}
	err = db.pool.GetContext(ctx, &have, "SELECT COALESCE(MAX(version_id), 0) FROM "+goose.DefaultTablename)
	if err != nil && db.dialect.classify(err) != faultNoTable {
		return 0, 0, fmt.Errorf("schema version: %w", err)
	}
	return have, want, nil
}

func (m migrations) provider() (*goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, m.folder)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(m.dialect, m.pool.DB, files, m.lock)
}

// namedLock is MySQL's GET_LOCK under the name of the database; it ends with its connection.
type namedLock struct{}

const lockName = "CONCAT('cailiao:', MD5(DATABASE()))"

func (namedLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	for {
		var got sql.NullInt64
		if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+lockName+", 5)").Scan(&got); err != nil {
			return fmt.Errorf("wait for another instance: %w", err)
		}
		if got.Int64 == 1 {
			return nil
		}
	}
}

func (namedLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "DO RELEASE_LOCK("+lockName+")")
	return err
}

// fileLock is the write lock of a second, empty SQLite file beside the database: it ends with
// its process, and the database stays readable and writable meanwhile.
type fileLock struct {
	path string
	pool *sql.DB
	tx   *sql.Tx
}

func (l *fileLock) Lock(ctx context.Context, _ *sql.DB) error {
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: l.path}).EscapedPath()+"?_txlock=immediate")
	if err != nil {
		return err
	}
	for {
		l.tx, err = pool.BeginTx(context.WithoutCancel(ctx), nil)
		if err == nil {
			l.pool = pool
			return nil
		}
		if (sqliteDialect{}).classify(err) != faultBusy {
			pool.Close()
			return fmt.Errorf("lock %s: %w", l.path, err)
		}
		select {
		case <-ctx.Done():
			pool.Close()
			return fmt.Errorf("wait for another instance: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (l *fileLock) Unlock(context.Context, *sql.DB) error {
	return errors.Join(l.tx.Rollback(), l.pool.Close())
}
