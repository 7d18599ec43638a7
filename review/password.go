package review

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"
)

// Cost of one hash with one lane.
type Cost struct {
	Memory uint32 `yaml:"memory"` // KiB
	Passes uint32 `yaml:"passes"`
}

// usual is above OWASP's argon2id minimum (Password Storage Cheat Sheet: 46 MiB, one pass).
// About 60 ms on one core.
var usual = Cost{Memory: 46 * 1024, Passes: 2}

func (c Cost) orUsual() Cost {
	if c == (Cost{}) {
		return usual
	}
	return c
}

const (
	hashSalt   = 16 // bytes
	hashLength = 32 // bytes
)

// A stored hash may ask for at most this much, so that a damaged row cannot eat the machine.
const (
	maxHashMemory = 1024 * 1024 // KiB
	maxHashTime   = 16
)

// hashing lets few passwords be hashed at once: each takes 46 MiB and a core.
type hashing struct {
	once  sync.Once
	slots chan struct{}
}

const hashesAtOnce = 2

func (h *hashing) begin() (end func()) {
	h.once.Do(func() { h.slots = make(chan struct{}, hashesAtOnce) })
	h.slots <- struct{}{}
	return func() { <-h.slots }
}

func (d *Desk) hash(password string) string {
	defer d.hashing.begin()()
	return hashPassword(password, d.Cost.orUsual())
}

// hashPassword returns the argon2id hash of a password in the PHC string format.
func hashPassword(password string, c Cost) string {
	salt := make([]byte, hashSalt)
	rand.Read(salt) // never fails (crypto/rand)
	key := argon2.IDKey([]byte(password), salt, c.Passes, c.Memory, 1, hashLength)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, c.Memory, c.Passes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// hashed is a PHC string taken apart.
type hashed struct {
	Cost
	lanes     uint8
	salt, key []byte
}

// parseHash takes a PHC string apart; false for a string that is none.
func parseHash(phc string) (h hashed, ok bool) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return h, false
	}
	var version int
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return h, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.Memory, &h.Passes, &h.lanes); err != nil {
		return h, false
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return h, false
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.key) < 16 {
		return h, false
	}
	return h, h.Passes > 0 && h.Passes <= maxHashTime && h.lanes > 0 && h.Memory <= maxHashMemory
}

// fits says whether the password is the one behind a PHC string.
func fits(password, phc string) bool {
	h, ok := parseHash(phc)
	if !ok {
		return false
	}
	got := argon2.IDKey([]byte(password), h.salt, h.Passes, h.Memory, h.lanes, uint32(len(h.key)))
	return subtle.ConstantTimeCompare(got, h.key) == 1
}

// costs says whether a PHC string was made at this cost; another is made anew at the next login.
func costs(phc string, c Cost) bool {
	h, ok := parseHash(phc)
	return ok && h.Cost == c && h.lanes == 1 && len(h.salt) == hashSalt && len(h.key) == hashLength
}
