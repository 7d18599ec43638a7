// Package notify is the clock: one loop that sends the notices that are due, asking the rules
// again first, and records what WeChat says.
package notify

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cailiao/intake"
	"cailiao/templates"
)

// Config is the notices section of the configuration: for each kind of notice the account's
// template and what goes into its fields.
type Config map[intake.NoticeKind]Template

// Template says how one kind of notice is told.
type Template struct {
	Disabled bool              `yaml:"disabled"`    // this kind is never sent
	Via      Via               `yaml:"via"`         // template (default) or subscribe
	ID       string            `yaml:"template_id"` // as in the account's template list
	URL      string            `yaml:"url"`         // opened by a tap on the message; empty: none
	Fields   map[string]string `yaml:"fields"`      // field key in the template (thing1) → value name (item), or = and a fixed text
	Chat     ChatRoad          `yaml:"chat"`        // a customer-service message while the reply window is open
	SMS      SMS               `yaml:"sms"`         // when WeChat cannot deliver
}

// Via is WeChat's interface for a kind.
type Via string

const (
	ViaTemplate  Via = "template"  // 模板消息
	ViaSubscribe Via = "subscribe" // 订阅通知: needs the person's consent for each
)

// ChatRoad says when a kind is told by customer-service message.
type ChatRoad string

const (
	ChatNever   ChatRoad = ""
	ChatInstead ChatRoad = "instead" // of the template message, while the window is open
	ChatAlso    ChatRoad = "also"    // besides it
)

// SMS is a provider's template and the values of its parameters, in order.
type SMS struct {
	Template string   `yaml:"template"` // the provider's id of it; empty: no SMS for this kind
	Params   []string `yaml:"params"`   // value names; Aliyun's template calls them by these names, Tencent's {1}, {2}, …
}

// Validate checks every kind: known, a template id, known field types and values that fit them
// for whatever candidate. Every fault is an *intake.FieldError whose key is relative to the
// notices section.
func (c Config) Validate() error {
	var errs []error
	for _, kind := range intake.NoticeKinds {
		if _, ok := c[kind]; !ok {
			errs = append(errs, fault(string(kind), "missing: give its template_id and fields, or disabled: true"))
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(c)) {
		if !slices.Contains(intake.NoticeKinds, kind) {
			errs = append(errs, fault(string(kind), fmt.Sprintf("unknown kind, expected one of %v", intake.NoticeKinds)))
			continue
		}
		errs = append(errs, c[kind].validate(kind)...)
	}
	return errors.Join(errs...)
}

func (t Template) validate(kind intake.NoticeKind) (errs []error) {
	at := func(key, problem string) { errs = append(errs, fault(string(kind)+"."+key, problem)) }
	if t.ID == "" && !t.Disabled {
		at("template_id", "missing: copy it from the account's template list")
	}
	if !slices.Contains([]Via{"", ViaTemplate, ViaSubscribe}, t.Via) {
		at("via", "expected template or subscribe")
	}
	if !slices.Contains([]ChatRoad{ChatNever, ChatInstead, ChatAlso}, t.Chat) {
		at("chat", `expected instead, also or ""`)
	}
	if len(t.Fields) == 0 && !t.Disabled {
		at("fields", fmt.Sprintf("missing: map each field of the template to one of %v", templates.NoticeValues))
	}
	for _, key := range slices.Sorted(maps.Keys(t.Fields)) {
		if err := checkField(kind, key, t.Fields[key]); err != nil {
			at("fields."+key, err.Error())
		}
	}
	for i, value := range t.SMS.Params {
		if !slices.Contains(templates.NoticeValues, value) {
			at(fmt.Sprintf("sms.params[%d]", i), fmt.Sprintf("unknown value %q, expected one of %v", value, templates.NoticeValues))
		}
	}
	return errs
}

func fault(key, problem string) error { return &intake.FieldError{Key: key, Problem: problem} }

// checkField tries a mapping out on candidates of every sort, so that nothing is refused later.
func checkField(kind intake.NoticeKind, key, value string) error {
	kindOfField, err := typeOf(key)
	if err != nil {
		return err
	}
	if text, fixed := strings.CutPrefix(value, "="); fixed {
		return fits(kindOfField, text)
	}
	if !slices.Contains(templates.NoticeValues, value) {
		return fmt.Errorf("unknown value %q, expected one of %v, or = and a fixed text", value, templates.NoticeValues)
	}
	if takes := fieldTypes[kindOfField].takes; !slices.Contains(takes, value) {
		if len(takes) == 0 {
			return fmt.Errorf("a %s field cannot hold any of our values: give = and a fixed text", kindOfField)
		}
		return fmt.Errorf("a %s field cannot hold %q (it takes %s)", kindOfField, value, strings.Join(takes, ", "))
	}
	for _, say := range trials {
		if _, err := field(kind, key, value, say); err != nil {
			return err
		}
	}
	return nil
}

// data renders the fields of a notice, each fitted to its type.
func (t Template) data(kind intake.NoticeKind, say templates.NoticeSay) (map[string]string, error) {
	data := make(map[string]string, len(t.Fields))
	for key, value := range t.Fields {
		text, err := field(kind, key, value, say)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", key, err)
		}
		data[key] = text
	}
	return data, nil
}
