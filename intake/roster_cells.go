package intake

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// cleanCell takes off what spreadsheets and copying leave around and in a cell: byte order marks,
// zero-width and non-breaking spaces, Excel's text apostrophe, and full-width digits and letters.
func cleanCell(cell string) string {
	cell = strings.ToValidUTF8(cell, "�")
	cell = strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～': // U+FF01 to U+FF5E mirror ASCII
			return r - '！' + '!'
		case unicode.IsSpace(r): // U+3000 and U+00A0 as well
			return ' '
		case unicode.Is(unicode.Cf, r) || unicode.IsControl(r):
			return -1
		}
		return r
	}, cell)
	cell = strings.TrimSpace(cell)
	if inner, ok := strings.CutPrefix(cell, `="`); ok && strings.HasSuffix(inner, `"`) {
		cell = strings.TrimSuffix(inner, `"`) // the ="00123" trick of exported CSV files
	}
	return strings.TrimSpace(strings.TrimLeft(cell, "'`"))
}

func cleanTitle(cell string) string {
	return strings.Trim(strings.ReplaceAll(cleanCell(cell), " ", ""), "*:")
}

// tellableTitle gives an unknown column's title, or its position when the title could be a
// candidate's data in the wrong place.
func tellableTitle(cell string, position int) string {
	title := cleanTitle(cell)
	if utf8.RuneCountInString(title) > 12 || strings.ContainsFunc(title, unicode.IsDigit) {
		return fmt.Sprintf(wordUnreadableTitle, position)
	}
	return title
}

var scientific = regexp.MustCompile(`^[0-9](\.[0-9]+)?[eE]\+[0-9]{1,3}$|^[0-9]\.[0-9]+[eE][0-9]{1,3}$`)

// excelDamage tells when a spreadsheet has put something else in the cell's place.
func excelDamage(cell string) string {
	switch {
	case scientific.MatchString(cell):
		return wordExcelNumber
	case strings.HasPrefix(cell, "#"):
		return wordExcelError
	}
	return ""
}

func blankRow(cells []string) bool {
	for _, cell := range cells {
		if cleanCell(cell) != "" {
			return false
		}
	}
	return true
}

// withoutSeparators takes out the spaces and dashes people group digits with.
func withoutSeparators(number string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, number)
}
