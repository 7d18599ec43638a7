package templates

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cailiao/imaging"
	"cailiao/intake"

	"github.com/jba/templatecheck"
)

var views = []View{
	LoginPage{}, ProblemPage{}, QueuePage{}, SheetPage{}, NoticesPage{}, DeadlinePage{},
	MinePage{}, MineProblemPage{}, PrivacyPage{}, ErasePage{}, ReceiptPage{}, QuestionsPage{}, NumbersPage{},
	RosterPage{}, RosterJobPage{}, ExportPage{}, CasePage{}, CodesPage{},
	AgainPage{}, CodePage{}, MePage{}, PlacesPage{}, PeoplePage{}, LogPage{},
	BatchPage{}, BatchProgressPage{}, BatchesPage{},
}

func TestEveryPageFitsItsView(t *testing.T) {
	for _, v := range views {
		page, ok := pages[v.page()]
		if !ok {
			t.Errorf("%T: no file pages/%s.html", v, v.page())
			continue
		}
		if err := templatecheck.CheckHTMLStrict(page.Lookup("layout"), v); err != nil {
			t.Errorf("%T: %v", v, err)
		}
	}
	if len(pages) != len(views) {
		t.Errorf("%d page files, %d views checked", len(pages), len(views))
	}
}

func TestBlocksForHtmxFitTheirViews(t *testing.T) {
	for _, part := range []struct {
		view  View
		block string
	}{{QueuePage{}, "queue"}, {SheetPage{}, "sheet-part"}, {SheetPage{}, "phone"}, {RosterJobPage{}, "roster-job"}, {ExportPage{}, "export-progress"}, {BatchProgressPage{}, "progress"}} {
		if err := templatecheck.CheckHTMLStrict(pages[part.view.page()].Lookup(part.block), part.view); err != nil {
			t.Errorf("%T, block %s: %v", part.view, part.block, err)
		}
	}
}

func TestAFailingPageWritesNothing(t *testing.T) {
	var b bytes.Buffer
	if err := Part(&b, LoginPage{}, "no such block"); err == nil || b.Len() != 0 {
		t.Errorf("error %v, %d bytes written", err, b.Len())
	}
}

func TestPagesCarryNothingTheContentSecurityPolicyForbids(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=|<style|javascript:|https?://|hx-on|<script>`)
	err := fs.WalkDir(pageFiles, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(pageFiles, name)
		if found := forbidden.Find(text); found != nil {
			t.Errorf("%s: %q", name, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStaticFilesAreServedUnderTheirMarkOnly(t *testing.T) {
	files, err := filepath.Glob("static/*.*")
	if err != nil || len(files) == 0 {
		t.Fatalf("static files: %v, %v", files, err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		mark := strings.Split(StaticPath(name), "/")[2]
		if data, _, ok := StaticFile(mark, name); !ok || !bytes.Equal(data, want) {
			t.Errorf("%s: ok %v, %d bytes, want %d", name, ok, len(data), len(want))
		}
		if _, _, ok := StaticFile("0123456789ab", name); ok {
			t.Errorf("%s is served under a foreign mark", name)
		}
	}
	for _, name := range []string{"../pages.go", "NOTICE", "", "none.css", "../static/app.css"} {
		if _, _, ok := StaticFile(staticMark, name); ok {
			t.Errorf("%q is served", name)
		}
	}
}

func TestEveryDoubtHasWordsForStaff(t *testing.T) {
	for _, code := range []string{
		imaging.Small, imaging.Dark, imaging.Bright, imaging.Glare, imaging.Blur, imaging.Shaken, imaging.NoDocument, imaging.Far, imaging.Cut,
		"similar", "similar_returned", "elsewhere", "other_kind", "name_differs", "id_differs", "expired", "askew", "no_qr",
	} {
		var b strings.Builder
		if err := pages["sheet"].ExecuteTemplate(&b, "doubt", intake.Verdict{Code: code, Where: "毕业证书"}); err != nil || strings.Contains(b.String(), code) {
			t.Errorf("%s: %q, %v", code, b.String(), err)
		}
	}
}

func TestTheHeadTellsHowManyQuestionsWait(t *testing.T) {
	for n, want := range map[int]string{0: "", 1: "1", 99: "99", 100: "99+"} {
		asked := 0
		user := User{Waiting: func() int { asked++; return n }}
		if got := user.Asked(); got != want || asked != 1 {
			t.Errorf("%d: %q, asked %d times", n, got, asked)
		}
		user.Bound = true
		if got := user.Asked(); got != "" || asked != 1 {
			t.Errorf("somebody with a duty to do first: %q, asked %d times", got, asked)
		}
	}
	if got := (User{}).Asked(); got != "" {
		t.Errorf("nobody counts: %q", got)
	}
}
