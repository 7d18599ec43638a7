package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

var rosterHeader = []string{"报名号", "姓名", "证件类型", "证件号码", "手机号", "考点代码", "级别", "应届", "单位数"}

// goodRow is a made-up candidate; the ID number is the worked example of GB 11643.
func goodRow() []string {
	return []string{"260001", "样例一", "居民身份证", "11010519491231002X", "13800000000", "0101", "执业", "否", "2"}
}

func goodCandidate(line int) RosterRow {
	return RosterRow{Line: line, Number: "260001", Name: "样例一", IDType: "居民身份证", IDNumber: "11010519491231002X",
		Phone: "13800000000", Site: "0101", Attrs: map[string]any{"level": "执业", "fresh": false, "unit_count": 2}}
}

// citizen makes an ID number with a right check character, by another formula than the code's:
// the weight of each place is a power of two modulo 11.
func citizen(first17 string) string {
	sum := 0
	for i, r := range first17 {
		weight := 1
		for range 17 - i {
			weight = weight * 2 % 11
		}
		sum += weight * int(r-'0')
	}
	for c, value := range map[string]int{"0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7, "8": 8, "9": 9, "X": 10} {
		if (sum+value)%11 == 1 {
			return first17 + c
		}
	}
	return ""
}

func TestParseRosterReadsARow(t *testing.T) {
	tests := []struct {
		name   string
		change func(row []string)
		want   func(row *RosterRow)
	}{
		{"as it should be", func([]string) {}, func(*RosterRow) {}},
		{"small x", func(row []string) { row[3] = "11010519491231002x" }, func(*RosterRow) {}},
		{"full-width digits and letters", func(row []string) {
			row[0], row[3], row[4] = "２６０００１", "１１０１０５１９４９１２３１００２Ｘ", "１３８００００００００"
		}, func(*RosterRow) {}},
		{"byte order mark, no-break and ideographic spaces", func(row []string) { row[0], row[1], row[5] = "\ufeff260001", "\u00a0样例一\u3000", " 0101\t" }, func(*RosterRow) {}},
		{"grouped digits", func(row []string) { row[3], row[4] = "110105 19491231 002X", "138-0000-0000" }, func(*RosterRow) {}},
		{"country code", func(row []string) { row[4] = "+86 138 0000 0000" }, func(*RosterRow) {}},
		{"country code with zeros", func(row []string) { row[4] = "008613800000000" }, func(*RosterRow) {}},
		{"phone as a sheet's number", func(row []string) { row[4] = "13800000000.0" }, func(*RosterRow) {}},
		{"Excel's text apostrophe", func(row []string) { row[3] = "'11010519491231002X" }, func(*RosterRow) {}},
		{"the formula that keeps zeros", func(row []string) { row[5] = `="0101"` }, func(*RosterRow) {}},
		{"another name for the card", func(row []string) { row[2] = "第二代身份证" }, func(*RosterRow) {}},
		{"no type means the card", func(row []string) { row[2] = "" }, func(*RosterRow) {}},
		{"alias of an attribute", func(row []string) { row[6] = "执业医师" }, func(*RosterRow) {}},
		{"blank attributes", func(row []string) { row[7], row[8] = "", "" }, func(r *RosterRow) {
			r.Attrs["unit_count"], r.Assumed = 1, []string{"fresh", "unit_count"}
		}},
		{"foreign name", func(row []string) { row[1] = "O’Neil  J. (李) 阿卜杜拉·买买提" }, func(r *RosterRow) { r.Name = "O’Neil J. (李) 阿卜杜拉·买买提" }},
		{"rare character of the private area", func(row []string) { row[1] = "样\ue863" }, func(r *RosterRow) { r.Name = "样\ue863" }},
		{"residence permit", func(row []string) { row[2], row[3] = "港澳台居民居住证", citizen("81000019900101001") },
			func(r *RosterRow) { r.IDType, r.IDNumber = "港澳台居民居住证", citizen("81000019900101001") }},
		{"passport", func(row []string) { row[2], row[3] = "护照", "e1234 5678" }, func(r *RosterRow) { r.IDType, r.IDNumber = "护照", "E12345678" }},
		{"Taiwan pass by its common name", func(row []string) { row[2], row[3] = "台胞证", "01234567" },
			func(r *RosterRow) { r.IDType, r.IDNumber = "台湾居民来往大陆通行证", "01234567" }},
		{"officer's card", func(row []string) { row[2], row[3] = "军官证", "军字第0000001号" }, func(r *RosterRow) { r.IDType, r.IDNumber = "军官证", "军字第0000001号" }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			row, want := goodRow(), goodCandidate(2)
			test.change(row)
			test.want(&want)
			got, problems := ParseRoster([][]string{rosterHeader, row}, parseSmall(t))
			if diff := cmp.Diff([]RosterRow{want}, got); diff != "" {
				t.Error(diff)
			}
			if problems != nil {
				t.Errorf("problems: %v", problems)
			}
		})
	}
}

func TestParseRosterTellsWhatIsWrongWithACell(t *testing.T) {
	const (
		sites = "没有这个考点代码。可以填：0101 第一考点、0102 第二考点"
		types = "不认识这种证件。可以填：居民身份证、港澳台居民居住证、港澳居民来往内地通行证、台湾居民来往大陆通行证、护照、外国人永久居留身份证、军官证"
	)
	tests := []struct {
		name   string
		column int
		cell   string
		want   string
	}{
		{"no number", 0, "", wordMissing},
		{"number in scientific notation", 0, "2.60001E+11", wordExcelNumber},
		{"number with odd characters", 0, "26/0001", wordNumberShape},
		{"number too long", 0, strings.Repeat("1", 33), wordNumberShape},
		{"no name", 1, " \u3000", wordMissing},
		{"name with digits", 1, "样例1", wordNameShape},
		{"name that is a formula", 1, "=A1", wordNameShape},
		{"name too long", 1, strings.Repeat("样", 41), wordNameShape},
		{"Excel error", 1, "#N/A", wordExcelError},
		{"column too narrow", 3, "########", wordExcelError},
		{"unknown document", 2, "学生证", types},
		{"no ID number", 3, "", wordMissing},
		{"ID number in scientific notation", 3, "1.10105E+17", wordExcelNumber},
		{"ID number in small scientific notation", 3, "1.1e17", wordExcelNumber},
		{"wrong check character", 3, "110105194912310021", wordIDChecksum},
		{"two digits swapped", 3, "11010519491213002X", wordIDChecksum},
		{"17 digits", 3, "11010519491231002", wordIDLength},
		{"19 digits", 3, "11010519491231002X1", wordIDLength},
		{"x in the middle", 3, "1101051949123100X2", wordIDLength},
		{"letter O for zero", 3, "11O10519491231002X", wordIDLength},
		{"old number", 3, "110105491231002", wordIDOld},
		{"no such day", 3, citizen("11010519490230002"), wordIDBirth},
		{"last century but one", 3, citizen("11010518991231002"), wordIDBirth},
		{"born after the season opens", 3, citizen("11010520260130002"), wordIDBirth},
		{"digits lost by Excel", 3, "110105194912310000", wordIDExcelZeros},
		{"no phone", 4, "", wordMissing},
		{"ten digits", 4, "1380000000", wordPhone},
		{"landline", 4, "010-66666666", wordPhone},
		{"no mobile prefix", 4, "12800000000", wordPhone},
		{"phone in scientific notation", 4, "1.38E+10", wordExcelNumber},
		{"two phones", 4, "13800000000/13900000000", wordPhone},
		{"no site", 5, "", wordMissing},
		{"unknown site", 5, "9999", sites},
		{"site that lost its zero", 5, "101", sites},
		{"no level", 6, "", wordMissing},
		{"unknown level", 6, "主任", "应为以下之一：执业、助理"},
		{"neither yes nor no", 7, "可能", wordYesNo},
		{"too many units", 8, "5", "应为 1 到 4 的整数"},
		{"attribute with Excel error", 8, "#REF!", wordExcelError},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			row := goodRow()
			row[test.column] = test.cell
			got, problems := ParseRoster([][]string{rosterHeader, row}, parseSmall(t))
			want := []RowProblem{{Line: 2, Column: rosterHeader[test.column], Problem: test.want}}
			if diff := cmp.Diff(want, problems); diff != "" {
				t.Error(diff)
			}
			if got != nil {
				t.Errorf("the row is taken all the same: %v", got)
			}
			if cell := cleanCell(test.cell); len(cell) >= 4 {
				for _, p := range problems {
					if strings.Contains(p.Problem, cell) {
						t.Errorf("%q repeats the cell", p.Problem)
					}
				}
			}
		})
	}
}

func TestParseRosterChecksEachKindOfDocument(t *testing.T) {
	tests := []struct{ name, idType, number, column, want string }{
		{"passport with odd characters", "护照", "E12345/78", "证件号码", wordIDShape},
		{"passport that is too short", "护照", "E123", "证件号码", wordIDShape},
		{"officer's card that is too short", "军官证", "军1", "证件号码", wordIDShape},
		{"residence permit with a wrong check character", "居住证", citizen("81000019900101001")[:17] + "0", "证件号码", wordIDChecksum},
		{"pass without number", "回乡证", "", "证件号码", wordMissing},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			row := goodRow()
			row[2], row[3] = test.idType, test.number
			got, problems := ParseRoster([][]string{rosterHeader, row}, parseSmall(t))
			if diff := cmp.Diff([]RowProblem{{Line: 2, Column: test.column, Problem: test.want}}, problems); diff != "" || got != nil {
				t.Errorf("took %v\n%s", got, diff)
			}
		})
	}
}

func TestParseRosterTellsEveryBadRowAndKeepsTheGoodOnes(t *testing.T) {
	rows := [][]string{rosterHeader, goodRow(), goodRow(), {}, {"", " ", "\u00a0"}, goodRow(), goodRow(), goodRow()}
	rows[2][3] = citizen("11010519900101001") // same 报名号, other person
	rows[5][0] = "260002"                     // same person, other 报名号
	rows[6][0], rows[6][3], rows[6][4], rows[6][5] = "260003", "1", "2", "3"
	rows[7] = append(rows[7], "", "错位")
	got, problems := ParseRoster(rows, parseSmall(t))
	if diff := cmp.Diff([]RosterRow{goodCandidate(2)}, got); diff != "" {
		t.Error(diff)
	}
	want := []RowProblem{
		{Line: 3, Column: "报名号", Problem: "与第 2 行的报名号相同"},
		{Line: 6, Column: "证件号码", Problem: "与第 2 行的证件号码相同"},
		{Line: 7, Column: "证件号码", Problem: wordIDLength},
		{Line: 7, Column: "手机号", Problem: wordPhone},
		{Line: 7, Column: "考点代码", Problem: "没有这个考点代码。可以填：0101 第一考点、0102 第二考点"},
		{Line: 8, Problem: wordBeyondHeader},
	}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
}

func TestParseRosterReadsTheHeader(t *testing.T) {
	const allowed = "不认识这一列。可以用的列名：报名号、姓名、证件类型、证件号码、手机号、考点代码、级别、应届、单位数"
	good := goodRow()
	tests := []struct {
		name string
		rows [][]string
		read int // rows
		want []RowProblem
	}{
		{"other order, spaces, stars, a mark", [][]string{
			{"\ufeff手 机 号*", "姓名", "级别", "考点代码：", "证件号码", " 报名号 "}, {good[4], good[1], good[6], good[5], good[3], good[0]}}, 1, nil},
		{"attributes by code", [][]string{
			{"报名号", "姓名", "证件号码", "手机号", "考点代码", "level"}, {good[0], good[1], good[3], good[4], good[5], good[6]}}, 1, nil},
		{"a title above", [][]string{{"2026 年报名名单"}, {}, rosterHeader, good}, 1, nil},
		{"blank columns", [][]string{append(slices.Clone(rosterHeader), "", " "), append(slices.Clone(good), "", "")}, 1, nil},
		{"short rows", [][]string{rosterHeader, good[:7]}, 1, nil},
		{"nothing", nil, 0, []RowProblem{{Line: 1, Problem: "没有找到表头行。前 5 行里应有一行写着：报名号、姓名、证件号码、手机号、考点代码、级别"}}},
		{"candidates without header", [][]string{good, good}, 0, []RowProblem{{Line: 1, Problem: "没有找到表头行。前 5 行里应有一行写着：报名号、姓名、证件号码、手机号、考点代码、级别"}}},
		{"header and nothing else", [][]string{rosterHeader, {}, {""}}, 0, []RowProblem{{Line: 1, Problem: wordNoRows}}},
		{"missing columns", [][]string{{"报名号", "姓名", "手机号", "应届"}, good}, 0, []RowProblem{
			{Line: 1, Column: "证件号码", Problem: wordNoColumn}, {Line: 1, Column: "考点代码", Problem: wordNoColumn}, {Line: 1, Column: "级别", Problem: wordNoColumn}}},
		{"column twice", [][]string{append(slices.Clone(rosterHeader), "姓 名"), append(slices.Clone(good), "样例二")}, 0,
			[]RowProblem{{Line: 1, Column: "姓名", Problem: wordColumnTwice}}},
		{"name and code of one attribute", [][]string{append(slices.Clone(rosterHeader), "level"), append(slices.Clone(good), "助理")}, 0,
			[]RowProblem{{Line: 1, Column: "级别", Problem: wordColumnTwice}}},
		{"unknown column", [][]string{append(slices.Clone(rosterHeader), "星座"), append(slices.Clone(good), "天秤")}, 1,
			[]RowProblem{{Line: 1, Column: "星座", Problem: allowed}}},
		{"unknown column that could be a phone number", [][]string{append(slices.Clone(rosterHeader), "13800000000"), good}, 1,
			[]RowProblem{{Line: 1, Column: "第 10 列", Problem: allowed}}},
		{"column without title", [][]string{append(slices.Clone(rosterHeader), ""), append(slices.Clone(good), "备注")}, 1,
			[]RowProblem{{Line: 1, Problem: "第 10 列有内容但没有列名"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, problems := ParseRoster(test.rows, parseSmall(t))
			if diff := cmp.Diff(test.want, problems); diff != "" {
				t.Error(diff)
			}
			if len(got) != test.read {
				t.Fatalf("read %d rows, want %d: %v", len(got), test.read, got)
			}
			for _, row := range got {
				if row.Number != "260001" || row.Phone != "13800000000" || row.Attrs["level"] != "执业" {
					t.Errorf("columns are mixed up: %v", row)
				}
			}
		})
	}
}

func TestParseRosterAcceptsOnlyTheRightCheckCharacter(t *testing.T) {
	season := parseSmall(t)
	for sequence := range 50 {
		number := citizen(fmt.Sprintf("11010519900101%03d", sequence+1))
		for _, check := range "0123456789X" {
			row := goodRow()
			row[3] = number[:17] + string(check)
			got, problems := ParseRoster([][]string{rosterHeader, row}, season)
			if taken := len(got) == 1; taken != (row[3] == number) || taken != (problems == nil) {
				t.Fatalf("sequence %d, check character %c: taken %v, %v", sequence+1, check, taken, problems)
			}
		}
	}
}

func FuzzParseRoster(f *testing.F) {
	season := parseSmall(f)
	good := strings.Join(goodRow(), "\t")
	f.Add(strings.Join(rosterHeader, "\t") + "\n" + good + "\n" + strings.Replace(good, "X", "1", 1))
	f.Add("姓名\t级别\t应届\n" + good)
	f.Add(strings.Join(rosterHeader, "\t") + "\t\t星座\n\n1.1E+17\t#N/A\t=\"1\"\t'1\t＋８６\xff")
	f.Fuzz(func(t *testing.T, sheet string) {
		var rows [][]string
		for line := range strings.SplitSeq(sheet, "\n") {
			rows = append(rows, strings.Split(line, "\t"))
		}
		got, problems := ParseRoster(rows, season)
		numbers := make(map[string]bool)
		for _, row := range got {
			_, siteKnown := season.Site(row.Site)
			if numbers[row.Number] || row.Name == "" || !mobileShape.MatchString(row.Phone) || !siteKnown || len(row.Attrs) != 3 {
				t.Errorf("row taken that should not be: %+v", row)
			}
			numbers[row.Number] = true
			if _, err := season.List(row.Attrs); err != nil {
				t.Errorf("a taken row has no list: %v", err)
			}
		}
		if len(got) == 0 && len(problems) == 0 {
			t.Error("nothing read and nothing told")
		}
		for _, p := range problems {
			if p.Line < 1 || p.Line > len(rows) || p.Problem == "" {
				t.Errorf("problem without place or words: %+v", p)
			}
			digits := 0
			for _, r := range p.Problem + p.Column {
				if digits++; !unicode.IsDigit(r) {
					digits = 0
				}
				if digits > 5 {
					t.Fatalf("problem repeats a number: %+v", p)
				}
			}
		}
	})
}

func BenchmarkParseRoster(b *testing.B) {
	season := parseBeijing(b)
	rows := [][]string{{"报名号", "姓名", "证件号码", "手机号", "考点代码", "级别", "类别"}}
	for i := range 20_000 {
		rows = append(rows, []string{fmt.Sprint(260_000 + i), "样例", citizen(fmt.Sprintf("1101051990%02d%02d%03d", i/700%12+1, i/1000+1, i%1000)), "13800000000", "110101", "执业", "临床"})
	}
	for b.Loop() {
		if _, problems := ParseRoster(rows, season); len(problems) > 0 {
			b.Fatal(problems[0])
		}
	}
}
