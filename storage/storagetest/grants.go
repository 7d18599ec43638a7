package storagetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"os"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"cailiao/storage"
)

// Granted gives a user of the test's own what docs/security/grants.sql gives the program, on a database
// that is up to date, and returns the configuration of that user. The triggers are taken away: what is
// refused is refused by the grants.
func Granted(t testing.TB, config storage.Config, script string) storage.Config {
	t.Helper()
	dsn, err := mysql.ParseDSN(config.DSN)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	pool := pool(t, config)
	exec := func(statement string) {
		t.Helper()
		if _, err := pool.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	user := "test_" + strings.ToLower(rand.Text()[:12])
	owner := user + "_owner"
	t.Cleanup(func() {
		for _, name := range []string{user, owner} {
			if _, err := pool.Exec("DROP USER '" + name + "'@'%'"); err != nil {
				t.Error(err)
			}
		}
	})
	grants, _, _ := strings.Cut(string(text), "DELIMITER") // the triggers stand behind it
	grants = strings.NewReplacer("cailiao_owner", owner, "'cailiao'@", "'"+user+"'@", "''cailiao''@", "''"+user+"''@",
		"'cailiao'", "'"+dsn.DBName+"'", "cailiao.", dsn.DBName+".", "EXISTS cailiao ", "EXISTS "+dsn.DBName+" ").Replace(grants)
	var lines []string
	for line := range strings.Lines(grants) {
		if !strings.HasPrefix(line, "--") {
			lines = append(lines, line)
		}
	}
	for _, statement := range strings.Split(strings.Join(lines, ""), ";\n") {
		switch statement = strings.TrimSpace(statement); {
		case statement == "":
		case strings.HasPrefix(statement, "SELECT"): // prints statements
			for _, printed := range column(t, pool, statement) {
				exec(printed)
			}
		default:
			exec(statement)
		}
	}
	for _, trigger := range column(t, pool, "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()") {
		exec("DROP TRIGGER " + trigger)
	}
	dsn.User, dsn.Passwd = user, "change-me-2"
	config.DSN = dsn.FormatDSN()
	return config
}

// Try runs a statement as the user of a configuration.
func Try(t testing.TB, config storage.Config, statement string) error {
	t.Helper()
	_, err := pool(t, config).ExecContext(context.WithoutCancel(t.Context()), statement)
	return err
}

func pool(t testing.TB, config storage.Config) *sql.DB {
	t.Helper()
	pool, err := sql.Open("mysql", config.DSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}

func column(t testing.TB, pool *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := pool.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}
