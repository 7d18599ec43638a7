package storage

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// makeFile writes the backup into one file, which gets its name only when it is whole and has been
// read back. What has the name already stays until then.
func (b Backup) makeFile(ctx context.Context, db *DB, blobs BlobsConfig) (m Manifest, err error) {
	if info, err := os.Stat(b.Path); err == nil && !info.Mode().IsRegular() {
		return m, fmt.Errorf("%s is there already and is no file", b.Path)
	}
	if err := os.MkdirAll(filepath.Dir(b.Path), 0o700); err != nil {
		return m, err
	}
	part, copied := b.Path+".part", b.Path+".db.part"
	defer func() { err = errors.Join(err, removeDB(copied), removeDB(part)) }()
	m.Made = db.now().UTC()
	if err := b.copyDB(ctx, db, copied, &m); err != nil {
		return m, err
	}
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return m, err
	}
	defer f.Close()
	if err := b.pack(ctx, f, copied, blobs, &m); err != nil {
		return m, err
	}
	if err := errors.Join(f.Sync(), f.Close(), os.Rename(part, b.Path)); err != nil {
		return m, err
	}
	return m, syncFolder(filepath.Dir(b.Path))
}

// pack writes everything and reads it back.
func (b Backup) pack(ctx context.Context, f *os.File, copied string, blobs BlobsConfig, m *Manifest) error {
	p := packer{tar: tar.NewWriter(f), hashes: map[string]string{}}
	photos, err := b.eachPhoto(ctx, blobs.Dir, m, func(key string) (hash string, size int64, err error) {
		m.Copied++
		return p.add(filepath.Join(blobs.Dir, key), backupPhotos+"/"+key)
	})
	if err != nil {
		return err
	}
	if m.Missing, err = missing(ctx, copied, photos); err != nil {
		return err
	}
	if _, _, err := p.add(copied, backupDB); err != nil {
		return err
	}
	if err := errors.Join(p.write(backupHashes, hashesText(photos), m.Made), p.write(backupManifest, m.text(), m.Made), p.tar.Close()); err != nil {
		return err
	}
	return b.readBack(ctx, f, p.hashes)
}

// packer writes files into a tar and keeps their hashes by name.
type packer struct {
	tar    *tar.Writer
	hashes map[string]string
}

func (p packer) add(path, name string) (hash string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	if err := p.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}); err != nil {
		return "", 0, err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(p.tar, h), f)
	p.hashes[name] = hex.EncodeToString(h.Sum(nil))
	return p.hashes[name], info.Size(), errors.Join(err, p.tar.Flush()) // one that is too short fails here
}

func (p packer) write(name string, data []byte, when time.Time) error {
	if err := p.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(data)), ModTime: when}); err != nil {
		return err
	}
	_, err := p.tar.Write(data)
	return err
}

// readBack finds everything in the file as it was written.
func (b Backup) readBack(ctx context.Context, f *os.File, hashes map[string]string) error {
	files, err := indexTar(f)
	if err != nil {
		return err
	}
	n := 0
	for name, hash := range hashes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if have, err := hashIn(files, name); err != nil || have != hash {
			return errors.Join(fmt.Errorf("%s: what was written is not what is read", name), err)
		}
		n++
		b.tell("read back", n, len(hashes))
	}
	return nil
}

// tarFiles are the files in a tar by their names. They are read where they lie: a backup of any
// size takes little memory.
type tarFiles map[string]tarFile

type tarFile struct {
	*io.SectionReader
	info fs.FileInfo
}

// indexTar reads the headers only. A file that was cut off is an error, if not cut between two
// files; then the manifest is missing.
func indexTar(f *os.File) (tarFiles, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	files := tarFiles{}
	for r := tar.NewReader(f); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		at, err := f.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		files[header.Name] = tarFile{io.NewSectionReader(f, at, header.Size), header.FileInfo()}
	}
}

func (files tarFiles) Open(name string) (fs.File, error) {
	file, there := files[name]
	if !there {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return tarFile{io.NewSectionReader(file, 0, file.Size()), file.info}, nil
}

func (f tarFile) Stat() (fs.FileInfo, error) { return f.info, nil }

func (f tarFile) Close() error { return nil }

// syncFolder makes a new name in it survive a power cut.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
