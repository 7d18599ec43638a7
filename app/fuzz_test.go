package app_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

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
	f.Add([]byte(apptest.RosterCSV(apptest.People)))
	f.Add([]byte("\xef\xbb\xbf" + apptest.RosterCSV(apptest.People)))
	f.Add([]byte("PK\x03\x04"))
	if sheet, err := os.ReadFile("../review/testdata/roster.xlsx"); err == nil {
		f.Add(sheet)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		began := time.Now()
		report, err := w.Desk.ImportRoster(t.Context(), bytes.NewReader(file), review.ImportOptions{DryRun: true})
		if err == nil && len(report.Problems) == 0 && len(file) == 0 {
			t.Error("an empty file is taken")
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%d bytes took %s", len(file), took)
		}
	})
}
