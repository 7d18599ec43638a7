package storage_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// promises are what Redis of every kind must keep; redis_test.go holds the single servers to them.
var promises = map[string]func(*testing.T, *storage.Redis){
	"values and their end":                 valuesAndTheirEnd,
	"a lock is held by one":                lockIsHeldByOne,
	"a lock is renewed":                    lockIsRenewed,
	"waiters take turns":                   waitersTakeTurns,
	"uses are counted":                     allowCounts,
	"one candidate's keys are on one slot": candidatesKeysAreTogether,
}

func keepPromises(t *testing.T, config storage.RedisConfig) {
	t.Helper()
	for name, promise := range promises {
		t.Run(name, func(t *testing.T) {
			r := must(storage.OpenRedis(t.Context(), config, nil))(t)
			defer r.Close()
			storagetest.Empty(t, r)
			promise(t, r)
		})
	}
}

// candidatesKeysAreTogether: what has the same part in braces may be used in one script.
func candidatesKeysAreTogether(t *testing.T, r *storage.Redis) {
	ctx := t.Context()
	for i := range 20 {
		who := fmt.Sprintf("{o-%d}", i)
		unlock, got, err := r.Lock(ctx, "turn:"+who, time.Minute)
		ok(t, err)
		same(t, got, true)
		must(r.Allow(ctx, "try:"+who, 3, time.Minute))(t)
		n := must(r.Client().Exists(ctx, "cailiao:lock:turn:"+who, "cailiao:try:"+who).Result())(t)
		same(t, n, int64(2))
		unlock()
	}
}

func TestAClusterKeepsThePromises(t *testing.T) {
	servers := storagetest.StartCluster(t, 0)
	keepPromises(t, servers.Config)
	t.Run("one server of it, named as if it were alone, is refused", func(t *testing.T) {
		config := storage.RedisConfig{Password: servers.Config.Password}
		refused := 0
		for _, config.Addr = range servers.Config.Cluster {
			if _, err := storage.OpenRedis(t.Context(), config, nil); err != nil && strings.Contains(err.Error(), "belongs to a cluster") {
				refused++
			}
		}
		if refused < 2 { // one of the three has the key that is tried
			t.Errorf("%d of 3 refused", refused)
		}
	})
	t.Run("a wrong password is named", func(t *testing.T) {
		config := servers.Config
		config.Password = "wr0ng"
		_, err := storage.OpenRedis(t.Context(), config, nil)
		if err == nil || !strings.Contains(err.Error(), "refuses username or password") || strings.Contains(err.Error(), "wr0ng") {
			t.Errorf("error is %v", err)
		}
	})
}

func TestSentinelsKeepThePromisesAndAFailoverLosesNothing(t *testing.T) {
	servers := storagetest.StartSentinels(t)
	keepPromises(t, servers.Config)
	t.Run("a wrong password is named", func(t *testing.T) {
		for _, wrong := range []func(*storage.RedisConfig){
			func(c *storage.RedisConfig) { c.Password = "wr0ng" }, func(c *storage.RedisConfig) { c.Master = "other" },
		} {
			config := servers.Config
			wrong(&config)
			_, err := storage.OpenRedis(t.Context(), config, nil)
			if err == nil || strings.Contains(err.Error(), "wr0ng") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error is %v", err)
			}
		}
	})
	t.Run("failover", func(t *testing.T) { failOver(t, servers) })
}

func TestAFailoverInAClusterLosesNothing(t *testing.T) { failOver(t, storagetest.StartCluster(t, 1)) }

// failOver kills the master of a candidate's lock while several instances change the same rows
// under it: the lock may be lost, so the row's version decides, and what was acknowledged is there
// once. Locks are back within five seconds of the new master.
func failOver(t *testing.T, servers *storagetest.RedisServers) {
	db := storagetest.Open(t)
	c := bound(t, db, "110101", 1)[0]
	lock := "turn:{" + c.OpenID + "}"
	ctx, stop := context.WithCancel(t.Context())
	var written, refused, failed atomic.Int64
	var last atomic.Int64 // when a lock was last taken
	var working sync.WaitGroup
	for range 4 {
		r := must(storage.OpenRedis(t.Context(), servers.Config, nil))(t)
		defer r.Close()
		working.Go(func() {
			for ctx.Err() == nil {
				unlock, err := r.Wait(ctx, lock, time.Second)
				if err != nil {
					failed.Add(1) // goes on without order, as the bot does
					unlock = func() {}
				} else {
					last.Store(time.Now().UnixMilli())
				}
				switch err := turn(t.Context(), db, c.OpenID); {
				case err == nil:
					written.Add(1)
				case errors.Is(err, intake.ErrConflict):
					refused.Add(1)
				default:
					t.Error(err)
				}
				unlock()
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	old := servers.Master(lock)
	killed := time.Now()
	servers.Kill(old)
	for servers.Master(lock) == old && time.Since(killed) < 15*time.Second {
		time.Sleep(20 * time.Millisecond)
	}
	if servers.Master(lock) == old {
		t.Fatal("there is no new master")
	}
	chosen := time.Now()
	eventually(t, func() bool { return last.Load() > chosen.UnixMilli() })
	again := time.Now()
	time.Sleep(300 * time.Millisecond)
	stop()
	working.Wait()
	t.Logf("new master after %v, locks again %v later; %d turns, %d redone, %d without a lock",
		chosen.Sub(killed).Round(time.Millisecond), again.Sub(chosen).Round(time.Millisecond), written.Load(), refused.Load(), failed.Load())
	talk := must(db.Talk(t.Context(), c.OpenID))(t)
	same(t, talk.Ahead, fmt.Sprint(written.Load()))
	if failed.Load() == 0 {
		t.Error("nobody noticed the failover: the test tests nothing")
	}
}

// turn reads what a user's turns have counted, and adds one.
func turn(ctx context.Context, db *storage.DB, openID string) error {
	talk, err := db.Talk(ctx, openID)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(talk.Ahead) // nothing yet is 0
	talk.Ahead = strconv.Itoa(n + 1)
	_, err = db.SaveTalk(ctx, talk)
	return err
}

func TestRedisThatCannotBeWrittenIsNamed(t *testing.T) {
	server := miniredis.RunT(t)
	server.RequireUserAuth("cailiao", "right")
	for want, config := range map[string]storage.RedisConfig{
		"password: " + server.Addr() + " refuses username or password":  {Username: "cailiao", Password: "wr0ng"},
		"password: " + server.Addr() + " refuses username or password ": {},
	} {
		config.Addr = server.Addr()
		r, err := storage.OpenRedis(t.Context(), config, nil)
		if err == nil {
			r.Close()
		}
		if err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) || strings.Contains(err.Error(), "wr0ng") {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	servers := storagetest.StartSentinels(t)
	t.Run("a database that is not there", func(t *testing.T) {
		_, err := storage.OpenRedis(t.Context(), storage.RedisConfig{Addr: servers.Master(""), Password: servers.Config.Password, DB: 9999}, nil)
		if err == nil || !strings.Contains(err.Error(), "has no database 9999") {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("a replica", func(t *testing.T) {
		options := &redis.Options{Addr: servers.Config.Sentinels[0], Password: servers.Config.SentinelPassword}
		sentinel := redis.NewSentinelClient(options)
		defer sentinel.Close()
		replica := must(sentinel.Replicas(t.Context(), servers.Config.Master).Result())(t)[0]
		_, err := storage.OpenRedis(t.Context(), storage.RedisConfig{
			Addr: net.JoinHostPort(replica["ip"], replica["port"]), Password: servers.Config.Password,
		}, nil)
		if err == nil || !strings.Contains(err.Error(), "read-only replica") {
			t.Errorf("error is %v", err)
		}
	})
}
