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

var codesPage = template.Must(template.New("codes").Funcs(template.FuncMap{
	"moment": Moment, "picture": picture,
}).Parse(codesText))

// CodesPage is a sheet of personal QR codes to print and cut.
type CodesPage struct {
	Season, Site string
	Until        time.Time
	Codes        []Code
}

// Code is one of them. The name is masked: whoever hands the slips out goes by the number.
type Code struct {
	Number, Name string
	Type         string // MIME type of the picture
	Data         string // base64
}

// Codes writes the sheet as one HTML file that needs nothing else.
func Codes(w io.Writer, page CodesPage) error {
	if err := codesPage.Execute(w, page); err != nil {
		return fmt.Errorf("sheet of codes: %w", err)
	}
	return nil
}

// picture is a data URL; the bytes come from the platform, base64 by us.
func picture(c Code) template.URL { return template.URL("data:" + c.Type + ";base64," + c.Data) }
