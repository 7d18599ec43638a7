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
	lock    func(ctx context.Context) (unlock func() error, err error)
}

// Migrate brings the schema to the newest version. Several instances may do so at once: one
// works, the others wait until ctx ends. A database newer than the program is left alone; one that
// is being moved, or was moved, is an error.
func (db *DB) Migrate(ctx context.Context) error {
	if err := db.settled(ctx); err != nil {
		return err
	}
	return db.migrate(ctx)
}

func (db *DB) migrate(ctx context.Context) error {
	m, err := db.dialect.migrations(db.config)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer m.pool.Close()
	if err := m.up(ctx, db.dialect); err != nil {
		return fmt.Errorf("migrate: %w", db.denied(err))
	}
	if err := db.guardEvents(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// denied says what to do about a database that can be read but not written.
func (db *DB) denied(err error) error {
	if db.dialect.classify(err) == faultDenied {
		return fmt.Errorf("the database user may not change it, or the server is read-only: GRANT ALL on this database is needed (%w)",
			db.dialect.printable(err))
	}
	return db.dialect.printable(err)
}

// ProveWritable writes a row and takes it back.
func (db *DB) ProveWritable(ctx context.Context) error {
	undo := errors.New("undo")
	err := db.InTx(ctx, func(tx Q) error {
		if err := tx.Log(ctx, Event{At: db.now(), Action: "check"}); err != nil {
			return err
		}
		return undo
	})
	if err == undo {
		return nil
	}
	return fmt.Errorf("database: %w", db.denied(err))
}

// up works under a lock of our own: goose takes its lock only after it has made its table.
func (m migrations) up(ctx context.Context, d dialect) (err error) {
	unlock, err := m.lock(ctx)
	if err != nil {
		return fmt.Errorf("wait for another instance: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	// MySQL cannot make a table and fill it at once: a start that was cut off there left goose's
	// table without its first row.
	_, err = m.pool.ExecContext(ctx, `INSERT INTO goose_db_version (version_id, is_applied)
		SELECT 0, 1 FROM (SELECT COUNT(*) AS n FROM goose_db_version) have WHERE n = 0`)
	if err != nil && d.classify(err) != faultNoTable {
		return err
	}
	provider, err := m.provider()
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
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
	return goose.NewProvider(m.dialect, m.pool.DB, files)
}

const lockName = "CONCAT('cailiao:', MD5(DATABASE()))"

// lockServer takes MySQL's GET_LOCK under the name of the database; it ends with its connection.
func lockServer(ctx context.Context, pool *sqlx.DB) (unlock func() error, err error) {
	conn, err := pool.Connx(ctx)
	if err != nil {
		return nil, err
	}
	for {
		var got sql.NullInt64
		err := conn.GetContext(ctx, &got, "SELECT GET_LOCK("+lockName+", 2)")
		switch {
		case err != nil:
			conn.Close()
			return nil, err
		case got.Int64 == 1:
			return func() error {
				_, err := conn.ExecContext(context.WithoutCancel(ctx), "DO RELEASE_LOCK("+lockName+")")
				return errors.Join(err, conn.Close())
			}, nil
		}
	}
}

// lockBeside takes the write lock of a second, empty SQLite file beside the database: it ends
// with its process, and the database stays readable and writable meanwhile.
func lockBeside(ctx context.Context, path string) (unlock func() error, err error) {
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_txlock=immediate")
	if err != nil {
		return nil, err
	}
	for {
		tx, err := pool.BeginTx(context.WithoutCancel(ctx), nil)
		if err == nil {
			return func() error { return errors.Join(tx.Rollback(), pool.Close()) }, nil
		}
		if (sqliteDialect{}).classify(err) != faultBusy {
			pool.Close()
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		select {
		case <-ctx.Done():
			pool.Close()
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
