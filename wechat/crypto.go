package wechat

import (
	"crypto/rand"
	"crypto/subtle"
	"fmt"

	"github.com/silenceper/wechat/v2/util"
)

// signed compares in constant time. parts are timestamp, nonce and, for a body, the encrypted text.
func (a *Account) signed(signature string, parts ...string) bool {
	want := util.Signature(append(parts, a.cfg.Token)...)
	return subtle.ConstantTimeCompare([]byte(want), []byte(signature)) == 1
}

// decrypt tries the current key, then the previous one, and returns the key that fitted.
// Format: AES-256-CBC of 16 random bytes, length, XML, app id; the app id must be ours.
func (a *Account) decrypt(encrypted string) (xml []byte, key string, err error) {
	for _, key := range []string{a.cfg.EncodingAESKey, a.cfg.PreviousAESKey} {
		if key == "" {
			continue
		}
		if _, xml, err := util.DecryptMsg(a.cfg.AppID, encrypted, key); err == nil {
			return xml, key, nil
		}
	}
	return nil, "", fmt.Errorf("%w: no key decrypts it to a message for %s", ErrForged, a.cfg.AppID)
}

// encrypt returns the base64 text for an answer.
func (a *Account) encrypt(xml []byte, key string) (string, error) {
	random := make([]byte, 16)
	rand.Read(random) // never fails; the SDK's own random text is seeded by the clock
	encrypted, err := util.EncryptMsg(random, xml, a.cfg.AppID, key)
	if err != nil {
		return "", fmt.Errorf("encrypt the reply: %w", err)
	}
	return string(encrypted), nil
}
