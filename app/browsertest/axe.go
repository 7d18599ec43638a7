package browsertest

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Axe looks for barriers in pages.
type Axe struct{ source string }

// OpenAxe loads axe-core from the file named by CAILIAO_TEST_AXE. Without one the test is skipped,
// unless CAILIAO_TEST_ENGINES=all wants everything.
func OpenAxe(t *testing.T) Axe {
	t.Helper()
	path := os.Getenv("CAILIAO_TEST_AXE")
	switch {
	case testing.Short():
		t.Skip("needs a browser: not in -short")
	case path == "" && os.Getenv("CAILIAO_TEST_ENGINES") == "all":
		t.Fatal("CAILIAO_TEST_AXE is empty, but CAILIAO_TEST_ENGINES wants everything")
	case path == "":
		t.Skip("needs axe-core: npm ci in app/browsertest/npm, then name its axe.min.js in CAILIAO_TEST_AXE")
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return Axe{string(source)}
}

// barrier is one finding of axe-core.
type barrier struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// Look reports every serious or critical barrier of the page in a window as an error; what names
// the page in words.
func (a Axe) Look(w *Window, what string) {
	w.t.Helper()
	w.Do(chromedp.Evaluate[chromedp.Void](a.source + ";undefined"))
	w.Do(chromedp.Evaluate[chromedp.Void](`window.barriers = "";
		axe.run(document, {resultTypes: ["violations"]}).then(
			(r) => window.barriers = JSON.stringify(r.violations),
			(e) => window.barriers = JSON.stringify([{id: "axe", impact: "critical", help: String(e), nodes: []}])); undefined`))
	w.Until("axe has looked at "+what, `window.barriers`)
	var found []barrier
	if err := json.Unmarshal([]byte(w.Value("window.barriers")), &found); err != nil {
		w.t.Fatal(err)
	}
	for _, b := range found {
		if b.Impact != "serious" && b.Impact != "critical" {
			w.t.Logf("%s: %s, %s: %s (%d places)", what, b.Impact, b.ID, b.Help, len(b.Nodes))
			continue
		}
		for i, n := range b.Nodes {
			if i == 3 {
				w.t.Errorf("%s: … and %d more", what, len(b.Nodes)-i)
				break
			}
			w.t.Errorf("%s: %s, %s: %s\n%s\n%s", what, b.Impact, b.ID, b.Help, n.HTML, strings.ReplaceAll(n.Summary, "\n", " "))
		}
		if len(b.Nodes) == 0 {
			w.t.Errorf("%s: %s, %s: %s", what, b.Impact, b.ID, b.Help)
		}
	}
}
