package app_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/storage"
	"cailiao/watch/watchtest"
)

var metricName = regexp.MustCompile(`\b(?:cailiao|process|go)_[a-z0-9_]+`)

// metricsOf reads what an instance shows on its listener for metrics.
func metricsOf(t *testing.T, address string) string {
	t.Helper()
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %v", resp.Status, err)
	}
	return string(body)
}

// watched is a world whose program has just had a conversation, and where its metrics are.
func watched(t *testing.T) (*apptest.World, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	w := apptest.Start(t, "sqlite", start, func(a *app.App) { a.Config.Server.Metrics = address })
	user := bound(t, w)
	user.SendPhoto(t.Context(), imagetest.Photo(1))
	if resp, err := http.Get(w.URL + "/staff/login"); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	return w, address
}

func TestAlertsAndDashboardNameMetricsThatExist(t *testing.T) {
	w, address := watched(t)
	err := w.DB.PauseNotices(t.Context(), storage.Pause{Kind: storage.EveryKind, Until: w.Clock.Now().Add(time.Hour), Since: w.Clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	shown := metricsOf(t, address)
	for _, file := range []string{"deploy/prometheus/alerts.yml", "deploy/grafana/cailiao.json"} {
		data, err := os.ReadFile(filepath.Join(apptest.Root(), file))
		if err != nil {
			t.Fatal(err)
		}
		names := slices.Compact(slices.Sorted(slices.Values(metricName.FindAllString(string(data), -1))))
		if len(names) < 8 {
			t.Errorf("%s names only %v", file, names)
		}
		for _, name := range names {
			if !strings.Contains(shown, "\n"+name+"{") && !strings.Contains(shown, "\n"+name+" ") {
				t.Errorf("%s names %s, which is not shown", file, name)
			}
		}
		if strings.HasSuffix(file, ".json") && !json.Valid(data) {
			t.Errorf("%s is not JSON", file)
		}
	}
}

func TestMetricsTellWhatHappenedAndNothingPersonal(t *testing.T) {
	_, address := watched(t)
	shown := metricsOf(t, address)
	for _, line := range []string{
		`cailiao_callbacks_total{kind="text",outcome="replied"} 2`,
		`cailiao_callbacks_total{kind="image",outcome="replied"} 1`,
		`cailiao_turn_seconds_count{kind="image",outcome="done"} 1`,
		`cailiao_wechat_calls_total{action="",api="media/get",errcode="0"} 1`,
		`cailiao_token_refreshes_total{outcome="got"} 1`,
		`cailiao_image_stage_seconds_count{stage="decode"} 1`,
		`cailiao_inbox_messages{state="waiting"} 0`,
	} {
		if !strings.Contains(shown, line+"\n") {
			t.Errorf("not shown: %s", line)
		}
	}
	if !strings.Contains(shown, "\ncailiao_redis_errors_total ") { // how many: a slow machine has some
		t.Error("errors of Redis are not counted")
	}
	if hits := watchtest.Scan(shown, watchtest.Known()); len(hits) > 0 {
		t.Errorf("metrics hold secrets: %v", hits)
	}
}

func TestMetricsAreShownWithoutTheDatabase(t *testing.T) {
	w, address := watched(t)
	w.DB.Close()
	shown := metricsOf(t, address)
	if !strings.Contains(shown, "cailiao_callbacks_total") || strings.Contains(shown, "cailiao_inbox_messages{") {
		t.Errorf("shown without a database:\n%.400s", shown)
	}
}

func TestWhatTheMetricsListenerSendsIsInert(t *testing.T) {
	_, address := watched(t)
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap", "/nothing"} {
		resp, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "Access-Control-Allow-Origin": "",
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
}

func TestProfilesAreOnlyOnTheMetricsListener(t *testing.T) {
	w, address := watched(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for url, want := range map[string]int{
		"http://" + address + "/debug/pprof/": http.StatusOK,
		w.URL + "/debug/pprof/":               http.StatusNotFound,
		w.URL + "/metrics":                    http.StatusNotFound,
	} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != want {
			t.Errorf("%s: %v %v", url, resp, err)
		}
	}
}
