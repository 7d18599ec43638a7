package bot_test

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"cailiao/bot"
)

func TestASceneIsGoodUntilItsEndAndForItsOwnKeyOnly(t *testing.T) {
	until := time.Date(2026, 2, 3, 12, 0, 0, 0, time.UTC)
	scene := bot.Scene([]byte("ours"), 7, until, 1)
	if id, err := bot.OpenScene([]byte("ours"), scene, until.Add(-time.Second)); id != 7 || err != nil {
		t.Fatalf("candidate %d, %v", id, err)
	}
	if _, err := bot.OpenScene([]byte("ours"), scene, until); !errors.Is(err, bot.ErrSceneExpired) {
		t.Errorf("at its end: %v", err)
	}
	for _, key := range []string{"another account's", ""} {
		if _, err := bot.OpenScene([]byte(key), scene, until.Add(-time.Second)); !errors.Is(err, bot.ErrSceneForged) {
			t.Errorf("key %q: %v", key, err)
		}
	}
	raw, err := base64.RawURLEncoding.DecodeString(scene[2:])
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw { // whose it is, until when, the salt, the sum
		raw[i] ^= 1
		if _, err := bot.OpenScene([]byte("ours"), "b."+base64.RawURLEncoding.EncodeToString(raw), until.Add(-time.Second)); !errors.Is(err, bot.ErrSceneForged) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		raw[i] ^= 1
	}
}
