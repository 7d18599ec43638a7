package app

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cailiao/intake"
)

// TestTheComposeFilesFitTheProgram reads the configuration of deploy/compose with its secrets
// filled in, and finds every name of a secret known.
func TestTheComposeFilesFitTheProgram(t *testing.T) {
	dir := filepath.Join("..", "deploy", "compose")
	var lines []string
	for _, name := range []string{"secrets", "shared"} {
		text, err := os.ReadFile(filepath.Join(dir, name+".env.example"))
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(string(text), "\n")...)
	}
	known := map[string]bool{}
	for _, s := range secrets {
		known[s.env] = true
	}
	for _, line := range lines {
		name, value, given := strings.Cut(line, "=")
		if !given || !strings.HasPrefix(name, "CAILIAO_") {
			continue
		}
		if !known[name] {
			t.Errorf("%s is no secret the program reads", name)
		}
		switch {
		case strings.HasSuffix(name, "AES_KEY"):
			value = strings.Repeat("a", 43)
		case value == "":
			value = "secret"
		}
		t.Setenv(name, value)
	}
	cfg, err := LoadConfig(filepath.Join(dir, "config.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Database.Driver != "mysql" || cfg.Blobs.Driver != "s3" || cfg.Redis.Addr == "" || len(cfg.Server.TrustedProxies) == 0 {
		t.Errorf("not the engines of several instances: %+v %+v %+v", cfg.Database.Driver, cfg.Blobs.Driver, cfg.Redis.Addr)
	}
}

// The program is given no password of who rules over a store, and its own account at MinIO may use its bucket only.
func TestTheComposeProgramRulesOverNothing(t *testing.T) {
	dir := filepath.Join("..", "deploy")
	text, err := os.ReadFile(filepath.Join(dir, "compose.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var compose struct {
		App      map[string]any            `yaml:"x-app"`
		Services map[string]map[string]any `yaml:"services"`
		Volumes  map[string]any            `yaml:"volumes"`
	}
	plain := strings.ReplaceAll(string(text), ": *app\n", ": {}\n") // our reader knows no aliases
	if err := intake.DecodeStrict([]byte(plain), &compose); err != nil || strings.Count(string(text), ": *app\n") != 2 {
		t.Fatal(err)
	}
	for name, service := range compose.Services {
		env := fmt.Sprint(service["env_file"])
		if ruled := strings.Contains(env, "roots.env"); ruled != slices.Contains([]string{"mariadb", "s3", "bucket"}, name) {
			t.Errorf("%s reads %s", name, env)
		}
		image := fmt.Sprint(service["image"])
		if !strings.HasPrefix(name, "app") && !regexp.MustCompile(`:(RELEASE\.)?\d[\w.-]+$`).MatchString(image) {
			t.Errorf("%s is %s: a version expected", name, image)
		}
	}
	if len(compose.Services) < 7 || fmt.Sprint(compose.App["env_file"]) != "[compose/secrets.env compose/shared.env]" {
		t.Errorf("%d services, the program reads %v", len(compose.Services), compose.App["env_file"])
	}
	makes := fmt.Sprint(compose.Services["bucket"]["entrypoint"])
	cfg, err := os.ReadFile(filepath.Join(dir, "compose", "config.example.yaml"))
	if err != nil || !strings.Contains(makes, "user add s3 cailiao-app ") || !strings.Contains(string(cfg), "access_key: cailiao-app ") {
		t.Errorf("the program's account is another than the one that is made: %v", err)
	}
	var policy struct {
		Statement []struct {
			Effect           string
			Action, Resource []string
		}
	}
	rules, err := os.ReadFile(filepath.Join(dir, "compose", "bucket-policy.json"))
	if err == nil {
		err = json.Unmarshal(rules, &policy)
	}
	if err != nil {
		t.Fatal(err)
	}
	may := map[string]string{}
	for _, s := range policy.Statement {
		for _, action := range s.Action {
			may[action] = s.Effect + strings.Join(s.Resource, " ")
		}
	}
	want := map[string]string{
		"s3:ListBucket": "Allowarn:aws:s3:::cailiao", "s3:GetObject": "Allowarn:aws:s3:::cailiao/*",
		"s3:PutObject": "Allowarn:aws:s3:::cailiao/*", "s3:DeleteObject": "Allowarn:aws:s3:::cailiao/*",
	}
	if fmt.Sprint(may) != fmt.Sprint(want) {
		t.Errorf("the account may %v", may)
	}
}
