// Package notify is the clock: one loop that sends the notices that are due, asking the rules
// again first, and records what WeChat says.
package notify

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cailiao/intake"
	"cailiao/templates"
)

// Config is the notices section of the configuration: for each kind of notice the account's
// template and what goes into its fields.
type Config map[intake.NoticeKind]Template

// Template maps one kind of notice to a template of the account.
type Template struct {
	ID     string            `yaml:"template_id"`
	URL    string            `yaml:"url"`    // opened by a tap on the message; empty: none
	Fields map[string]string `yaml:"fields"` // field key in the template (thing1) → value name (item)
}

var fieldKey = regexp.MustCompile(`^([a-z_]+?)\d+$`)

// fieldLimits are the longest values WeChat takes per field type, in characters; it refuses
// the whole message (47003) when one is longer. Source: the platform's template parameter table.
var fieldLimits = map[string]int{
	"thing": 20, "phrase": 5, "character_string": 32, "const": 20, "name": 10,
	"time": 32, "date": 32, "number": 32, "letter": 32, "symbol": 5, "phone_number": 17,
	"car_number": 8, "amount": 10, "short_thing": 5,
}

// fieldValues says which values fit a field type in kind, whatever their length.
var fieldValues = map[string][]string{
	"time": {"time", "deadline"}, "date": {"time", "deadline"},
	"thing": {"item", "result", "hint"}, "phrase": {"result"}, "const": {"result"}, "short_thing": {"result"},
}

// Validate checks every kind: known, a template id, known field types and values that fit them.
// Every fault is an *intake.FieldError whose key is relative to the notices section.
func (c Config) Validate() error {
	var errs []error
	for _, kind := range intake.NoticeKinds {
		if _, ok := c[kind]; !ok {
			errs = append(errs, fault(string(kind), "missing: give its template_id and fields"))
		}
	}
	for kind, t := range c {
		if !slices.Contains(intake.NoticeKinds, kind) {
			errs = append(errs, fault(string(kind), fmt.Sprintf("unknown kind, expected one of %v", intake.NoticeKinds)))
			continue
		}
		if t.ID == "" {
			errs = append(errs, fault(string(kind)+".template_id", "missing: copy it from the account's template list"))
		}
		if len(t.Fields) == 0 {
			errs = append(errs, fault(string(kind)+".fields", fmt.Sprintf("missing: map each field of the template to one of %v", templates.NoticeValues)))
		}
		for key, value := range t.Fields {
			if err := checkField(key, value); err != nil {
				errs = append(errs, fault(string(kind)+".fields."+key, err.Error()))
			}
		}
	}
	return errors.Join(errs...)
}

func fault(key, problem string) error { return &intake.FieldError{Key: key, Problem: problem} }

func checkField(key, value string) error {
	fieldType, err := typeOf(key)
	if err != nil {
		return err
	}
	if !slices.Contains(templates.NoticeValues, value) {
		return fmt.Errorf("unknown value %q, expected one of %v", value, templates.NoticeValues)
	}
	fits := fieldValues[fieldType]
	if !slices.Contains(fits, value) {
		return fmt.Errorf("a %s field cannot hold %q (it takes %s)", fieldType, value, strings.Join(fits, ", "))
	}
	return nil
}

func typeOf(key string) (string, error) {
	m := fieldKey.FindStringSubmatch(key)
	if m == nil || fieldLimits[m[1]] == 0 {
		return "", errors.New("not a template field: a type and a number, like thing1 or time3")
	}
	return m[1], nil
}

// data renders the fields of a notice, each fitted to its type.
func (t Template) data(kind intake.NoticeKind, say templates.NoticeSay) (map[string]string, error) {
	data := make(map[string]string, len(t.Fields))
	for key, value := range t.Fields {
		fieldType, err := typeOf(key)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", key, err)
		}
		text, err := templates.Notice(kind, value, fieldLimits[fieldType], say)
		if err != nil {
			return nil, err
		}
		data[key] = text
	}
	return data, nil
}
