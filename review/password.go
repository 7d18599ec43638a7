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

// cost of one hash with one lane.
type cost struct {
	memory uint32 // KiB
	passes uint32
}

// usual is above OWASP's argon2id minimum (Password Storage Cheat Sheet: 46 MiB, one pass).
// About 60 ms on one core.
var usual = cost{memory: 46 * 1024, passes: 2}

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
	cost  cost // zero: usual
}

const hashesAtOnce = 2

func (h *hashing) begin() (end func()) {
	h.once.Do(func() { h.slots = make(chan struct{}, hashesAtOnce) })
	h.slots <- struct{}{}
	return func() { <-h.slots }
}

func (h *hashing) hash(password string) string {
	if h.cost == (cost{}) {
		return hashPassword(password, usual)
	}
	return hashPassword(password, h.cost)
}

// hashPassword returns the argon2id hash of a password in the PHC string format.
func hashPassword(password string, c cost) string {
	salt := make([]byte, hashSalt)
	rand.Read(salt) // never fails (crypto/rand)
	key := argon2.IDKey([]byte(password), salt, c.passes, c.memory, 1, hashLength)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, c.memory, c.passes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// fits says whether the password is the one behind a PHC string; false for a string that is none.
func fits(password, phc string) bool {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return false
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) < 16 {
		return false
	}
	if passes == 0 || passes > maxHashTime || lanes == 0 || memory > maxHashMemory {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}
