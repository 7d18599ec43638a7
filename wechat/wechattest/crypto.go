package wechattest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// padBlock is the block of WeChat's PKCS#7 padding: 32 bytes, twice that of AES.
const padBlock = 32

// aesKey turns the console's 43 characters into the 32 bytes of the AES-256 key.
func aesKey(encoding string) ([]byte, error) {
	// The console's keys may carry stray low bits in the last character, so not Strict.
	key, err := base64.StdEncoding.DecodeString(encoding + "=")
	if err != nil || len(key) != 32 {
		return nil, errors.New("EncodingAESKey is not 43 base64 characters")
	}
	return key, nil
}

// sign is the platform's signature: SHA-1 over the sorted, joined parts, in hex.
func sign(parts ...string) string {
	sorted := slices.Sorted(slices.Values(parts))
	sum := sha1.Sum([]byte(strings.Join(sorted, "")))
	return hex.EncodeToString(sum[:])
}

// encrypt seals message for appID: 16 random bytes, length, message, app id, padding; AES-256
// in CBC mode with the key's first half as IV; base64.
func encrypt(key []byte, message []byte, appID string) string {
	plain := make([]byte, 16, 16+4+len(message)+len(appID)+padBlock)
	rand.Read(plain)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(message)))
	plain = append(plain, message...)
	plain = append(plain, appID...)
	pad := padBlock - len(plain)%padBlock
	for range pad {
		plain = append(plain, byte(pad))
	}
	cipher.NewCBCEncrypter(mustAES(key), key[:16]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}

// decrypt opens what encrypt sealed and checks padding, length and app id.
func decrypt(key []byte, sealed, appID string) ([]byte, error) {
	plain, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, fmt.Errorf("not base64: %w", err)
	}
	if len(plain) == 0 || len(plain)%aes.BlockSize != 0 {
		return nil, fmt.Errorf("%d bytes are no whole AES blocks", len(plain))
	}
	cipher.NewCBCDecrypter(mustAES(key), key[:16]).CryptBlocks(plain, plain)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > padBlock || pad > len(plain) {
		return nil, errors.New("wrong padding")
	}
	plain = plain[:len(plain)-pad]
	if len(plain) < 20 {
		return nil, errors.New("too short")
	}
	size := int(binary.BigEndian.Uint32(plain[16:20]))
	if size < 0 || size > len(plain)-20 {
		return nil, errors.New("length field points past the end")
	}
	if got := string(plain[20+size:]); got != appID {
		return nil, fmt.Errorf("sealed for app id %q, not %q", got, appID)
	}
	return plain[20 : 20+size], nil
}

func mustAES(key []byte) cipher.Block {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("wechattest: " + err.Error()) // the key was checked in New
	}
	return block
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// randomText is n letters and digits.
func randomText(n int) string { return randomFrom(letters, n) }

// randomDigits is n decimal digits.
func randomDigits(n int) string { return randomFrom(letters[52:], n) }

func randomFrom(alphabet string, n int) string {
	b := make([]byte, n)
	rand.Read(b)
	for i, x := range b {
		b[i] = alphabet[int(x)%len(alphabet)]
	}
	return string(b)
}
