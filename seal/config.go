package seal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/tink"

	"cailiao/intake"
)

// Config is the section "keys" of the configuration: where the keys are that seal personal data.
type Config struct {
	File  string `yaml:"file"`  // made by `cailiao keys new`; default data/keys.json; readable for its owner only
	KMS   string `yaml:"kms"`   // wraps a new key file: hcvault://host:8200/transit/keys/NAME; empty: it is not wrapped
	Token string `yaml:"token"` // of the KMS; better from the environment

	Content string `yaml:"-"` // the key file's text from the environment, which wins over File
}

// Validate checks the section without reading keys.
func (c Config) Validate() error {
	if c.KMS == "" {
		return nil
	}
	if _, err := parseVault(c.KMS); err != nil {
		return &intake.FieldError{Key: "kms", Problem: err.Error()}
	}
	return nil
}

// Load reads the keys. What is wrong is one line that says what to do.
func Load(ctx context.Context, c Config) (*Keys, error) {
	r, err := c.read(ctx)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	k := Fixed(r)
	if c.Content == "" {
		k.reread = c.read
	}
	return k, nil
}

func (c Config) read(ctx context.Context) (Ring, error) {
	text := []byte(c.Content)
	if c.Content == "" {
		var err error
		if text, err = readPrivate(c.File); err != nil {
			return Ring{}, err
		}
	}
	return decode(ctx, text, func(kms string) (tink.AEADWithContext, error) { return openVault(kms, c.Token) })
}

func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case path == "":
		return nil, errors.New("keys.file is missing")
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s is missing: `cailiao keys new` makes it; where others run already, copy theirs", path)
	case err != nil:
		return nil, err
	case info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s may be read by others than its owner: chmod 600 %s", path, path)
	}
	return os.ReadFile(path)
}

// Create makes a new key file; one that exists is left alone.
func Create(ctx context.Context, c Config) (Ring, error) {
	r, err := NewRing()
	if err != nil {
		return Ring{}, err
	}
	text, err := c.encode(ctx, r)
	if err != nil {
		return Ring{}, err
	}
	if err := os.MkdirAll(filepath.Dir(c.File), 0o700); err != nil {
		return Ring{}, fmt.Errorf("keys: %w", err)
	}
	f, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return Ring{}, fmt.Errorf("keys: %s exists and is left alone: without it nothing sealed can be read", c.File)
	}
	if err != nil {
		return Ring{}, fmt.Errorf("keys: %w", err)
	}
	_, err = f.Write(text)
	return r, errors.Join(err, f.Sync(), f.Close())
}

// ErrNotAFile is the error of changing keys that come from the environment.
var ErrNotAFile = errors.New("keys from the environment cannot be changed here: change the key file, and put its text there")

// Change puts a changed ring in the place of the key file, whole or not at all.
func (c Config) Change(ctx context.Context, r Ring) error {
	if c.Content != "" {
		return ErrNotAFile
	}
	text, err := c.encode(ctx, r)
	if err != nil {
		return err
	}
	return within("keys", replace(c.File, text))
}

// Keep puts a copy of the key file beside it, for the backups made while it was in use, and
// returns its name.
func (c Config) Keep(suffix string) (string, error) {
	if c.Content != "" {
		return "", ErrNotAFile
	}
	text, err := readPrivate(c.File)
	if err != nil {
		return "", fmt.Errorf("keys: %w", err)
	}
	name := c.File + "." + suffix
	return name, within("keys", replace(name, text))
}

func (c Config) encode(ctx context.Context, r Ring) ([]byte, error) {
	if c.KMS == "" {
		return r.encode(ctx, "", nil)
	}
	wrapper, err := openVault(c.KMS, c.Token)
	if err != nil {
		return nil, err
	}
	return r.encode(ctx, c.KMS, wrapper)
}

func replace(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func within(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
