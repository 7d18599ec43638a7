package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is everything in which the engines differ.
type dialect interface {
	checkDSN(dsn string) error
	open(Config) (*sqlx.DB, error)
	checkServer(ctx context.Context, pool *sqlx.DB, config Config) error
	classify(error) fault                  // what a driver's error means to us
	printable(error) error                 // the error without values of the data
	forUpdate() string                     // suffix of a SELECT that locks its rows
	clock() string                         // SELECT of the server's time in microseconds; "": it is this machine's
	countTrigger() string                  // SELECT of how many triggers have a name
	refuse(trigger, what string) string    // statement that makes a trigger against UPDATE or DELETE of events
	eventIndex(EventSearch) string         // hint, behind the table's name, of the index to walk
	migrations(Config) (migrations, error) // how the schema moves

	primaryKey() string                  // SELECT of its columns in order, by table
	snapshot() *sql.TxOptions            // of reads that see one moment
	lastID(table string, n int64) string // statement: ids go on behind n
	hold(ctx context.Context, c Config, lock string) (release func() error, err error)
}

// fault is what a driver's error means to us.
type fault int

const (
	faultOther     fault = iota
	faultDuplicate       // a unique key is taken
	faultOrphan          // a referenced row is missing
	faultBusy            // deadlock or lock timeout: the transaction may be tried again
	faultNoTable         // nothing was migrated yet
	faultDenied          // the user may not do this, or nobody may write
)

func dialectOf(driver string) (dialect, error) {
	switch driver {
	case "", "sqlite":
		return sqliteDialect{}, nil
	case "mysql":
		return mysqlDialect{}, nil
	}
	return nil, misset("driver", fmt.Sprintf(`"sqlite" or "mysql" expected, not %q`, driver))
}

type sqliteDialect struct{}

func (sqliteDialect) checkDSN(dsn string) error {
	if dsn == "" || strings.HasPrefix(dsn, ":memory:") || strings.HasPrefix(dsn, "file:") {
		return misset("dsn", "sqlite needs the path of a file, such as data/cailiao.db")
	}
	return nil
}

// open makes the file readable only for us. The first writer waits for the lock at BEGIN, not
// in the middle of a transaction, where SQLite could only fail.
func (sqliteDialect) open(c Config) (*sqlx.DB, error) {
	if err := os.MkdirAll(filepath.Dir(c.DSN), 0o700); err != nil {
		return nil, fmt.Errorf("dsn: %w", err)
	}
	switch f, err := os.OpenFile(c.DSN, os.O_RDWR|os.O_CREATE, 0o600); {
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("dsn: %s is read-only for this user, or its folder is", c.DSN)
	case err != nil:
		return nil, fmt.Errorf("dsn: %w", err)
	default:
		f.Close()
	}
	pool, err := sqlx.Open("sqlite", sqliteDSN(c.DSN))
	if err != nil {
		return nil, err
	}
	setPool(pool, c, 8)
	return pool, nil
}

func sqliteDSN(path string) string {
	parameters := url.Values{
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
		"_txlock": {"immediate"},
		"_dqs":    {"0"},
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + parameters.Encode()
}

func (d sqliteDialect) checkServer(ctx context.Context, pool *sqlx.DB, c Config) error {
	var err error
	for range 10 { // several instances may turn WAL on at once: the loser is told to come again
		var tx *sql.Tx
		if tx, err = pool.BeginTx(ctx, nil); err == nil {
			return tx.Rollback()
		}
		if d.classify(err) != faultBusy {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	switch sqliteCode(err) & 0xff {
	case sqlite3.SQLITE_BUSY:
		return nil // somebody writes all the time: so it can be written
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("dsn: %s is read-only for this user, or its folder is", c.DSN)
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("dsn: %s is not an SQLite database", c.DSN)
	}
	return fmt.Errorf("dsn: %s: %w", c.DSN, err)
}

func (sqliteDialect) classify(err error) fault {
	switch code := sqliteCode(err); {
	case code == sqlite3.SQLITE_CONSTRAINT_UNIQUE, code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return faultDuplicate
	case code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return faultOrphan
	case code&0xff == sqlite3.SQLITE_BUSY, code&0xff == sqlite3.SQLITE_LOCKED:
		return faultBusy
	case code&0xff == sqlite3.SQLITE_READONLY:
		return faultDenied
	case code == sqlite3.SQLITE_ERROR: // what SQLite says of a statement it cannot prepare
		return faultNoTable
	}
	return faultOther
}

func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

func (sqliteDialect) printable(err error) error { return err }
func (sqliteDialect) forUpdate() string         { return "" } // BEGIN IMMEDIATE locked everything
func (sqliteDialect) clock() string             { return "" }

func (sqliteDialect) primaryKey() string {
	return "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk"
}

func (sqliteDialect) snapshot() *sql.TxOptions { return nil } // BEGIN IMMEDIATE: nobody writes

func (sqliteDialect) lastID(table string, n int64) string {
	return fmt.Sprintf("UPDATE sqlite_sequence SET seq = MAX(seq, %d) WHERE name = '%s'", n, table)
}

func (sqliteDialect) hold(ctx context.Context, c Config, lock string) (func() error, error) {
	return holdBeside(ctx, c.DSN+".serving", lock)
}

func (d sqliteDialect) migrations(c Config) (migrations, error) {
	pool, err := d.open(c)
	lock := func(ctx context.Context) (func() error, error) { return lockBeside(ctx, c.DSN+".migrating") }
	return migrations{goose.DialectSQLite3, "migrations/sqlite", pool, lock}, err
}

type mysqlDialect struct{}

const mysqlExample = "user:password@tcp(127.0.0.1:3306)/cailiao"

func (mysqlDialect) checkDSN(dsn string) error {
	config, err := mysql.ParseDSN(dsn)
	if err != nil || config.DBName == "" {
		// The parser's message may repeat parts of the DSN, and so the password.
		return misset("dsn", "mysql needs user, address and database name, such as "+mysqlExample)
	}
	return nil
}

func (mysqlDialect) open(c Config) (*sqlx.DB, error) {
	config, err := mysqlConfig(c)
	if err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("dsn: %w", err)
	}
	pool := sqlx.NewDb(sql.OpenDB(readCommitted{connector}), "mysql")
	setPool(pool, c, 32)
	pool.SetConnMaxLifetime(orDefault(c.Lifetime, 30*time.Minute)) // below the servers' and proxies' idle limits
	return pool, nil
}

// readCommitted sets the isolation of a connection once, which at every transaction costs a round trip. Under
// REPEATABLE READ the rows read after waiting for a lock would be those from before it.
type readCommitted struct{ driver.Connector }

func (c readCommitted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	execer, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("the driver cannot set the isolation of transactions"), conn.Close())
	}
	if _, err := execer.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// mysqlConfig adds what our statements rely on to the user's DSN: matched rows are counted,
// not changed ones; arguments travel with the statement, in one round trip; a value too long
// is an error; nothing waits for ever.
func mysqlConfig(c Config) (*mysql.Config, error) {
	config, err := mysql.ParseDSN(c.DSN)
	if err != nil {
		return nil, fmt.Errorf("dsn: such as %s expected", mysqlExample)
	}
	if c.TLS.Use {
		if config.TLS, err = c.TLS.open(); err != nil {
			return nil, err
		}
	}
	config.ParseTime, config.Loc = true, time.UTC
	config.ClientFoundRows, config.InterpolateParams, config.MultiStatements = true, true, false
	config.Collation = "utf8mb4_bin"
	config.Timeout = orDefault(config.Timeout, 3*time.Second)
	config.ReadTimeout = orDefault(config.ReadTimeout, 30*time.Second)
	config.WriteTimeout = orDefault(config.WriteTimeout, 30*time.Second)
	config.Logger = &mysql.NopLogger{}
	if config.Params == nil {
		config.Params = map[string]string{}
	}
	config.Params["sql_mode"] = "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'"
	if config.Params["innodb_lock_wait_timeout"] == "" {
		config.Params["innodb_lock_wait_timeout"] = "5"
	}
	return config, nil
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

func setPool(pool *sqlx.DB, c Config, otherwise int) {
	open := c.MaxOpen
	if open == 0 {
		open = otherwise
	}
	idle := c.MaxIdle
	if idle == 0 {
		idle = open
	}
	pool.SetMaxOpenConns(open)
	pool.SetMaxIdleConns(idle)
	pool.SetConnMaxIdleTime(orDefault(c.IdleTime, 5*time.Minute))
}

func (mysqlDialect) checkServer(ctx context.Context, pool *sqlx.DB, c Config) error {
	var version, readOnly, innodbReadOnly string
	err := pool.QueryRowContext(ctx, "SELECT VERSION(), @@global.read_only, @@global.innodb_read_only").
		Scan(&version, &readOnly, &innodbReadOnly)
	config, _ := mysql.ParseDSN(c.DSN)
	switch mysqlCode(err) {
	case 0:
	case 1045, 1698:
		return fmt.Errorf("dsn: %s refuses user %q or the password", config.Addr, config.User)
	case 1044, 1049:
		return fmt.Errorf("dsn: database %q does not exist on %s, or user %q may not use it", config.DBName, config.Addr, config.User)
	default:
		return fmt.Errorf("dsn: %s: %w", config.Addr, err)
	}
	switch why := distrust(err); {
	case why != "":
		return fmt.Errorf("tls: %s is not believed: %s", config.Addr, why)
	case errors.Is(err, mysql.ErrNoTLS):
		return fmt.Errorf("tls: the server at %s does not offer TLS", config.Addr)
	case err != nil:
		return fmt.Errorf("dsn: no MySQL or MariaDB server answers at %s: %w", config.Addr, err)
	}
	return checkMySQL(version, readOnly, innodbReadOnly)
}

var versionNumber = regexp.MustCompile(`^(\d+)\.(\d+)`)

// checkMySQL judges a server by VERSION() and its read-only switches, each 0/1 or OFF/word.
func checkMySQL(version string, readOnly ...string) error {
	least, major, minor := "MySQL 8.0", 8, 0
	if strings.Contains(version, "MariaDB") {
		least, major, minor = "MariaDB 10.6", 10, 6
	}
	m := versionNumber.FindStringSubmatch(strings.TrimPrefix(version, "5.5.5-")) // a mask of old MariaDB
	if m == nil {
		return fmt.Errorf("the server calls itself %q: MySQL or MariaDB expected", version)
	}
	haveMajor, _ := strconv.Atoi(m[1])
	haveMinor, _ := strconv.Atoi(m[2])
	if haveMajor < major || haveMajor == major && haveMinor < minor {
		return fmt.Errorf("the server is too old: %s, at least %s is needed", version, least)
	}
	for _, v := range readOnly {
		if v != "0" && !strings.EqualFold(v, "OFF") {
			return errors.New("the server is read-only: connect to the primary, or set read_only=0")
		}
	}
	return nil
}

func (mysqlDialect) classify(err error) fault {
	switch mysqlCode(err) {
	case 1062, 1359: // ER_DUP_ENTRY, ER_TRG_ALREADY_EXISTS
		return faultDuplicate
	case 1452, 1216: // ER_NO_REFERENCED_ROW
		return faultOrphan
	case 1213, 1205, 1020: // ER_LOCK_DEADLOCK, ER_LOCK_WAIT_TIMEOUT, ER_CHECKREAD
		return faultBusy
	case 1146: // ER_NO_SUCH_TABLE
		return faultNoTable
	case 1044, 1142, 1143, 1227, 1290, 1370, 1419, 1792, 1836: // denied to this user; the server or the transaction is read-only
		return faultDenied
	}
	return faultOther
}

func mysqlCode(err error) uint16 {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}

// printable drops the text of those errors in which the server quotes the statement or a value.
func (mysqlDialect) printable(err error) error {
	switch code := mysqlCode(err); code {
	case 1064, 1149, 1292, 1366, 1367, 1411, 1525, 3988:
		return fmt.Errorf("the database refused a value or statement: error %d", code)
	}
	return err
}

func (mysqlDialect) forUpdate() string { return " FOR UPDATE" }

func (mysqlDialect) primaryKey() string {
	return `SELECT column_name FROM information_schema.key_column_usage
		WHERE table_schema = DATABASE() AND table_name = ? AND constraint_name = 'PRIMARY' ORDER BY ordinal_position`
}

func (mysqlDialect) snapshot() *sql.TxOptions {
	return &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
}

func (mysqlDialect) lastID(table string, n int64) string {
	return fmt.Sprintf("ALTER TABLE %s AUTO_INCREMENT = %d", table, n+1)
}

// hold: nothing is moved away from here.
func (mysqlDialect) hold(context.Context, Config, string) (func() error, error) {
	return func() error { return nil }, nil
}

func (mysqlDialect) clock() string {
	return "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)"
}

// migrations use connections of their own: altering a big table takes longer than any statement
// of the program may.
func (mysqlDialect) migrations(c Config) (migrations, error) {
	config, err := mysqlConfig(c)
	if err != nil {
		return migrations{}, err
	}
	config.ReadTimeout = 0
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return migrations{}, err
	}
	pool := sqlx.NewDb(sql.OpenDB(connector), "mysql")
	lock := func(ctx context.Context) (func() error, error) { return lockServer(ctx, pool) }
	return migrations{goose.DialectMySQL, "migrations/mysql", pool, lock}, nil
}
