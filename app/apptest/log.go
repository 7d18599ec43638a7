package apptest

import (
	"log/slog"
	"regexp"
	"testing"

	"cailiao/storage/storagetest"
	"cailiao/watch/watchtest"
)

// Logger writes into the test's own log, and fails the test at its end when a line holds a secret
// of the test's people.
func Logger(t testing.TB) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(watchtest.New(t, false), nil))
}

// keyValue is the key itself in a key file.
var keyValue = regexp.MustCompile(`"value": *"([^"]+)"`)

// Guard makes known to the scan of logs what every test of the whole program has in common.
func Guard(people []Person) {
	for _, p := range people {
		watchtest.Secret("name", p.Name)
		watchtest.Secret("registration number", p.Number)
		watchtest.Secret("ID number", p.ID, p.IDTail())
		watchtest.Secret("phone", p.Phone)
	}
	watchtest.Secret("password", Password)
	for _, m := range keyValue.FindAllStringSubmatch(storagetest.KeyText, -1) {
		watchtest.Secret("key", m[1])
	}
}
