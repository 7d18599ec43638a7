package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cailiao/templates"
)

// actionsInCode are the actions of the audit log that the packages write, each with where: the
// constants Action…, what the bot's turns log, and events put together on the spot.
func actionsInCode(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	files := token.NewFileSet()
	add := func(expr ast.Expr) {
		where := files.Position(expr.Pos()).String()
		switch e := expr.(type) {
		case *ast.BasicLit:
			action, err := strconv.Unquote(e.Value)
			if err != nil {
				t.Fatal(where, err)
			}
			found[action] = where
		case *ast.Ident:
			if !strings.HasPrefix(e.Name, "Action") && e.Name != "action" { // a parameter that is handed on
				t.Errorf("%s: an action that is neither a text nor a constant Action…: %s", where, e.Name)
			}
		case *ast.SelectorExpr:
			if !strings.HasPrefix(e.Sel.Name, "Action") && e.Sel.Name != "action" {
				t.Errorf("%s: an action that is neither a text nor a constant Action…", where)
			}
		default:
			t.Errorf("%s: an action this test cannot read", where)
		}
	}
	look := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			for i, name := range n.Names {
				if strings.HasPrefix(name.Name, "Action") && n.Type == nil && i < len(n.Values) {
					add(n.Values[i])
				}
			}
		case *ast.CompositeLit:
			if !named(n.Type, "Event") {
				return true
			}
			for _, element := range n.Elts {
				if kv, ok := element.(*ast.KeyValueExpr); ok && named(kv.Key, "Action") {
					add(kv.Value)
				}
			}
		case *ast.CallExpr: // t.log(action, detail) and d.event(actor, action, candidate, detail)
			switch {
			case named(n.Fun, "log") && len(n.Args) == 2:
				add(n.Args[0])
			case named(n.Fun, "event") && len(n.Args) == 4:
				add(n.Args[1])
			}
		}
		return true
	}
	for _, folder := range []string{"bot", "handlers", "notify", "privacy", "review", "storage"} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err == nil {
				ast.Inspect(file, look)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func named(expr ast.Expr, name string) bool {
	switch e := expr.(type) {
	case *ast.Ident:
		return e.Name == name
	case *ast.SelectorExpr:
		return e.Sel.Name == name
	}
	return false
}

// What is done has words on the page of the log, and the search there can ask for it.
func TestEveryActionOfTheAuditLogHasWords(t *testing.T) {
	found := actionsInCode(t)
	delete(found, "check") // taken back at once: the proof that the database can be written
	if len(found) < 40 {
		t.Errorf("only %d actions were found", len(found))
	}
	words := templates.ActionCodes()
	for action, where := range found {
		if !slices.Contains(words, action) {
			t.Errorf("%s: %q has no words in templates/pages/_words.html", where, action)
		}
	}
	for _, action := range words {
		if found[action] == "" {
			t.Errorf("templates/pages/_words.html has words for %q, which nothing writes", action)
		}
	}
}
