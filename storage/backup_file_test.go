package storage_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// inFile makes a backup in one file.
func inFile(t *testing.T, o office) (storage.Backup, storage.Manifest) {
	t.Helper()
	b := storage.Backup{Path: filepath.Join(t.TempDir(), "away", "cailiao.tar")}
	return b, must(b.Make(t.Context(), o.db, o.store))(t)
}

func TestABackupInOneFileIsRestoredByCountsAndHashes(t *testing.T) {
	ctx := t.Context()
	o := openOffice(t, 25)
	furnished(t, o.db, 6)
	b, made := inFile(t, o)
	same(t, made.Copied, 25)
	same(t, must(os.Stat(b.Path))(t).Mode().Perm(), os.FileMode(0o600))
	folder := storage.Backup{Path: t.TempDir()} // tar makes the folder of it
	if out, err := exec.Command("sh", "-c", "cd '"+folder.Path+"' && tar -xf '"+b.Path+"' && sha256sum -c --quiet photos.sha256").CombinedOutput(); err != nil {
		t.Fatalf("tar: %v\n%s", err, out)
	}
	for _, from := range []storage.Backup{b, folder} {
		config, store := nowhere(t)
		same(t, must(from.Restore(ctx, config, store))(t).Proofs, made.Proofs)
		db := must(storage.Open(ctx, config))(t)
		same(t, must(db.Prove(ctx))(t), must(o.db.Prove(ctx))(t))
		ok(t, db.Close())
		copied := must(storage.OpenBlobs(store))(t)
		for i := range 25 {
			if !bytes.Equal(must(copied.Get(ctx, photoKey(i)))(t), must(o.blobs.Get(ctx, photoKey(i)))(t)) {
				t.Errorf("picture %d differs", i)
			}
		}
	}
}

func TestAnInterruptedBackupLeavesTheFileBeforeAndNoHalfOne(t *testing.T) {
	o := openOffice(t, 40)
	roster(t, o.db, "110101", 3)
	b, _ := inFile(t, o)
	before := must(os.ReadFile(b.Path))(t)
	for _, at := range []string{"tables", "pictures", "read back"} {
		t.Run(at, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			reached := false
			b.Progress = func(what string, done, _ int) {
				if what == at && done == 2 {
					reached = true
					interrupt()
				}
			}
			_, err := b.Make(ctx, o.db, o.store)
			if !reached || !errors.Is(err, context.Canceled) {
				t.Errorf("reached %v, error %v", reached, err)
			}
			if !bytes.Equal(must(os.ReadFile(b.Path))(t), before) {
				t.Error("the file of before has changed")
			}
			if left := must(os.ReadDir(filepath.Dir(b.Path)))(t); len(left) != 1 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	b.Progress = nil
	must(b.Make(t.Context(), o.db, o.store))(t)
}

func TestAFileThatIsNotWholeIsNotRestored(t *testing.T) {
	ctx := t.Context()
	o := openOffice(t, 3)
	roster(t, o.db, "110101", 2)
	b, _ := inFile(t, o)
	whole := must(os.ReadFile(b.Path))(t)
	manifest := bytes.LastIndex(whole, []byte("manifest.json"))
	spoilt := map[string][]byte{
		"empty":                   {},
		"no tar":                  bytes.Repeat([]byte("x"), 5000),
		"cut in a picture":        whole[:700],
		"cut in the database":     whole[:len(whole)/2],
		"cut before the manifest": whole[:manifest],
		"cut in the manifest":     whole[:manifest+600],
		"a picture changed":       bytes.Replace(whole, bytes.Repeat([]byte{1}, 1000), bytes.Repeat([]byte{7}, 1000), 1),
	}
	for name, data := range spoilt {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "cailiao.tar")
			ok(t, os.WriteFile(path, data, 0o600))
			config, store := nowhere(t)
			if _, err := (storage.Backup{Path: path}).Restore(ctx, config, store); err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %v", err)
			}
			if _, err := os.Stat(config.DSN); err == nil {
				t.Error("there is a database all the same")
			}
			must(b.Restore(ctx, config, store))(t) // the good one, over what the bad one left
		})
	}
}

// TestNamesInAFileCannotReachOutside: what stands in the file beside the pictures it tells of is
// not unpacked.
func TestNamesInAFileCannotReachOutside(t *testing.T) {
	ctx := t.Context()
	o := openOffice(t, 2)
	b, _ := inFile(t, o)
	var file bytes.Buffer
	w := tar.NewWriter(&file)
	for _, name := range []string{"../escaped", "/tmp/cailiao-escaped", "photos/../../escaped"} {
		ok(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: 1}))
		must(w.Write([]byte("x")))(t)
	}
	ok(t, w.Flush())
	path := filepath.Join(t.TempDir(), "in", "cailiao.tar")
	ok(t, os.Mkdir(filepath.Dir(path), 0o700))
	ok(t, os.WriteFile(path, append(file.Bytes(), must(os.ReadFile(b.Path))(t)...), 0o600))
	config, store := nowhere(t)
	must(storage.Backup{Path: path}.Restore(ctx, config, store))(t)
	for _, escaped := range []string{filepath.Join(filepath.Dir(filepath.Dir(path)), "escaped"), "/tmp/cailiao-escaped", filepath.Join(filepath.Dir(config.DSN), "escaped"), filepath.Join(filepath.Dir(filepath.Dir(config.DSN)), "escaped")} {
		if _, err := os.Stat(escaped); err == nil {
			t.Errorf("%s was written", escaped)
		}
	}
}

func TestAFileIsRefusedWhereItWouldDoHarm(t *testing.T) {
	ctx := t.Context()
	o := openOffice(t, 2)
	b, _ := inFile(t, o)
	_, err := b.Restore(ctx, o.config, o.store)
	refused(t, err, "exists already")
	_, err = storage.Backup{Path: b.Path + ".gz"}.Make(ctx, o.db, o.store)
	refused(t, err, "ends in .tar")
	folder := filepath.Join(t.TempDir(), "x.tar")
	ok(t, os.Mkdir(folder, 0o700))
	_, err = storage.Backup{Path: folder}.Make(ctx, o.db, o.store)
	refused(t, err, "is no file")
	_, err = storage.Backup{Path: "/proc/version/x.tar"}.Make(ctx, o.db, o.store)
	refused(t, err, "/proc/version")
	var second error
	b.Progress = func(what string, done, _ int) {
		if what == "pictures" && done == 1 {
			other := must(storage.Open(ctx, o.config, storagetest.Keys(t)))(t)
			_, second = storage.Backup{Path: t.TempDir()}.Make(ctx, other, o.store)
			ok(t, other.Close())
		}
	}
	must(b.Make(ctx, o.db, o.store))(t)
	refused(t, second, "another backup")
}
