package notify

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"cailiao/intake"
	"cailiao/templates"
)

var fieldKey = regexp.MustCompile(`^([a-z_]+?)\d+$`)

// fieldType is one type of template field: how long a value may be, in UTF-16 units (what
// "characters" can mean at its strictest), which characters it takes, and which of our values
// make sense in it. WeChat refuses the whole message (47003) when one value does not fit.
// Source: the platform's template parameter table; const and short_thing are unconfirmed there.
type fieldType struct {
	limit int
	takes []string
	ok    func(r rune) bool // nil: any printable
}

var fieldTypes = map[string]fieldType{
	"thing":            {20, []string{"item", "result", "hint", "site", "name"}, nil},
	"short_thing":      {5, []string{"result"}, nil},
	"phrase":           {5, []string{"result"}, isHan},
	"const":            {20, []string{"result"}, nil},
	"character_string": {32, []string{"number", "phone", "count"}, isASCII},
	"time":             {32, []string{"time", "deadline"}, nil},
	"date":             {32, []string{"time", "deadline"}, nil},
	"name":             {10, []string{"name"}, isName},
	"number":           {32, []string{"count"}, isDigit},
	"phone_number":     {17, []string{"phone"}, isPhone},
	"letter":           {32, nil, isLetter},
	"symbol":           {5, nil, isSymbol},
	"car_number":       {8, nil, nil},
	"amount":           {10, nil, nil},
}

const latinName = 20 // letters of a name without 汉字

func isHan(r rune) bool    { return unicode.Is(unicode.Han, r) }
func isASCII(r rune) bool  { return r >= ' ' && r <= '~' }
func isDigit(r rune) bool  { return r >= '0' && r <= '9' }
func isPhone(r rune) bool  { return isDigit(r) || strings.ContainsRune("+-() ", r) }
func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
func isName(r rune) bool   { return isHan(r) || isLetter(r) || r == ' ' || r == '·' }
func isSymbol(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }

func typeOf(key string) (string, error) {
	m := fieldKey.FindStringSubmatch(key)
	if m == nil || fieldTypes[m[1]].limit == 0 {
		return "", errors.New("not a template field: a type and a number, like thing1 or time3")
	}
	return m[1], nil
}

// field renders one value and fits it to its field.
func field(kind intake.NoticeKind, key, value string, say templates.NoticeSay) (string, error) {
	kindOfField, err := typeOf(key)
	if err != nil {
		return "", err
	}
	text, fixed := strings.CutPrefix(value, "=")
	if !fixed {
		if text, err = templates.Notice(kind, value, fieldTypes[kindOfField].limit, say); err != nil {
			return "", err
		}
	}
	text = fit(kindOfField, text)
	return text, fits(kindOfField, text)
}

// fit puts a text on one line, leaves out what its field does not take, and shortens it.
func fit(kindOfField, text string) string {
	t := fieldTypes[kindOfField]
	text = strings.Map(func(r rune) rune {
		switch {
		case r == utf8Broken || !unicode.IsPrint(r):
			if t.ok != nil && !t.ok(' ') {
				return -1
			}
			return ' '
		case t.ok != nil && !t.ok(r):
			return -1
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	limit := limitOf(kindOfField, text)
	if length(text) <= limit {
		return text
	}
	if kindOfField == "thing" {
		return strings.TrimSpace(cut(text, limit-1)) + "…"
	}
	return strings.TrimSpace(cut(text, limit))
}

const utf8Broken = '\uFFFD'

// fits says what is wrong with a text in a field; nil: nothing.
func fits(kindOfField, text string) error {
	t := fieldTypes[kindOfField]
	switch {
	case strings.TrimSpace(text) == "":
		return fmt.Errorf("a %s field must not be empty", kindOfField)
	case length(text) > limitOf(kindOfField, text):
		return fmt.Errorf("%q is too long: a %s field takes %d characters", text, kindOfField, limitOf(kindOfField, text))
	case t.ok != nil && strings.ContainsFunc(text, func(r rune) bool { return !t.ok(r) }),
		strings.ContainsFunc(text, unicode.IsControl):
		return fmt.Errorf("%q holds characters a %s field does not take", text, kindOfField)
	case kindOfField == "time" || kindOfField == "date":
		if _, err := time.Parse(templates.NoticeTimeLayout, text); err != nil {
			return fmt.Errorf("%q is no moment like %s", text, templates.NoticeTimeLayout)
		}
	}
	return nil
}

func limitOf(kindOfField, text string) int {
	if kindOfField == "name" && !strings.ContainsFunc(text, isHan) {
		return latinName
	}
	return fieldTypes[kindOfField].limit
}

func length(s string) int { return len(utf16.Encode([]rune(s))) }

// cut returns the longest beginning of s with at most limit UTF-16 units.
func cut(s string, limit int) string {
	used := 0
	for at, r := range s {
		if used += utf16.RuneLen(r); used > limit {
			return s[:at]
		}
	}
	return s
}

// trials are the candidates a mapping is tried on: one item and many, long names and none that
// fit, only registration data wrong.
var trials = func() []templates.NoticeSay {
	at := time.Date(2026, 12, 31, 23, 59, 0, 0, time.UTC)
	base := templates.NoticeSay{
		First: "医疗机构执业许可证副本及诊疗科目页", N: 1, Until: at, Now: at, Closes: at,
		Name: "欧阳娜娜", Number: "2611010001", Site: "示例市示例区卫生健康委员会考点办公室", Phone: "010-00000000",
	}
	many, data, foreign := base, base, base
	many.N = 28
	data.N, data.DataOnly, data.First = 0, true, ""
	foreign.Name, foreign.First = "Abdurrahman Alexander Christopher", "证"
	return []templates.NoticeSay{base, many, data, foreign}
}()

// sortedFields orders field keys by their number, as templates usually have them.
func sortedFields(fields map[string]string) []string {
	keys := make([]string, 0, len(fields))
	for key := range fields {
		keys = append(keys, key)
	}
	number := func(key string) string {
		return fmt.Sprintf("%8s", strings.TrimLeftFunc(key, func(r rune) bool { return !isDigit(r) }))
	}
	slices.SortFunc(keys, func(a, b string) int { return strings.Compare(number(a)+a, number(b)+b) })
	return keys
}
