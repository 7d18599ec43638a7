package handlers_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// rosterText is a roster of n candidates of a site.
func rosterText(n int, site string) string {
	var csv strings.Builder
	csv.WriteString("报名号,姓名,证件类型,证件号码,手机号,考点代码,级别,类别\n")
	for i := range n {
		fmt.Fprintf(&csv, "N%03d,考生%c,居民身份证,%s,1380000%04d,%s,执业,临床\n", i+1, '甲'+rune(i), idNumber(i), i+1, site)
	}
	return csv.String()
}

// send posts a file as the upload form does.
func (b *browser) send(name, content string) answer {
	b.w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(part, content)
	}
	if err != nil || form.Close() != nil {
		b.w.t.Fatal(err)
	}
	resp, err := b.client.Post(b.w.server.URL+"/staff/roster", form.FormDataContentType(), &body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

// rosterForm is a form of the roster's page as it stands now.
func rosterForm(page string, more url.Values) url.Values {
	form := url.Values{}
	_, rest, _ := strings.Cut(page, `name="version" value="`)
	version, _, _ := strings.Cut(rest, `"`)
	form.Set("version", version)
	for _, part := range strings.Split(page, `<select name="field"`)[1:] {
		options, _, _ := strings.Cut(part, "</select>")
		chosen := ""
		if _, after, ok := strings.Cut(options, " selected>"); ok {
			chosen, _, _ = strings.Cut(after, "<")
		}
		form.Add("field", chosen)
	}
	for name, values := range more {
		form[name] = values
	}
	return form
}

func TestARosterComesInWithoutScripts(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorldOn(t, db).open()
		b := w.signedIn("王老师")
		got := b.send("东城 名单.csv", rosterText(3, "S1"))
		at := got.location()
		if got.status != http.StatusSeeOther || !strings.HasPrefix(at, "/staff/roster/") {
			t.Fatalf("upload: %d to %q", got.status, at)
		}
		page := b.get(at).body
		if !strings.Contains(page, "东城 名单.csv") || strings.Contains(page, idNumber(0)) || !strings.Contains(page, "138****0001") {
			t.Error("the page of the columns shows the wrong things")
		}
		if got := b.post(at+"/columns", rosterForm(page, url.Values{"field": {"姓名"}})); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "各列还不对") {
			t.Errorf("wrong columns: %d", got.status)
		}
		if got := b.post(at+"/columns", rosterForm(page, nil)); got.location() != at {
			t.Fatalf("columns: %d", got.status)
		}
		if page = b.get(at).body; !strings.Contains(page, "正在检查") || !strings.Contains(page, `http-equiv="refresh"`) {
			t.Error("no progress is shown")
		}
		w.work()
		if page = b.get(at).body; !strings.Contains(page, "共 3 行，没有问题") {
			t.Fatal(page)
		}
		if got := b.post(at+"/import", rosterForm(page, nil)); got.location() != at {
			t.Fatalf("import: %d", got.status)
		}
		if got := b.post(at+"/import", rosterForm(page, nil)); got.status != http.StatusConflict {
			t.Errorf("import twice: %d", got.status)
		}
		w.work()
		if page = b.get(at).body; !strings.Contains(page, "导入好了") || !strings.Contains(page, "新增 <b>3</b>") {
			t.Error(page)
		}
		if _, err := db.CandidateByNumber(t.Context(), "N003"); err != nil {
			t.Error(err)
		}
	})
}

func (w *world) work() {
	w.t.Helper()
	if err := w.Desk.WorkImports(w.t.Context(), "test"); err != nil {
		w.t.Fatal(err)
	}
}

func TestProblemsOfARosterAreListedAndCanBeSaved(t *testing.T) {
	w := newWorld(t).open()
	b := w.signedIn("王老师")
	text := strings.Replace(rosterText(3, "S1"), "13800000002", "1380000", 1)
	text = strings.Replace(text, idNumber(2)+",13800000003,S1", idNumber(2)+",13800000003,S2", 1)
	at := b.send("a.csv", text).location()
	b.post(at+"/columns", rosterForm(b.get(at).body, nil))
	w.work()
	page := b.get(at).body
	for _, want := range []string{"有 2 处问题", "应为 1 开头的 11 位手机号", "不是本考点的考生"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "确认导入") {
		t.Error("a roster with problems can be confirmed")
	}
	if list := b.get("/staff/roster").body; !strings.Contains(list, "有 2 处问题，没有导入") || strings.Contains(list, "等待确认导入") {
		t.Errorf("the list does not say that the roster cannot come in:\n%s", list)
	}
	saved := b.get(at + "/problems/csv")
	if !strings.HasPrefix(saved.body, "\ufeff行,列,问题\r\n3,手机号,") || !strings.Contains(saved.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%q", saved.body)
	}
	if saved := b.get(at + "/problems/xlsx"); !strings.HasPrefix(saved.body, "PK") {
		t.Errorf("xlsx of %d bytes", len(saved.body))
	}
}

func TestFilesThatAreNoRosterAreToldWhy(t *testing.T) {
	w := newWorld(t).open()
	b := w.signedIn("王老师")
	for content, want := range map[string]string{
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "旧的 .xls", "\xff\xd8\xff\xe0\x00\x10JFIF": "认不出文字的编码", "PK\x03\x04nonsense": "文件打不开",
		strings.Repeat("报名号,", 20<<20/10+100): "文件太大",
	} {
		if got := b.send("x.csv", content); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d", want, got.status)
		}
	}
	if got := b.send("x.csv", strings.Repeat("x", 22<<20)); got.status != http.StatusRequestEntityTooLarge && got.status != http.StatusUnprocessableEntity {
		t.Errorf("22 MiB: %d", got.status)
	}
	if got := b.send("x.csv", ""); got.status != http.StatusSeeOther { // told once it is checked
		t.Errorf("an empty file: %d", got.status)
	}
}

func TestBringingARosterInInARealBrowser(t *testing.T) {
	w := newWorld(t).open()
	w.people(4)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); w.Desk.RunImports(ctx, "test") }()
	t.Cleanup(func() { stop(); <-ended })
	file := filepath.Join(t.TempDir(), "名单.csv")
	text := strings.Replace(rosterText(3, "S1"), "考生甲", "考生一", 1)
	text = strings.Replace(text, "N002", "N009", 1)
	if err := os.WriteFile(file, []byte(strings.Replace(text, "姓名,", "申请人,", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	v := chromium(t, w)
	v.Size(1366, 768)
	v.signIn("管理员")
	v.Go(v.base + "/staff/roster")
	v.Files("#upload input[type=file]", file)
	v.Click("#upload button")
	v.Until("the columns", `document.querySelector(".columns select")`)
	v.Shot("roster-columns")
	v.Until("one is not known", `document.querySelectorAll(".columns select")[1].value === ""`)
	v.Do(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll(".columns select")[1].value = "姓名"`))
	v.Click(".columns + .acts button")
	v.Until("checked", `document.querySelector(".sums")`)
	v.Shot("roster-checked")
	v.Until("the difference is shown", `document.querySelector(".changes del").innerText === "考生甲" && document.querySelector(".changes ins").innerText === "考生一"`)
	v.Click("input[value=mark]")
	v.Type("input.count", "1")
	v.Click(".acts .primary")
	v.Until("done", `document.body.innerText.includes("导入好了")`)
	v.Shot("roster-done")
	c, err := w.DB.CandidateByNumber(t.Context(), "N002")
	if err != nil || c.WithdrawnAt.IsZero() {
		t.Errorf("N002: %+v, %v", c, err)
	}
	if c, err := w.DB.CandidateByNumber(t.Context(), "N001"); err != nil || c.Name != "考生一" {
		t.Errorf("N001: %+v, %v", c, err)
	}
}
