package review_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"cailiao/review"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestRostersAreReadInEveryShapeTheyComeIn(t *testing.T) {
	plain := rosterCSV(3, "S1")
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(plain, ",", "\t"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"UTF-8":                    plain,
		"UTF-8 with a mark":        "\ufeff" + plain,
		"GB18030":                  gb,
		"UTF-16 with tabs":         wide,
		"semicolons":               strings.ReplaceAll(plain, ",", ";"),
		"tabs":                     strings.ReplaceAll(plain, ",", "\t"),
		"Windows line ends":        strings.ReplaceAll(plain, "\n", "\r\n"),
		"old Mac line ends":        strings.ReplaceAll(plain, "\n", "\r"),
		"blank lines":              strings.ReplaceAll(plain, "\n", "\n\n"),
		"quoted":                   strings.ReplaceAll(plain, "考生甲", `"考生甲"`),
		"xlsx with text cells":     workbook(t, plain, false),
		"xlsx with number cells":   workbook(t, plain, true),
		"xlsx, first sheet hidden": workbook(t, plain, false, "hidden"),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, openDB(t))
			for _, want := range []review.Report{{New: 3}, {Same: 3}} {
				report, err := r.ImportRoster(t.Context(), strings.NewReader(text), review.ImportOptions{})
				if err != nil || fmt.Sprint(report) != fmt.Sprint(want) {
					t.Fatalf("%+v, want %+v; %v", report, want, err)
				}
			}
			c, err := r.DB.CandidateByNumber(t.Context(), "N001")
			if err != nil || c.Name != "考生甲" || c.IDNumber != testID(0) || c.Phone != "13800000001" {
				t.Errorf("%+v, %v", c, err)
			}
		})
	}
}

// workbook puts a comma-separated text into an .xlsx; numbers makes digits number cells, except
// what a spreadsheet cannot hold.
func workbook(t *testing.T, text string, numbers bool, more ...string) string {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	sheet := "Sheet1"
	if len(more) > 0 {
		sheet = "名单"
		if _, err := book.NewSheet(sheet); err != nil {
			t.Fatal(err)
		}
		book.SetActiveSheet(1)
		if err := book.SetSheetVisible("Sheet1", false); err != nil {
			t.Fatal(err)
		}
	}
	for y, line := range strings.Split(strings.TrimSpace(text), "\n") {
		for x, cell := range strings.Split(line, ",") {
			at, err := excelize.CoordinatesToCellName(x+1, y+1)
			if err != nil {
				t.Fatal(err)
			}
			var value any = cell
			var n float64
			if _, err := fmt.Sscanf(cell, "%g", &n); numbers && err == nil && len(cell) == 11 {
				value = n
			}
			if err := book.SetCellValue(sheet, at, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAnyProblemImportsNothingAndAllAreListedByLine(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		r := newRoom(t, db)
		lines := strings.Split(rosterCSV(6, "S1"), "\n")
		lines[2] = strings.Replace(lines[2], "S1", "S9", 1)                    // line 3
		lines[4] = ""                                                          // line 5 is blank and counts
		lines[5] = strings.Replace(lines[5], testID(4), testID(4)[:17]+"?", 1) // line 6
		report, err := r.ImportRoster(t.Context(), strings.NewReader(strings.Join(lines, "\n")), review.ImportOptions{})
		if err != nil || len(report.Problems) != 2 || report.Problems[0].Line != 3 || report.Problems[1].Line != 6 {
			t.Errorf("problems %+v, %v", report.Problems, err)
		}
		counts, err := db.TableCounts(t.Context())
		if err != nil || counts["candidates"] != 0 {
			t.Errorf("counts %v, %v", counts, err)
		}
	})
}

func TestAnIDNumberThatASheetHasRoundedIsRefused(t *testing.T) {
	r := newRoom(t, openDB(t))
	book := excelize.NewFile()
	defer book.Close()
	for x, title := range []string{"报名号", "姓名", "证件号码", "手机号", "考点代码", "级别", "类别"} {
		at, _ := excelize.CoordinatesToCellName(x+1, 1)
		if err := book.SetCellValue("Sheet1", at, title); err != nil {
			t.Fatal(err)
		}
	}
	for x, value := range []any{"N001", "考生", 1.1010119900101e17, 13800000001, "S1", "执业", "临床"} {
		at, _ := excelize.CoordinatesToCellName(x+1, 2)
		if err := book.SetCellValue("Sheet1", at, value); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	report, err := r.ImportRoster(t.Context(), &b, review.ImportOptions{})
	if err != nil || len(report.Problems) != 1 || report.Problems[0].Column != "证件号码" {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestADryRunComparesButKeepsNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		r := newRoom(t, db)
		r.imported(2, "S1")
		changed := strings.Replace(rosterCSV(3, "S1"), "13800000001", "13899999999", 1)
		var seen []string
		report, err := r.ImportRoster(t.Context(), strings.NewReader(changed), review.ImportOptions{
			DryRun: true, Progress: func(done, total int) { seen = append(seen, fmt.Sprintf("%d/%d", done, total)) },
		})
		if err != nil || fmt.Sprint(report) != fmt.Sprint(review.Report{New: 1, Changed: 1, Same: 1}) {
			t.Errorf("%+v, %v", report, err)
		}
		if len(seen) == 0 || seen[len(seen)-1] != "3/3" {
			t.Errorf("progress %v", seen)
		}
		c, err := db.CandidateByNumber(t.Context(), "N001")
		if err != nil || c.Phone != "13800000001" {
			t.Errorf("phone %s, %v", c.Phone, err)
		}
	})
}

func TestFilesThatAreNoRosterAreTurnedAway(t *testing.T) {
	r := newRoom(t, openDB(t))
	var bomb bytes.Buffer
	archive := zip.NewWriter(&bomb)
	for i := range 6 { // 300 MiB in all
		w, err := archive.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", i))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, 50<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	var crowd bytes.Buffer
	archive = zip.NewWriter(&crowd)
	for i := range 10_001 { // a few hundred KB, nothing in them
		if _, err := archive.Create(fmt.Sprintf("xl/media/%d.png", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, content string
		want          error
	}{
		{"old Excel", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", review.ErrRosterFormat},
		{"PDF", "%PDF-1.7", review.ErrRosterFormat},
		{"a picture", "\xff\xd8\xff\xe0\x00\x10JFIF", review.ErrRosterEncoding},
		{"a zip that is no workbook", "PK\x03\x04nonsense", review.ErrRosterDamaged},
		{"a zip bomb", bomb.String(), review.ErrRosterSize},
		{"a zip of too many files", crowd.String(), review.ErrRosterSize},
		{"21 MiB", strings.Repeat("报名号,", 21<<20/10), review.ErrRosterSize},
		{"300 columns", strings.Repeat("a,", 300), review.ErrRosterSize},
		{"no end to a quote", "报名号,姓名\n\"N1,考生\n", nil},
		{"nothing", "", nil},
	} {
		report, err := r.ImportRoster(t.Context(), strings.NewReader(test.content), review.ImportOptions{})
		if !errors.Is(err, test.want) || test.want == nil && err == nil && len(report.Problems) == 0 {
			t.Errorf("%s: %+v, %v", test.name, report, err)
		}
	}
}
