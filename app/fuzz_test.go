package app_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/intake"
	"cailiao/review"
	"cailiao/wechat/wechattest"
)

// Whatever is typed, at whatever stage: an answer comes, WeChat can show it, and a stranger is told
// nothing about anybody.
func FuzzConversation(f *testing.F) {
	w := apptest.Start(f, "sqlite", start)
	w.Import(f)
	ctx := f.Context()
	stranger, asked, sending := w.Platform.User("o-stranger"), w.Platform.User("o-asked"), w.Platform.User("o-sending")
	for _, u := range []*wechattest.User{stranger, asked, sending} {
		u.Follow(ctx)
	}
	asked.Say(ctx, apptest.People[1].Number+" "+apptest.People[1].IDTail()) // then asked for the phone
	for _, words := range apptest.Binding(apptest.People[0]) {
		sending.Say(ctx, words)
	}
	sending.SendPhoto(ctx, imagetest.JPEG(imagetest.Page(1, 610, 820), 60))
	for _, words := range barbs {
		f.Add(words)
	}
	for _, words := range []string{"3 毕业证", "删除第2张", "2-4 学历备案表", "第十项", "看圈出的地方99", "２６１１０１０００１　１７００３Ｘ", "人工 你好", "1 删除"} {
		f.Add(words)
	}
	f.Fuzz(func(t *testing.T, words string) {
		if !utf8.ValidString(words) || strings.ContainsFunc(words, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }) {
			t.Skip("WeChat sends no such text")
		}
		for who, u := range map[string]*wechattest.User{"a stranger": stranger, "asked for the phone": asked, "sending": sending} {
			d := u.Say(t.Context(), words)
			if d.Broken != "" || d.Attempts != 1 || d.Reply == "" && d.ReplyImage == "" || len(d.Reply) > 2048 || !utf8.ValidString(d.Reply) {
				t.Errorf("%s says %q: %d deliveries, %d bytes, %s", who, words, d.Attempts, len(d.Reply), d.Broken)
			}
			if who != "a stranger" {
				continue
			}
			for _, p := range apptest.People {
				if strings.Contains(d.Reply, p.Name) || strings.Contains(d.Reply, p.Phone) {
					t.Errorf("a stranger says %q and is told something personal", words)
				}
			}
		}
	})
}

// Whatever is searched for: no error, and a site's reviewer finds nobody of another site.
func FuzzSearch(f *testing.F) {
	w := apptest.Start(f, "sqlite", start)
	w.Import(f)
	who := w.AddStaff(f, "site-one", intake.RoleSite, "110101")
	for _, words := range barbs {
		f.Add(words, 0)
	}
	f.Add("沈清和", 1)
	f.Add("2611050003", 1<<40)
	f.Fuzz(func(t *testing.T, words string, page int) {
		q, err := w.Desk.Queue(t.Context(), who, review.Filter{All: true, Search: words, Page: page})
		if err != nil {
			t.Fatalf("%q, page %d: %v", words, page, err)
		}
		for _, row := range q.Rows {
			if row.Site != "110101" {
				t.Errorf("%q finds a candidate of %s", words, row.Site)
			}
		}
	})
}

// Whatever file is taken for a roster: it is imported, or refused with a reason, soon.
func FuzzRosterFile(f *testing.F) {
	w := apptest.Start(f, "sqlite", start)
	csv := apptest.RosterCSV(apptest.People)
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String(csv)
	if err != nil {
		f.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(csv, ",", "\t"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range []string{csv, "\xef\xbb\xbf" + csv, gbk, utf16, "PK\x03\x04", workbook(f, "", sheetRow(1, "报名号", "姓名")+sheetRow(2, "1", "2"), noTexts)} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) { tryRoster(t, w, file) })
}

// Whatever stands in a workbook's sheet: as above. A mutated archive would hardly ever be one.
func FuzzRosterSheet(f *testing.F) {
	w := apptest.Start(f, "sqlite", start)
	head, line, _ := strings.Cut(apptest.RosterCSV(apptest.People[:1]), "\n")
	good := sheetRow(1, strings.Split(head, ",")...) + sheetRow(2, strings.Split(strings.TrimSpace(line), ",")...)
	const texts = `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>报名号</t></si><si><r><t>姓</t></r><r><t>名</t></r></si></sst>`
	f.Add(good, noTexts)
	f.Add(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="9"><c r="XFD9" t="b"><v>1</v></c><c t="e"><v>#N/A</v></c></row>`, texts)
	f.Add(`<row r="1048576" hidden="1"><c s="7"><f t="shared" si="0">A1</f><v>2.0260001E+11</v></c></row><mergeCell ref="A1:B2"/>`, texts)
	f.Add(`<!DOCTYPE x [<!ENTITY e "e">]><row><c t="inlineStr"><is><t>&e;&#x41;]]></t></is></c></row>`, "")
	f.Fuzz(func(t *testing.T, rows, shared string) {
		if strings.Contains(rows+shared, blanks) {
			t.Skip("stands for a bomb")
		}
		tryRoster(t, w, []byte(workbook(t, "", rows, shared)))
	})
}

func tryRoster(t *testing.T, w *apptest.World, file []byte) {
	began := time.Now()
	report, err := w.Desk.ImportRoster(t.Context(), bytes.NewReader(file), review.ImportOptions{DryRun: true})
	if err != nil && review.RosterFault(err) == "" {
		t.Errorf("an error that is nobody's: %v", err)
	}
	if err == nil && len(report.Problems) == 0 && report.New+report.Changed+report.Same == 0 {
		t.Error("nothing is taken, and nothing told")
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("%d bytes took %s", len(file), took)
	}
}
