package intake

import (
	"fmt"
	"slices"
	"strings"
)

// RosterRow is one candidate of the area's registration list, checked and normalised.
type RosterRow struct {
	Line     int            // in the sheet, from 1, the header counted
	Number   string         // 报名号, unique in the roster
	Name     string         //
	IDType   string         // one full name such as 居民身份证
	IDNumber string         // upper case, no spaces
	Phone    string         // 11 digits
	Site     string         // a site code of the season
	Attrs    map[string]any // by attribute code, defaults filled in
	Assumed  []string       // of these, the codes the row left to their default
}

// RowProblem is what is wrong with one cell, in words for staff that never repeat the cell.
type RowProblem struct {
	Line    int    // in the sheet, from 1
	Column  string // the column's title; empty: the row or the sheet
	Problem string
}

// headerSearch is how many rows may stand above the header: exported sheets often begin with a
// title.
const headerSearch = 5

// ParseRoster reads the rows of a sheet: a header with the columns 报名号, 姓名, 证件类型, 证件号码,
// 手机号, 考点代码 and any attribute of the season, in any order, then one candidate per row. Blank
// rows are passed over. It returns the rows without fault and every problem of the others; a
// caller that wants all or nothing imports only when there is no problem.
func ParseRoster(rows [][]string, season *Season) ([]RosterRow, []RowProblem) {
	r := roster{season: season, numbers: make(map[string]int), ids: make(map[string]int)}
	first, ok := r.header(rows)
	if !ok {
		return nil, r.problems
	}
	blank := true
	for i := first; i < len(rows); i++ {
		if !blankRow(rows[i]) {
			blank = false
			r.line(i+1, rows[i])
		}
	}
	if blank {
		r.add(first, "", wordNoRows)
	}
	return r.rows, r.problems
}

type roster struct {
	season   *Season
	columns  []string // title by position; empty: not read
	rows     []RosterRow
	problems []RowProblem
	numbers  map[string]int // 报名号 → the line that had it first
	ids      map[string]int // document type and number → the line that had it first
}

func (r *roster) add(line int, column, problem string, args ...any) {
	if len(args) > 0 {
		problem = fmt.Sprintf(problem, args...)
	}
	r.problems = append(r.problems, RowProblem{Line: line, Column: column, Problem: problem})
}

// header finds and checks the header. It gives the index of the row below it, and whether the
// rows can be read at all.
func (r *roster) header(rows [][]string) (below int, ok bool) {
	at := -1
	for i := 0; i < len(rows) && i < headerSearch && at < 0; i++ {
		known := 0
		for _, cell := range rows[i] {
			if r.title(cell) != "" {
				known++
			}
		}
		if known >= 3 {
			at = i
		}
	}
	if at < 0 {
		r.add(1, "", wordNoHeader, strings.Join(r.required(), "、"))
		return 0, false
	}
	ok = true
	line := at + 1
	for i, cell := range rows[at] {
		title := r.title(cell)
		switch {
		case title == "" && cleanTitle(cell) == "":
			if slices.ContainsFunc(rows[line:], func(row []string) bool { return i < len(row) && cleanCell(row[i]) != "" }) {
				r.add(line, "", wordUntitledColumn, i+1)
			}
		case title == "":
			r.add(line, tellableTitle(cell, i+1), wordUnknownColumn, strings.Join(r.allowed(), "、"))
		case slices.Contains(r.columns, title):
			r.add(line, title, wordColumnTwice)
			ok = false
		}
		r.columns = append(r.columns, title)
	}
	for _, title := range r.required() {
		if !slices.Contains(r.columns, title) {
			r.add(line, title, wordNoColumn)
			ok = false
		}
	}
	return line, ok
}

// title gives the known column a header cell stands for, or "".
func (r *roster) title(cell string) string {
	name := cleanTitle(cell)
	if slices.Contains(rosterColumns, name) {
		return name
	}
	if a, ok := r.season.Attribute(name); ok {
		return a.Name
	}
	return ""
}

func (r *roster) required() []string {
	titles := slices.Clone(rosterRequired)
	for _, a := range r.season.Attributes {
		if a.Default == nil {
			titles = append(titles, a.Name)
		}
	}
	return titles
}

func (r *roster) allowed() []string {
	titles := slices.Clone(rosterColumns)
	for _, a := range r.season.Attributes {
		titles = append(titles, a.Name)
	}
	return titles
}
