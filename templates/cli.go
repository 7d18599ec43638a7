package templates

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"
)

//go:embed cli.txt
var cliText string

var cli = template.Must(template.New("cli").Parse(cliText))

// CLI renders a text of the command line by name.
func CLI(name string, data any) (string, error) {
	var b strings.Builder
	if err := cli.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("command line text %q: %w", name, err)
	}
	return b.String(), nil
}
