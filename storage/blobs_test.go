package storage_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func openBlobs(t *testing.T) (storage.Blobs, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a", "blobs")
	return must(storage.OpenBlobs(storage.BlobsConfig{Dir: dir}))(t), dir
}

func TestBlobComesBackAndGoes(t *testing.T) {
	storagetest.EachBlobs(t, func(t *testing.T, b storage.Blobs) {
		ctx := t.Context()
		key := storage.BlobKey(1, "abc", "copy")
		_, err := b.Get(ctx, key)
		is(t, err, intake.ErrNotFound)
		big := make([]byte, 3<<20)
		rand.Read(big)
		for _, data := range [][]byte{[]byte("first"), big, {}} {
			ok(t, b.Put(ctx, key, data))
			if got := must(b.Get(ctx, key))(t); !bytes.Equal(got, data) {
				t.Fatalf("%d bytes came back, want %d", len(got), len(data))
			}
		}
		ok(t, b.Delete(ctx, key))
		ok(t, b.Delete(ctx, key))
		_, err = b.Get(ctx, key)
		is(t, err, intake.ErrNotFound)
		ok(t, b.Ping(ctx))
	})
}

func TestBlobFilesArePrivate(t *testing.T) {
	ctx := t.Context()
	b, dir := openBlobs(t)
	key := storage.BlobKey(1, "abc", "copy")
	ok(t, b.Put(ctx, key, []byte("x")))
	info, err := os.Stat(filepath.Join(dir, key))
	ok(t, err)
	same(t, info.Mode().Perm(), os.FileMode(0o600))
	info, err = os.Stat(filepath.Dir(filepath.Join(dir, key)))
	ok(t, err)
	same(t, info.Mode().Perm(), os.FileMode(0o700))
}

func TestBlobKeyBelongsToOneCandidateAndForm(t *testing.T) {
	keys := map[string]bool{}
	for _, candidate := range []int64{1, 12, 2} {
		for _, sha := range []string{"abc", "2abc"} {
			for _, kind := range []string{"original", "copy", "screen", "thumb"} {
				key := storage.BlobKey(candidate, sha, kind)
				same(t, key, storage.BlobKey(candidate, sha, kind))
				if keys[key] || strings.Contains(key, "abc") || !strings.HasSuffix(key, "-"+kind) {
					t.Errorf("key %s is not its own, or tells the hash", key)
				}
				keys[key] = true
			}
		}
	}
}

func TestBlobKeysCannotLeaveTheFolder(t *testing.T) {
	ctx := t.Context()
	b, dir := openBlobs(t)
	ok(t, os.WriteFile(filepath.Join(dir, "..", "secret"), []byte("x"), 0o600))
	ok(t, os.Symlink(filepath.Join(dir, ".."), filepath.Join(dir, "link")))
	bucket := must(storage.OpenBlobs(storagetest.BlobStore(t, "mysql")))(t)
	for _, key := range []string{
		"", "a", "/etc/passwd", "../secret", "ab/../../secret", "ab/..", "ab/.hidden", ".parts/x", "ab//c", "ab/c/d", "ab\\..\\x",
		"ab/c\x00", "link/secret", "ab/" + strings.Repeat("x", 300),
	} {
		for where, b := range map[string]storage.Blobs{"disk": b, "s3": bucket} {
			if where == "s3" && key == "link/secret" {
				continue // there are no links
			}
			_, getErr := b.Get(ctx, key)
			for what, err := range map[string]error{"put": b.Put(ctx, key, []byte("x")), "get": getErr, "delete": b.Delete(ctx, key)} {
				if err == nil || errors.Is(err, intake.ErrNotFound) {
					t.Errorf("%s: %s of %q was let through", where, what, key)
				}
			}
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "..", "secret"))
	ok(t, err)
	same(t, string(data), "x")
}

func TestHalfWrittenBlobsAreSweptAndNeverSeen(t *testing.T) {
	ctx := t.Context()
	b, dir := openBlobs(t)
	whole := storage.BlobKey(1, "a", "copy")
	ok(t, b.Put(ctx, whole, []byte("whole")))
	old, young := filepath.Join(dir, ".parts", "OLD"), filepath.Join(dir, ".parts", "YOUNG")
	for _, path := range []string{old, young} {
		ok(t, os.WriteFile(path, []byte("half"), 0o600))
	}
	ok(t, os.Chtimes(old, time.Time{}, time.Now().Add(-2*time.Hour)))
	ok(t, os.WriteFile(filepath.Join(dir, "stray"), nil, 0o600))
	b = must(storage.OpenBlobs(storage.BlobsConfig{Dir: dir}))(t)
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what a dead writer left is still there: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("what another instance writes was swept: %v", err)
	}
	seen := map[string]bool{}
	ok(t, b.Each(ctx, func(key string, stored time.Time) error {
		seen[key] = time.Since(stored) < time.Minute && time.Since(stored) > -time.Minute
		return nil
	}))
	same(t, seen, map[string]bool{whole: true})
}

func TestEachVisitsAllAndStopsOnError(t *testing.T) {
	storagetest.EachBlobs(t, eachVisitsAll)
}

func eachVisitsAll(t *testing.T, b storage.Blobs) {
	ctx := t.Context()
	want := map[string]bool{}
	for i := range 50 {
		key := storage.BlobKey(int64(i), "a", "thumb")
		want[key] = true
		ok(t, b.Put(ctx, key, []byte("x")))
	}
	var seen []string
	ok(t, b.Each(ctx, func(key string, _ time.Time) error {
		seen = append(seen, key)
		return b.Delete(ctx, key) // deleting on the way is fine
	}))
	same(t, seen, slices.Sorted(maps.Keys(want)))
	ok(t, b.Put(ctx, seen[0], nil))
	stop := errors.New("stop")
	is(t, b.Each(ctx, func(string, time.Time) error { return stop }), stop)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	is(t, b.Each(ended, func(string, time.Time) error { return nil }), context.Canceled)
	is(t, b.Put(ended, seen[0], nil), context.Canceled)
}

func TestManyWritersOfOneBlobLeaveItWhole(t *testing.T) {
	storagetest.EachBlobs(t, manyWriters)
}

func manyWriters(t *testing.T, b storage.Blobs) {
	ctx := t.Context()
	key := storage.BlobKey(1, "a", "copy")
	errs := make([]error, 8)
	atOnce(len(errs), func(i int) {
		for range 5 {
			errs[i] = errors.Join(errs[i], b.Put(ctx, key, bytes.Repeat([]byte{byte(i)}, 100_000)))
		}
	})
	ok(t, errors.Join(errs...))
	data := must(b.Get(ctx, key))(t)
	if len(data) != 100_000 || bytes.Count(data, data[:1]) != len(data) {
		t.Error("the blob is a mixture")
	}
	var keys []string
	ok(t, b.Each(ctx, func(key string, _ time.Time) error { keys = append(keys, key); return nil }))
	same(t, keys, []string{key})
}

func TestWritersLeaveNoPartsBehind(t *testing.T) {
	b, dir := openBlobs(t)
	ok(t, b.Put(t.Context(), storage.BlobKey(1, "a", "copy"), []byte("x")))
	ok(t, b.Ping(t.Context()))
	parts, err := os.ReadDir(filepath.Join(dir, ".parts"))
	ok(t, err)
	same(t, len(parts), 0)
}

func TestBlobsThatCannotBeWritten(t *testing.T) {
	if _, err := storage.OpenBlobs(storage.BlobsConfig{}); err == nil || !strings.Contains(err.Error(), "dir:") {
		t.Errorf("error is %v, want one about dir", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	ok(t, os.WriteFile(file, nil, 0o600))
	if _, err := storage.OpenBlobs(storage.BlobsConfig{Dir: file}); err == nil {
		t.Error("a file was opened as a folder")
	}
	b, dir := openBlobs(t)
	ok(t, os.RemoveAll(dir))
	if err := b.Ping(t.Context()); err == nil {
		t.Error("a folder that is gone answers")
	}
	if err := b.Put(t.Context(), storage.BlobKey(1, "a", "copy"), nil); err == nil {
		t.Error("a folder that is gone takes blobs")
	}
}
