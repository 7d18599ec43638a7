package templates

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"
)

//go:embed tables.txt
var tablesText string

var tables = template.Must(template.New("tables").Parse(tablesText))

// Cells renders words of exported tables by name.
func Cells(name string, data any) ([]string, error) {
	var b strings.Builder
	if err := tables.ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("table text %q: %w", name, err)
	}
	return strings.Split(b.String(), "|"), nil
}
