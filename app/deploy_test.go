package app

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheComposeFilesFitTheProgram reads the configuration of deploy/compose with its secrets
// filled in, and finds every name of a secret known.
func TestTheComposeFilesFitTheProgram(t *testing.T) {
	dir := filepath.Join("..", "deploy", "compose")
	f, err := os.Open(filepath.Join(dir, "secrets.env.example"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	known := map[string]bool{}
	for _, s := range secrets {
		known[s.env] = true
	}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, value, given := strings.Cut(lines.Text(), "=")
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
