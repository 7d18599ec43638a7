package seal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Ring is a set of keys: one that seals, the others to open what they sealed before; and the keys
// of the blind indexes, of which each step of rotation adds one too.
type Ring struct {
	Primary uint32   // id of the key that seals
	IDs     []uint32 // all that open, in the order they were made

	sealing, indexing *keyset.Handle
	aead              tink.AEAD
	index             []prf.PRF // the one for new rows first
}

// Tink puts a byte and the key's id before what it seals.
const (
	tinkPrefix = 5
	tinkStart  = 1
)

// NewRing makes a set of one key each.
func NewRing() (Ring, error) {
	sealing, err := keyset.NewHandle(aead.XChaCha20Poly1305KeyTemplate())
	if err != nil {
		return Ring{}, fmt.Errorf("new key: %w", err)
	}
	indexing, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return Ring{}, fmt.Errorf("new key: %w", err)
	}
	return ringOf(sealing, indexing)
}

func ringOf(sealing, indexing *keyset.Handle) (r Ring, err error) {
	r.sealing, r.indexing = sealing, indexing
	if r.aead, err = aead.New(sealing); err != nil {
		return Ring{}, fmt.Errorf("keys: %w", err)
	}
	first, err := sealing.Primary()
	if err != nil {
		return Ring{}, fmt.Errorf("keys: %w", err)
	}
	r.Primary = first.KeyID()
	for i := range sealing.Len() {
		entry, err := sealing.Entry(i)
		if err != nil {
			return Ring{}, fmt.Errorf("keys: %w", err)
		}
		r.IDs = append(r.IDs, entry.KeyID())
	}
	set, err := prf.NewPRFSet(indexing)
	if err != nil {
		return Ring{}, fmt.Errorf("keys: %w", err)
	}
	r.index = []prf.PRF{set.PRFs[set.PrimaryID]}
	for i := range indexing.Len() {
		entry, err := indexing.Entry(i)
		if err != nil {
			return Ring{}, fmt.Errorf("keys: %w", err)
		}
		if !entry.IsPrimary() {
			r.index = append(r.index, set.PRFs[entry.KeyID()])
		}
	}
	return r, nil
}

// Waiting says whether the newest key does not seal yet: all machines must know it first.
func (r Ring) Waiting() bool { return len(r.IDs) > 0 && r.IDs[len(r.IDs)-1] != r.Primary }

// Added is the ring with a new key of each kind that opens, but does not seal yet.
func (r Ring) Added() (Ring, error) {
	return r.changed(func(sealing, indexing *keyset.Manager) error {
		_, err := sealing.Add(aead.XChaCha20Poly1305KeyTemplate())
		if err != nil {
			return err
		}
		_, err = indexing.Add(prf.HMACSHA256PRFKeyTemplate())
		return err
	})
}

// Promoted is the ring whose newest keys seal and index.
func (r Ring) Promoted() (Ring, error) {
	return r.changed(func(sealing, indexing *keyset.Manager) error {
		if err := sealing.SetPrimary(r.IDs[len(r.IDs)-1]); err != nil {
			return err
		}
		newest, err := r.indexing.Entry(r.indexing.Len() - 1)
		if err != nil {
			return err
		}
		return indexing.SetPrimary(newest.KeyID())
	})
}

// Retired is the ring without the keys that only open. Those that only index stay: of who was
// erased there is nothing but an index, which nobody can make anew.
func (r Ring) Retired() (Ring, error) {
	return r.changed(func(sealing, _ *keyset.Manager) error { return onlyPrimary(r.sealing, sealing) })
}

func onlyPrimary(handle *keyset.Handle, manager *keyset.Manager) error {
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return err
		}
		if entry.IsPrimary() {
			continue
		}
		if err := manager.Delete(entry.KeyID()); err != nil {
			return err
		}
	}
	return nil
}

func (r Ring) changed(change func(sealing, indexing *keyset.Manager) error) (Ring, error) {
	sealing, indexing := keyset.NewManagerFromHandle(r.sealing), keyset.NewManagerFromHandle(r.indexing)
	if err := change(sealing, indexing); err != nil {
		return Ring{}, fmt.Errorf("change keys: %w", err)
	}
	s, err := sealing.Handle()
	if err != nil {
		return Ring{}, fmt.Errorf("change keys: %w", err)
	}
	i, err := indexing.Handle()
	if err != nil {
		return Ring{}, fmt.Errorf("change keys: %w", err)
	}
	return ringOf(s, i)
}

// Old are the ids of keys that only open, those still waiting left out.
func (r Ring) Old() []uint32 {
	at := slices.Index(r.IDs, r.Primary)
	return slices.Clone(r.IDs[:max(at, 0)])
}

// written is the ring as it stands in a file.
type written struct {
	Format int             `json:"cailiao_keys"` // 1
	KMS    string          `json:"kms,omitempty"`
	Seal   json.RawMessage `json:"seal"`  // Tink keyset, or with KMS an encrypted one
	Index  json.RawMessage `json:"index"` // the same
}

const fileFormat = 1

// Associated data of wrapped keysets, so that one cannot stand for the other.
const (
	wrappedSeal  = "cailiao keys seal"
	wrappedIndex = "cailiao keys index"
)

// encode writes the ring; with a wrapper, so that only the KMS can open it.
func (r Ring) encode(ctx context.Context, kms string, wrapper tink.AEADWithContext) ([]byte, error) {
	w := written{Format: fileFormat, KMS: kms}
	for _, part := range []struct {
		handle *keyset.Handle
		ad     string
		into   *json.RawMessage
	}{{r.sealing, wrappedSeal, &w.Seal}, {r.indexing, wrappedIndex, &w.Index}} {
		var text bytes.Buffer
		var err error
		if wrapper == nil {
			err = insecurecleartextkeyset.Write(part.handle, keyset.NewJSONWriter(&text))
		} else {
			err = part.handle.WriteWithContext(ctx, keyset.NewJSONWriter(&text), wrapper, []byte(part.ad))
		}
		if err != nil {
			return nil, fmt.Errorf("write keys: %w", err)
		}
		*part.into = text.Bytes()
	}
	text, err := json.MarshalIndent(w, "", "  ")
	return append(text, '\n'), err
}

// decode reads a ring; errors never repeat what stands in it.
func decode(ctx context.Context, text []byte, wrapperOf func(kms string) (tink.AEADWithContext, error)) (Ring, error) {
	var w written
	if err := json.Unmarshal(text, &w); err != nil || w.Format != fileFormat {
		return Ring{}, errors.New("not a key file of ours: `cailiao keys new` makes one")
	}
	var wrapper tink.AEADWithContext
	if w.KMS != "" {
		var err error
		if wrapper, err = wrapperOf(w.KMS); err != nil {
			return Ring{}, err
		}
	}
	var handles [2]*keyset.Handle
	for i, part := range []struct {
		text json.RawMessage
		ad   string
	}{{w.Seal, wrappedSeal}, {w.Index, wrappedIndex}} {
		reader := keyset.NewJSONReader(bytes.NewReader(part.text))
		var err error
		if wrapper == nil {
			handles[i], err = insecurecleartextkeyset.Read(reader)
		} else {
			handles[i], err = keyset.ReadWithContext(ctx, reader, wrapper, []byte(part.ad))
		}
		if err != nil && wrapper != nil {
			return Ring{}, fmt.Errorf("the key service does not open the key file: %w", err)
		}
		if err != nil {
			return Ring{}, errors.New("the key file is damaged")
		}
	}
	return ringOf(handles[0], handles[1])
}
