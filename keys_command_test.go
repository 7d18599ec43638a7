package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/seal"
	"cailiao/storage"
)

// keysOf is the installation's key file.
func (i *installation) keysOf() string {
	return filepath.Join(filepath.Dir(i.config), "data", "keys.json")
}

func (i *installation) must(args ...string) string {
	i.t.Helper()
	out, code := i.run("", args...)
	if code != 0 {
		i.t.Fatalf("%s: exit %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

func TestServeRefusesWithoutKeysAndSaysHowToMakeThem(t *testing.T) {
	eachEngine(t, func(t *testing.T, i *installation) {
		if err := os.Remove(i.keysOf()); err != nil {
			t.Fatal(err)
		}
		if out, code := i.run("", "serve"); code != 1 || !strings.Contains(out, "cailiao keys new") || strings.Count(strings.TrimSpace(out), "\n") > 0 {
			t.Errorf("exit %d\n%s", code, out)
		}
		i.must("keys", "new")
		if out, code := i.run("", "keys", "new"); code != 1 || !strings.Contains(out, "left alone") {
			t.Errorf("a second key file: exit %d\n%s", code, out)
		}
		if out := i.must("keys", "check"); !strings.Contains(out, "所有内容都已用当前密钥加密") {
			t.Errorf("check:\n%s", out)
		}
	})
}

func TestKeysAreRotatedWhileTheProgramServesAndThenRetired(t *testing.T) {
	eachEngine(t, func(t *testing.T, i *installation) {
		i.must("migrate")
		i.must("roster", "import", rosterFile(t))
		stop := i.serve()
		p := apptest.People[0]
		user := i.platform.User("o-first")
		user.Follow(t.Context())
		user.Say(t.Context(), p.Number+" "+p.IDTail())
		user.Say(t.Context(), "对")
		user.SendPhoto(t.Context(), imagetest.Photo(1))
		before, err := os.ReadFile(i.keysOf())
		if err != nil {
			t.Fatal(err)
		}
		i.must("keys", "add")
		if out, code := i.run("", "keys", "retire"); code != 1 || !strings.Contains(out, "还没启用") {
			t.Errorf("retire a key that still seals: exit %d\n%s", code, out)
		}
		if out := i.must("keys", "rotate"); !strings.Contains(out, "可以运行 cailiao keys retire") {
			t.Errorf("rotate:\n%s", out)
		}
		if d := user.SendPhoto(t.Context(), imagetest.Photo(2)); d.Reply == "" {
			t.Errorf("a photo while the keys changed: %s", d.Broken)
		}
		i.must("keys", "rotate") // what the server wrote meanwhile
		retired := i.must("keys", "retire")
		if out := i.must("keys", "check"); !strings.Contains(out, "所有内容都已用当前密钥加密") || strings.Contains(out, "旧密钥") {
			t.Errorf("check after retiring:\n%s", out)
		}
		if d := user.Say(t.Context(), "进度"); d.Reply == "" {
			t.Errorf("after retiring: %s", d.Broken)
		}
		if err := stop(); err != nil {
			t.Errorf("SIGTERM: %v", err)
		}
		kept := retired[strings.Index(retired, i.keysOf()):]
		kept = kept[:strings.IndexAny(kept, "：\n")]
		if text, err := os.ReadFile(kept); err != nil || len(text) <= len(before) {
			t.Errorf("the file as it was before retiring: %v", err)
		}
		i.wantUnreadable(before)
	})
}

// wantUnreadable: the keys as they were before the rotation open nothing any more.
func (i *installation) wantUnreadable(old []byte) {
	i.t.Helper()
	cfg, err := app.LoadConfig(i.config)
	if err != nil {
		i.t.Fatal(err)
	}
	keys, err := seal.Load(i.t.Context(), seal.Config{Content: string(old)})
	if err != nil {
		i.t.Fatal(err)
	}
	db, err := storage.Open(i.t.Context(), cfg.Database, keys)
	if err != nil {
		i.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.CandidateByNumber(i.t.Context(), apptest.People[0].Number); err == nil {
		i.t.Error("the old key still opens a candidate")
	}
}

func TestAnInstallationOlderThanSealingIsSealedByRotating(t *testing.T) {
	eachEngine(t, func(t *testing.T, i *installation) {
		i.must("migrate")
		i.must("roster", "import", rosterFile(t))
		cfg, err := app.LoadConfig(i.config)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := storage.OpenBlobs(cfg.Blobs)
		if err != nil {
			t.Fatal(err)
		}
		if err := plain.Put(t.Context(), "ab/old", imagetest.Photo(1)); err != nil {
			t.Fatal(err)
		}
		if out := i.must("keys", "check"); !strings.Contains(out, "没加密的 1 处") {
			t.Errorf("check:\n%s", out)
		}
		i.must("keys", "rotate")
		data, err := plain.Get(t.Context(), "ab/old")
		if err != nil {
			t.Fatal(err)
		}
		if _, sealed := seal.BytesKey(data); !sealed {
			t.Error("a picture older than sealing stays readable")
		}
		i.must("keys", "retire")
	})
}
