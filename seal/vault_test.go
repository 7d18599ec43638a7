package seal_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cailiao/seal"
)

// transit speaks the part of Vault's transit engine that wraps a key: it hides the plaintext
// behind its number and opens it only with the same associated data.
type transit struct {
	plain, associated []string
	down              bool
}

func (v *transit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Plaintext  string `json:"plaintext"`
		Ciphertext string `json:"ciphertext"`
		Associated string `json:"associated_data"`
	}
	if v.down || r.Header.Get("X-Vault-Token") != "s.token" || r.Method != http.MethodPost || json.NewDecoder(r.Body).Decode(&q) != nil {
		http.Error(w, `{"errors":["permission denied"]}`, http.StatusForbidden)
		return
	}
	data := map[string]string{}
	switch r.URL.Path {
	case "/v1/transit/encrypt/cailiao":
		if _, err := base64.StdEncoding.DecodeString(q.Plaintext); err != nil {
			http.Error(w, `{"errors":["not base64"]}`, http.StatusBadRequest)
			return
		}
		v.plain, v.associated = append(v.plain, q.Plaintext), append(v.associated, q.Associated)
		data["ciphertext"] = "vault:v1:" + string(rune('a'+len(v.plain)-1))
	case "/v1/transit/decrypt/cailiao":
		n := int(q.Ciphertext[len(q.Ciphertext)-1] - 'a')
		if n >= len(v.plain) || v.associated[n] != q.Associated {
			http.Error(w, `{"errors":["cipher: message authentication failed"]}`, http.StatusBadRequest)
			return
		}
		data["plaintext"] = v.plain[n]
	default:
		http.NotFound(w, r)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"data": data})
}

func TestAKeyFileIsWrappedByVault(t *testing.T) {
	ctx := context.Background()
	service := &transit{}
	server := httptest.NewServer(service)
	defer server.Close()
	c := seal.Config{
		File: filepath.Join(t.TempDir(), "keys.json"), Token: "s.token",
		KMS: strings.Replace(server.URL, "http://", "hcvault+http://", 1) + "/transit/keys/cailiao",
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Create(ctx, c); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(c.File)
	if err != nil {
		t.Fatal(err)
	}
	for _, plain := range service.plain {
		raw, _ := base64.StdEncoding.DecodeString(plain)
		if strings.Contains(string(text), plain) || strings.Contains(string(text), string(raw)) {
			t.Error("the key stands in the file as it is")
		}
	}
	k, err := seal.Load(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	sealed, _ := k.Text("x", "p")
	again, err := seal.Load(ctx, seal.Config{File: c.File, Token: c.Token}) // the file says which service
	if err != nil {
		t.Fatal(err)
	}
	if open, err := again.OpenText(sealed, "p"); err != nil || open != "x" {
		t.Errorf("opened: %v", err)
	}
	for name, bad := range map[string]seal.Config{
		"no token":    {File: c.File},
		"wrong token": {File: c.File, Token: "s.other"},
	} {
		if _, err := seal.Load(ctx, bad); err == nil || strings.Contains(err.Error(), "s.other") {
			t.Errorf("%s: %v", name, err)
		}
	}
	service.down = true
	if _, err := seal.Load(ctx, c); err == nil {
		t.Error("keys without their service")
	}
}

func TestOnlyVaultAddressesThatKeepTheTokenPrivateAreTaken(t *testing.T) {
	for uri, good := range map[string]bool{
		"hcvault://vault.example.cn:8200/transit/keys/cailiao":      true,
		"hcvault://vault.example.cn/some/mount/keys/cailiao":        true,
		"hcvault+http://127.0.0.1:8100/transit/keys/cailiao":        true,
		"hcvault+http://vault.example.cn:8200/transit/keys/cailiao": false,
		"http://127.0.0.1/transit/keys/cailiao":                     false,
		"hcvault://vault.example.cn/transit/cailiao":                false,
		"hcvault://token@vault.example.cn/transit/keys/cailiao":     false,
		"hcvault://vault.example.cn/transit/keys/../../sys":         false,
		"aws-kms://arn": false,
	} {
		if err := (seal.Config{KMS: uri}).Validate(); (err == nil) != good {
			t.Errorf("%s: %v", uri, err)
		}
	}
}
