package watchtest_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"cailiao/watch/watchtest"
)

func TestTheScanFindsWhatALogMustNotHold(t *testing.T) {
	secrets := map[string]string{
		"林知夏": "name", "2611010001": "number", "17003X": "proof", "%E6%9E%97": "name", "481516": "code",
		"86_c0ffee-Kj2": "token", "我的号码是\n多少": "words", `a "quoted" word`: "password",
	}
	for _, row := range []struct {
		line string
		want bool
	}{
		{"msg=bound name=林知夏", true},
		{"msg=bound name=考生林知夏等", true},
		{"error=\"row 7: 2611010001: no such site\"", true},
		{"body={Number:2611010001,Site:1}", true},
		{"proof=17003X", true},
		{"path=/staff/?q=%E6%9E%97&page=2", true},
		{"code=481516", true},
		{"url=https://api.weixin.qq.com/cgi-bin/menu?access_token=86_c0ffee-Kj2x", true},
		{"error: no answer to 我的号码是\n多少", true},
		{"request=A17003XB", false},
		{"took=1.481516s", false},
		{"bytes=4815162", false},
		{"number=26110100012", false},
		{"msg=request route=/staff/candidates/:id status=200", false},
		{"86_c0ffee-", false},
	} {
		if got := watchtest.Scan("before\n"+row.line+"\nafter\n", secrets); (len(got) > 0) != row.want {
			t.Errorf("%s: %q", row.line, got)
		}
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("tried", "with", `a "quoted" word`)
	if got := watchtest.Scan(log.String(), map[string]string{`a \"quoted\" word`: "password"}); len(got) != 1 {
		t.Errorf("as slog writes it: %q", got)
	}
}

func TestWhatGoesThroughAServerIsKnown(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "__Host-staff", Value: "a-session-of-1"})
		io.Copy(io.Discard, r.Body)
	}))
	server.Listener = watchtest.Listen(server.Listener)
	server.Start()
	defer server.Close()
	resp, err := http.PostForm(server.URL+"/?q="+url.QueryEscape("林知夏 一"), url.Values{"name": {"area-one"}, "password": {"不对的 口令"}, "code": {"481516"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	known := watchtest.Known()
	for secret, kind := range map[string]string{"a-session-of-1": "cookie", "不对的 口令": "password", url.QueryEscape("不对的 口令"): "password", "481516": "code", "林知夏 一": "q"} {
		if known[secret] != kind {
			t.Errorf("%s: known as %q", secret, known[secret])
		}
	}
	if known["area-one"] != "" {
		t.Error("the name of an account is taken for a secret")
	}
}

func TestSecretsAreReadBackAsTheyWereWritten(t *testing.T) {
	path := t.TempDir() + "/all.log"
	t.Setenv("CAILIAO_TEST_LOG", path)
	words := "two\nlines and \"quotes\""
	watchtest.Secret("two words", words)
	f, err := os.Open(path + ".secrets")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := watchtest.ReadSecrets(f); err != nil || got[words] != "two words" {
		t.Errorf("%v %v", got, err)
	}
}

// Run by test.sh when all other tests are over, on what all of them logged.
func TestTheLogsOfTheSuiteHoldNoSecrets(t *testing.T) {
	path := os.Getenv("CAILIAO_TEST_LOG_SCAN")
	if path == "" {
		t.Skip("CAILIAO_TEST_LOG_SCAN names no log")
	}
	log, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path + ".secrets")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	secrets, err := watchtest.ReadSecrets(f)
	if err != nil {
		t.Fatal(err)
	}
	hits := watchtest.Scan(string(log), secrets)
	for _, hit := range hits[:min(len(hits), 20)] {
		t.Error(hit)
	}
	kinds := map[string]int{}
	for _, kind := range secrets {
		kinds[kind]++
	}
	var all []string
	for kind, n := range kinds {
		all = append(all, fmt.Sprintf("%s %d", kind, n))
	}
	slices.Sort(all)
	t.Logf("%d lines, %d with secrets; looked for: %s", strings.Count(string(log), "\n"), len(hits), strings.Join(all, ", "))
}
