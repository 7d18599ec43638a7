package intake

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// FieldError is one mistake in a settings file, told so that it can be found and mended.
// DecodeStrict tells keys only, never values, which may be secrets; whoever makes further
// FieldErrors keeps to that wherever a secret could stand.
type FieldError struct {
	Line    int    // from 1; 0 when the mistake has no place
	Key     string // dotted path with list indexes from 0: "materials[3].when"; empty: the whole file
	Problem string // what is wrong and what is expected
}

func (e *FieldError) Error() string {
	var where strings.Builder
	if e.Line > 0 {
		fmt.Fprintf(&where, "line %d: ", e.Line)
	}
	if e.Key != "" {
		where.WriteString(e.Key + ": ")
	}
	return where.String() + e.Problem
}

// maxSettings is the largest settings file that is read, in bytes.
const maxSettings = 1 << 20

// DecodeStrict reads one YAML document into the struct or map that into points to, by yaml tags.
// Values already there stand for keys that are absent. Unknown keys, keys given twice, values of
// a wrong type and YAML aliases are errors; all of them are told at once, in line order, as
// joined *FieldError. On any error into is left as it was.
func DecodeStrict(data []byte, into any) error {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return fmt.Errorf("decode settings into %T: a pointer is needed", into)
	}
	root, err := parseYAML(data)
	if err != nil {
		return err
	}
	if root == nil {
		return nil // an empty file says nothing
	}
	var found strictWalk
	found.value(root, target.Type().Elem(), "")
	if len(found.problems) == 0 {
		if err := root.Decode(into); err != nil {
			// The walk accepts nothing that the decoder refuses: a mistake of ours, not of the file.
			return fmt.Errorf("decode settings into %T: %s", into, withoutQuotes(err))
		}
	}
	return joinFieldErrors(found.problems)
}

// LineOf gives the line of a key such as "wechat.token" or "materials[3].when" in a settings
// file, or of the nearest part of that path that is there; 0 when the file cannot be read. It
// lets rules that look at decoded values tell where the value stands.
func LineOf(data []byte, key string) int {
	root, err := parseYAML(data)
	if err != nil || root == nil {
		return 0
	}
	return lineOf(root, key)
}

func lineOf(node *yaml.Node, key string) int {
	line := node.Line
	for _, step := range keySteps(key) {
		node, line = nodeChild(node, step, line)
		if node == nil {
			break
		}
	}
	return line
}

// keySteps cuts "materials[3].when" into "materials", "[3]", "when".
func keySteps(key string) []string {
	return strings.FieldsFunc(strings.ReplaceAll(key, "[", ".["), func(r rune) bool { return r == '.' })
}

// nodeChild finds what one step leads to, and the line of its key (for a list: of the entry).
func nodeChild(node *yaml.Node, step string, line int) (*yaml.Node, int) {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1], node.Content[i].Line
			}
		}
	case yaml.SequenceNode:
		var index int
		if n, _ := fmt.Sscanf(step, "[%d]", &index); n == 1 && index >= 0 && index < len(node.Content) {
			return node.Content[index], node.Content[index].Line
		}
	}
	return nil, line
}

// parseYAML gives the content of the only document in data, nil when there is none.
func parseYAML(data []byte) (*yaml.Node, error) {
	if len(data) > maxSettings {
		return nil, &FieldError{Problem: fmt.Sprintf("the file is larger than %d bytes", maxSettings)}
	}
	lines := &lineReader{rest: data}
	decoder := yaml.NewDecoder(lines)
	var document yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err == nil {
		var second yaml.Node
		if err = decoder.Decode(&second); err == nil {
			return nil, &FieldError{Line: second.Line, Problem: "a second document starts here; one is expected"}
		}
	}
	if !errors.Is(err, io.EOF) {
		return nil, &FieldError{Line: lines.read, Problem: "not valid YAML here or just above: " + withoutQuotes(err)}
	}
	if len(document.Content) == 0 {
		return nil, nil
	}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		return nil, nil // only comments
	}
	return root, nil
}

// lineReader hands out one line per Read, so that the number of lines read when the parser gave
// up is the line where it gave up. The parser tells its line only inside an error's text.
type lineReader struct {
	rest []byte
	read int
	open bool // the last line was not handed out to its end
}

func (r *lineReader) Read(into []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	if !r.open {
		r.read++
	}
	line := r.rest
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		line = line[:end+1]
	}
	n := copy(into, line)
	r.rest = r.rest[n:]
	r.open = n < len(line)
	return n, nil
}

var (
	yamlPrefix = regexp.MustCompile(`^yaml: (line \d+: )?`)
	quotedText = regexp.MustCompile("'[^']*'|\"[^\"]*\"|`[^`]*`")
)

// withoutQuotes gives a parser's complaint without anything it quotes from the file, and without
// its own line number, which differs from ours by what it had read ahead.
func withoutQuotes(err error) string {
	return quotedText.ReplaceAllString(yamlPrefix.ReplaceAllString(err.Error(), ""), "…")
}

// joinFieldErrors joins problems in line order; nil when there are none.
func joinFieldErrors(problems []*FieldError) error {
	slices.SortStableFunc(problems, func(a, b *FieldError) int { return cmp.Compare(a.Line, b.Line) })
	all := make([]error, len(problems))
	for i, p := range problems {
		all[i] = p
	}
	return errors.Join(all...)
}
