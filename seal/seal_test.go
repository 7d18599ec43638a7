package seal_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cailiao/seal"
)

func keys(t testing.TB) *seal.Keys {
	t.Helper()
	r, err := seal.NewRing()
	if err != nil {
		t.Fatal(err)
	}
	return seal.Fixed(r)
}

func TestASealedTextOpensOnlyInItsPlace(t *testing.T) {
	k := keys(t)
	home := seal.Place("candidates.phone", "2611010001")
	sealed, err := k.Text("13900000001", home)
	if err != nil || strings.Contains(sealed, "139") {
		t.Fatalf("sealed: %v", err)
	}
	if again, _ := k.Text("13900000001", home); again == sealed {
		t.Error("the same text sealed twice looks the same")
	}
	if open, err := k.OpenText(sealed, home); err != nil || open != "13900000001" {
		t.Errorf("opened: %q, %v", open, err)
	}
	for name, place := range map[string]string{
		"another row":    seal.Place("candidates.phone", "2611010002"),
		"another column": seal.Place("candidates.second_phone", "2611010001"),
		"no row":         seal.Place("candidates.phone"),
	} {
		if _, err := k.OpenText(sealed, place); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := 10; i < len(sealed); i += 7 {
		bent := []byte(sealed)
		bent[i] ^= 1
		if open, err := k.OpenText(string(bent), home); err == nil {
			t.Errorf("byte %d changed: opens as %q", i, open)
		}
	}
}

func TestWhatWasNeverSealedIsReadAsItIs(t *testing.T) {
	k := keys(t)
	for _, text := range []string{"", "13900000001", "~", "~notahexid~x", "林知夏", `{"level":"执业"}`} {
		if open, err := k.OpenText(text, "anywhere"); err != nil || open != text {
			t.Errorf("%q: %q, %v", text, open, err)
		}
	}
	if sealed, err := k.Text("", "anywhere"); err != nil || sealed != "" {
		t.Errorf("an empty text: %q, %v", sealed, err)
	}
	jpeg := []byte{0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4, 5}
	if open, err := k.OpenBytes(jpeg, "anywhere"); err != nil || !bytes.Equal(open, jpeg) {
		t.Errorf("a picture: %v, %v", open, err)
	}
}

func TestSealedBytesOpenOnlyInTheirPlaceAndWithTheirKey(t *testing.T) {
	k := keys(t)
	data := bytes.Repeat([]byte("picture"), 1000)
	sealed, err := k.Bytes(data, "blob a")
	if err != nil || bytes.Contains(sealed, []byte("picture")) {
		t.Fatalf("sealed: %v", err)
	}
	if open, err := k.OpenBytes(sealed, "blob a"); err != nil || !bytes.Equal(open, data) {
		t.Errorf("opened %d bytes: %v", len(open), err)
	}
	if _, err := k.OpenBytes(sealed, "blob b"); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("another blob's place: %v", err)
	}
	if _, err := k.OpenBytes(sealed[:len(sealed)-1], "blob a"); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("cut off: %v", err)
	}
	if _, err := keys(t).OpenBytes(sealed, "blob a"); !errors.Is(err, seal.ErrKey) {
		t.Errorf("other keys: %v", err)
	}
	var none *seal.Keys
	if _, err := none.OpenBytes(sealed, "blob a"); !errors.Is(err, seal.ErrNoKeys) {
		t.Errorf("no keys: %v", err)
	}
	if _, err := none.Text("x", "y"); !errors.Is(err, seal.ErrNoKeys) {
		t.Errorf("no keys seal: %v", err)
	}
}

func TestBlindIndexesTellEqualFromUnequalAndNothingElse(t *testing.T) {
	k := keys(t)
	index := func(what, value string) string {
		sum, err := k.Index(what, value)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	if index("name", "林") != index("name", "林") || index("name", "林") == index("name", "周") {
		t.Error("equal values and unequal ones")
	}
	if index("name", "003X") == index("id tail", "003X") {
		t.Error("the same value in two indexes looks the same")
	}
	if other, _ := keys(t).Index("name", "林"); other == index("name", "林") {
		t.Error("other keys make the same index")
	}
	if index("name", "") != "" {
		t.Error("an empty value has an index")
	}
}

func TestKeysAreAddedThenUsedThenTheOldOnesRetired(t *testing.T) {
	r, err := seal.NewRing()
	if err != nil {
		t.Fatal(err)
	}
	k := seal.Fixed(r)
	old, _ := k.Text("one", "p")
	oldIndex, _ := k.Index("name", "林")
	step := func(change func(seal.Ring) (seal.Ring, error)) {
		t.Helper()
		next, err := change(k.Ring())
		if err != nil {
			t.Fatal(err)
		}
		k.Use(next)
	}
	step(seal.Ring.Added)
	if !k.Ring().Waiting() || !k.Current(old) || len(k.Ring().Old()) != 0 {
		t.Error("an added key is not to seal yet")
	}
	step(seal.Ring.Promoted)
	if k.Ring().Waiting() || k.Current(old) || len(k.Ring().Old()) != 1 {
		t.Error("a promoted key seals")
	}
	if open, err := k.OpenText(old, "p"); err != nil || open != "one" {
		t.Errorf("the old key opens no more: %v", err)
	}
	if all, _ := k.Indexes("name", "林"); len(all) != 2 || all[0] == oldIndex || all[1] != oldIndex {
		t.Errorf("indexes while rotating: %d", len(all))
	}
	fresh, _ := k.Text("two", "p")
	step(seal.Ring.Retired)
	if _, err := k.OpenText(old, "p"); !errors.Is(err, seal.ErrKey) {
		t.Errorf("a retired key still opens: %v", err)
	}
	if open, err := k.OpenText(fresh, "p"); err != nil || open != "two" {
		t.Errorf("the key in use: %v", err)
	}
	if all, _ := k.Indexes("name", "林"); len(all) != 2 || all[0] == oldIndex || all[1] != oldIndex {
		t.Error("who was erased before is not known any more")
	}
}

func TestAKeyFileIsPrivateAndNeverOverwritten(t *testing.T) {
	ctx := context.Background()
	c := seal.Config{File: filepath.Join(t.TempDir(), "data", "keys.json")}
	if _, err := seal.Load(ctx, c); err == nil || !strings.Contains(err.Error(), "cailiao keys new") {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := seal.Create(ctx, c); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(c.File); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := seal.Create(ctx, c); err == nil || !strings.Contains(err.Error(), "left alone") {
		t.Errorf("a second file: %v", err)
	}
	k, err := seal.Load(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	sealed, _ := k.Text("x", "p")
	text, err := os.ReadFile(c.File)
	if err != nil {
		t.Fatal(err)
	}
	env, err := seal.Load(ctx, seal.Config{File: "/nowhere", Content: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	if open, err := env.OpenText(sealed, "p"); err != nil || open != "x" {
		t.Errorf("the same keys from the environment: %v", err)
	}
	if err := os.Chmod(c.File, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Load(ctx, c); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file others may read: %v", err)
	}
	for _, bad := range []string{"", "{}", "nonsense", `{"cailiao_keys":1,"seal":{},"index":{}}`, string(text[:len(text)/2])} {
		if _, err := seal.Load(ctx, seal.Config{Content: bad + " "}); err == nil {
			t.Errorf("%.20q is taken for keys", bad)
		}
	}
}

func TestAServerFindsAKeyThatWasAddedWhileItRan(t *testing.T) {
	ctx := context.Background()
	c := seal.Config{File: filepath.Join(t.TempDir(), "keys.json")}
	if _, err := seal.Create(ctx, c); err != nil {
		t.Fatal(err)
	}
	server, err := seal.Load(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	added, err := server.Ring().Added()
	if err != nil {
		t.Fatal(err)
	}
	promoted, err := added.Promoted()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Change(ctx, promoted); err != nil {
		t.Fatal(err)
	}
	sealed, err := seal.Fixed(promoted).Text("new", "p")
	if err != nil {
		t.Fatal(err)
	}
	if open, err := server.OpenText(sealed, "p"); err != nil || open != "new" {
		t.Errorf("a text sealed with the new key: %v", err)
	}
	if !server.Current(sealed) {
		t.Error("the server does not seal with the new key itself")
	}
}
