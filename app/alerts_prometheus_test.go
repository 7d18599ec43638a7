package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/storage/storagetest"
)

var rulesDir = filepath.Join(apptest.Root(), "deploy", "prometheus")

// rules are what alerts.yml holds.
type rules struct {
	Groups []struct {
		Rules []struct{ Alert string }
	}
}

func readRules(t *testing.T) (r rules) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(rulesDir, "alerts.yml"))
	if err == nil {
		err = yaml.Unmarshal(data, &r)
	}
	if err != nil || len(r.Groups) != 1 {
		t.Fatal(len(r.Groups), err)
	}
	return r
}

func TestAlertsFireWhenTheyShouldAndNotBefore(t *testing.T) {
	promtool := storagetest.Tool(t, "promtool", "prometheus")
	if promtool == "" {
		return
	}
	for _, args := range [][]string{{"check", "config", "prometheus.yml"}, {"check", "rules", "--lint-fatal", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}} {
		cmd := exec.Command(promtool, args...)
		cmd.Dir = rulesDir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
	// Every alert is expected to fire somewhere; "all is well" expects that none does.
	var cases struct {
		Tests []struct {
			Rules []struct {
				Alertname string `yaml:"alertname"`
				Expected  []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
			Exprs []struct {
				Samples []struct{ Labels string } `yaml:"exp_samples"`
			} `yaml:"promql_expr_test"`
		}
	}
	data, err := os.ReadFile(filepath.Join(rulesDir, "alerts_test.yml"))
	if err == nil {
		err = yaml.Unmarshal(data, &cases)
	}
	if err != nil {
		t.Fatal(err)
	}
	var fired []string
	for _, test := range cases.Tests {
		for _, rule := range test.Rules {
			if len(rule.Expected) > 0 {
				fired = append(fired, rule.Alertname)
			}
		}
		for _, expr := range test.Exprs {
			for _, sample := range expr.Samples {
				fired = append(fired, strings.Split(sample.Labels, `"`)[1])
			}
		}
	}
	for _, rule := range readRules(t).Groups[0].Rules {
		if !slices.Contains(fired, rule.Alert) {
			t.Errorf("alerts_test.yml lets %s never fire", rule.Alert)
		}
	}
}

// prometheus is a real one that scrapes a program.
type prometheus struct {
	t   *testing.T
	url string
}

// get asks its API.
func (p prometheus) get(path string, query url.Values, data any) {
	p.t.Helper()
	resp, err := http.Get(p.url + "/api/v1/" + path + "?" + query.Encode())
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer := struct {
		Status, Error string
		Data          any
	}{Data: data}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Status != "success" {
		p.t.Errorf("%s %v: %s %v", path, query, answer.Error, err)
	}
}

// series counts what an expression returns now.
func (p prometheus) series(expr string) int {
	p.t.Helper()
	var data struct{ Result []any }
	p.get("query", url.Values{"query": {expr}}, &data)
	return len(data.Result)
}

// panelExprs are the expressions of the dashboard.
func panelExprs(t *testing.T) (exprs []string) {
	t.Helper()
	var dashboard struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	data, err := os.ReadFile(filepath.Join(apptest.Root(), "deploy", "grafana", "cailiao.json"))
	if err == nil {
		err = json.Unmarshal(data, &dashboard)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			exprs = append(exprs, strings.ReplaceAll(target.Expr, "$__rate_interval", "1m"))
		}
	}
	return exprs
}

func TestAlertsAndDashboardWorkInARealPrometheus(t *testing.T) {
	w, address := watched(t)
	p := prometheus{t, storagetest.StartPrometheus(t, address, filepath.Join(rulesDir, "alerts.yml"))}
	if p.url == "" {
		return
	}
	for i := range uint64(3) { // traffic between scrapes
		until := time.Now().Add(15 * time.Second)
		for p.series(`count_over_time(up{job="cailiao"}[1m]) > 2 and up == 1`) == 0 && time.Now().Before(until) {
			time.Sleep(100 * time.Millisecond)
		}
		w.Platform.User("o-outage").SendPhoto(t.Context(), imagetest.Photo(i+2))
	}
	exprs := panelExprs(t)
	if len(exprs) < 15 {
		t.Fatalf("the dashboard has %d expressions", len(exprs))
	}
	for _, expr := range exprs {
		for until := time.Now().Add(3 * time.Second); p.series(expr) == 0; time.Sleep(200 * time.Millisecond) {
			if time.Now().After(until) {
				t.Errorf("the dashboard shows nothing for %s", expr)
				break
			}
		}
	}
	var loaded struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	p.get("rules", nil, &loaded)
	want := len(readRules(t).Groups[0].Rules)
	if len(loaded.Groups) != 1 || len(loaded.Groups[0].Rules) != want {
		t.Fatalf("rules are %+v, want %d", loaded, want)
	}
	for _, rule := range loaded.Groups[0].Rules {
		if rule.Health != "ok" || rule.LastError != "" {
			t.Errorf("%s: %s %s", rule.Name, rule.Health, rule.LastError)
		}
	}
	if n := p.series(`ALERTS`); n != 0 {
		t.Errorf("%d alerts for a program that is well", n)
	}
}
