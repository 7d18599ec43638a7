package templates

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"
)

//go:embed codes.html
var codesText string

var codesPage = template.Must(template.New("codes").Funcs(template.FuncMap{"moment": Moment}).Parse(codesText))

// CodesHead is what stands above personal QR codes to print and cut.
type CodesHead struct {
	Season, Site string
	Until        time.Time
}

// Code is one of them. The name is masked: whoever hands the slips out goes by the number.
type Code struct {
	Number, Name string
	Size         int    // modules on a side, with the quiet zone
	Path         string // of an SVG
}

// CodeSheet writes the codes as one HTML file that needs nothing else, code by code.
type CodeSheet struct{ w io.Writer }

// NewCodeSheet begins the file.
func NewCodeSheet(w io.Writer, head CodesHead) (CodeSheet, error) {
	s := CodeSheet{w}
	return s, s.write("head", head)
}

// Add writes one code.
func (s CodeSheet) Add(c Code) error { return s.write("code", c) }

// Close ends the file; w stays open.
func (s CodeSheet) Close() error { return s.write("foot", nil) }

func (s CodeSheet) write(block string, data any) error {
	if err := codesPage.ExecuteTemplate(s.w, block, data); err != nil {
		return fmt.Errorf("sheet of codes: %w", err)
	}
	return nil
}
