package templates

import (
	_ "embed"
	"fmt"
	"html"
	"strings"
	"text/template"
)

//go:embed tables.txt
var tablesText string

var tables = template.Must(template.New("tables").Funcs(template.FuncMap{"word": word}).Parse(tablesText))

// word is what the pages have for a code.
func word(block string, data any) (string, error) {
	var b strings.Builder
	if err := pages["sheet"].ExecuteTemplate(&b, block, data); err != nil {
		return "", fmt.Errorf("word %q: %w", block, err)
	}
	return strings.ReplaceAll(html.UnescapeString(b.String()), "|", "/"), nil
}

// Cells renders words of exported tables by name.
func Cells(name string, data any) ([]string, error) {
	var b strings.Builder
	if err := tables.ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("table text %q: %w", name, err)
	}
	return strings.Split(b.String(), "|"), nil
}
