package templates

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"strings"
)

//go:embed pages/*.html
var pageFiles embed.FS

// View is the data of one page. Its type chooses the page's file, so that a page cannot be
// rendered with another page's data.
type View interface {
	page() string // file in pages/, without .html
}

// pages holds each page as a clone of layout and partials (the files beginning with "_") plus
// its own file.
var pages = parsePages()

func parsePages() map[string]*template.Template {
	base := template.Must(template.New("base").Funcs(pageFuncs).ParseFS(pageFiles, "pages/_*.html"))
	names, err := fs.Glob(pageFiles, "pages/[a-z]*.html")
	if err != nil {
		panic(err) // a broken pattern
	}
	set := make(map[string]*template.Template)
	for _, name := range names {
		page := template.Must(template.Must(base.Clone()).ParseFS(pageFiles, name))
		set[strings.TrimSuffix(strings.TrimPrefix(name, "pages/"), ".html")] = page
	}
	return set
}

var pageFuncs = template.FuncMap{
	"static": StaticPath, "moment": Moment, "inc": func(i int) int { return i + 1 },
}

// Page writes a whole page. It is rendered first and written then: an error leaves w untouched.
func Page(w io.Writer, v View) error { return render(w, v, "layout") }

// Part writes one block of a page, for htmx to put in place of the old one.
func Part(w io.Writer, v View, block string) error { return render(w, v, block) }

func render(w io.Writer, v View, block string) error {
	page, ok := pages[v.page()]
	if !ok {
		return fmt.Errorf("page %q: no such file", v.page())
	}
	var b bytes.Buffer
	if err := page.ExecuteTemplate(&b, block, v); err != nil {
		return fmt.Errorf("page %q: %w", v.page(), err)
	}
	_, err := b.WriteTo(w)
	return err
}
