package apptest

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
)

// Logger writes into the test's own log, and fails the test at its end when a line holds one
// of the secrets: names, numbers and tokens of the test's people have no place in logs.
func Logger(t testing.TB, secrets ...string) *slog.Logger {
	t.Helper()
	log := &testLog{t: t}
	t.Cleanup(func() {
		log.mu.Lock()
		defer log.mu.Unlock()
		log.over = true
		log.keep()
		for _, secret := range append(secrets, Secrets...) {
			if strings.Contains(log.all.String(), secret) {
				t.Errorf("the log holds personal data or a secret (%d characters)", len(secret))
			}
		}
	})
	return slog.New(slog.NewTextHandler(log, nil))
}

// keep adds the log to the file named by CAILIAO_TEST_LOG, and what must not stand in it to the file
// beside it: test.sh looks through all of them at once.
func (l *testLog) keep() {
	path := os.Getenv("CAILIAO_TEST_LOG")
	if path == "" {
		return
	}
	for name, text := range map[string]string{path: l.all.String(), path + ".secrets": strings.Join(Secrets, "\n") + "\n"} {
		f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			l.t.Error(err)
			return
		}
		if _, err := f.WriteString(text); err != nil {
			l.t.Error(err)
		}
		f.Close()
	}
}

type testLog struct {
	t    testing.TB
	mu   sync.Mutex
	all  bytes.Buffer
	over bool
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.Write(p)
	if _, fuzzing := l.t.(*testing.F); !l.over && !fuzzing { // an F may not speak while its target runs
		l.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}
