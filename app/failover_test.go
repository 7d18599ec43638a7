package app_test

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestAConversationGoesOnWhileRedisFailsOver(t *testing.T) {
	t.Run("sentinels", func(t *testing.T) { converse(t, storagetest.StartSentinels(t)) })
	t.Run("cluster", func(t *testing.T) { converse(t, storagetest.StartCluster(t, 1)) })
}

// converse kills the master that has the user's lock while the user sends photos and words.
func converse(t *testing.T, servers *storagetest.RedisServers) {
	watched := func(a *app.App) {
		r, err := storage.OpenRedis(t.Context(), servers.Config, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		a.Bot.Redis = r
	}
	w := apptest.Start(t, "sqlite", start, watched)
	user := bound(t, w)
	who := sha256.Sum256([]byte("o-outage"))
	lock := fmt.Sprintf("turn:{%x}", who[:8])
	old := servers.Master(lock)
	servers.Kill(old)
	sent, turns := 0, 0
	for began := time.Now(); servers.Master(lock) == old && time.Since(began) < 15*time.Second; turns++ {
		if sent < 2 {
			sent++
			if d := user.SendPhoto(t.Context(), imagetest.Photo(uint64(sent))); !strings.Contains(d.Reply, "收到第") || d.Attempts != 1 {
				t.Errorf("reply %q after %d deliveries %s", d.Reply, d.Attempts, d.Broken)
			}
		}
		if d := user.Say(t.Context(), "进度"); !strings.Contains(d.Reply, "/9 项") || d.Attempts != 1 {
			t.Errorf("reply %q after %d deliveries %s", d.Reply, d.Attempts, d.Broken)
		}
	}
	if turns == 0 || servers.Master(lock) == old {
		t.Fatalf("%d turns, the master is %s as before", turns, old)
	}
	if d := user.Say(t.Context(), "进度"); !strings.Contains(d.Reply, strconv.Itoa(sent)+"/9 项") {
		t.Errorf("reply %q", d.Reply)
	}
	if n, err := w.DB.TableCounts(t.Context()); err != nil || n["photos"] != sent {
		t.Errorf("%d photos for %d that were sent, %v", n["photos"], sent, err)
	}
	for until := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if unlock, err := w.Bot.Redis.Wait(t.Context(), lock, time.Second); err == nil {
			unlock()
			return
		}
		if time.Now().After(until) {
			t.Fatal("no locks 5 s after the failover")
		}
	}
}
