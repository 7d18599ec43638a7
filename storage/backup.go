package storage

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Backup is a folder, or one file, that holds an installation of SQLite and disk as it was at
// one moment:
//
//	cailiao.db      the database
//	photos/…        the pictures
//	photos.sha256   their hashes, for sha256sum -c
//	manifest.json   counts and hashes of everything; written last: without it the backup is not whole
//
// The file is the folder as tar knows it: unpacked it can be restored all the same.
type Backup struct {
	Path     string                             // a file if it ends in .tar
	Progress func(what string, done, total int) // nil: silent
}

// Manifest is what a backup must hold.
type Manifest struct {
	Made    time.Time `json:"made"`
	Schema  int64     `json:"schema"`
	Proofs  []Proof   `json:"proofs"`  // of the tables, then of the pictures
	Bytes   int64     `json:"bytes"`   // of the photos
	Missing int       `json:"missing"` // pictures that rows name and the folder does not have; 0 but after a disk fault

	Linked, Copied, Kept int `json:"-"` // how the pictures came: as a second name, as a copy, from the backup before
}

const (
	backupDB       = "cailiao.db"
	backupPhotos   = "photos"
	backupHashes   = "photos.sha256"
	backupManifest = "manifest.json"
)

// Make makes the backup while the program runs: the database first, then every picture its rows
// name.
func (b Backup) Make(ctx context.Context, db *DB, blobs BlobsConfig) (m Manifest, err error) {
	if db.dialect != (sqliteDialect{}) || blobs.Driver == "s3" {
		return m, errors.New("only SQLite and pictures on disk are backed up so: for MySQL and S3 see docs/operations.md")
	}
	if strings.Contains(filepath.Base(b.Path), ".tar.") {
		return m, fmt.Errorf("%s: a backup in one file ends in .tar; packing it tighter gains nothing, as pictures are compressed already", b.Path)
	}
	release, err := holdBeside(ctx, db.config.DSN+".backup", "exclusive")
	if err != nil {
		return m, fmt.Errorf("another backup of %s runs (%w)", db.config.DSN, err)
	}
	if strings.HasSuffix(b.Path, ".tar") {
		m, err = b.makeFile(ctx, db, blobs)
	} else {
		m, err = b.makeFolder(ctx, db, blobs)
	}
	return m, errors.Join(err, release())
}

// makeFolder brings the folder up to date: pictures of the backup before are kept, those deleted
// since go.
func (b Backup) makeFolder(ctx context.Context, db *DB, blobs BlobsConfig) (Manifest, error) {
	if err := os.MkdirAll(filepath.Join(b.Path, backupPhotos), 0o700); err != nil {
		return Manifest{}, err
	}
	m := Manifest{Made: db.now().UTC()}
	part := filepath.Join(b.Path, backupDB+".part")
	if err := b.copyDB(ctx, db, part, &m); err != nil {
		return Manifest{}, err
	}
	was := readHashes(os.DirFS(b.Path))
	hashes, err := b.copyPhotos(ctx, blobs.Dir, was, &m)
	if err != nil {
		return Manifest{}, err
	}
	if m.Missing, err = missing(ctx, part, hashes); err != nil {
		return Manifest{}, err
	}
	// From here until the manifest is there again the backup is not whole.
	if err := os.Remove(filepath.Join(b.Path, backupManifest)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, err
	}
	if err := b.dropOld(hashes); err != nil {
		return Manifest{}, err
	}
	if err := os.Rename(part, filepath.Join(b.Path, backupDB)); err != nil {
		return Manifest{}, err
	}
	return m, errors.Join(writeWhole(filepath.Join(b.Path, backupHashes), hashesText(hashes)), writeWhole(filepath.Join(b.Path, backupManifest), m.text()))
}

func (m Manifest) text() []byte {
	data, _ := json.MarshalIndent(m, "", "  ") // times, numbers and strings cannot fail
	return append(data, '\n')
}

func (b Backup) tell(what string, done, total int) {
	if b.Progress != nil {
		b.Progress(what, done, total)
	}
}

// copyDB makes a consistent copy beside a running program, and proves it.
func (b Backup) copyDB(ctx context.Context, db *DB, part string, m *Manifest) error {
	if err := writeNew(part); err != nil {
		return err
	}
	if _, err := db.exec(ctx, "VACUUM INTO ?", part); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return onCopy(ctx, part, func(copied *DB) (err error) {
		if m.Schema, _, err = copied.Version(ctx); err != nil {
			return err
		}
		n := 0
		m.Proofs, err = copied.proveAll(ctx, func(string) { n++; b.tell("tables", n, len(tables)) })
		return err
	})
}

// writeNew makes an empty file that only we may read; SQLite would let others.
func writeNew(path string) error {
	if err := removeDB(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// onCopy opens a copy of a database and leaves nothing beside it.
func onCopy(ctx context.Context, path string, work func(*DB) error) error {
	db, err := Open(ctx, Config{DSN: path})
	if err != nil {
		return err
	}
	return errors.Join(work(db), db.Close(), removeDB(path+"-wal"), removeDB(path+"-shm"))
}

func removeDB(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// copyPhotos gives each picture a second name in the backup, or copies it where that is another
// disk, and returns the hashes by key.
func (b Backup) copyPhotos(ctx context.Context, dir string, was map[string]string, m *Manifest) (map[string]string, error) {
	return b.eachPhoto(ctx, dir, m, func(key string) (hash string, size int64, err error) {
		return b.copyPhoto(filepath.Join(dir, key), filepath.Join(b.Path, backupPhotos, key), was[key], m)
	})
}

// eachPhoto lets take bring each picture into the backup, and returns the hashes by key.
func (b Backup) eachPhoto(ctx context.Context, dir string, m *Manifest, take func(key string) (hash string, size int64, err error)) (map[string]string, error) {
	disk, err := openDisk(dir)
	if err != nil {
		return nil, err
	}
	defer disk.root.Close()
	total := 0
	if err := disk.Each(ctx, func(string, time.Time) error { total++; return nil }); err != nil {
		return nil, err
	}
	hashes := make(map[string]string, total)
	var sum tally
	err = disk.Each(ctx, func(key string, _ time.Time) error {
		hash, size, err := take(key)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted since the folder was read
		}
		if err != nil {
			return fmt.Errorf("copy %s: %w", key, err)
		}
		hashes[key] = hash
		m.Bytes += size
		sum.add(textHash(key, hash))
		b.tell("pictures", len(hashes), max(total, len(hashes)))
		return nil
	})
	m.Proofs = append(m.Proofs, sum.proof("pictures"))
	return hashes, err
}

func (b Backup) copyPhoto(from, to, was string, m *Manifest) (hash string, size int64, err error) {
	source, err := os.Stat(from)
	if err != nil {
		return "", 0, err
	}
	if there, err := os.Stat(to); err == nil {
		// A picture is never written in place: the same file, or the same size and time, is the same picture.
		if was != "" && (os.SameFile(source, there) || source.Size() == there.Size() && source.ModTime().Equal(there.ModTime())) {
			m.Kept++
			return was, source.Size(), nil
		}
		if err := os.Remove(to); err != nil {
			return "", 0, err
		}
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return "", 0, err
	}
	if err := os.Link(from, to); err == nil {
		m.Linked++
		hash, err = hashFile(to)
		return hash, source.Size(), err
	} else if errors.Is(err, fs.ErrNotExist) {
		return "", 0, err
	}
	m.Copied++
	in, err := os.Open(from)
	if err != nil {
		return "", 0, err
	}
	defer in.Close()
	hash, err = copyTo(in, to, source.ModTime())
	return hash, source.Size(), err
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return hashOf(f)
}

func hashOf(in io.Reader) (string, error) {
	h := sha256.New()
	_, err := io.Copy(h, in)
	return hex.EncodeToString(h.Sum(nil)), err
}

// copyTo copies whole or not at all, and returns the hash of what was written.
func copyTo(in io.Reader, to string, when time.Time) (hash string, err error) {
	part := to + ".part"
	out, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), in)
	err = errors.Join(err, out.Sync(), out.Close())
	if err == nil {
		err = os.Chtimes(part, when, when)
	}
	if err == nil {
		err = os.Rename(part, to)
	}
	return hex.EncodeToString(h.Sum(nil)), err
}

// textHash is blobHash of a content whose hash is known as text.
func textHash(key, hash string) [sha256.Size]byte {
	return sha256.Sum256([]byte(key + " " + hash))
}

// missing counts the pictures that rows of the copy name and the backup does not have.
func missing(ctx context.Context, part string, hashes map[string]string) (n int, err error) {
	err = onCopy(ctx, part, func(db *DB) error {
		s := shape{table: "photos", columns: []string{"copy_key", "original_key", "screen_key", "thumb_key"}, key: []string{"id"}}
		return db.eachRow(ctx, s, nil, 0, func(cells []any) error {
			for _, cell := range cells {
				if key, _ := cell.(string); key != "" && hashes[key] == "" {
					n++
				}
			}
			return nil
		})
	})
	return n, err
}

// dropOld deletes what the installation no longer has: who was erased there must go here too.
func (b Backup) dropOld(hashes map[string]string) error {
	root := filepath.Join(b.Path, backupPhotos)
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		key, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if hashes[filepath.ToSlash(key)] == "" {
			return os.Remove(path)
		}
		return nil
	})
}

func hashesText(hashes map[string]string) []byte {
	var text bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(hashes)) {
		fmt.Fprintf(&text, "%s  %s/%s\n", hashes[key], backupPhotos, key)
	}
	return text.Bytes()
}

// readHashes reads the hashes of a backup by key; what cannot be read is not there.
func readHashes(files fs.FS) map[string]string {
	hashes := map[string]string{}
	f, err := files.Open(backupHashes)
	if err != nil {
		return hashes
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		hash, name, _ := strings.Cut(lines.Text(), "  ")
		if key, ours := strings.CutPrefix(name, backupPhotos+"/"); ours && blobKey.MatchString(key) && len(hash) == 2*sha256.Size {
			hashes[key] = hash
		}
	}
	return hashes
}

func writeWhole(path string, data []byte) error {
	f, err := os.OpenFile(path+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}
