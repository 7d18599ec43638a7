package storage_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// docs/privacy.md says of every table what it holds, and names each sealed column with the word.
func TestThePrivacyPageKnowsEveryTable(t *testing.T) {
	page, err := os.ReadFile("../docs/privacy.md")
	if err != nil {
		t.Fatal(err)
	}
	held, _, ok := strings.Cut(string(page), "What a stolen dump")
	if !ok {
		t.Fatal("the table has no end")
	}
	var tables []string
	err = storagetest.Open(t).Pool().Select(&tables, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%'")
	if err != nil || len(tables) < 25 {
		t.Fatal(len(tables), err)
	}
	for _, table := range tables {
		if !regexp.MustCompile(`\b` + table + `\b`).MatchString(held) {
			t.Errorf("%s is not on the page", table)
		}
	}
	for _, column := range storage.SealedColumns() {
		table, name, _ := strings.Cut(column, ".")
		if !regexp.MustCompile(`(?m)^\|[^|]*\|[^|]*\b` + table + `\.[^|;]*\b` + name + `\b[^|]*\|.*\bsealed\b`).MatchString(held) {
			t.Errorf("%s is not on the page as sealed", column)
		}
	}
}
