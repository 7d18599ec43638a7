package seal

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// vault wraps key files with a key that never leaves HashiCorp Vault (or OpenBao): its transit
// engine encrypts and decrypts. Only the key file goes there, never personal data.
type vault struct {
	base  string // https://host:8200/v1/transit
	key   string
	token string
}

const (
	kmsPatience = 10 * time.Second
	vaultAnswer = 1 << 20 // bytes of an answer at most
)

var vaultPath = regexp.MustCompile(`^/([A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*)/keys/([A-Za-z0-9_.-]+)$`)

// parseVault reads hcvault://host:8200/transit/keys/NAME. hcvault+http is for an agent on this
// machine only: a token must not travel in the clear.
func parseVault(uri string) (vault, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return vault{}, errors.New("expected hcvault://host:8200/transit/keys/NAME")
	}
	scheme := map[string]string{"hcvault": "https", "hcvault+http": "http"}[u.Scheme]
	path := vaultPath.FindStringSubmatch(u.Path)
	if scheme == "" || u.Host == "" || path == nil || u.User != nil || u.RawQuery != "" {
		return vault{}, errors.New("expected hcvault://host:8200/transit/keys/NAME")
	}
	if host := u.Hostname(); scheme == "http" && host != "127.0.0.1" && host != "localhost" && host != "::1" {
		return vault{}, errors.New("hcvault+http is for an agent on this machine only: use hcvault")
	}
	return vault{base: scheme + "://" + u.Host + "/v1/" + path[1], key: path[2]}, nil
}

func openVault(uri, token string) (vault, error) {
	v, err := parseVault(uri)
	if err != nil {
		return v, fmt.Errorf("kms: %w", err)
	}
	if token == "" {
		return v, errors.New("kms: no token: set VAULT_TOKEN")
	}
	v.token = token
	return v, nil
}

// EncryptWithContext is tink.AEADWithContext.
func (v vault) EncryptWithContext(ctx context.Context, plain, associated []byte) ([]byte, error) {
	var answer struct {
		Ciphertext string `json:"ciphertext"`
	}
	err := v.ask(ctx, "encrypt", map[string]string{
		"plaintext":       base64.StdEncoding.EncodeToString(plain),
		"associated_data": base64.StdEncoding.EncodeToString(associated),
	}, &answer)
	if err == nil && answer.Ciphertext == "" {
		err = errors.New("kms: an answer without ciphertext")
	}
	return []byte(answer.Ciphertext), err
}

// DecryptWithContext is tink.AEADWithContext.
func (v vault) DecryptWithContext(ctx context.Context, sealed, associated []byte) ([]byte, error) {
	var answer struct {
		Plaintext string `json:"plaintext"`
	}
	err := v.ask(ctx, "decrypt", map[string]string{
		"ciphertext":      string(sealed),
		"associated_data": base64.StdEncoding.EncodeToString(associated),
	}, &answer)
	if err != nil {
		return nil, err
	}
	plain, err := base64.StdEncoding.DecodeString(answer.Plaintext)
	if err != nil || len(plain) == 0 {
		return nil, errors.New("kms: an answer without plaintext")
	}
	return plain, nil
}

func (v vault) ask(ctx context.Context, what string, question, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, kmsPatience)
	defer cancel()
	body, err := json.Marshal(question)
	if err != nil {
		return fmt.Errorf("kms: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.base+"/"+what+"/"+v.key, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("kms: %w", err)
	}
	req.Header.Set("X-Vault-Token", v.token)
	req.Header.Set("X-Vault-Request", "true")
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("kms: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("kms: %s answers %d to %s", v.base, resp.StatusCode, what) // its body may repeat the question
	}
	envelope := struct{ Data any }{answer}
	if err := json.NewDecoder(io.LimitReader(resp.Body, vaultAnswer)).Decode(&envelope); err != nil {
		return errors.New("kms: an answer that is no JSON of ours")
	}
	return nil
}
