// Package seal keeps what must not be read without keys: it seals texts and bytes with
// authenticated encryption (XChaCha20-Poly1305), bound to the place they stand in, and makes
// blind indexes (HMAC-SHA256) by which sealed texts are found. It is the only home of Tink.
package seal

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Errors of sealing.
var (
	ErrNoKeys = errors.New("the keys that seal personal data are not there")
	ErrKey    = errors.New("sealed with a key we do not have")
	ErrSealed = errors.New("sealed text that does not open: damaged, or moved from another place")
)

// Keys seal, open and index. They follow a key file that changes. All methods may be called at
// once; on nil Keys they fail with ErrNoKeys.
type Keys struct {
	ring   atomic.Pointer[Ring]
	reread func(context.Context) (Ring, error) // nil: there is nothing to follow

	mu   sync.Mutex
	last time.Time // of the last reading
}

// Fixed are keys that never change.
func Fixed(r Ring) *Keys {
	k := &Keys{}
	k.ring.Store(&r)
	return k
}

// The mark before a sealed text is ~ and the key's id in 8 hexadecimal digits and ~ again; before
// sealed bytes it is blobMark and the 4 bytes of the id.
const (
	textMark = 10
	blobMark = "CLS1"
	mark     = "~"
)

// Text seals a text for a place, such as "candidates.phone" and the row's own key. An empty text
// stays empty.
func (k *Keys) Text(text, place string) (string, error) {
	if text == "" {
		return "", nil
	}
	if k == nil {
		return "", ErrNoKeys
	}
	r := k.ring.Load()
	sealed, err := r.aead.Encrypt([]byte(text), []byte(place))
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	id, rest := sealed[1:tinkPrefix], sealed[tinkPrefix:]
	return mark + hex.EncodeToString(id) + mark + base64.RawURLEncoding.EncodeToString(rest), nil
}

// OpenText opens what Text sealed for the same place. A text that was never sealed comes back as
// it is: installations older than sealing hold such until `cailiao keys rotate` has passed.
func (k *Keys) OpenText(sealed, place string) (string, error) {
	id, isSealed := TextKey(sealed)
	if !isSealed {
		return sealed, nil
	}
	rest, err := base64.RawURLEncoding.DecodeString(sealed[textMark:])
	if err != nil {
		return "", ErrSealed
	}
	open, err := k.open(id, rest, place)
	return string(open), err
}

// TextKey tells the id of the key a text is sealed with; ok is false for a text that is not sealed.
func TextKey(sealed string) (id uint32, ok bool) {
	if len(sealed) <= textMark || sealed[:1] != mark || sealed[textMark-1:textMark] != mark {
		return 0, false
	}
	raw, err := hex.DecodeString(sealed[1 : textMark-1])
	if err != nil {
		return 0, false
	}
	return binary.BigEndian.Uint32(raw), true
}

// Bytes seals a blob for a place.
func (k *Keys) Bytes(data []byte, place string) ([]byte, error) {
	if k == nil {
		return nil, ErrNoKeys
	}
	sealed, err := k.ring.Load().aead.Encrypt(data, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	// Tink's own first byte says only that its id follows: our mark takes its place.
	return append([]byte(blobMark), sealed[1:]...), nil
}

// OpenBytes opens what Bytes sealed for the same place; bytes never sealed come back as they are.
func (k *Keys) OpenBytes(sealed []byte, place string) ([]byte, error) {
	id, isSealed := BytesKey(sealed)
	if !isSealed {
		return sealed, nil
	}
	return k.open(id, sealed[len(blobMark)+4:], place)
}

// BytesKey tells the id of the key bytes are sealed with; ok is false for bytes that are not sealed.
func BytesKey(sealed []byte) (id uint32, ok bool) {
	if len(sealed) < len(blobMark)+4 || string(sealed[:len(blobMark)]) != blobMark {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[len(blobMark):]), true
}

func (k *Keys) open(id uint32, rest []byte, place string) ([]byte, error) {
	if k == nil {
		return nil, ErrNoKeys
	}
	r := k.ring.Load()
	if !r.has(id) {
		if r = k.follow(); !r.has(id) {
			return nil, fmt.Errorf("key %08x: %w", id, ErrKey)
		}
	}
	sealed := make([]byte, tinkPrefix, tinkPrefix+len(rest))
	sealed[0] = tinkStart
	binary.BigEndian.PutUint32(sealed[1:], id)
	open, err := r.aead.Decrypt(append(sealed, rest...), []byte(place))
	if err != nil {
		return nil, ErrSealed // Tink says no more
	}
	return open, nil
}

// Index is the blind index of a value: who has no keys learns from it only which rows hold the
// same value. what keeps indexes of different things apart. An empty value has an empty index.
func (k *Keys) Index(what, value string) (string, error) {
	all, err := k.Indexes(what, value)
	if err != nil || len(all) == 0 {
		return "", err
	}
	return all[0], nil
}

// indexSize in bytes: two of a million values collide with a chance of 1 in 10²⁶.
const indexSize = 16

// Indexes are all indexes a row with the value may have, the one new rows get first: while keys are being
// rotated there are two.
func (k *Keys) Indexes(what, value string) ([]string, error) {
	if value == "" {
		return nil, nil
	}
	if k == nil {
		return nil, ErrNoKeys
	}
	r := k.ring.Load()
	all := make([]string, len(r.index))
	for i, f := range r.index {
		sum, err := f.ComputePRF([]byte(what+"\x00"+value), indexSize)
		if err != nil {
			return nil, fmt.Errorf("index: %w", err)
		}
		all[i] = hex.EncodeToString(sum)
	}
	return all, nil
}

// Current says whether a text is sealed with the key now in use.
func (k *Keys) Current(sealed string) bool {
	id, isSealed := TextKey(sealed)
	return k != nil && isSealed && id == k.ring.Load().Primary
}

// CurrentBytes is Current for the first bytes of a blob.
func (k *Keys) CurrentBytes(sealed []byte) bool {
	id, isSealed := BytesKey(sealed)
	return k != nil && isSealed && id == k.ring.Load().Primary
}

// Ring returns the keys as they are now.
func (k *Keys) Ring() Ring { return *k.ring.Load() }

// Use replaces the keys, for the command that has just changed them.
func (k *Keys) Use(r Ring) { k.ring.Store(&r) }

const followPause = 2 * time.Second // between two readings of a key file

// follow reads the keys again when they may have changed, and returns the newest.
func (k *Keys) follow() *Ring {
	if k.reread == nil {
		return k.ring.Load()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Since(k.last) >= followPause {
		k.last = time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), kmsPatience)
		defer cancel()
		if fresh, err := k.reread(ctx); err == nil {
			k.ring.Store(&fresh)
		}
	}
	return k.ring.Load()
}

// Refresh reads the keys again where they came from. Servers call it now and then, so that they
// begin to use a new key soon after it was put there.
func (k *Keys) Refresh(ctx context.Context) error {
	if k == nil || k.reread == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	fresh, err := k.reread(ctx)
	if err != nil {
		return err
	}
	k.last = time.Now()
	k.ring.Store(&fresh)
	return nil
}

// Place names where a sealed text stands: its column and what makes its row that row.
func Place(column string, row ...any) string {
	var b strings.Builder
	b.WriteString("cailiao " + column)
	for _, part := range row {
		fmt.Fprintf(&b, "\x00%v", part)
	}
	return b.String()
}

func (r *Ring) has(id uint32) bool { return slices.Contains(r.IDs, id) }
