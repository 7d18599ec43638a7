package wechattest

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// fits says whether the field takes the value: the key is its type and a number, "thing1".
// Limits are those of the official table; where practice accepts more than the table, only
// the time formats seen in practice are taken too. A type the table lacks takes 20 characters.
func fits(key, value string, enum []string) bool {
	n := utf8.RuneCountInString(value)
	if strings.TrimSpace(value) == "" || !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
		return false
	}
	kind := strings.TrimRight(key, "0123456789")
	if pattern, ok := fieldPatterns[kind]; ok {
		return pattern.MatchString(value)
	}
	switch kind {
	case "phrase":
		return n <= 5 && all(value, isHan)
	case "name":
		if strings.ContainsFunc(value, isHan) {
			return n <= 10 && !strings.ContainsFunc(value, unicode.IsDigit)
		}
		return n <= 20 && !strings.ContainsFunc(value, unicode.IsDigit)
	case "symbol":
		return n <= 5 && !strings.ContainsFunc(value, isWord)
	case "car_number":
		return n <= 8 && all(value, isWord)
	case "time":
		return isTimes(value, true)
	case "date":
		return isTimes(value, false)
	case "const":
		return n <= 20 && (len(enum) == 0 || slices.Contains(enum, value))
	}
	return n <= 20
}

var fieldPatterns = map[string]*regexp.Regexp{
	"character_string": regexp.MustCompile(`^[\x20-\x7e]{1,32}$`),
	"number":           regexp.MustCompile(`^-?[0-9][0-9.]{0,31}$`),
	"letter":           regexp.MustCompile(`^[A-Za-z]{1,32}$`),
	"amount":           regexp.MustCompile(`^[¥￥$€£]?[0-9]{1,10}(\.[0-9]{1,2})?元?$`),
	"phone_number":     regexp.MustCompile(`^[0-9+\-() ]{1,17}$`),
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func all(s string, is func(rune) bool) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !is(r) })
}

// Layouts of a moment. 24:00 is none: no source shows the platform taking it.
var (
	dayLayouts   = []string{"2006年1月2日", "2006-01-02", "2006-1-2", "2006/01/02", "2006.01.02"}
	clockLayouts = []string{"15:04", "15:04:05"}
)

// isTimes takes one moment or a range with ~. In a time field each needs a clock time, in a
// date field a day.
func isTimes(value string, clock bool) bool {
	ends := strings.Split(value, "~")
	if len(ends) > 2 {
		return false
	}
	for _, end := range ends {
		end = strings.TrimSpace(end)
		day, hour, both := strings.Cut(end, " ")
		switch {
		case both && parses(day, dayLayouts) && parses(hour, clockLayouts):
		case !both && clock && parses(end, clockLayouts):
		case !both && !clock && parses(end, dayLayouts):
		default:
			return false
		}
	}
	return true
}

func parses(s string, layouts []string) bool {
	return slices.ContainsFunc(layouts, func(layout string) bool {
		_, err := time.Parse(layout, s)
		return err == nil
	})
}
