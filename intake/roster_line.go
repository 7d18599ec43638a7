package intake

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// rosterLine is one candidate's row while it is read.
type rosterLine struct {
	roster *roster
	line   int
	cells  map[string]string // cleaned, by column title
	bad    map[string]bool   // columns already complained about: one problem each is enough
}

// line reads one row and keeps it when nothing is wrong with it.
func (r *roster) line(number int, cells []string) {
	l := rosterLine{roster: r, line: number, cells: make(map[string]string), bad: make(map[string]bool)}
	for i, cell := range cells {
		cell = cleanCell(cell)
		if i >= len(r.columns) {
			if cell != "" {
				l.fail("", wordBeyondHeader)
				return // nothing in this row stands where it should
			}
			continue
		}
		title := r.columns[i]
		if problem := excelDamage(cell); problem != "" && title != "" {
			l.fail(title, problem)
			l.roster.damaged = l.roster.damaged || title == columnIDNumber && problem == wordExcelNumber
		}
		l.cells[title] = cell
	}
	idType := l.idType()
	row := RosterRow{
		Line: number, Number: l.number(), Name: l.name(), IDType: idType,
		IDNumber: l.idNumber(idType), Phone: l.phone(), Site: l.site(), Attrs: l.attrs(),
		Assumed: l.assumed(),
	}
	if len(l.bad) == 0 {
		r.rows = append(r.rows, row)
	}
}

func (l *rosterLine) fail(column, problem string, args ...any) {
	if l.bad[column] {
		return
	}
	l.bad[column] = true
	if len(args) > 0 {
		problem = fmt.Sprintf(problem, args...)
	}
	l.roster.problems = append(l.roster.problems, RowProblem{Line: l.line, Column: column, Problem: problem})
}

// must gives a cell that has to be filled in.
func (l *rosterLine) must(column string) string {
	cell := l.cells[column]
	if cell == "" {
		l.fail(column, wordMissing)
	}
	return cell
}

var (
	rosterNumberShape = regexp.MustCompile(`^[0-9A-Za-z-]{1,32}$`)
	rosterDate        = regexp.MustCompile(`^(19|20)[0-9]{2}[-/][01]?[0-9][-/][0-3]?[0-9]$`) // what Excel makes of 2026-1-2
)

func (l *rosterLine) number() string {
	number := l.must(columnNumber)
	if rosterDate.MatchString(number) {
		l.fail(columnNumber, wordExcelDate)
	}
	if !rosterNumberShape.MatchString(number) {
		l.fail(columnNumber, wordNumberShape)
	}
	l.once(columnNumber, l.roster.numbers, number, wordNumberTwice)
	return number
}

// once complains when an earlier row had the same key.
func (l *rosterLine) once(column string, lines map[string]int, key, problem string) {
	if l.bad[column] {
		return
	}
	if earlier, taken := lines[key]; taken {
		l.fail(column, problem, earlier)
		return
	}
	lines[key] = l.line
}

func (l *rosterLine) name() string {
	name := strings.Join(strings.Fields(l.must(columnName)), " ")
	if utf8.RuneCountInString(name) > 40 || strings.ContainsFunc(name, notInName) {
		l.fail(columnName, wordNameShape)
	}
	return name
}

// notInName reports runes that no name has. Private-use characters are let through: registration
// systems still write rare Chinese characters with them.
func notInName(r rune) bool {
	return !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Co) && !strings.ContainsRune(" ·•‧.,'’-()", r)
}

func (l *rosterLine) idType() string {
	cell := l.cells[columnIDType]
	if cell == "" {
		return idCitizen
	}
	if whole, ok := rosterIDAliases[cell]; ok {
		return whole
	}
	if !slices.Contains(rosterIDTypes, cell) {
		l.fail(columnIDType, wordIDType, strings.Join(rosterIDTypes, "、"))
	}
	return cell
}

func (l *rosterLine) idNumber(idType string) string {
	number := strings.ToUpper(withoutSeparators(l.must(columnIDNumber)))
	if l.bad[columnIDType] || l.bad[columnIDNumber] {
		return number // of which kind it should be is not known
	}
	if problem := checkIDNumber(idType, number, l.roster.season.Window.Opens); problem != "" {
		l.fail(columnIDNumber, problem)
		l.roster.damaged = l.roster.damaged || problem == wordIDExcelZeros
	}
	l.once(columnIDNumber, l.roster.ids, idType+" "+number, wordIDTwice)
	return number
}

var (
	mobileShape  = regexp.MustCompile(`^1[3-9][0-9]{9}$`)
	mobilePrefix = regexp.MustCompile(`^(\+?86|0086)(1[3-9][0-9]{9})$`)
)

func (l *rosterLine) phone() string {
	phone := strings.TrimSuffix(withoutSeparators(l.must(columnPhone)), ".0") // a sheet's number, exact
	phone = mobilePrefix.ReplaceAllString(phone, "$2")
	if !mobileShape.MatchString(phone) {
		l.fail(columnPhone, wordPhone)
	}
	return phone
}

func (l *rosterLine) site() string {
	site, known := l.roster.sites[l.must(columnSite)]
	if !known {
		l.fail(columnSite, wordSite, tellSites(l.roster.season.Sites))
	}
	return site
}

// tellSites names the first sites; a province has too many for one sentence.
func tellSites(sites []Site) string {
	var codes []string
	for _, s := range sites[:min(len(sites), 20)] {
		codes = append(codes, s.Code+" "+s.Name)
	}
	if len(sites) > len(codes) {
		codes = append(codes, "……")
	}
	return strings.Join(codes, "、")
}

// assumed lists the attributes this row says nothing about.
func (l *rosterLine) assumed() []string {
	var codes []string
	for _, a := range l.roster.season.Attributes {
		if cleanCell(l.cells[a.Name]) == "" {
			codes = append(codes, a.Code)
		}
	}
	return codes
}

func (l *rosterLine) attrs() map[string]any {
	raw := maps.Clone(l.cells)
	delete(raw, "")
	for _, column := range rosterColumns {
		delete(raw, column)
	}
	attrs, problems := l.roster.season.Attrs(raw)
	for _, p := range problems {
		l.fail(p.Column, p.Problem)
	}
	return attrs
}
