package reading

import (
	"regexp"
	"strings"
	"time"
)

// Trust is the confidence from which on a line is taken at its word.
const Trust = .9

var idNumber = regexp.MustCompile(`[1-9][0-9]{16}[0-9X]`)

// IDNumbers are the citizens' identity numbers on the picture: 18 characters whose check
// character is right (GB 11643, ISO 7064 MOD 11-2), which a misread one hardly ever has.
func (r Result) IDNumbers() []string {
	var found []string
	for _, l := range r.Lines {
		for _, n := range idNumber.FindAllString(strings.ToUpper(plain(l.Text)), -1) {
			if checks(n) {
				found = append(found, n)
			}
		}
	}
	return found
}

func checks(number string) bool {
	sum := 0
	for i, r := range number[:17] {
		sum += int(r-'0') * (1 << (17 - i) % 11)
	}
	return "10X98765432"[sum%11] == number[17]
}

// Says tells whether a text stands on the picture within one line.
func (r Result) Says(text string) bool {
	text = plain(text)
	for _, l := range r.Lines {
		if text != "" && strings.Contains(plain(l.Text), text) {
			return true
		}
	}
	return false
}

// Name is the person's name where the picture says 姓名 in the same line, as identity cards do,
// and whether the line can be trusted; "" when it does not.
func (r Result) Name() (name string, trusted bool) {
	for _, l := range r.Lines {
		if _, name, ok := strings.Cut(plain(l.Text), "姓名"); ok {
			if name = strings.TrimLeft(name, ":："); name != "" {
				return name, l.Confidence >= Trust
			}
		}
	}
	return "", false
}

var (
	date    = regexp.MustCompile(`([12][0-9]{3})[.\-/年]([01]?[0-9])[.\-/月]([0-3]?[0-9])`)
	forLong = "长期"
)

// ValidUntil is the last day the document is valid, as it says beside 有效期: the later of two
// dates. ok is false when it does not say, says 长期 (for ever), or cannot be trusted. The day is
// at midnight in loc.
func (r Result) ValidUntil(loc *time.Location) (day time.Time, ok bool) {
	for i, l := range r.Lines {
		_, said, found := strings.Cut(plain(l.Text), "有效期")
		if !found || l.Confidence < Trust {
			continue
		}
		if !date.MatchString(said) {
			said = r.beside(i) // a table has the date in the next cell
		}
		if strings.Contains(said, forLong) {
			return time.Time{}, false
		}
		for _, m := range date.FindAllString(said, -1) {
			d, err := time.ParseInLocation("2006-1-2", date.ReplaceAllString(m, "$1-$2-$3"), loc)
			if err == nil && d.After(day) {
				day, ok = d, true
			}
		}
		if ok {
			return day, true
		}
	}
	return time.Time{}, false
}

// beside is what stands to the right of a line, at its height.
func (r Result) beside(i int) string {
	label := r.Lines[i]
	for _, l := range r.Lines {
		if l.X > label.X && l.Y > label.Y-label.H/2 && l.Y < label.Y+label.H/2 && l.Confidence >= Trust {
			return plain(l.Text)
		}
	}
	return ""
}
