package storagetest

import (
	"os"
	"testing"

	"cailiao/storage"
)

// Engines are the sets a whole program is tested on: "sqlite" (all embedded) and, where the
// environment names the servers, "mysql" (MySQL or MariaDB with a real Redis).
func Engines(t testing.TB) []string {
	t.Helper()
	if os.Getenv("CAILIAO_TEST_MYSQL") != "" && os.Getenv("CAILIAO_TEST_REDIS") != "" {
		return []string{"sqlite", "mysql"}
	}
	if mustAll() {
		t.Fatal("CAILIAO_TEST_MYSQL or CAILIAO_TEST_REDIS is empty, but CAILIAO_TEST_ENGINES wants all engines")
	}
	return []string{"sqlite"}
}

// Stores are an empty database of a set that nobody has opened yet, and the Redis beside it.
// The Redis server's database 0 is shared: names in it must not collide between tests.
func Stores(t testing.TB, engine string) (storage.Config, storage.RedisConfig) {
	t.Helper()
	if engine == "sqlite" {
		return file(t), storage.RedisConfig{}
	}
	return database(t, os.Getenv("CAILIAO_TEST_MYSQL")), storage.RedisConfig{Addr: os.Getenv("CAILIAO_TEST_REDIS")}
}
