package intake

import (
	"regexp"
	"slices"
	"strings"
)

// RosterHeader is where the header of a sheet stands, and what each of its columns is read as.
type RosterHeader struct {
	Line   int      `json:"line"`   // its last one, from 1: candidates follow
	Titles []string `json:"titles"` // as they stand, by position
	Fields []string `json:"fields"` // the column each is read as, see RosterFields; empty: not read
}

// headerSearch is how many rows may stand above the header: exported sheets often begin with a
// title.
const headerSearch = 5

// FindRosterHeader finds the header and guesses by their titles what the columns are. ok is false
// when none of the first rows looks like a header; the first row with content then stands for it.
func FindRosterHeader(rows [][]string, season *Season) (h RosterHeader, ok bool) {
	r := newRoster(season)
	if h, ok = r.find(rows); ok {
		return h, true
	}
	for i, row := range rows[:min(headerSearch, len(rows))] {
		if !blankRow(row) {
			return r.over(rows, i), false
		}
	}
	return RosterHeader{Line: 1}, false
}

// find takes the first row with three titles we know.
func (r *roster) find(rows [][]string) (h RosterHeader, ok bool) {
	for i := 0; i < len(rows) && i < headerSearch; i++ {
		known := 0
		for _, cell := range rows[i] {
			if r.title(cell) != "" {
				known++
			}
		}
		if known >= 3 {
			return r.over(rows, i), true
		}
	}
	return RosterHeader{}, false
}

// over reads the header at a row. Of merged cells only the first has the title: what is blank
// here may stand in a row above, and a row below that holds nothing but titles belongs to it.
func (r *roster) over(rows [][]string, at int) RosterHeader {
	h := RosterHeader{Line: at + 1}
	last := at
	if at+1 < len(rows) && r.onlyTitles(rows[at+1]) {
		h.Line, last = at+2, at+1
	}
	for i := range widest(rows[:last+1]) {
		title := cellAt(rows[at], i)
		if below := cellAt(rows[last], i); below != "" {
			title = below
		}
		for above := at - 1; above >= 0 && title == ""; above-- {
			if cell := cellAt(rows[above], i); r.title(cell) != "" {
				title = cell
			}
		}
		field := r.title(title)
		if slices.Contains(h.Fields, field) && r.guess(title) != cleanTitle(title) {
			field = "" // guessed, and another column is it already
		}
		h.Titles, h.Fields = append(h.Titles, title), append(h.Fields, field)
	}
	return h
}

func widest(rows [][]string) int {
	width := 0
	for _, row := range rows {
		width = max(width, len(row))
	}
	return width
}

func cellAt(row []string, i int) string {
	if i >= len(row) {
		return ""
	}
	return cleanCell(row[i])
}

func (r *roster) onlyTitles(row []string) bool {
	known := 0
	for _, cell := range row {
		switch {
		case cleanCell(cell) == "":
		case r.title(cell) == "":
			return false
		default:
			known++
		}
	}
	return known > 0
}

// strangers complains about columns that are not known, so that nothing is left out unnoticed.
func (r *roster) strangers(rows [][]string, h RosterHeader) {
	for i, title := range h.Titles {
		switch {
		case h.Fields[i] != "":
		case r.title(title) != "":
			r.add(h.Line, r.title(title), wordColumnTwice)
		case cleanTitle(title) != "":
			r.add(h.Line, tellableTitle(title, i+1), wordUnknownColumn, strings.Join(r.allowed(), "、"))
		case slices.ContainsFunc(rows[h.Line:], func(row []string) bool { return cellAt(row, i) != "" }):
			r.add(h.Line, "", wordUntitledColumn, i+1)
		}
	}
}

var titleRemark = regexp.MustCompile(`\(.*\)$`)

// title gives the known column a header cell stands for, or "".
func (r *roster) title(cell string) string {
	name := r.guess(cell)
	if slices.Contains(rosterColumns, name) {
		return name
	}
	if a, ok := r.season.Attribute(name); ok {
		return a.Name
	}
	return ""
}

// guess brings a title to the name we would give it: without remarks, other names replaced.
func (r *roster) guess(cell string) string {
	name := cleanTitle(cell)
	if _, known := r.season.Attribute(name); known {
		return name
	}
	bare := strings.Trim(titleRemark.ReplaceAllString(name, ""), "*:")
	if ours, ok := rosterTitleAliases[bare]; ok {
		return ours
	}
	if bare != "" {
		return bare
	}
	return name
}

// Of the cells that are filled in, more than this share must look like another column's before
// the columns are held to be exchanged.
const (
	misplacedShare = 0.8
	misplacedRows  = 200 // looked at
	misplacedLeast = 3   // cells
)

// misplaced complains about columns whose cells look like another column's: with every row wrong
// in the same way, one sentence says more than a complaint about each.
func (r *roster) misplaced(rows [][]string, line int) bool {
	found := false
	for i, field := range r.columns {
		if !slices.Contains([]string{columnNumber, columnName, columnIDNumber, columnPhone}, field) {
			continue
		}
		looks := r.looks(rows, i)
		for _, other := range []string{columnIDNumber, columnPhone, columnName} {
			at := slices.Index(r.columns, other)
			if other == field || looks[other] <= misplacedShare {
				continue
			}
			// A 报名号 may have the shape of a phone number, as long as the phones stand where they should.
			if field == columnNumber && other == columnPhone && (at < 0 || r.looks(rows, at)[other] > 1-misplacedShare) {
				continue
			}
			r.add(line, field, wordMisplaced, other)
			found = true
		}
	}
	return found
}

// looks tells which share of a column's cells looks like what.
func (r *roster) looks(rows [][]string, i int) map[string]float64 {
	counts, filled := map[string]float64{}, 0
	for _, row := range rows[:min(misplacedRows, len(rows))] {
		cell := withoutSeparators(cellAt(row, i))
		if cell == "" {
			continue
		}
		filled++
		switch {
		case IsIDNumber(cell):
			counts[columnIDNumber]++
		case mobileShape.MatchString(cell):
			counts[columnPhone]++
		case hanName.MatchString(cell):
			counts[columnName]++
		}
	}
	for field := range counts {
		if filled < misplacedLeast {
			counts[field] = 0
		}
		counts[field] /= float64(filled)
	}
	return counts
}

var hanName = regexp.MustCompile(`^\p{Han}{2,4}$`)
