package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
)

// elsewhere is a place for the same account where nothing is yet.
func (i *installation) elsewhere() *installation {
	i.t.Helper()
	home := i.t.TempDir()
	return i.with(filepath.Base(home)+".yaml", map[string]any{
		"database": map[string]any{"driver": "sqlite", "dsn": filepath.Join(home, "a.db")},
		"blobs":    map[string]any{"dir": filepath.Join(home, "photos")},
	})
}

func TestABackupInOneFileSurvivesKillsAndTellsNobodyAnything(t *testing.T) {
	i, user, stop := underway(t)
	file := filepath.Join(t.TempDir(), "cailiao.tar")
	// A picture that takes a while to copy.
	slow := filepath.Join(i.blobs.Dir, "zz", strings.Repeat("z", 64)+"-copy")
	if err := os.MkdirAll(filepath.Dir(slow), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, slow, nil)
	if err := os.Truncate(slow, 200<<20); err != nil {
		t.Fatal(err)
	}
	cmd := i.command(context.Background(), "backup", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	copying := func() bool { info, err := os.Stat(file + ".part"); return err == nil && info.Size() > 1<<20 }
	for deadline := time.Now().Add(20 * time.Second); !copying() && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	cmd.Process.Kill()
	if err := cmd.Wait(); err == nil || !copying() {
		t.Fatalf("it was not killed in the middle: %v", err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a half file has the final name")
	}
	if err := os.Remove(slow); err != nil {
		t.Fatal(err)
	}
	out, code := i.run("", "backup", file)
	if code != 0 || !strings.Contains(out, "备份完成") || !strings.Contains(out, "read back") {
		t.Fatalf("backup: exit %d\n%s", code, out)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Errorf("beside the file: %v %v", left, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, person := range apptest.People { // the registration number is stored plain: it is what is searched by
		for _, secret := range []string{person.Name, person.ID, person.Phone} {
			if bytes.Contains(data, []byte(secret)) {
				t.Error("something personal can be read in the backup without the keys")
			}
		}
	}
	if bytes.Contains(data, imagetest.Photo(1)[:64]) { // the tables of a JPEG
		t.Error("a picture can be read in the backup without the keys")
	}
	other := i.elsewhere()
	if out, code = other.run("", "restore", file); code != 0 || !strings.Contains(out, "核对一致") {
		t.Fatalf("restore: exit %d\n%s", code, out)
	}
	goesOn(t, other, user)
}
