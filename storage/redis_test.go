package storage_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestRedisValuesAndTheirEnd(t *testing.T) { storagetest.EachRedis(t, valuesAndTheirEnd) }

func valuesAndTheirEnd(t *testing.T, r *storage.Redis) {
	ctx := t.Context()
	_, found, err := r.Get(ctx, "k")
	ok(t, err)
	same(t, found, false)
	ok(t, r.Set(ctx, "k", "值", time.Minute))
	ok(t, r.Set(ctx, "short", "x", 30*time.Millisecond))
	value, found, err := r.Get(ctx, "k")
	ok(t, err)
	same(t, []any{value, found}, []any{"值", true})
	eventually(t, func() bool { _, found, err := r.Get(ctx, "short"); return err == nil && !found })
	ok(t, r.Del(ctx, "k"))
	_, found, err = r.Get(ctx, "k")
	ok(t, err)
	same(t, found, false)
	keys, err := r.Client().Keys(ctx, "*").Result()
	ok(t, err)
	same(t, len(keys), 0)
}

func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatal("it did not happen within 5 s")
}

func TestLockIsHeldByOneAndRunsOutWithItsHolder(t *testing.T) {
	storagetest.EachRedis(t, lockIsHeldByOne)
}

func lockIsHeldByOne(t *testing.T, r *storage.Redis) {
	ctx := t.Context()
	unlock, got, err := r.Lock(ctx, "c:1", time.Minute)
	ok(t, err)
	same(t, got, true)
	_, got, err = r.Lock(ctx, "c:1", time.Minute)
	ok(t, err)
	same(t, got, false)
	other, got, err := r.Lock(ctx, "c:2", time.Minute)
	ok(t, err)
	same(t, got, true)
	other()
	unlock()
	unlock()
	again, got, err := r.Lock(ctx, "c:1", time.Minute)
	ok(t, err)
	same(t, got, true)
	unlock() // the first holder's, too late: it must not free the second's
	_, got, err = r.Lock(ctx, "c:1", time.Minute)
	ok(t, err)
	same(t, got, false)
	again()

	// A holder that died: its key is there, nobody renews it.
	ok(t, r.Client().Set(ctx, "cailiao:lock:c:3", "dead", 100*time.Millisecond).Err())
	waited, err := r.Wait(ctx, "c:3", time.Minute)
	ok(t, err)
	waited()
}

func TestLockIsRenewedWhileHeldAndForgottenWhenLost(t *testing.T) {
	storagetest.EachRedis(t, lockIsRenewed)
}

func lockIsRenewed(t *testing.T, r *storage.Redis) {
	ctx, cancel := context.WithCancel(t.Context())
	unlock, _, err := r.Lock(ctx, "c", 300*time.Millisecond)
	ok(t, err)
	cancel() // the lock lasts until unlock, not until the caller's context
	time.Sleep(700 * time.Millisecond)
	_, got, err := r.Lock(t.Context(), "c", time.Minute)
	ok(t, err)
	same(t, got, false)
	// Emptied: somebody else gets the lock, and unlock leaves it alone.
	storagetest.Empty(t, r)
	_, got, err = r.Lock(t.Context(), "c", time.Minute)
	ok(t, err)
	same(t, got, true)
	unlock()
	_, got, err = r.Lock(t.Context(), "c", time.Minute)
	ok(t, err)
	same(t, got, false)
}

func TestWaitersTakeTurns(t *testing.T) { storagetest.EachRedis(t, waitersTakeTurns) }

func waitersTakeTurns(t *testing.T, r *storage.Redis) {
	var inside, most atomic.Int32
	errs := make([]error, 12)
	atOnce(len(errs), func(i int) {
		unlock, err := r.Wait(t.Context(), "c", time.Minute)
		if err != nil {
			errs[i] = err
			return
		}
		most.Store(max(most.Load(), inside.Add(1)))
		time.Sleep(2 * time.Millisecond)
		inside.Add(-1)
		unlock()
	})
	ok(t, errors.Join(errs...))
	same(t, most.Load(), int32(1))

	unlock, err := r.Wait(t.Context(), "c", time.Minute)
	ok(t, err)
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = r.Wait(ctx, "c", time.Minute)
	is(t, err, context.DeadlineExceeded)
}

func TestAllowCountsPerWindow(t *testing.T) { storagetest.EachRedis(t, allowCounts) }

func allowCounts(t *testing.T, r *storage.Redis) {
	ctx := t.Context()
	allowed := func(key string) bool { return must(r.Allow(ctx, key, 3, time.Hour))(t) }
	for range 3 {
		same(t, allowed("x"), true)
	}
	same(t, allowed("x"), false)
	same(t, allowed("y"), true)
	var passed atomic.Int32
	atOnce(20, func(int) {
		if fine, err := r.Allow(ctx, "z", 5, time.Hour); err == nil && fine {
			passed.Add(1)
		}
	})
	same(t, passed.Load(), int32(5))
	for range 2 {
		must(r.Allow(ctx, "short", 1, 50*time.Millisecond))(t)
	}
	eventually(t, func() bool { return must(r.Allow(ctx, "short", 1, 50*time.Millisecond))(t) })
}

// clock can be moved while others read it.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func TestEmbeddedRedisFollowsTheGivenClock(t *testing.T) {
	c := &clock{t: t0}
	r := storagetest.Redis(t, c.Now)
	ok(t, r.Set(t.Context(), "k", "v", time.Hour))
	time.Sleep(200 * time.Millisecond)
	_, found, err := r.Get(t.Context(), "k")
	ok(t, err)
	same(t, found, true)
	c.pass(-time.Hour)
	time.Sleep(200 * time.Millisecond)
	c.pass(59 * time.Minute)
	time.Sleep(200 * time.Millisecond)
	_, found, _ = r.Get(t.Context(), "k")
	same(t, found, true)
	c.pass(2 * time.Minute)
	eventually(t, func() bool { _, found, err := r.Get(t.Context(), "k"); return err == nil && !found })
}

func TestWrongRedisConfig(t *testing.T) {
	for want, config := range map[string]storage.RedisConfig{
		"addr: host:port":                        {Addr: "localhost"},
		"db: a number from 0":                    {DB: -1},
		"addr: one of addr":                      {Addr: "127.0.0.1:1", Cluster: []string{"127.0.0.1:1"}},
		"master: sentinels and":                  {Sentinels: []string{"127.0.0.1:1"}},
		"sentinels: host:port":                   {Sentinels: []string{"127.0.0.1"}, Master: "m"},
		"cluster: host:port":                     {Cluster: []string{"127.0.0.1"}},
		"db: 0 expected":                         {Cluster: []string{"127.0.0.1:1"}, DB: 1},
		"tls.use: true expected":                 {Addr: "127.0.0.1:1", TLS: storage.TLSConfig{CA: "ca.pem"}},
		"tls.ca: open":                           {Addr: "127.0.0.1:1", TLS: storage.TLSConfig{Use: true, CA: "not-there.pem"}},
		"no Redis server answers at 127.0.0.1:1": {Addr: "127.0.0.1:1", Password: "secret"},
		"answers at cluster 127.0.0.1:1":         {Cluster: []string{"127.0.0.1:1"}},
		"answers at m of the sentinels":          {Sentinels: []string{"127.0.0.1:1"}, Master: "m"},
	} {
		began := time.Now()
		r, err := storage.OpenRedis(t.Context(), config, nil)
		if err == nil {
			r.Close()
			t.Fatalf("%+v: it opened", config)
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") || time.Since(began) > 10*time.Second {
			t.Errorf("error after %v is %v, want %q", time.Since(began), err, want)
		}
	}
}

// gate is a network path to a server that can be cut or swallow everything.
type gate struct {
	net.Listener
	to    string
	mu    sync.Mutex
	conns []net.Conn
	mute  atomic.Bool
}

func openGate(t *testing.T, to string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	g := &gate{Listener: l, to: to}
	t.Cleanup(g.cut)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				client.Close()
				continue
			}
			g.mu.Lock()
			g.conns = append(g.conns, client, server)
			g.mu.Unlock()
			go g.pump(server, client)
			go g.pump(client, server)
		}
	}()
	return g
}

func (g *gate) pump(to, from net.Conn) {
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			to.Close()
			return
		}
		if !g.mute.Load() {
			to.Write(buffer[:n])
		}
	}
}

func (g *gate) cut() {
	g.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range g.conns {
		c.Close()
	}
}

func TestRedisThatStopsInTheMiddleIsAnErrorSoon(t *testing.T) {
	for _, how := range []struct {
		name string
		fail func(g *gate)
	}{
		{"connection refused", (*gate).cut},
		{"no answer", func(g *gate) { g.mute.Store(true) }},
	} {
		t.Run(how.name, func(t *testing.T) {
			g := openGate(t, miniredis.RunT(t).Addr())
			r, err := storage.OpenRedis(t.Context(), storage.RedisConfig{Addr: g.Addr().String()}, nil)
			ok(t, err)
			defer r.Close()
			ctx := t.Context()
			unlock, _, err := r.Lock(ctx, "held", time.Second)
			ok(t, err)
			how.fail(g)
			for name, call := range map[string]func() error{
				"ping": func() error { return r.Ping(ctx) },
				"get": func() error {
					_, found, err := r.Get(ctx, "k")
					same(t, found, false)
					return err
				},
				"set": func() error { return r.Set(ctx, "k", "v", time.Minute) },
				"lock": func() error {
					_, got, err := r.Lock(ctx, "c", time.Minute)
					same(t, got, false)
					return err
				},
				"wait": func() error { _, err := r.Wait(ctx, "c", time.Minute); return err },
				"allow": func() error {
					fine, err := r.Allow(ctx, "k", 1, time.Minute)
					same(t, fine, false)
					return err
				},
			} {
				began := time.Now()
				err := call()
				if took := time.Since(began); err == nil || took > 10*time.Second {
					t.Errorf("%s: error %v after %v", name, err, took)
				}
			}
			began := time.Now()
			unlock()
			ok(t, r.Close())
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("unlock and close took %v", took)
			}
		})
	}
}

func TestRedisThatComesBackIsUsedAgain(t *testing.T) {
	server := miniredis.RunT(t)
	g := openGate(t, server.Addr())
	r, err := storage.OpenRedis(t.Context(), storage.RedisConfig{Addr: g.Addr().String()}, nil)
	ok(t, err)
	defer r.Close()
	g.mute.Store(true)
	if err := r.Set(t.Context(), "k", "v", 0); err == nil {
		t.Error("set without an answer succeeded")
	}
	g.mute.Store(false)
	eventually(t, func() bool { return r.Set(t.Context(), "k", "v", 0) == nil })
}
