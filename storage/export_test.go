package storage

import (
	"context"
	"database/sql"

	"github.com/jmoiron/sqlx"
)

// Watched is the repository on one connection, telling each statement it runs.
func (db *DB) Watched(conn *sqlx.Conn, tell func(query string, args []any)) Q {
	return Q{sql: watched{db.pool, conn, tell}, home: db}
}

// Waiting is what is read of a user whose message has come.
func (q Q) Waiting(ctx context.Context, m Message) error {
	_, _, err := q.waiting(ctx, []Message{m})
	return err
}

// Pool is the database without the repository.
func (db *DB) Pool() *sqlx.DB { return db.pool }

var CheckMySQL = checkMySQL

type watched struct {
	sqlx.ExtContext
	conn *sqlx.Conn
	tell func(query string, args []any)
}

func (w watched) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	w.tell(query, args)
	return w.conn.QueryContext(ctx, query, args...)
}

func (w watched) QueryxContext(ctx context.Context, query string, args ...any) (*sqlx.Rows, error) {
	w.tell(query, args)
	return w.conn.QueryxContext(ctx, query, args...)
}

func (w watched) QueryRowxContext(ctx context.Context, query string, args ...any) *sqlx.Row {
	w.tell(query, args)
	return w.conn.QueryRowxContext(ctx, query, args...)
}

func (w watched) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	w.tell(query, args)
	return w.conn.ExecContext(ctx, query, args...)
}

// Tables are those that are moved and backed up.
var Tables = tables

// SealedColumns are the columns that stand sealed, as table.column.
func SealedColumns() (all []string) {
	for _, table := range sealedTables {
		for _, column := range table.columns {
			all = append(all, table.name+"."+column.name)
		}
	}
	return all
}
