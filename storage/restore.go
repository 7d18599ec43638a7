package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// read reads what the backup must hold.
func (b Backup) read(files fs.FS) (m Manifest, err error) {
	data, err := fs.ReadFile(files, backupManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s is no whole backup: manifest.json is missing", b.Path)
	}
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	return m, err
}

// Restore fills an installation that does not exist yet, and holds it against the manifest. The
// database comes last: an installation that was cut off has none. What was cut off may be begun
// again.
func (b Backup) Restore(ctx context.Context, to Config, blobs BlobsConfig) (Manifest, error) {
	info, err := os.Stat(b.Path)
	if err != nil {
		return Manifest{}, err
	}
	if info.IsDir() {
		return b.restore(ctx, os.DirFS(b.Path), to, blobs)
	}
	f, err := os.Open(b.Path)
	if err != nil {
		return Manifest{}, err
	}
	defer f.Close()
	files, err := indexTar(f)
	if err != nil {
		return Manifest{}, fmt.Errorf("%s is no whole backup: %w", b.Path, err)
	}
	return b.restore(ctx, files, to, blobs)
}

func (b Backup) restore(ctx context.Context, files fs.FS, to Config, blobs BlobsConfig) (Manifest, error) {
	m, err := b.read(files)
	if err != nil {
		return m, err
	}
	if to.Driver == "mysql" || blobs.Driver == "s3" {
		return m, errors.New("a backup is restored to SQLite and disk; `cailiao move` carries it from there to MySQL and S3")
	}
	if _, err := os.Stat(to.DSN); !errors.Is(err, fs.ErrNotExist) {
		return m, errors.Join(fmt.Errorf("%s exists already: restore where no installation is", to.DSN), err)
	}
	photos, err := b.restorePhotos(ctx, files, blobs)
	if err != nil {
		return m, err
	}
	if err := os.MkdirAll(filepath.Dir(to.DSN), 0o700); err != nil {
		return m, err
	}
	part := to.DSN + ".part"
	if err := removeDB(part); err != nil {
		return m, err
	}
	source, err := files.Open(backupDB)
	if err != nil {
		return m, err
	}
	defer source.Close()
	if _, err := copyTo(source, part, m.Made); err != nil {
		return m, err
	}
	err = onCopy(ctx, part, func(db *DB) error {
		have, want, err := db.Version(ctx)
		if err != nil {
			return err
		}
		if have > want {
			return fmt.Errorf("the backup has schema %d, this program knows %d: use the program that made it, or a newer one", have, want)
		}
		proofs, err := db.proveNamed(ctx, m.Proofs, func(n, total int) { b.tell("tables", n, total) })
		if err != nil {
			return err
		}
		return differ(m.Proofs, append(proofs, photos))
	})
	if err != nil {
		return m, errors.Join(err, removeDB(part))
	}
	return m, os.Rename(part, to.DSN)
}

// proveNamed proves the tables of a manifest: a backup of an older program has fewer.
func (q Q) proveNamed(ctx context.Context, want []Proof, tell func(n, total int)) (proofs []Proof, err error) {
	for i, proof := range want[:max(0, len(want)-1)] { // the last is of the photos
		tell(i+1, len(want)-1)
		if !slices.Contains(tables, proof.Name) {
			return nil, fmt.Errorf("the manifest names a table %q that is not ours", proof.Name)
		}
		got, err := q.prove(ctx, proof.Name)
		if err != nil {
			return nil, err
		}
		proofs = append(proofs, got)
	}
	return proofs, nil
}

func (b Backup) restorePhotos(ctx context.Context, files fs.FS, blobs BlobsConfig) (Proof, error) {
	disk, err := openDisk(blobs.Dir)
	if err != nil {
		return Proof{}, err
	}
	defer disk.root.Close()
	hashes := readHashes(files)
	err = disk.Each(ctx, func(key string, _ time.Time) error {
		if hashes[key] == "" {
			return fmt.Errorf("%s holds pictures that are not of this backup: restore where no installation is", blobs.Dir)
		}
		return nil
	})
	if err != nil {
		return Proof{}, err
	}
	var sum tally
	for _, key := range slices.Sorted(maps.Keys(hashes)) { // as they lie in a file
		if err := ctx.Err(); err != nil {
			return Proof{}, err
		}
		if err := restorePhoto(ctx, files, disk, key, hashes[key]); err != nil {
			return Proof{}, fmt.Errorf("restore %s: %w", key, err)
		}
		sum.add(textHash(key, hashes[key]))
		b.tell("pictures", sum.n, len(hashes))
	}
	return sum.proof("pictures"), nil
}

func restorePhoto(ctx context.Context, files fs.FS, disk *diskBlobs, key, hash string) error {
	if have, err := hashIn(disk.root.FS(), key); err == nil && have == hash {
		return nil // from a run that was cut off
	}
	data, err := fs.ReadFile(files, backupPhotos+"/"+key)
	if err != nil {
		return err
	}
	if err := disk.Put(ctx, key, data); err != nil {
		return err
	}
	if have, err := hashIn(disk.root.FS(), key); err != nil || have != hash {
		return errors.Join(errors.New("its bytes are not those the backup was made of"), err)
	}
	return nil
}

func hashIn(files fs.FS, name string) (string, error) {
	f, err := files.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return hashOf(f)
}
