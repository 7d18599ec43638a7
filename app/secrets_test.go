package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretsComeFromFiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, s := range secrets {
		t.Setenv(s.env+"_FILE", file(s.env, "of-a-file\r\n"))
	}
	t.Setenv("CAILIAO_WECHAT_TOKEN_FILE", file("token", "tokenfromfile"))
	for _, name := range []string{"CAILIAO_WECHAT_ENCODING_AES_KEY", "CAILIAO_WECHAT_PREVIOUS_AES_KEY"} {
		t.Setenv(name+"_FILE", file(name, strings.Repeat("a", 43)+"\n"))
	}
	cfg, err := LoadConfig(example)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range secrets {
		want := "of-a-file"
		switch {
		case s.env == "CAILIAO_WECHAT_TOKEN":
			want = "tokenfromfile"
		case strings.HasSuffix(s.env, "AES_KEY"):
			want = strings.Repeat("a", 43)
		case s.env == "CAILIAO_DATABASE_DSN":
			want = filepath.Join("..", "of-a-file") // SQLite's is a path
		}
		if got := *s.field(&cfg); got != want {
			t.Errorf("%s is %q, want %q", s.env, got, want)
		}
	}
	for name, wrong := range map[string]string{"missing": filepath.Join(dir, "none"), "empty": file("empty", "\n")} {
		t.Setenv("CAILIAO_REDIS_PASSWORD_FILE", wrong)
		if _, err := LoadConfig(example); err == nil || !strings.Contains(err.Error(), "CAILIAO_REDIS_PASSWORD_FILE") || strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Setenv("CAILIAO_REDIS_PASSWORD_FILE", file("both", "secret-word"))
	t.Setenv("CAILIAO_REDIS_PASSWORD", "secret-word")
	if _, err := LoadConfig(example); err == nil || strings.Contains(err.Error(), "secret-word") {
		t.Errorf("given twice: %v", err)
	}
}
