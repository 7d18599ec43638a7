package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestThePageOfLicencesIsUpToDate(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, name := range []string{"go.mod", "go.sum"} { // so that a result is not kept when they change
		if _, err := os.ReadFile(filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := page()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(root, "docs", "licences.md")); err != nil || string(got) != want {
		t.Errorf("docs/licences.md is not what `go run ./cmd/licences` writes (%v)", err)
	}
}
