package storagetest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"cailiao/seal"
)

// KeyText is a key file for tests, the same for all, so that processes and instances of a test
// read each other's rows.
const KeyText = `{
  "cailiao_keys": 1,
  "seal": {
    "primaryKeyId": 2195953482,
    "key": [
      {
        "keyData": {
          "typeUrl": "type.googleapis.com/google.crypto.tink.XChaCha20Poly1305Key",
          "value": "GiDc0NDhpajJq9z7XkHZItR1r0+W7TtJh2P2Jvwe5Hv+sw==",
          "keyMaterialType": "SYMMETRIC"
        },
        "status": "ENABLED",
        "keyId": 2195953482,
        "outputPrefixType": "TINK"
      }
    ]
  },
  "index": {
    "primaryKeyId": 1948875156,
    "key": [
      {
        "keyData": {
          "typeUrl": "type.googleapis.com/google.crypto.tink.HmacPrfKey",
          "value": "EgIIAxogdbQSiQpXKgijWTqa+uzStkwhrxc1GTilNjH/3KS6ANQ=",
          "keyMaterialType": "SYMMETRIC"
        },
        "status": "ENABLED",
        "keyId": 1948875156,
        "outputPrefixType": "RAW"
      }
    ]
  }
}`

// Keys are the tests' keys.
func Keys(t testing.TB) *seal.Keys {
	t.Helper()
	keys, err := seal.Load(context.Background(), seal.Config{Content: KeyText})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// KeyFile writes the tests' keys into a file of the test's own, and returns its path.
func KeyFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(path, []byte(KeyText), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
