package storage_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// office is an installation on SQLite and disk, with something in every table.
type office struct {
	db     *storage.DB
	config storage.Config
	blobs  storage.Blobs
	store  storage.BlobsConfig
}

func openOffice(t *testing.T, photos int) office {
	t.Helper()
	dir := t.TempDir()
	o := office{config: storage.Config{DSN: filepath.Join(dir, "cailiao.db")}, store: storage.BlobsConfig{Dir: filepath.Join(dir, "photos")}}
	o.db = must(storage.Open(t.Context(), o.config, storagetest.Keys(t)))(t)
	t.Cleanup(func() { o.db.Close() })
	ok(t, o.db.Migrate(t.Context()))
	o.blobs = must(storage.OpenBlobs(o.store))(t)
	for i := range photos {
		ok(t, o.blobs.Put(t.Context(), photoKey(i), bytes.Repeat([]byte{byte(i)}, 1000+i)))
	}
	return o
}

func photoKey(i int) string { return storage.BlobKey(int64(i), "a", "original") }

// nowhere is a place to restore to.
func nowhere(t *testing.T) (storage.Config, storage.BlobsConfig) {
	dir := filepath.Join(t.TempDir(), "new")
	return storage.Config{DSN: filepath.Join(dir, "cailiao.db")}, storage.BlobsConfig{Dir: filepath.Join(dir, "photos")}
}

func TestARestoredCopyIsTheSameByCountsAndHashes(t *testing.T) {
	ctx := t.Context()
	o := openOffice(t, 25)
	furnished(t, o.db, 6)
	b := storage.Backup{Path: filepath.Join(t.TempDir(), "backup")}
	made := must(b.Make(ctx, o.db, o.store))(t)
	same(t, made.Linked+made.Copied, 25)
	config, store := nowhere(t)
	restored := must(b.Restore(ctx, config, store))(t)
	same(t, restored.Proofs, made.Proofs)
	db := must(storage.Open(ctx, config))(t)
	defer db.Close()
	ok(t, db.Migrate(ctx))
	same(t, must(db.Prove(ctx))(t), must(o.db.Prove(ctx))(t))
	copied := must(storage.OpenBlobs(store))(t)
	n := 0
	ok(t, copied.Each(ctx, func(key string, _ time.Time) error {
		n++
		if !bytes.Equal(must(copied.Get(ctx, key))(t), must(o.blobs.Get(ctx, key))(t)) {
			t.Errorf("%s differs", key)
		}
		return nil
	}))
	same(t, n, 25)
	for _, path := range []string{config.DSN, filepath.Join(store.Dir, photoKey(3)), filepath.Join(b.Path, "cailiao.db")} {
		same(t, must(os.Stat(path))(t).Mode().Perm(), os.FileMode(0o600))
	}
	if out, err := exec.Command("sh", "-c", "cd '"+b.Path+"' && sha256sum -c --quiet photos.sha256").CombinedOutput(); err != nil {
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
}

func TestTheNextBackupBringsOnlyWhatIsNew(t *testing.T) {
	ctx := t.Context()
	o := openOffice(t, 10)
	roster(t, o.db, "110101", 3)
	b := storage.Backup{Path: filepath.Join(t.TempDir(), "backup")}
	must(b.Make(ctx, o.db, o.store))(t)
	ok(t, o.blobs.Put(ctx, photoKey(50), []byte("new")))
	ok(t, o.blobs.Put(ctx, photoKey(0), []byte("another picture")))
	ok(t, o.blobs.Delete(ctx, photoKey(1)))
	roster(t, o.db, "110102", 2)
	second := must(b.Make(ctx, o.db, o.store))(t)
	same(t, []int{second.Kept, second.Linked + second.Copied}, []int{8, 2})
	if _, err := os.Stat(filepath.Join(b.Path, "photos", photoKey(1))); !os.IsNotExist(err) {
		t.Errorf("a picture that was deleted is still in the backup: %v", err)
	}
	config, store := nowhere(t)
	must(b.Restore(ctx, config, store))(t)
	copied := must(storage.OpenBlobs(store))(t)
	same(t, string(must(copied.Get(ctx, photoKey(0)))(t)), "another picture")
	// What happens in the installation afterwards does not reach into the backup.
	ok(t, o.blobs.Put(ctx, photoKey(2), []byte("later")))
	same(t, len(must(os.ReadFile(filepath.Join(b.Path, "photos", photoKey(2))))(t)), 1002)
}

func TestABackupIsOfOneMomentWhileTheProgramWrites(t *testing.T) {
	ctx := t.Context()
	o := openOffice(t, 5)
	c := bound(t, o.db, "110101", 1)[0]
	var stop atomic.Bool
	wrote := make(chan error, 1)
	go func() { // two rows in one transaction: a backup has both or neither
		for !stop.Load() {
			err := o.db.InTx(ctx, func(tx storage.Q) error {
				for range 2 {
					if err := tx.Log(ctx, storage.Event{At: t0, Action: "pair", CandidateID: c.ID}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				wrote <- err
				return
			}
		}
		wrote <- nil
	}()
	for range 3 {
		b := storage.Backup{Path: filepath.Join(t.TempDir(), "backup")}
		must(b.Make(ctx, o.db, o.store))(t)
		config, store := nowhere(t)
		must(b.Restore(ctx, config, store))(t)
		db := must(storage.Open(ctx, config))(t)
		if n := must(db.TableCounts(ctx))(t)["events"]; n%2 != 0 {
			t.Errorf("%d events: half a transaction", n)
		}
		ok(t, db.Close())
	}
	stop.Store(true)
	ok(t, <-wrote)
}

func TestABackupThatIsNotWholeIsNotRestored(t *testing.T) {
	ctx := t.Context()
	for name, tt := range map[string]struct {
		spoil func(t *testing.T, dir string)
		want  string
	}{
		"cut off": {func(t *testing.T, dir string) { ok(t, os.Remove(filepath.Join(dir, "manifest.json"))) }, "no whole backup"},
		"a picture changed": {func(t *testing.T, dir string) {
			ok(t, os.WriteFile(filepath.Join(dir, "photos", photoKey(1)), []byte("x"), 0o600))
		}, "are not those the backup was made of"},
		"a picture lost": {func(t *testing.T, dir string) { ok(t, os.Remove(filepath.Join(dir, "photos", photoKey(1)))) }, "no such file"},
		"a hash lost": {func(t *testing.T, dir string) {
			path := filepath.Join(dir, "photos.sha256")
			lines := strings.SplitAfter(string(must(os.ReadFile(path))(t)), "\n")
			ok(t, os.WriteFile(path, []byte(strings.Join(lines[1:], "")), 0o600))
		}, "pictures: what arrived is not what was sent"},
		"a row changed": {func(t *testing.T, dir string) {
			db := must(storage.Open(ctx, storage.Config{DSN: filepath.Join(dir, "cailiao.db")}))(t)
			must(db.Pool().Exec("UPDATE candidates SET phone = '1' WHERE id = 1"))(t)
			ok(t, db.Close())
		}, "candidates: what arrived is not what was sent"},
		"made by a newer program": {func(t *testing.T, dir string) {
			db := must(storage.Open(ctx, storage.Config{DSN: filepath.Join(dir, "cailiao.db")}))(t)
			must(db.Pool().Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)"))(t)
			ok(t, db.Close())
		}, "the backup has schema 999"},
	} {
		t.Run(name, func(t *testing.T) {
			o := openOffice(t, 3)
			roster(t, o.db, "110101", 2)
			b := storage.Backup{Path: filepath.Join(t.TempDir(), "backup")}
			// On another disk, as a copy: what is spoilt there must not spoil the installation.
			must(b.Make(ctx, o.db, o.store))(t)
			away := filepath.Join(t.TempDir(), "away")
			if out, err := exec.Command("cp", "-r", b.Path, away).CombinedOutput(); err != nil {
				t.Fatalf("%v %s", err, out)
			}
			tt.spoil(t, away)
			config, store := nowhere(t)
			_, err := storage.Backup{Path: away}.Restore(ctx, config, store)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q", err, tt.want)
			}
			if _, err := os.Stat(config.DSN); err == nil {
				t.Error("there is a database all the same")
			}
			must(b.Restore(ctx, config, store))(t) // the good one, over what the bad one left
		})
	}
}

func TestRestoreAndBackupAreRefusedWhereTheyWouldDoHarm(t *testing.T) {
	ctx := t.Context()
	o := openOffice(t, 2)
	b := storage.Backup{Path: filepath.Join(t.TempDir(), "backup")}
	must(b.Make(ctx, o.db, o.store))(t)
	_, err := b.Restore(ctx, o.config, o.store)
	refused(t, err, "exists already")
	config, store := nowhere(t)
	ok(t, must(storage.OpenBlobs(store))(t).Put(ctx, photoKey(77), []byte("theirs")))
	_, err = b.Restore(ctx, config, store)
	refused(t, err, "holds pictures that are not of this backup")
	_, err = b.Make(ctx, o.db, storage.BlobsConfig{Driver: "s3"})
	refused(t, err, "only SQLite and pictures on disk")
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		if db.Pool().DriverName() == "mysql" {
			_, err := b.Make(ctx, db, o.store)
			refused(t, err, "only SQLite and pictures on disk")
		}
	})
}

func TestABackupSaysWhichPicturesAreMissing(t *testing.T) {
	ctx := t.Context()
	o := openOffice(t, 0)
	furnished(t, o.db, 1)
	must(o.db.Pool().Exec("UPDATE photos SET original_key = ?, copy_key = ?, screen_key = '', thumb_key = ''", photoKey(0), photoKey(1)))(t)
	ok(t, o.blobs.Put(ctx, photoKey(0), []byte("x")))
	b := storage.Backup{Path: filepath.Join(t.TempDir(), "backup")}
	same(t, must(b.Make(ctx, o.db, o.store))(t).Missing, 1)
}
