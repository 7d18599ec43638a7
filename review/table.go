package review

import (
	"archive/zip"
	"bufio"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// TableFormat is how a table is written to a file.
type TableFormat string

const (
	CSV  TableFormat = "csv"  // UTF-8 with a mark, as spreadsheets expect
	XLSX TableFormat = "xlsx" // every cell is text
)

// TableFormats lists them all.
var TableFormats = []TableFormat{CSV, XLSX}

// ContentType is the MIME type of a file of this format.
func (f TableFormat) ContentType() string {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// Table writes a table row by row, straight through: however long it grows, nothing is kept, in
// memory or in a temporary file. (excelize's own stream writer puts sheets above 16 MiB into the
// system's temporary folder, where names and ID numbers must not lie.)
//
// What is in a cell is text and stays text: in XLSX its type says so, in CSV a cell that a
// spreadsheet would take for a formula gets an apostrophe in front.
type Table struct {
	csv *csv.Writer

	out  *bufio.Writer // the sheet inside the archive
	file *zip.Writer
	rows int
}

// tableParts are the parts of a workbook around its sheet.
var tableParts = []struct{ name, text string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
		`<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`},
	{"xl/styles.xml", `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
		`<fonts count="2"><font><sz val="11"/><name val="等线"/></font><font><b/><sz val="11"/><name val="等线"/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
		`<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>` +
		`<cellXfs count="2"><xf numFmtId="49" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" applyNumberFormat="1" applyFont="1"/></cellXfs></styleSheet>`},
}

const (
	xmlHead    = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	textStyle  = 0
	titleStyle = 1
	cellLength = 32_767 // characters a spreadsheet takes
)

// NewTable begins a table with the titles of its columns.
func NewTable(w io.Writer, format TableFormat, columns []string) (*Table, error) {
	t := &Table{}
	if format == CSV {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return nil, fmt.Errorf("table: %w", err)
		}
		t.csv = csv.NewWriter(w)
		t.csv.UseCRLF = true
		return t, t.Row(columns...)
	}
	t.file = zip.NewWriter(w)
	for _, part := range tableParts {
		if err := addFile(t.file, part.name, xmlHead+part.text); err != nil {
			return nil, err
		}
	}
	sheet, err := t.file.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return nil, fmt.Errorf("table: %w", err)
	}
	t.out = bufio.NewWriter(sheet)
	fmt.Fprintf(t.out, `%s<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0">`+
		`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`+
		`<cols><col min="1" max="%d" width="16" customWidth="1"/></cols><sheetData>`, xmlHead, max(1, len(columns)))
	return t, t.row(titleStyle, columns)
}

func addFile(file *zip.Writer, name, text string) error {
	w, err := file.Create(name)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err != nil {
		return fmt.Errorf("table: %w", err)
	}
	return nil
}

// Row writes one row.
func (t *Table) Row(cells ...string) error {
	if t.csv == nil {
		return t.row(textStyle, cells)
	}
	safe := make([]string, len(cells))
	for i, cell := range cells {
		safe[i] = defused(cell)
	}
	if err := t.csv.Write(safe); err != nil {
		return fmt.Errorf("table: %w", err)
	}
	return nil
}

func (t *Table) row(style int, cells []string) error {
	t.rows++
	fmt.Fprintf(t.out, `<row r="%d">`, t.rows)
	for _, cell := range cells {
		fmt.Fprintf(t.out, `<c t="inlineStr" s="%d"><is><t xml:space="preserve">`, style)
		if err := xml.EscapeText(t.out, []byte(shortCell(cell))); err != nil {
			return fmt.Errorf("table: %w", err)
		}
		t.out.WriteString(`</t></is></c>`)
	}
	if _, err := t.out.WriteString("</row>"); err != nil {
		return fmt.Errorf("table: %w", err)
	}
	return nil
}

func shortCell(cell string) string {
	if utf8.RuneCountInString(cell) <= cellLength {
		return cell
	}
	return string([]rune(cell)[:cellLength])
}

// Close ends the file; w stays open.
func (t *Table) Close() error {
	if t.csv != nil {
		t.csv.Flush()
		return t.csv.Error()
	}
	t.out.WriteString("</sheetData></worksheet>")
	if err := t.out.Flush(); err != nil {
		return fmt.Errorf("table: %w", err)
	}
	return t.file.Close()
}

// defused keeps a spreadsheet from taking a cell for a formula.
func defused(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
