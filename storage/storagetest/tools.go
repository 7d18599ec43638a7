package storagetest

import (
	"os/exec"
	"testing"
)

// Tool is the path of a program that a test needs, or "" where it is not installed and need not be.
func Tool(t testing.TB, name, debian string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && mustAll() {
		t.Fatalf("%s is missing, but CAILIAO_TEST_ENGINES wants all engines (Debian: %s)", name, debian)
	}
	return path
}
