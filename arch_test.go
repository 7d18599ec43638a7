package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// house is who may import whom of our own packages, and which outside modules have just one
// home. It is the table of ARCHITECTURE.md; change both or neither.
var house = map[string][]string{
	".":                   {"app", "bot", "handlers", "imaging", "imaging/reading", "intake", "notify", "privacy", "review", "seal", "sms", "storage", "templates", "wechat"},
	"app":                 {"bot", "clamd", "handlers", "imaging", "imaging/reading", "intake", "notify", "privacy", "review", "seal", "sms", "storage", "templates", "watch", "wechat"},
	"handlers":            {"bot", "clamd", "intake", "privacy", "review", "storage", "templates", "watch", "wechat"},
	"bot":                 {"clamd", "imaging", "imaging/codec", "imaging/reading", "intake", "storage", "templates", "watch", "wechat"},
	"review":              {"clamd", "imaging", "intake", "storage"},
	"notify":              {"intake", "sms", "storage", "templates", "watch", "wechat"},
	"watch":               {"storage"},
	"watch/watchtest":     {},
	"clamd":               {"intake"},
	"clamd/clamdtest":     {},
	"sms":                 {"intake"},
	"sms/smstest":         {},
	"storage":             {"intake", "seal"},
	"seal":                {"intake"},
	"privacy":             {"intake", "storage"},
	"cmd/licences":        {},
	"wechat":              {"intake"},
	"imaging":             {"imaging/codec", "imaging/marks", "intake"},
	"imaging/codec":       {},
	"imaging/marks":       {"imaging/codec"},
	"imaging/reading":     {"imaging/codec"},
	"imaging/imagetest":   {},
	"app/apptest":         {"*"},
	"app/faults":          {"*"},
	"app/browsertest":     {},
	"templates":           {"intake"},
	"intake":              {},
	"wechat/wechattest":   {},
	"storage/storagetest": {"seal", "storage"},
	"cmd/demo":            {"*"},
	"cmd/bench":           {"*"},
}

// onlyHome of an outside module: the packages that may import it.
var onlyHome = map[string][]string{
	"github.com/expr-lang/expr":       {"intake"},
	"github.com/jmoiron/sqlx":         {"storage"},
	"github.com/go-sql-driver/mysql":  {"storage", "storage/storagetest", "cmd/bench"},
	"modernc.org/sqlite":              {"storage"},
	"github.com/pressly/goose":        {"storage"},
	"github.com/redis/go-redis":       {"storage", "storage/storagetest"},
	"github.com/alicebob/miniredis":   {"storage", "storage/storagetest"},
	"github.com/silenceper/wechat":    {"wechat", "wechat/wechattest", "cmd/bench"},
	"github.com/minio/minio-go":       {"storage", "storage/storagetest"},
	"github.com/johannesboyne":        {"storage/storagetest"},
	"github.com/xuri/excelize":        {"review"},
	"github.com/pquerna/otp":          {"review"},
	"github.com/boombuler/barcode":    {"review"},
	"rsc.io/qr":                       {"bot"},
	"github.com/yalue/onnxruntime_go": {"imaging/reading"},
	"github.com/esimov/pigo":          {"imaging/marks"},
	"github.com/makiuchi-d/gozxing":   {"imaging/marks"},
	"github.com/tink-crypto/tink-go":  {"seal"},
	"github.com/gin-gonic/gin":        {"handlers", "cmd/bench"},
	"github.com/alexedwards/scs":      {"handlers"},
	"github.com/prometheus":           {"notify", "app", "watch"},
	"html/template":                   {"templates"},
	"text/template":                   {"templates"},
	"database/sql":                    {"storage", "storage/storagetest", "cmd/bench"},
}

func TestImportsFollowTheHouse(t *testing.T) {
	seen := map[string]bool{}
	eachGoFile(t, func(pkg, file string, test bool, imports []string) {
		allowed, known := house[pkg]
		if !known {
			t.Errorf("%s: package %s is not in the house: give it a row here and in ARCHITECTURE.md", file, pkg)
			return
		}
		seen[pkg] = true
		if test {
			return // tests may start neighbours
		}
		for _, path := range imports {
			if own, ok := strings.CutPrefix(path, "cailiao/"); ok &&
				!slices.Contains(allowed, own) && !slices.Contains(allowed, "*") {
				t.Errorf("%s: %s may not import %s", file, pkg, own)
			}
			for module, homes := range onlyHome {
				if (path == module || strings.HasPrefix(path, module+"/")) && !slices.Contains(homes, pkg) {
					t.Errorf("%s: %s may only be imported by %v", file, path, homes)
				}
			}
		}
	})
	for pkg := range house {
		if !seen[pkg] {
			t.Errorf("the house has a row for %s, which does not exist", pkg)
		}
	}
}

func TestNoPackageHasAnInit(t *testing.T) {
	eachGoFile(t, func(_, file string, test bool, _ []string) {
		if test {
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if parsed.Scope != nil && parsed.Scope.Lookup("init") != nil {
			t.Errorf("%s: has an init function", file)
		}
	})
}

// eachGoFile parses the files in this process: a test that asked the go command would keep its
// cached result after a bad import.
func eachGoFile(t *testing.T, visit func(pkg, file string, test bool, imports []string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || path != "." && strings.HasPrefix(d.Name(), ".") || path == "data") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, spec := range parsed.Imports {
			imports = append(imports, strings.Trim(spec.Path.Value, `"`))
		}
		visit(filepath.ToSlash(filepath.Dir(path)), path, strings.HasSuffix(path, "_test.go"), imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
