// Package watchtest keeps what tests log, and knows what must not stand there: names, numbers, open ids, keys, tokens,
// passwords, codes and sessions of the tests' people. Each test's own log is looked through when it ends, those of the
// whole suite together by test.sh.
package watchtest

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
)

// Log is a log that many may write to at once.
type Log struct {
	t     testing.TB
	quiet bool
	mu    sync.Mutex
	all   bytes.Buffer
	over  bool
}

// New is a log that is kept and looked through when the test ends. It speaks in the test's own log unless quiet.
func New(t testing.TB, quiet bool) *Log {
	t.Helper()
	standard()
	_, fuzzing := t.(*testing.F) // an F may not speak while its target runs
	l := &Log{t: t, quiet: quiet || fuzzing}
	t.Cleanup(func() {
		l.mu.Lock()
		l.over = true
		text := l.all.String()
		l.mu.Unlock()
		Check(t, text)
	})
	return l
}

// Logger is a logger whose log is kept and looked through when the test ends.
func Logger(t testing.TB) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(New(t, true), nil))
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.Write(p)
	if !l.over && !l.quiet {
		l.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// Check fails the test when text, all that something logged, holds a secret, and adds it to the suite's log.
func Check(t testing.TB, text string) {
	t.Helper()
	keep(LogFile(), text)
	for _, hit := range Scan(text, Known()) {
		t.Errorf("the log holds a secret: %s", hit)
	}
}

// LogFile is where the logs of the whole suite go, from the environment; empty: nowhere.
func LogFile() string { return os.Getenv("CAILIAO_TEST_LOG") }

// keep adds text to a file that many processes add to.
func keep(path, text string) {
	if path == "" || text == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = io.WriteString(f, text)
		f.Close()
	}
	if err != nil {
		panic(fmt.Sprintf("watchtest: %v", err)) // a suite that keeps half its logs proves nothing
	}
}

// standard also keeps what goes to Go's own logger: net/http and modules write there.
var standard = sync.OnceFunc(func() { log.SetOutput(io.MultiWriter(os.Stderr, suite{})) })

type suite struct{}

func (suite) Write(p []byte) (int, error) {
	keep(LogFile(), string(p))
	return len(p), nil
}
