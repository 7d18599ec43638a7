package review

import (
	"fmt"
	"strings"
	"time"

	"cailiao/intake"
)

// Field is one piece of registration data. Its name is Label when the season names it, else
// the word templates have for Code. Flag fields say yes or no instead of Text.
type Field struct {
	Code  string // "name", "id_number", … or an attribute's code
	Label string // attributes: the season's name
	Text  string
	Flag  bool // a yes-or-no field
	Yes   bool // its value
	Long  bool // a number to compare digit by digit: shown large
	Usual bool // an attribute that is as the season supposes when nobody says otherwise
}

// fields lists what to hold against the pictures: the person as identity papers have it, then
// the attributes in the season's order.
func fields(season *intake.Season, c intake.Candidate) []Field {
	list := []Field{{Code: "name", Text: c.Name}}
	if born, male, ok := resident(c.IDNumber); ok {
		sex := Field{Code: "female"}
		if male {
			sex.Code = "male"
		}
		list = append(list, sex, Field{Code: "born", Text: born.Format("2006-01-02")})
	}
	list = append(list, Field{Code: "id_number", Text: Grouped(c.IDNumber), Long: true})
	if c.IDType != "" {
		list = append(list, Field{Code: "id_type", Text: c.IDType})
	}
	for _, a := range season.Attributes {
		f := Field{Code: a.Code, Label: a.Name, Usual: a.Default != nil && a.Default == c.Attrs[a.Code]}
		switch v := c.Attrs[a.Code].(type) {
		case nil:
			continue
		case bool:
			if !v && f.Usual {
				continue // most are "no" for most; it would only be noise
			}
			f.Flag, f.Yes = true, v
		case string:
			f.Text = v
		default:
			f.Text = fmt.Sprint(v)
		}
		list = append(list, f)
	}
	return list
}

// fieldsOf puts the fields that stand on a document in front, in its order; the rest is small
// beside them. A material whose fields the season does not name has them all.
func fieldsOf(m intake.Material, all []Field) []Field {
	if len(m.Fields) == 0 {
		return all
	}
	var list []Field
	taken := make(map[int]bool)
	for _, code := range m.Fields {
		for i, f := range all {
			if f.Code == code || code == "sex" && (f.Code == "male" || f.Code == "female") {
				f.Usual = false
				list, taken[i] = append(list, f), true
			}
		}
	}
	for i, f := range all {
		if !taken[i] {
			f.Usual = true
			list = append(list, f)
		}
	}
	return list
}

// Grouped writes a resident ID number as people compare it: region, birth date, rest (6-8-4).
func Grouped(number string) string {
	if len(number) != 18 {
		return number
	}
	return number[:6] + " " + number[6:14] + " " + number[14:]
}

// resident reads birth date and sex out of a resident ID number (GB 11643).
func resident(number string) (born time.Time, male, ok bool) {
	if len(number) != 18 || strings.Trim(number[:17], "0123456789") != "" {
		return time.Time{}, false, false
	}
	born, err := time.Parse("20060102", number[6:14])
	if err != nil {
		return time.Time{}, false, false
	}
	return born, (number[16]-'0')%2 == 1, true
}
