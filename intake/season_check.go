package intake

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/expr-lang/expr/vm"
	"go.yaml.in/yaml/v3"
)

// seasonBuild turns a season file into a Season and collects what is wrong with it.
type seasonBuild struct {
	root     *yaml.Node // to find lines in
	file     seasonFile
	season   *Season
	language whenLanguage
	deaf     bool // attributes are wrong, so complaints about expressions would be echoes
	problems []*FieldError
}

func (b *seasonBuild) add(key, format string, args ...any) {
	problem := &FieldError{Key: key, Problem: fmt.Sprintf(format, args...)}
	if b.root != nil {
		problem.Line = lineOf(b.root, key)
	}
	b.problems = append(b.problems, problem)
}

func (b *seasonBuild) top() {
	b.text("name", b.season.Name, 1, 40)
	if b.season.Year < 2000 || b.season.Year > 2100 {
		b.add("year", "expected a year such as 2026")
	}
	b.code("area.code", b.season.Area.Code, siteCode)
	b.text("area.name", b.season.Area.Name, 1, 20)
}

func (b *seasonBuild) attributes() {
	b.count("attributes", len(b.season.Attributes), 1, 40)
	b.language.attributes = make(map[string]Attribute)
	before := len(b.problems)
	codes, names := b.unique("code"), b.unique("name")
	for i := range b.season.Attributes {
		a, key := &b.season.Attributes[i], indexKey("attributes", i)
		b.code(key+".code", a.Code, lowerCode)
		if slices.Contains(whenReserved, a.Code) {
			b.add(key+".code", "%q is a word of the expression language; choose another", a.Code)
		}
		codes.add(key, a.Code)
		names.add(key, a.Name)
		b.text(key+".name", a.Name, 1, 20)
		if slices.Contains(rosterColumns, a.Name) {
			b.add(key+".name", "the roster already has a column of this name with its own meaning")
		}
		b.text(key+".question", a.Question, 0, 60)
		b.text(key+".source", a.Source, 0, 200)
		b.attributeValues(key, a)
		b.language.attributes[a.Code] = *a
		b.language.codes = append(b.language.codes, a.Code)
	}
	b.deaf = len(b.problems) > before
}

func (b *seasonBuild) attributeValues(key string, a *Attribute) {
	if a.Type != EnumAttribute && len(a.Values)+len(a.Aliases) > 0 {
		b.add(key+".values", "values and aliases are only for type: enum")
	}
	if a.Type != IntAttribute && (a.Min != 0 || a.Max != 0) {
		b.add(key+".min", "min and max are only for type: int")
	}
	switch a.Type {
	case EnumAttribute:
		b.count(key+".values", len(a.Values), 2, 60)
		for i, value := range a.Values {
			b.text(indexKey(key+".values", i), value, 1, 20)
			if slices.Index(a.Values, value) != i {
				b.add(indexKey(key+".values", i), "this value is given twice")
			}
		}
		for alias, value := range a.Aliases {
			if !slices.Contains(a.Values, value) || slices.Contains(a.Values, alias) {
				b.add(key+".aliases", "each alias is another spelling for one of the values: %s", strings.Join(a.Values, ", "))
				break
			}
		}
	case IntAttribute:
		if a.Max == 0 {
			a.Max = 99
		}
		if a.Min < 0 || a.Min > a.Max {
			b.add(key+".min", "expected 0 ≤ min ≤ max")
		}
	case BoolAttribute:
	default:
		b.add(key+".type", "expected enum, bool or int")
		return
	}
	if a.Default != nil && !a.allows(a.Default) {
		b.add(key+".default", "expected %s", a.expected())
	}
}

// allows reports whether value is of the attribute's type and among its values.
func (a Attribute) allows(value any) bool {
	fitting, ok := a.fit(value)
	if !ok {
		return false
	}
	switch v := fitting.(type) {
	case string:
		return slices.Contains(a.Values, v)
	case int:
		return a.Min <= v && v <= a.Max
	}
	return true
}

func (a Attribute) expected() string {
	switch a.Type {
	case EnumAttribute:
		return "one of: " + strings.Join(a.Values, ", ")
	case BoolAttribute:
		return "true or false"
	default:
		return fmt.Sprintf("a whole number from %d to %d", a.Min, a.Max)
	}
}

// typical is the default, or the first value there is.
func (a Attribute) typical() any {
	if a.Default != nil {
		return a.Default
	}
	return a.extremes()[0]
}

// extremes are the values to try a rule with: all of them, of numbers the least and the greatest.
func (a Attribute) extremes() []any {
	switch a.Type {
	case BoolAttribute:
		return []any{false, true}
	case IntAttribute:
		return []any{a.Min, a.Max}
	}
	all := make([]any, len(a.Values))
	for i, v := range a.Values {
		all[i] = v
	}
	return all
}

func (b *seasonBuild) reasons() {
	b.count("reasons", len(b.season.Reasons), 1, 120)
	codes, labels := b.unique("code"), b.unique("label")
	for i, r := range b.season.Reasons {
		key := indexKey("reasons", i)
		b.code(key+".code", r.Code, upperCode)
		codes.add(key, r.Code)
		labels.add(key, r.Label)
		b.text(key+".label", r.Label, 1, 20)
		b.text(key+".fix", r.Fix, 1, 40)
		b.text(key+".note", r.Note, 0, 60)
		b.text(key+".source", r.Source, 0, 200)
		if !slices.Contains([]ReasonKind{ReasonMaterial, ReasonRegistration, ReasonFinal}, r.Kind) {
			b.add(key+".kind", "expected material, registration or final")
		}
		for j, code := range r.Materials {
			ref := indexKey(key+".materials", j)
			if _, known := b.season.Material(code); !known {
				b.add(ref, "there is no material %q", code)
			} else if slices.Index(r.Materials, code) != j {
				b.add(ref, "this material is given twice")
			}
		}
	}
}

func (b *seasonBuild) sites() {
	b.count("sites", len(b.season.Sites), 1, 500)
	codes, names := b.unique("code"), b.unique("name")
	for i, s := range b.season.Sites {
		key := indexKey("sites", i)
		b.code(key+".code", s.Code, siteCode)
		codes.add(key, s.Code)
		names.add(key, s.Name)
		b.text(key+".name", s.Name, 1, 20)
		b.text(key+".contact.name", s.Contact.Name, 0, 20)
		b.text(key+".contact.phone", s.Contact.Phone, 1, 40)
		b.text(key+".contact.hours", s.Contact.Hours, 0, 60)
		b.text(key+".contact.address", s.Contact.Address, 0, 60)
	}
}

func (b *seasonBuild) noUpload() {
	b.count("no_upload", len(b.season.NoUpload), 0, 20)
	for i, e := range b.season.NoUpload {
		key := indexKey("no_upload", i)
		if e.When == "" {
			b.add(key+".when", "is missing; without it nobody would need to upload")
		}
		b.text(key+".tell", e.Tell, 1, 200)
		b.text(key+".source", e.Source, 0, 200)
		b.season.rules.exemptions = append(b.season.rules.exemptions, b.condition(key+".when", e.When))
	}
}

// condition compiles an expression; none, for everybody, when it is empty.
func (b *seasonBuild) condition(key, source string) *vm.Program {
	if source == "" || b.deaf {
		return nil
	}
	program, err := b.language.condition(source)
	if err != nil {
		b.add(key, "%v", err)
	}
	return program
}

// text checks one line of words meant for people: least to most characters, nothing invisible.
func (b *seasonBuild) text(key, value string, least, most int) {
	switch n := utf8.RuneCountInString(value); {
	case n == 0 && least > 0:
		b.add(key, "is missing")
	case n > most:
		b.add(key, "has %d characters; at most %d fit", n, most)
	case strings.TrimSpace(value) != value || strings.ContainsFunc(value, unicode.IsControl):
		b.add(key, "expected one line without spaces around it")
	}
}

var (
	lowerCode = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	upperCode = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,31}$`)
	siteCode  = regexp.MustCompile(`^[0-9A-Za-z-]{1,16}$`)
)

func (b *seasonBuild) code(key, value string, shape *regexp.Regexp) {
	if !shape.MatchString(value) {
		b.add(key, "expected a code of the form %s", shape)
	}
}

func (b *seasonBuild) count(key string, n, least, most int) {
	if n < least || n > most {
		b.add(key, "has %d entries; expected %d to %d", n, least, most)
	}
}

func (b *seasonBuild) example(key, name string) {
	if name == "" {
		return
	}
	if !fs.ValidPath(name) || !slices.Contains([]string{".jpg", ".jpeg", ".png"}, path.Ext(name)) {
		b.add(key, "expected a .jpg or .png below the season file's folder, such as examples/diploma.jpg")
	}
}

// uniqueField finds entries of one list that share a value.
type uniqueField struct {
	build *seasonBuild
	field string
	first map[string]string // value → key of the entry that had it first
}

func (b *seasonBuild) unique(field string) uniqueField {
	return uniqueField{build: b, field: field, first: make(map[string]string)}
}

func (u uniqueField) add(key, value string) {
	if value == "" {
		return // told as missing
	}
	if first, taken := u.first[value]; taken {
		u.build.add(key+"."+u.field, "the same as that of %s", first)
		return
	}
	u.first[value] = key
}
