package intake

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// strictWalk holds a YAML tree against a Go type and collects what does not fit. The yaml
// package alone would stop at the first syntax-level mistake, take 1.5 for an int and "on" for a
// bool, and tell its findings as one text with the values in it.
type strictWalk struct {
	problems []*FieldError
}

func (w *strictWalk) add(node *yaml.Node, key, format string, args ...any) {
	w.problems = append(w.problems, &FieldError{Line: node.Line, Key: key, Problem: fmt.Sprintf(format, args...)})
}

var (
	durationType        = reflect.TypeFor[time.Duration]()
	timeType            = reflect.TypeFor[time.Time]()
	nodeType            = reflect.TypeFor[yaml.Node]()
	yamlUnmarshalerType = reflect.TypeFor[yaml.Unmarshaler]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// value checks one node against the type that will hold it.
func (w *strictWalk) value(node *yaml.Node, into reflect.Type, key string) {
	for into.Kind() == reflect.Pointer {
		into = into.Elem()
	}
	pointer := reflect.PointerTo(into)
	switch {
	case node.Kind == yaml.AliasNode:
		w.add(node, key, "aliases (*name) are not supported; write the value out")
	case node.Style&yaml.TaggedStyle != 0:
		w.add(node, key, "tags (!name) are not supported; write the plain value")
	case into == nodeType || into.Kind() == reflect.Interface:
		w.anything(node, key)
	case node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null":
		// A key without a value says nothing.
	case pointer.Implements(yamlUnmarshalerType), pointer.Implements(textUnmarshalerType), into == timeType:
		w.custom(node, into, key)
	case into.Kind() == reflect.Struct:
		w.structure(node, into, key)
	case into.Kind() == reflect.Map:
		w.mapping(node, into, key)
	case into.Kind() == reflect.Slice || into.Kind() == reflect.Array:
		w.list(node, into, key)
	default:
		w.scalar(node, into, key)
	}
}

// anything takes every shape, but still no repeated keys.
func (w *strictWalk) anything(node *yaml.Node, key string) {
	switch node.Kind {
	case yaml.MappingNode:
		w.keys(node, key, func(name *yaml.Node, value *yaml.Node) {
			w.value(value, reflect.TypeFor[any](), joinKey(key, name.Value))
		})
	case yaml.SequenceNode:
		for i, item := range node.Content {
			w.value(item, reflect.TypeFor[any](), indexKey(key, i))
		}
	}
}

// custom lets a type with its own reading judge. Only a *FieldError from it is repeated, because
// other errors may quote the value.
func (w *strictWalk) custom(node *yaml.Node, into reflect.Type, key string) {
	err := node.Decode(reflect.New(into).Interface())
	if err == nil {
		return
	}
	problem := fmt.Sprintf("expected %s", into.Name())
	if own, ok := errors.AsType[*FieldError](err); ok {
		problem = own.Problem
	}
	w.add(node, key, "%s", problem)
}

func (w *strictWalk) structure(node *yaml.Node, into reflect.Type, key string) {
	if node.Kind != yaml.MappingNode {
		w.add(node, key, "expected keys and values, found %s", shape(node))
		return
	}
	var known settingFields
	known.collect(into)
	w.keys(node, key, func(name *yaml.Node, value *yaml.Node) {
		field, ok := known.types[name.Value]
		if !ok && known.rest != nil {
			field, ok = known.rest, true
		}
		if !ok {
			w.add(name, joinKey(key, name.Value), "unknown key; expected one of: %s", strings.Join(known.names, ", "))
			return
		}
		w.value(value, field, joinKey(key, name.Value))
	})
}

// settingFields are the keys a struct takes, those of its inlined parts included.
type settingFields struct {
	names []string // in the order of the struct
	types map[string]reflect.Type
	rest  reflect.Type // of an inlined map, which takes every other key
}

func (f *settingFields) collect(from reflect.Type) {
	if f.types == nil {
		f.types = make(map[string]reflect.Type)
	}
	for field := range fieldsOf(from) {
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case name == "-" || !field.IsExported() && !field.Anonymous:
			continue
		case slices.Contains(strings.Split(options, ","), "inline"):
			inner := field.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Map {
				f.rest = inner.Elem()
			} else {
				f.collect(inner)
			}
			continue
		case name == "":
			name = strings.ToLower(field.Name)
		}
		f.names = append(f.names, name)
		f.types[name] = field.Type
	}
}

func fieldsOf(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

func (w *strictWalk) mapping(node *yaml.Node, into reflect.Type, key string) {
	if node.Kind != yaml.MappingNode {
		w.add(node, key, "expected keys and values, found %s", shape(node))
		return
	}
	w.keys(node, key, func(name *yaml.Node, value *yaml.Node) {
		w.value(name, into.Key(), joinKey(key, name.Value))
		w.value(value, into.Elem(), joinKey(key, name.Value))
	})
}

// keys visits the pairs of a mapping whose keys are plain and new.
func (w *strictWalk) keys(node *yaml.Node, key string, visit func(name, value *yaml.Node)) {
	first := make(map[string]int)
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := node.Content[i]
		switch {
		case name.Kind != yaml.ScalarNode || name.Style&yaml.TaggedStyle != 0 || name.ShortTag() == "!!null":
			w.add(name, key, "a key must be a plain word, found %s", shape(name))
		case name.ShortTag() == "!!merge":
			w.add(name, key, "merge keys (<<) are not supported; write the values out")
		case first[name.Value] > 0:
			w.add(name, joinKey(key, name.Value), "this key was already given in line %d", first[name.Value])
		default:
			first[name.Value] = name.Line
			visit(name, node.Content[i+1])
		}
	}
}

func (w *strictWalk) list(node *yaml.Node, into reflect.Type, key string) {
	if node.Kind != yaml.SequenceNode {
		w.add(node, key, "expected a list, found %s", shape(node))
		return
	}
	if into.Kind() == reflect.Array && len(node.Content) != into.Len() {
		w.add(node, key, "expected a list of exactly %d, found %d", into.Len(), len(node.Content))
		return
	}
	for i, item := range node.Content {
		w.value(item, into.Elem(), indexKey(key, i))
	}
}

func (w *strictWalk) scalar(node *yaml.Node, into reflect.Type, key string) {
	expected, tags := wanted(into)
	fits := node.Kind == yaml.ScalarNode && (tags == nil || slices.Contains(tags, node.ShortTag()))
	if fits && node.Decode(reflect.New(into).Interface()) == nil {
		return
	}
	w.add(node, key, "expected %s, found %s", expected, shape(node))
}

// wanted describes a scalar type and the YAML tags that may fill it; nil: any scalar.
func wanted(t reflect.Type) (expected string, tags []string) {
	if t == durationType {
		return "a duration such as 24h, 90m or 30s", []string{"!!str"}
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false", []string{"!!bool"}
	case reflect.Int, reflect.Int64:
		return "a whole number", []string{"!!int"}
	case reflect.Int8, reflect.Int16, reflect.Int32:
		most := int64(1)<<(t.Bits()-1) - 1
		return fmt.Sprintf("a whole number from %d to %d", -most-1, most), []string{"!!int"}
	case reflect.Uint, reflect.Uint64, reflect.Uintptr:
		return "a whole number, not below 0", []string{"!!int"}
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return fmt.Sprintf("a whole number from 0 to %d", uint64(1)<<t.Bits()-1), []string{"!!int"}
	case reflect.Float32, reflect.Float64:
		return "a number", []string{"!!int", "!!float"}
	case reflect.String:
		return "text", nil
	default:
		return "a " + t.Kind().String() + ", which a settings file cannot hold", []string{}
	}
}

// shape names what stands in the file without repeating it.
func shape(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch node.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	case "!!timestamp":
		return "a date"
	default:
		return "text"
	}
}

// joinKey appends a key to a dotted path. A key that is too long to be a name may be a value that
// lost its place, so only its head is told.
func joinKey(key, name string) string {
	if long := []rune(name); len(long) > 40 {
		name = string(long[:8]) + "…"
	}
	if key == "" {
		return name
	}
	return key + "." + name
}

func indexKey(key string, i int) string { return fmt.Sprintf("%s[%d]", key, i) }
