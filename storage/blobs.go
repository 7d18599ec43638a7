package storage

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"sync"
	"time"

	"cailiao/intake"
)

// BlobsConfig is the section "blobs" of the configuration: a folder, or a bucket of an S3 service.
type BlobsConfig struct {
	Driver string `yaml:"driver"` // "disk" (default) or "s3"
	Dir    string `yaml:"dir"`    // disk: folder of the pictures; made when missing

	Endpoint  string        `yaml:"endpoint"` // s3: https://host[:port]
	Bucket    string        `yaml:"bucket"`   // exists and is private
	Prefix    string        `yaml:"prefix"`   // before every key, for a bucket shared with others
	Region    string        `yaml:"region"`   // default us-east-1
	AccessKey string        `yaml:"access_key"`
	SecretKey string        `yaml:"secret_key"`
	PathStyle bool          `yaml:"path_style"` // https://host/bucket instead of https://bucket.host
	TLS       TLSConfig     `yaml:"tls"`        // with https://; use is understood
	SSE       string        `yaml:"sse"`        // the service encrypts: "", "AES256" or "aws:kms"
	SSEKey    string        `yaml:"sse_key"`    // id of the key for aws:kms; empty: the service's own
	Timeout   time.Duration `yaml:"timeout"`    // of one call with its tries; default 15s
}

// Validate says what is wrong with the section, without touching disk or network.
func (c BlobsConfig) Validate() error {
	switch {
	case c.Driver == "s3":
		return c.validateS3()
	case c.Driver != "" && c.Driver != "disk":
		return misset("driver", fmt.Sprintf(`"disk" or "s3" expected, not %q`, c.Driver))
	case c.Dir == "":
		return misset("dir", "the folder for the pictures is missing, such as data/photos")
	}
	return nil
}

// Blobs keeps the bytes of pictures under opaque keys.
type Blobs interface {
	// Put stores data under key, whole or not at all; what was there is replaced. On return
	// it survives a power cut.
	Put(ctx context.Context, key string, data []byte) error
	// Get returns the bytes, or intake.ErrNotFound.
	Get(ctx context.Context, key string) ([]byte, error)
	// Delete forgets a blob; a missing one is no error.
	Delete(ctx context.Context, key string) error
	// Each calls do for every blob with the time it was stored, until do fails.
	Each(ctx context.Context, do func(key string, stored time.Time) error) error
	// Ping proves that blobs can be written.
	Ping(ctx context.Context) error
}

// BlobKey is where one form (original, copy, screen, thumb) of a picture goes, by the SHA-256
// of its bytes as received. Equal pictures of two candidates are two blobs; the key tells
// neither candidate nor hash.
func BlobKey(candidateID int64, sha, kind string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s", candidateID, sha))
	name := hex.EncodeToString(sum[:])
	return name[:2] + "/" + name + "-" + kind
}

// OpenBlobs opens the folder, or makes a client of the S3 service without asking it anything.
func OpenBlobs(config BlobsConfig) (Blobs, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("blobs: %w", err)
	}
	var blobs Blobs
	var err error
	if config.Driver == "s3" {
		blobs, err = openS3(config)
	} else {
		blobs, err = openDisk(config.Dir)
	}
	if err != nil {
		return nil, fmt.Errorf("blobs: %w", err)
	}
	return blobs, nil
}

// Check proves that blobs can be written, read and deleted here, and not read by strangers; it
// says where that is.
func (c BlobsConfig) Check(ctx context.Context) (where string, err error) {
	blobs, err := OpenBlobs(c)
	if err != nil {
		return "", err
	}
	switch b := blobs.(type) {
	case *s3Blobs:
		return c.Endpoint + "/" + c.Bucket, within("blobs", b.checkPrivate(ctx))
	case *diskBlobs:
		return c.Dir, errors.Join(b.Ping(ctx), b.root.Close())
	}
	return c.Dir, blobs.Ping(ctx)
}

// openDisk opens the folder and sweeps what writers that died left half written.
func openDisk(dir string) (*diskBlobs, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	d := &diskBlobs{root: root}
	if err := d.sweep(); err != nil {
		root.Close()
		return nil, err
	}
	return d, nil
}

// diskBlobs keeps each blob in a file; os.Root keeps every path inside the folder.
type diskBlobs struct {
	root    *os.Root
	folders sync.Map // those whose own name is known to survive a power cut
}

const (
	partsDir = ".parts"  // half-written files, on the same file system
	partsAge = time.Hour // no writer takes that long
)

var (
	blobKey      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,15}/[A-Za-z0-9][A-Za-z0-9_.-]{0,150}$`)
	bucketName   = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	bucketPrefix = regexp.MustCompile(`^/?[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*/?$`)
)

func (d *diskBlobs) sweep() error {
	if err := d.root.Mkdir(partsDir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	parts, err := fs.ReadDir(d.root.FS(), partsDir)
	if err != nil {
		return err
	}
	for _, part := range parts {
		info, err := part.Info()
		if err != nil || time.Since(info.ModTime()) < partsAge {
			continue // another instance is writing it, or has just moved it
		}
		if err := d.root.Remove(partsDir + "/" + part.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (d *diskBlobs) Put(ctx context.Context, key string, data []byte) error {
	if err := checkKey(ctx, key); err != nil {
		return err
	}
	part := partsDir + "/" + rand.Text()
	if err := d.write(part, data); err != nil {
		d.root.Remove(part)
		return fmt.Errorf("put blob: %w", err)
	}
	if err := d.place(part, key); err != nil {
		d.root.Remove(part)
		return fmt.Errorf("put blob: %w", err)
	}
	return nil
}

func checkKey(ctx context.Context, key string) error {
	if !blobKey.MatchString(key) {
		return errors.New("blob: not a key of ours")
	}
	return ctx.Err()
}

func (d *diskBlobs) write(name string, data []byte) error {
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// place gives a written file its name. The folders are synced too: a name is only as safe as
// its folder.
func (d *diskBlobs) place(part, key string) error {
	folder := path.Dir(key)
	if _, known := d.folders.Load(folder); !known {
		if err := d.root.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := d.syncDir("."); err != nil {
			return err
		}
		d.folders.Store(folder, true)
	}
	if err := d.root.Rename(part, key); err != nil {
		return err
	}
	return d.syncDir(folder)
}

func (d *diskBlobs) syncDir(name string) error {
	f, err := d.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (d *diskBlobs) Get(ctx context.Context, key string) ([]byte, error) {
	if err := checkKey(ctx, key); err != nil {
		return nil, err
	}
	data, err := d.root.ReadFile(key)
	if errors.Is(err, fs.ErrNotExist) {
		err = intake.ErrNotFound
	}
	return data, within("get blob", err)
}

func (d *diskBlobs) Delete(ctx context.Context, key string) error {
	if err := checkKey(ctx, key); err != nil {
		return err
	}
	if err := d.root.Remove(key); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete blob: %w", err)
	}
	return nil
}

func (d *diskBlobs) Each(ctx context.Context, do func(key string, stored time.Time) error) error {
	return fs.WalkDir(d.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && name != ".":
			return nil // deleted since its folder was read
		case err != nil:
			return fmt.Errorf("list blobs: %w", err)
		case ctx.Err() != nil:
			return ctx.Err()
		case entry.IsDir() && name == partsDir:
			return fs.SkipDir
		case entry.IsDir() || !blobKey.MatchString(name):
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list blobs: %w", err)
		}
		return do(name, info.ModTime())
	})
}

func (d *diskBlobs) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	part := partsDir + "/" + rand.Text()
	err := d.write(part, []byte("ping"))
	return within("blobs", errors.Join(err, d.root.Remove(part)))
}
