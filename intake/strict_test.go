package intake

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

type strictServer struct {
	Listen  string        `yaml:"listen"`
	Timeout time.Duration `yaml:"timeout"`
	Limits  *strictLimits `yaml:"limits"`
}

type strictLimits struct {
	Photos int     `yaml:"photos"`
	Share  float64 `yaml:"share"`
	Small  int8    `yaml:"small"`
	Port   uint16  `yaml:"port"`
}

type strictBase struct {
	Name string `yaml:"name"`
}

// strictLevel reads itself, as a log level would.
type strictLevel int

func (l *strictLevel) UnmarshalText(text []byte) error {
	switch string(text) {
	case "low":
		*l = 1
	case "high":
		*l = 2
	default:
		return errors.New("bad level " + string(text))
	}
	return nil
}

// strictMoment reads itself and says what it expects.
type strictMoment struct{ time.Time }

func (m *strictMoment) UnmarshalYAML(node *yaml.Node) (err error) {
	if m.Time, err = ParseMoment(node.Value, time.UTC); err != nil {
		return &FieldError{Problem: err.Error()}
	}
	return nil
}

type strictSettings struct {
	strictBase `yaml:",inline"`
	Server     strictServer            `yaml:"server"`
	AppSecret  string                  `yaml:"app_secret"`
	Debug      bool                    `yaml:"debug"`
	Templates  map[string]strictServer `yaml:"templates"`
	Sites      []strictServer          `yaml:"sites"`
	Level      strictLevel             `yaml:"level"`
	Starts     strictMoment            `yaml:"starts"`
	Pair       [2]int                  `yaml:"pair"`
	Any        any                     `yaml:"any"`
	Untagged   int
	Hidden     int `yaml:"-"`
}

func TestDecodeStrictReadsWhatFitsAndKeepsDefaults(t *testing.T) {
	got := strictSettings{Server: strictServer{Listen: ":8080", Timeout: time.Second}, AppSecret: "old", Untagged: 3}
	err := DecodeStrict([]byte(`# a comment
name: 北京
server:
  timeout: 24h
  limits: {photos: 9, share: 0.5, small: -128, port: 65535}
app_secret: 0123 # digits are text all the same
debug: true
templates:
  returned: {listen: a}
sites:
  - {listen: b}
  - limits:
      photos: 2
level: high
starts: 2026-02-11 24:00
pair: [1, 2]
any: {a: [1, x]}
untagged:
`), &got)
	if err != nil {
		t.Fatal(err)
	}
	want := strictSettings{
		strictBase: strictBase{Name: "北京"},
		Server:     strictServer{Listen: ":8080", Timeout: 24 * time.Hour, Limits: &strictLimits{Photos: 9, Share: .5, Small: -128, Port: 65535}},
		AppSecret:  "0123", Debug: true,
		Templates: map[string]strictServer{"returned": {Listen: "a"}},
		Sites:     []strictServer{{Listen: "b"}, {Limits: &strictLimits{Photos: 2}}},
		Level:     2, Starts: strictMoment{time.Date(2026, 2, 12, 0, 0, 0, 0, time.UTC)}, Pair: [2]int{1, 2},
		Any: map[string]any{"a": []any{1, "x"}}, Untagged: 3,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(strictSettings{})); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeStrictTellsLineKeyAndWhatIsExpected(t *testing.T) {
	const allowed = "name, server, app_secret, debug, templates, sites, level, starts, pair, any, untagged"
	tests := []struct {
		name, yaml string
		want       []string
	}{
		{"unknown key", "name: x\nnane: y\n", []string{"line 2: nane: unknown key; expected one of: " + allowed}},
		{"field hidden from files", "hidden: 1", []string{"line 1: hidden: unknown key; expected one of: " + allowed}},
		{"unknown nested key", "server:\n  port: 1\n", []string{"line 2: server.port: unknown key; expected one of: listen, timeout, limits"}},
		{"unknown key behind a pointer", "server:\n  limits:\n    foto: 1\n",
			[]string{"line 3: server.limits.foto: unknown key; expected one of: photos, share, small, port"}},
		{"unknown key in a list", "sites:\n- {listen: a}\n- {lisen: b}\n",
			[]string{"line 3: sites[1].lisen: unknown key; expected one of: listen, timeout, limits"}},
		{"unknown key in a map", "templates:\n  returned:\n    id: 1\n",
			[]string{"line 3: templates.returned.id: unknown key; expected one of: listen, timeout, limits"}},
		{"key given twice", "name: x\ndebug: true\nname: y\n", []string{"line 3: name: this key was already given in line 1"}},
		{"key given twice in a map", "templates:\n  a: {}\n  a: {}\n", []string{"line 3: templates.a: this key was already given in line 2"}},
		{"key given twice where anything goes", "any:\n  a: 1\n  a: 2\n", []string{"line 3: any.a: this key was already given in line 2"}},
		{"text for a number", "untagged: many", []string{"line 1: untagged: expected a whole number, found text"}},
		{"fraction for a whole number", "untagged: 1.5", []string{"line 1: untagged: expected a whole number, found a number"}},
		{"number that is too large", "server: {limits: {small: 128}}",
			[]string{"line 1: server.limits.small: expected a whole number from -128 to 127, found a number"}},
		{"negative port", "server: {limits: {port: -1}}",
			[]string{"line 1: server.limits.port: expected a whole number from 0 to 65535, found a number"}},
		{"text for a fraction", "server: {limits: {share: half}}", []string{"line 1: server.limits.share: expected a number, found text"}},
		{"yes for true", "debug: yes", []string{"line 1: debug: expected true or false, found text"}},
		{"number for a duration", "server: {timeout: 24}", []string{"line 1: server.timeout: expected a duration such as 24h, 90m or 30s, found a number"}},
		{"duration in days", "server: {timeout: 1d}", []string{"line 1: server.timeout: expected a duration such as 24h, 90m or 30s, found text"}},
		{"list for text", "name: [a]", []string{"line 1: name: expected text, found a list"}},
		{"mapping for text", "name: {a: b}", []string{"line 1: name: expected text, found keys and values"}},
		{"text for a list", "sites: a", []string{"line 1: sites: expected a list, found text"}},
		{"text for a mapping", "server: a", []string{"line 1: server: expected keys and values, found text"}},
		{"list for a map", "templates: [a]", []string{"line 1: templates: expected keys and values, found a list"}},
		{"wrong length", "pair: [1, 2, 3]", []string{"line 1: pair: expected a list of exactly 2, found 3"}},
		{"a type that reads itself", "level: middle", []string{"line 1: level: expected strictLevel"}},
		{"a type that says what it expects", "starts: soon",
			[]string{`line 1: starts: expected a moment such as "2026-01-29 10:00" or "2026-02-11 24:00"`}},
		{"a list as the file", "- a\n", []string{"line 1: expected keys and values, found a list"}},
		{"plain text as the file", "hello", []string{"line 1: expected keys and values, found text"}},
		{"alias", "name: &n x\napp_secret: *n\n", []string{"line 2: app_secret: aliases (*name) are not supported; write the value out"}},
		{"merge key", "server:\n  <<: {listen: a}\n", []string{"line 2: server: merge keys (<<) are not supported; write the values out"}},
		{"tag", "untagged: !!int \"3\"", []string{"line 1: untagged: tags (!name) are not supported; write the plain value"}},
		{"a list as a key", "? [a]\n: b\n", []string{"line 1: a key must be a plain word, found a list"}},
		{"nothing as a key", "templates: {~: {}}", []string{"line 1: templates: a key must be a plain word, found nothing"}},
		{"second document", "name: a\n---\nname: b\n", []string{"line 2: a second document starts here; one is expected"}},
		{"several at once in line order", "untagged: x\nserver:\n  lisen: a\ndebug: 1\nnane: b\n", []string{
			"line 1: untagged: expected a whole number, found text",
			"line 3: server.lisen: unknown key; expected one of: listen, timeout, limits",
			"line 4: debug: expected true or false, found a number",
			"line 5: nane: unknown key; expected one of: " + allowed,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := strictSettings{Untagged: 7}
			got := before
			err := DecodeStrict([]byte(test.yaml), &got)
			if diff := cmp.Diff(test.want, fieldErrors(t, err)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(before, got, cmp.AllowUnexported(strictSettings{})); diff != "" {
				t.Errorf("a refused file changed the settings:\n%s", diff)
			}
		})
	}
}

func TestDecodeStrictReadsInlineParts(t *testing.T) {
	var got struct {
		Base *strictBase    `yaml:",inline"`
		Port uint           `yaml:"port"`
		Rest map[string]int `yaml:",inline"`
	}
	if err := DecodeStrict([]byte("name: a\nport: 80\nx: 1\ny: 2\n"), &got); err != nil {
		t.Fatal(err)
	}
	if got.Base == nil || got.Base.Name != "a" || got.Port != 80 || got.Rest["x"] != 1 || got.Rest["y"] != 2 {
		t.Errorf("got %+v", got)
	}
	err := DecodeStrict([]byte("port: -1\nx: one\ny: 2026-01-29\n"), &got)
	want := []string{
		"line 1: port: expected a whole number, not below 0, found a number",
		"line 2: x: expected a whole number, found text",
		"line 3: y: expected a whole number, found a date",
	}
	if diff := cmp.Diff(want, fieldErrors(t, err)); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeStrictPointsAtBrokenYAML(t *testing.T) {
	tests := []struct {
		name, yaml string
		line       int
	}{
		{"tab for indentation", "name: a\nserver:\n\tlisten: b\nuntagged: 1\n", 3},
		{"colon in plain text", "name: a\ndebug: b: c\nuntagged: 1\n", 2},
		{"wrong indentation", "name: a\n  debug: true\nuntagged: 1\n", 2},
		{"unknown alias", "name: a\napp_secret: *hunter2\nuntagged: 1\n", 2},
		{"bracket closed wrongly", "name: a\npair: [1, 2}\nuntagged: 1\n", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := DecodeStrict([]byte(test.yaml), &strictSettings{})
			field, ok := errors.AsType[*FieldError](err)
			if !ok {
				t.Fatalf("got %v, want a *FieldError", err)
			}
			// The parser may look one line ahead before it gives up.
			if field.Line < test.line || field.Line > test.line+1 {
				t.Errorf("told line %d, the mistake is in line %d: %v", field.Line, test.line, err)
			}
		})
	}
}

func TestDecodeStrictNeverRepeatsAValue(t *testing.T) {
	const secret = "hunter2"
	for _, yaml := range []string{
		"app_secret: [" + secret + "]", "app_secret: {a: " + secret + "}", "app_secret: *" + secret,
		"app_secret: !!int " + secret, "app_secret: !" + secret + " x", "app_secret: '" + secret, "app_secret: \"" + secret + "\\q\"",
		"level: " + secret, "untagged: " + secret, "debug: " + secret, "server: {timeout: " + secret + "}", "server: " + secret,
		"app_secret: " + secret + "\napp_secret: " + secret, "app_secret: a: " + secret, "starts: " + secret, "any: !!float " + secret,
		"app_secret:\n\t" + secret, secret, "@" + secret, "app_secret: `" + secret, "app_secret: %" + secret,
		secret + strings.Repeat("0", 64) + ": 1",
	} {
		err := DecodeStrict([]byte(yaml), &strictSettings{})
		if err == nil {
			t.Errorf("%q is taken", yaml)
		} else if strings.Contains(err.Error(), secret) && !strings.HasPrefix(yaml, secret) {
			t.Errorf("%q: the error repeats the value: %v", yaml, err)
		} else if strings.Contains(err.Error(), secret+"0000") {
			t.Errorf("a secret that became a key is repeated: %v", err)
		}
	}
}

func TestDecodeStrictTakesAnEmptyFile(t *testing.T) {
	for _, yaml := range []string{"", "\n", "# only a comment\n", "---\n", "\ufeff", "~"} {
		got := strictSettings{Untagged: 7}
		if err := DecodeStrict([]byte(yaml), &got); err != nil || got.Untagged != 7 {
			t.Errorf("%q: %v, %+v", yaml, err, got)
		}
	}
}

func TestDecodeStrictRefusesToReadHugeFiles(t *testing.T) {
	if err := DecodeStrict([]byte(strings.Repeat("#", maxSettings+1)), &strictSettings{}); err == nil {
		t.Error("taken")
	}
}

func TestDecodeStrictNeedsAPointer(t *testing.T) {
	if err := DecodeStrict([]byte("name: a"), strictSettings{}); err == nil {
		t.Error("a struct that cannot be filled is taken")
	}
}

func TestLineOf(t *testing.T) {
	data := []byte("name: a\nserver:\n  listen: b\nsites:\n- listen: c\n-\n  listen: d\n  timeout: 1h\n")
	tests := map[string]int{
		"name": 1, "server": 2, "server.listen": 3, "sites": 4, "sites[0].listen": 5, "sites[1]": 7, "sites[1].timeout": 8,
		"server.timeout": 2, "sites[7].listen": 4, "wechat.token": 1, "": 1,
	}
	for key, want := range tests {
		if got := LineOf(data, key); got != want {
			t.Errorf("%q: line %d, want %d", key, got, want)
		}
	}
	if got := LineOf([]byte("a: [\n"), "a"); got != 0 {
		t.Errorf("a broken file has line %d", got)
	}
}

func FuzzDecodeStrict(f *testing.F) {
	f.Add("name: a\nserver: {timeout: 24h, limits: {photos: 1}}\nsites: [{listen: b}]\nany: {a: [1, ~]}\n")
	f.Add("templates: {a: {}, a: {}}\npair: [1, 2, 3]\nname: &x [*x]\n")
	f.Add("? [a]\n: b\n---\n!!int c\n")
	f.Add("server:\n\tlisten: 'x\nlevel: low\nstarts: 2026-02-11 24:00\n<<: {a: b}\n")
	f.Fuzz(func(t *testing.T, yaml string) {
		var got strictSettings
		err := DecodeStrict([]byte(yaml), &got)
		lines := strings.Count(yaml, "\n") + strings.Count(yaml, "\r") + 1
		if strings.HasPrefix(yaml, "\xff\xfe") || strings.HasPrefix(yaml, "\xfe\xff") {
			lines = len(yaml) // UTF-16: the bytes do not show them
		}
		for _, told := range unjoin(err) {
			field, ok := told.(*FieldError)
			if !ok {
				t.Fatalf("%v (%T) is no *FieldError", told, told)
			}
			if field.Line < 0 || field.Line > lines+strings.Count(yaml, "\u0085")+strings.Count(yaml, "\u2028")+strings.Count(yaml, "\u2029") {
				t.Errorf("line %d of %d: %v", field.Line, lines, field)
			}
		}
	})
}

// fieldErrors gives the joined problems as text, and fails when one has no place.
func fieldErrors(t *testing.T, err error) []string {
	t.Helper()
	var told []string
	for _, e := range unjoin(err) {
		if _, ok := e.(*FieldError); !ok {
			t.Errorf("%v (%T) is no *FieldError", e, e)
		}
		told = append(told, e.Error())
	}
	return told
}

func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
