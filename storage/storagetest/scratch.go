package storagetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"

	"cailiao/storage"
)

// Scratch is a database of its own on a MySQL or MariaDB server, to be filled fast and dropped
// afterwards.
type Scratch struct {
	Config storage.Config

	name string
	pool *sql.DB
}

// NewScratch makes an empty database on the server that dsn names; a database named there is
// not touched.
func NewScratch(ctx context.Context, dsn string) (*Scratch, error) {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, errors.New("scratch database: a DSN such as user:password@tcp(127.0.0.1:3306)/ expected")
	}
	config.DBName = ""
	server, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		return nil, fmt.Errorf("scratch database: %w", err)
	}
	defer server.Close()
	s := &Scratch{name: "cailiao_test_" + strings.ToLower(rand.Text())}
	if _, err := server.ExecContext(ctx, "CREATE DATABASE "+s.name); err != nil {
		return nil, fmt.Errorf("scratch database: %w", err)
	}
	config.DBName = s.name
	s.Config = storage.Config{Driver: "mysql", DSN: config.FormatDSN()}
	config.InterpolateParams = true
	config.Params = map[string]string{"foreign_key_checks": "0", "unique_checks": "0"} // rows are made to fit
	s.pool, err = sql.Open("mysql", config.FormatDSN())
	return s, err
}

// Drop removes the database.
func (s *Scratch) Drop() error {
	_, err := s.pool.Exec("DROP DATABASE " + s.name)
	return errors.Join(err, s.pool.Close())
}

const scratchStep = 1000 // rows a statement

// Insert adds n rows to a table, many in one statement; row makes the i-th, from 0.
func (s *Scratch) Insert(ctx context.Context, table, columns string, n int, row func(i int) []any) error {
	var args []any
	var values strings.Builder
	for i := range n {
		cells := row(i)
		if values.Len() > 0 {
			values.WriteByte(',')
		}
		values.WriteString("(" + strings.TrimSuffix(strings.Repeat("?,", len(cells)), ",") + ")")
		args = append(args, cells...)
		if (i+1)%scratchStep == 0 || i+1 == n {
			if _, err := s.pool.ExecContext(ctx, "INSERT INTO "+table+" ("+columns+") VALUES "+values.String(), args...); err != nil {
				return fmt.Errorf("fill %s: %w", table, err)
			}
			args = args[:0]
			values.Reset()
		}
	}
	return nil
}

// Analyze brings the server's statistics of some tables up to date, which its plans go by.
func (s *Scratch) Analyze(ctx context.Context, tables ...string) error {
	rows, err := s.pool.QueryContext(ctx, "ANALYZE TABLE "+strings.Join(tables, ", "))
	if err != nil {
		return fmt.Errorf("analyze: %w", err)
	}
	return rows.Close()
}
