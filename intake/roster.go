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

// ParseRoster reads the rows of a sheet: a header with the columns 报名号, 姓名, 证件类型, 证件号码,
// 手机号, 考点代码 and any attribute of the season, in any order, then one candidate per row. Blank
// rows are passed over. It returns the rows without fault and every problem of the others; a
// caller that wants all or nothing imports only when there is no problem.
func ParseRoster(rows [][]string, season *Season) ([]RosterRow, []RowProblem) {
	r := newRoster(season)
	h, ok := r.find(rows)
	if !ok {
		r.add(1, "", wordNoHeader, strings.Join(r.required(), "、"))
		return nil, r.problems
	}
	r.strangers(rows, h)
	return r.read(rows, h)
}

// ReadRoster is ParseRoster with a header that says itself what each column is; columns it does
// not read may hold anything.
func ReadRoster(rows [][]string, season *Season, h RosterHeader) ([]RosterRow, []RowProblem) {
	return newRoster(season).read(rows, h)
}

type roster struct {
	season   *Season
	columns  []string // title by position; empty: not read
	rows     []RosterRow
	problems []RowProblem
	numbers  map[string]int    // 报名号 → the line that had it first
	ids      map[string]int    // document type and number → the line that had it first
	sites    map[string]string // code or name → code
	damaged  bool              // a spreadsheet has rounded an ID number
}

func newRoster(season *Season) *roster {
	r := &roster{season: season, numbers: make(map[string]int), ids: make(map[string]int), sites: make(map[string]string)}
	for _, s := range season.Sites {
		r.sites[s.Name] = s.Code
	}
	for _, s := range season.Sites {
		r.sites[s.Code] = s.Code
	}
	return r
}

func (r *roster) add(line int, column, problem string, args ...any) {
	if len(args) > 0 {
		problem = fmt.Sprintf(problem, args...)
	}
	r.problems = append(r.problems, RowProblem{Line: line, Column: column, Problem: problem})
}

// read reads what stands below the header.
func (r *roster) read(rows [][]string, h RosterHeader) ([]RosterRow, []RowProblem) {
	r.columns = h.Fields
	if below := rows[min(h.Line, len(rows)):]; !r.complete(h) || r.misplaced(below, h.Line) {
		return nil, r.problems
	}
	blank := true
	for i := h.Line; i < len(rows); i++ {
		if !blankRow(rows[i]) {
			blank = false
			r.line(i+1, rows[i])
		}
	}
	if blank {
		r.add(h.Line, "", wordNoRows)
	}
	r.distrustZeros()
	return r.rows, r.problems
}

// complete says whether the columns suffice: every required one, none twice.
func (r *roster) complete(h RosterHeader) bool {
	ok := true
	for i, field := range h.Fields {
		if field != "" && slices.Contains(h.Fields[:i], field) {
			r.add(h.Line, field, wordColumnTwice)
			ok = false
		}
	}
	for _, title := range r.required() {
		if !slices.Contains(h.Fields, title) {
			r.add(h.Line, title, wordNoColumn)
			ok = false
		}
	}
	return ok
}

// distrustZeros refuses ID numbers that end in 000 and pass their check by chance, once another
// one has shown that the sheet was rounded.
func (r *roster) distrustZeros() {
	if !r.damaged {
		return
	}
	r.rows = slices.DeleteFunc(r.rows, func(row RosterRow) bool {
		zeros := (row.IDType == idCitizen || row.IDType == idResidence) && strings.HasSuffix(row.IDNumber, "000")
		if zeros {
			r.add(row.Line, columnIDNumber, wordIDExcelMore)
		}
		return zeros
	})
	slices.SortStableFunc(r.problems, func(a, b RowProblem) int { return a.Line - b.Line })
}

func (r *roster) required() []string { return RosterRequired(r.season) }

// RosterRequired lists the columns a roster cannot do without.
func RosterRequired(season *Season) []string {
	titles := slices.Clone(rosterRequired)
	for _, a := range season.Attributes {
		if a.Default == nil {
			titles = append(titles, a.Name)
		}
	}
	return titles
}

func (r *roster) allowed() []string { return RosterFields(r.season) }

// RosterFields lists every column a roster may have.
func RosterFields(season *Season) []string {
	titles := slices.Clone(rosterColumns)
	for _, a := range season.Attributes {
		titles = append(titles, a.Name)
	}
	return titles
}

// ForeignRows splits off what an account of one exam site may not import: rows of another site,
// and numbers that are a candidate's of another site already. sites holds those by number.
func ForeignRows(rows []RosterRow, site string, sites map[string]string) (own []RosterRow, problems []RowProblem) {
	for _, row := range rows {
		known, exists := sites[row.Number]
		switch {
		case row.Site != site:
			problems = append(problems, RowProblem{Line: row.Line, Column: columnSite, Problem: wordForeignSite})
		case exists && known != site:
			problems = append(problems, RowProblem{Line: row.Line, Column: columnNumber, Problem: wordForeignNumber})
		default:
			own = append(own, row)
		}
	}
	return own, problems
}
