package app_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"cailiao/app/apptest"
	"cailiao/intake"
	"cailiao/storage"
)

// inside is what an archive holds, by name; an answer that is none is given back as it is.
func inside(body string) map[string]string {
	archive, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		return map[string]string{"": body}
	}
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			continue
		}
		var content bytes.Buffer
		io.Copy(&content, r)
		r.Close()
		files[f.Name] = content.String()
	}
	return files
}

// Rosters and exports hold everybody at once. Every way to them, as every role: another site's look
// like none, and what is taken out holds nobody of another site, whatever the form says.
func TestTakingWhatIsOfOthers(t *testing.T) {
	b := newBattlefield(t)
	b.bound("o-foreign", apptest.People[2])
	clients := map[string]*http.Client{"nobody": b.browser("")}
	for _, who := range []string{"site-one", "site-two", "area-one"} {
		clients[who] = b.signIn(who)
	}
	theirs := map[string]string{} // the address of each one's roster
	for _, who := range []string{"site-one", "area-one"} {
		got := b.upload(clients[who], "名单.csv", apptest.RosterCSV(apptest.People[:2]))
		if theirs[who] = got.header.Get("Location"); got.status != http.StatusSeeOther {
			t.Fatalf("%s uploads: %d", who, got.status)
		}
	}
	b.victim.Say(t.Context(), "人工 照片要带章吗")
	const question = "/staff/questions/1"
	said := url.Values{"answer": {"要"}}
	const own, all = "/staff/export/states", "/staff/export/photos"
	foreign, ours := url.Values{"site": {"110105"}}, url.Values{"site": {"110101"}}
	of := func(id int64) string { return fmt.Sprintf("/staff/candidates/%d/export", id) }
	version := url.Values{"version": {"1"}}
	for _, row := range []struct {
		who, method, path string
		form              url.Values
		want              int
	}{
		{"nobody", "GET", theirs["site-one"], nil, 303},
		{"nobody", "POST", theirs["site-one"] + "/import", version, 303},
		{"nobody", "POST", own, ours, 303},
		{"nobody", "POST", of(b.id), nil, 303},
		{"nobody", "POST", question, said, 303},
		{"site-two", "POST", question, said, 404},
		{"site-two", "POST", "/staff/questions/99", said, 404},
		{"site-one", "POST", question, said, 303},
		{"site-one", "GET", theirs["site-one"], nil, 200},
		{"site-one", "GET", theirs["area-one"], nil, 404},
		{"site-one", "GET", theirs["area-one"] + "/problems/csv", nil, 404},
		{"site-two", "GET", theirs["site-one"], nil, 404},
		{"site-two", "GET", theirs["site-one"] + "/problems/xlsx", nil, 404},
		{"site-two", "POST", theirs["site-one"] + "/columns", version, 404},
		{"site-two", "POST", theirs["site-one"] + "/import", version, 404},
		{"site-two", "POST", theirs["site-one"] + "/drop", version, 404},
		{"site-two", "GET", "/staff/roster/99", nil, 404},
		{"area-one", "GET", theirs["site-one"], nil, 200},
		{"site-one", "POST", of(b.id), url.Values{}, 200},
		{"site-one", "POST", of(b.foreign), url.Values{}, 404},
		{"site-two", "POST", of(b.id), url.Values{}, 404},
		{"site-two", "POST", of(99), url.Values{}, 404},
		{"site-one", "POST", own, foreign, 404},
		{"site-one", "POST", own, url.Values{}, 200},
		{"site-one", "POST", all, foreign, 404},
		{"site-one", "POST", all, url.Values{"candidate": {fmt.Sprint(b.foreign)}, "site": {"", "110105"}}, 200}, // their own
		{"site-two", "POST", all, ours, 404},
		{"site-two", "POST", all, url.Values{"after": {"-1"}}, 400},
		{"area-one", "POST", own, url.Values{"site": {"' OR 1=1 --"}}, 404},
		{"area-one", "POST", own, foreign, 200},
	} {
		got := b.ask(clients[row.who], row.method, row.path, row.form)
		name := fmt.Sprintf("%s: %s %s %v", row.who, row.method, row.path, row.form)
		if got.status != row.want {
			t.Errorf("%s: %d, want %d", name, got.status, row.want)
		}
		for _, i := range []int{0, 1, 2} {
			p := apptest.People[i]
			if row.who == "area-one" || row.who == "site-one" && p.Site == "110101" || row.who == "site-two" && p.Site == "110105" {
				continue
			}
			for file, content := range inside(got.body) {
				for _, personal := range []string{p.Name, p.Number, p.ID, p.Phone} {
					if strings.Contains(file, personal) || strings.Contains(content, personal) {
						t.Errorf("%s: %q holds somebody of another site", name, file)
					}
				}
			}
		}
	}
}

// The names in a ZIP stay in its folder, whatever a candidate is called.
func TestNamesInTheExportStayInside(t *testing.T) {
	b := newBattlefield(t)
	client := b.signIn("area-one")
	for _, name := range []string{"../../../etc/passwd", `..\..\autoexec`, "/etc/passwd", "C:evil", "a\x00b", "王\r\n小明", "..", "\u202egpj.exe", strings.Repeat("长", 300)} {
		err := b.DB.InTx(t.Context(), func(tx storage.Q) error {
			p := apptest.People[0]
			_, err := tx.ImportRoster(t.Context(), []intake.RosterRow{{Number: p.Number, Name: name, IDType: "居民身份证", IDNumber: p.ID, Phone: p.Phone, Site: p.Site}}, func(int) {})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		got := b.ask(client, http.MethodPost, fmt.Sprintf("/staff/candidates/%d/export", b.id), url.Values{})
		pictures := 0
		for file := range inside(got.body) {
			if !filepath.IsLocal(file) || strings.ContainsAny(file, `\:`) || strings.ContainsFunc(file, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
				t.Errorf("%q becomes %q", name, file)
			}
			if strings.HasSuffix(file, ".jpg") {
				pictures++
			}
		}
		if got.status != http.StatusOK || pictures != 1 {
			t.Errorf("%q: %d, %d pictures", name, got.status, pictures)
		}
	}
}
