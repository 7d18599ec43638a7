package storage

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	"cailiao/intake"
)

// What the table installation holds. A database without any of it is in use as ever.
const (
	factID       = "id"       // of the installation, since it was first moved
	factMoving   = "moving"   // to where; nobody may use the database
	factMoved    = "moved"    // to where; nobody may use the database any more
	factArriving = "arriving" // not all is here yet
	factCopied   = "copied "  // and a table: the primary key of its last row here
)

// settled is an error when the database is not, or no longer, the one the program is to use.
func (q Q) settled(ctx context.Context) error {
	for fact, advice := range map[string]string{
		factMoving:   "is being moved to %s: let `cailiao move` finish, or take it back with `cailiao move --back`",
		factMoved:    "was moved to %s: start the program with that configuration (`cailiao move --back` would give up what happened there)",
		factArriving: "is being filled from %s: let `cailiao move` finish",
	} {
		where, err := q.fact(ctx, fact)
		if q.home.dialect.classify(err) == faultNoTable || errors.Is(err, intake.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		return fmt.Errorf("this database "+advice, where)
	}
	return nil
}

func (q Q) fact(ctx context.Context, name string) (string, error) {
	return one(ctx, q, value[string], "SELECT value FROM installation WHERE name = ?", name)
}

func (q Q) setFact(ctx context.Context, name, value string) error {
	changed, err := q.exec(ctx, "UPDATE installation SET value = ? WHERE name = ?", value, name)
	if err == nil && changed == 0 {
		_, err = q.exec(ctx, "INSERT INTO installation (name, value) VALUES (?, ?)", name, value)
	}
	return err
}

func (q Q) forgetFacts(ctx context.Context, pattern string) error {
	_, err := q.exec(ctx, "DELETE FROM installation WHERE name LIKE ?", pattern)
	return err
}

// identity names the installation, for good.
func (q Q) identity(ctx context.Context) (id string, err error) {
	err = q.atomic(ctx, func(tx Q) error {
		if id, err = tx.fact(ctx, factID); errors.Is(err, intake.ErrNotFound) {
			id = rand.Text()
			err = tx.setFact(ctx, factID, id)
		}
		return err
	})
	return id, err
}

// Use says that the program works on this database until release is called, so that nobody moves
// it away meanwhile. Several instances may.
func (db *DB) Use(ctx context.Context) (release func() error, err error) {
	release, err = db.dialect.hold(ctx, db.config, "deferred")
	if err != nil {
		return nil, fmt.Errorf("database: %s is being moved to other engines (%w)", db.config.DSN, err)
	}
	return release, nil
}

// alone keeps others from using the database until release is called.
func (db *DB) alone(ctx context.Context) (release func() error, err error) {
	release, err = db.dialect.hold(ctx, db.config, "exclusive")
	if err != nil {
		return nil, fmt.Errorf("database: the program runs on %s: stop it first (%w)", db.config.DSN, err)
	}
	return release, nil
}

// holdBeside locks a second, empty SQLite file beside the database, shared ("deferred") or alone
// ("exclusive"); the lock ends with its process.
func holdBeside(ctx context.Context, path, lock string) (release func() error, err error) {
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_txlock="+lock)
	if err != nil {
		return nil, err
	}
	kept := context.WithoutCancel(ctx) // the lock outlives the caller's context
	for try := 1; ; try++ {
		tx, err := pool.BeginTx(kept, nil)
		if err == nil {
			var n int
			if err = tx.QueryRowContext(kept, "SELECT COUNT(*) FROM sqlite_master").Scan(&n); err == nil {
				return func() error { return errors.Join(tx.Rollback(), pool.Close()) }, nil
			}
			err = errors.Join(err, tx.Rollback())
		}
		// Somebody may just be looking whether the lock is free.
		if (sqliteDialect{}).classify(err) != faultBusy || try == 20 {
			return nil, errors.Join(err, pool.Close())
		}
		if err := pauseFor(ctx, 50*time.Millisecond); err != nil {
			return nil, errors.Join(err, pool.Close())
		}
	}
}
