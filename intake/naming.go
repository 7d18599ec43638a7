package intake

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Naming is how folders and files of exported photos are called. Words in braces are replaced:
// {number} 报名号, {name}, {site} (its code), and in files {material} (its name), {code} (its code),
// {seq} (order within the material, from 1). The file's ending .jpg is added.
type Naming struct {
	Folder string `yaml:"folder"` // of one candidate; default {number}_{name}
	File   string `yaml:"file"`   // default {number}_{material}_{seq}
	Source string `yaml:"source"` // where the rule comes from, in words
}

const (
	defaultFolder = "{number}_{name}"
	defaultFile   = "{number}_{material}_{seq}"
	nameLength    = 80 // characters of a folder or file
)

// naming fills in the defaults and checks that no two photos could get the same name.
func (b *seasonBuild) naming() {
	n := &b.season.Naming
	if n.Folder == "" {
		n.Folder = defaultFolder
	}
	if n.File == "" {
		n.File = defaultFile
	}
	b.placeholders("export.folder", n.Folder, "number", "name", "site")
	b.placeholders("export.file", n.File, "number", "name", "site", "material", "code", "seq")
	if !strings.Contains(n.Folder, "{number}") {
		b.add("export.folder", "{number} is missing: two candidates would share a folder")
	}
	if !strings.Contains(n.File, "{seq}") || !strings.Contains(n.File, "{material}") && !strings.Contains(n.File, "{code}") {
		b.add("export.file", "expected {seq}, and {material} or {code}: two photos would have the same name")
	}
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

func (b *seasonBuild) placeholders(key, text string, known ...string) {
	for _, found := range placeholder.FindAllString(text, -1) {
		ok := false
		for _, k := range known {
			ok = ok || found == "{"+k+"}"
		}
		if !ok {
			b.add(key, "%s is not known; there are {%s}", found, strings.Join(known, "} {"))
		}
	}
	if utf8.RuneCountInString(text) > 100 {
		b.add(key, "at most 100 characters")
	}
	if rest := placeholder.ReplaceAllString(text, "x"); fileName(rest) != rest {
		b.add(key, "has characters a file name cannot have")
	}
}

// FolderOf names a candidate's folder.
func (n Naming) FolderOf(c Candidate) string {
	return fileName(strings.NewReplacer("{number}", c.Number, "{name}", c.Name, "{site}", c.Site).Replace(n.Folder))
}

// FileOf names the seq-th photo, from 1, of a candidate's material.
func (n Naming) FileOf(c Candidate, m Material, seq int) string {
	return fileName(strings.NewReplacer("{number}", c.Number, "{name}", c.Name, "{site}", c.Site,
		"{material}", m.Name, "{code}", m.Code, "{seq}", strconv.Itoa(seq)).Replace(n.File)) + ".jpg"
}

// fileName replaces what no system, or not every one, takes in a name.
func fileName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > nameLength {
		s = string(runes[:nameLength])
	}
	if s = strings.Trim(s, " ."); s == "" {
		return "_"
	}
	return s
}

// Describe tells the naming by an example, for the page of the export.
func (n Naming) Describe(m Material) string {
	c := Candidate{Number: "2611010001", Name: "张三", Site: "110101"}
	return fmt.Sprintf("%s/%s", n.FolderOf(c), n.FileOf(c, m, 1))
}
