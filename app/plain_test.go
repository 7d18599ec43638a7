package app

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"

	"cailiao/storage"
)

func TestStoresWithoutTLSAreTold(t *testing.T) {
	dsn := func(dsn string) Config { return Config{Database: storage.Config{Driver: "mysql", DSN: dsn}} }
	s3 := func(endpoint string) Config {
		return Config{Blobs: storage.BlobsConfig{Driver: "s3", Endpoint: endpoint}}
	}
	redis := func(c storage.RedisConfig) Config { return Config{Redis: c} }
	encrypted := dsn("u:secret-word@tcp(10.0.0.5:3306)/c")
	encrypted.Database.TLS.Use = true
	for _, test := range []struct {
		name string
		cfg  Config
		told string
	}{
		{"embedded", Config{Database: storage.Config{Driver: "sqlite", DSN: "cailiao.db"}}, ""},
		{"MySQL elsewhere", dsn("u:secret-word@tcp(10.0.0.5:3306)/c"), "database (10.0.0.5:3306)"},
		{"MySQL by name", dsn("u:secret-word@tcp(mariadb)/c"), "database (mariadb:3306)"},
		{"MySQL here", dsn("u:secret-word@tcp(127.0.0.1:3306)/c"), ""},
		{"MySQL by default", dsn("u:secret-word@/c"), ""},
		{"MySQL by socket", dsn("u:secret-word@unix(/run/mysqld/mysqld.sock)/c"), ""},
		{"MySQL with TLS", encrypted, ""},
		{"MySQL with TLS by DSN", dsn("u:secret-word@tcp(10.0.0.5:3306)/c?tls=true"), ""},
		{"MySQL with anybody", dsn("u:secret-word@tcp(10.0.0.5:3306)/c?tls=skip-verify"), "database (10.0.0.5:3306)"},
		{"MySQL with TLS if it likes", dsn("u:secret-word@tcp(10.0.0.5:3306)/c?tls=preferred"), "database (10.0.0.5:3306)"},
		{"Redis elsewhere", redis(storage.RedisConfig{Addr: "redis:6379"}), "redis (redis:6379)"},
		{"Redis here", redis(storage.RedisConfig{Addr: "[::1]:6379"}), ""},
		{"a cluster, half of it here", redis(storage.RedisConfig{Cluster: []string{"localhost:7000", "10.0.0.6:7000"}}), "redis (cluster localhost:7000, 10.0.0.6:7000)"},
		{"Redis with TLS", redis(storage.RedisConfig{Addr: "redis:6379", TLS: storage.TLSConfig{Use: true}}), ""},
		{"S3 elsewhere", s3("http://s3:9000"), "blobs (s3:9000)"},
		{"S3 here", s3("http://127.0.0.1:9000"), ""},
		{"S3 with TLS", s3("https://s3.example.cn"), ""},
	} {
		var log bytes.Buffer
		(&App{Config: test.cfg, log: slog.New(slog.NewTextHandler(&log, nil))}).tellPlain()
		said := log.String()
		if (test.told == "") != (said == "") || !strings.Contains(said, test.told) || strings.Contains(said, "secret-word") || strings.Count(said, "\n") > 1 {
			t.Errorf("%s: %q, want %q in it", test.name, said, test.told)
		}
	}
}

func TestTLSCanBeRequired(t *testing.T) {
	data, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	far := strings.NewReplacer("require_tls: false", "require_tls: true", `  addr: ""    `, "  addr: 10.0.0.6:6379")
	if _, err := ParseConfig([]byte(far.Replace(string(data))), t.TempDir()); err == nil || !strings.Contains(err.Error(), "redis.tls") {
		t.Errorf("Redis in plain text: %v", err)
	}
	near := strings.NewReplacer("require_tls: false", "require_tls: true", `  addr: ""    `, "  addr: 127.0.0.1:6379")
	if _, err := ParseConfig([]byte(near.Replace(string(data))), t.TempDir()); err != nil {
		t.Error(err)
	}
}
