package wechat_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cailiao/wechat"
)

func TestEdge17OneFetchForManyCallersAndInstances(t *testing.T) {
	p := newPlatform(t)
	p.says("/cgi-bin/message/custom/send", `{"errcode":0,"errmsg":"ok"}`)
	slow := make(chan struct{})
	p.on("/cgi-bin/stable_token", func(w http.ResponseWriter, r *http.Request) {
		<-slow
		io.WriteString(w, `{"access_token":"token-1","expires_in":7200}`)
	})
	cache := newCache()
	instances := []*wechat.Account{open(t, p, cache), open(t, p, cache), open(t, p, cache)}
	var group sync.WaitGroup
	for i := range 60 {
		group.Go(func() {
			if err := instances[i%3].SendText(t.Context(), someone, "你好"); err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(50 * time.Millisecond) // let them queue up
	close(slow)
	group.Wait()
	if p.tokens() != 1 {
		t.Errorf("%d fetches of the token for 3 instances", p.tokens())
	}
	if sent := p.called("/cgi-bin/message/custom/send"); sent != 60 {
		t.Errorf("%d of 60 messages", sent)
	}
	if !strings.Contains(p.body("/cgi-bin/stable_token"), `"force_refresh":false`) {
		t.Errorf("token request: %s", p.body("/cgi-bin/stable_token"))
	}
}

func TestEdge17OneFetchWithoutASharedCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched atomic.Int32
		a := openWith(t, config(), nil, wechat.Options{Now: time.Now, Client: answering(func(r *http.Request) string {
			if strings.HasSuffix(r.URL.Path, "/stable_token") {
				fetched.Add(1)
				time.Sleep(time.Second)
			}
			return `{"access_token":"token-1","expires_in":7200,"subscribe":0}`
		})})
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				if _, err := a.Follower(t.Context(), someone); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if n := fetched.Load(); n != 1 {
			t.Errorf("%d fetches", n)
		}
	})
}

func TestEdge17ALockThatIsNeverFreedDelaysButDoesNotStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := newCache()
		stuck := stuckLock{cache}
		fetched := 0
		a := openWith(t, config(), stuck, wechat.Options{Now: time.Now, Client: answering(func(r *http.Request) string {
			fetched++
			return `{"access_token":"token-1","expires_in":7200,"subscribe":0}`
		})})
		start := time.Now()
		if _, err := a.Follower(t.Context(), someone); err != nil || fetched != 2 {
			t.Errorf("%v after %d requests", err, fetched)
		}
		if waited := time.Since(start); waited != 3*time.Second {
			t.Errorf("waited %s", waited)
		}
	})
}

func TestEdge17TheTokenOfTheInstanceThatHoldsTheLockIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := newCache()
		a := openWith(t, config(), stuckLock{cache}, wechat.Options{Now: time.Now, Client: answering(func(r *http.Request) string {
			if token := r.URL.Query().Get("access_token"); token != "theirs" {
				t.Errorf("%s with token %q", r.URL.Path, token)
			}
			return `{"subscribe":0}`
		})})
		go func() { // the other instance, which knows the key because it is the same account
			time.Sleep(time.Second)
			key := wechat.TokenKey(a)
			cache.Set(t.Context(), key, strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)+" theirs", time.Hour)
		}()
		if _, err := a.Follower(t.Context(), someone); err != nil {
			t.Error(err)
		}
	})
}

// stuckLock is a cache whose lock somebody else holds for ever.
type stuckLock struct{ *sharedCache }

func (stuckLock) Lock(context.Context, string, time.Duration) (func(), bool, error) {
	return nil, false, nil
}

// answering is a client whose platform answers without a network, so that time can be synthetic.
func answering(answer func(*http.Request) string) *http.Client {
	return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		text := answer(r)
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)), Request: r}, nil
	})}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestEdge18ADeadCacheCostsNoFetchPerCall(t *testing.T) {
	p := newPlatform(t)
	p.says("/cgi-bin/message/custom/send", `{"errcode":0,"errmsg":"ok"}`)
	cache := newCache()
	cache.err = errors.New("dial tcp 127.0.0.1:6379: connection refused")
	a := open(t, p, cache)
	for range 5 {
		if err := a.SendText(t.Context(), someone, "你好"); err != nil {
			t.Fatal(err)
		}
	}
	if p.tokens() != 1 {
		t.Errorf("%d fetches for 5 calls", p.tokens())
	}
}

func TestEdge18ACacheThatHangsIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := openWith(t, config(), hangingCache{}, wechat.Options{Now: time.Now, Client: answering(func(*http.Request) string {
			return `{"access_token":"token-1","expires_in":7200,"subscribe":1}`
		})})
		start := time.Now()
		if f, err := a.Follower(t.Context(), someone); err != nil || !f.Subscribed {
			t.Errorf("%v, %v", f, err)
		}
		if waited := time.Since(start); waited > 7*time.Second {
			t.Errorf("the first call waited %s", waited)
		}
		start = time.Now()
		if _, err := a.Follower(t.Context(), someone); err != nil || time.Since(start) > 0 {
			t.Errorf("the second call: %v after %s", err, time.Since(start))
		}
	})
}

// hangingCache answers only when the caller's patience ends.
type hangingCache struct{}

func (hangingCache) Get(ctx context.Context, _ string) (string, bool, error) {
	<-ctx.Done()
	return "", false, ctx.Err()
}

func (hangingCache) Set(ctx context.Context, _, _ string, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

func (hangingCache) Lock(context.Context, string, time.Duration) (func(), bool, error) {
	return func() {}, true, nil
}

func TestEdge19ATokenWithTheShortestLifeIsHeld(t *testing.T) {
	for _, c := range []struct {
		life int
		held time.Duration
	}{
		{7200, 6900 * time.Second}, {100000, 6900 * time.Second}, {360, time.Minute}, {359, time.Minute},
		{301, time.Minute}, {300, time.Minute}, {100, 50 * time.Second}, {4, 2 * time.Second},
	} {
		p := newPlatform(t)
		p.life = c.life
		p.says("/cgi-bin/message/custom/send", `{"errcode":0}`)
		cfg, cache, now := config(), newCache(), noon
		cfg.APIBase = p.URL
		a := openWith(t, cfg, cache, wechat.Options{Now: func() time.Time { return now }})
		send := func() {
			t.Helper()
			if err := a.SendText(t.Context(), someone, "你好"); err != nil {
				t.Errorf("expires_in %d: %v", c.life, err)
			}
		}
		send()
		now = noon.Add(c.held - time.Second)
		send()
		if p.tokens() != 1 || len(cache.ttls) != 1 || cache.ttls[0] != c.held {
			t.Errorf("expires_in %d: %d fetches, shared for %v; want one, %s", c.life, p.tokens(), cache.ttls, c.held)
		}
		now = noon.Add(c.held)
		send()
		if p.tokens() != 2 {
			t.Errorf("expires_in %d: still held after %s", c.life, c.held)
		}
	}
	p := newPlatform(t)
	p.life = 0
	if err := open(t, p, newCache()).Check(t.Context()); err == nil || p.tokens() != 1 {
		t.Errorf("expires_in 0: %v after %d fetches", err, p.tokens())
	}
}

func TestEdge20ARefusedTokenIsExchangedOnce(t *testing.T) {
	const path = "/cgi-bin/message/custom/send"
	for _, code := range []int{40001, 40014, 42001} {
		p := newPlatform(t)
		a := open(t, p, newCache())
		p.says(path, `{"errcode":0}`)
		if err := a.SendText(t.Context(), someone, "1"); err != nil {
			t.Fatal(err)
		}
		p.revoke()
		p.on(path, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("access_token") == "token-2" {
				io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
				return
			}
			fmt.Fprintf(w, `{"errcode":%d,"errmsg":"no"}`, code)
		})
		if err := a.SendText(t.Context(), someone, "2"); err != nil {
			t.Errorf("%d: %v", code, err)
		}
		if p.called(path) != 3 || p.tokens() != 2 || !strings.Contains(p.body(path), `"content":"2"`) {
			t.Errorf("%d: %d sends, %d fetches, last body %s", code, p.called(path), p.tokens(), p.body(path))
		}
		// It stays refused: once more, then the error.
		p.on(path, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, `{"errcode":%d,"errmsg":"no"}`, code) })
		before := p.called(path)
		err := a.SendText(t.Context(), someone, "3")
		var refused *wechat.Error
		if !errors.As(err, &refused) || refused.Code != code || wechat.ActionFor(err) != wechat.RefreshToken {
			t.Errorf("%d: %v", code, err)
		}
		if n := p.called(path) - before; n != 2 {
			t.Errorf("%d: sent %d times", code, n)
		}
	}
}

func TestEdge20OtherRefusalsAreNotRepeated(t *testing.T) {
	const path = "/cgi-bin/message/custom/send"
	p := newPlatform(t)
	a := open(t, p, newCache())
	for i, code := range []int{-1, 40003, 41001, 45009, 45015, 48002} {
		p.on(path, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, `{"errcode":%d,"errmsg":"no"}`, code) })
		if err := a.SendText(t.Context(), someone, "1"); err == nil {
			t.Errorf("%d: no error", code)
		}
		if p.called(path) != i+1 || p.tokens() != 1 {
			t.Fatalf("%d: %d sends, %d fetches", code, p.called(path), p.tokens())
		}
	}
}

func TestEdge20ManyRefusedAtOnceExchangeTheTokenOnce(t *testing.T) {
	p := newPlatform(t)
	cache := newCache()
	instances := []*wechat.Account{open(t, p, cache), open(t, p, cache)}
	p.says("/cgi-bin/message/custom/send", `{"errcode":0}`)
	for _, a := range instances {
		if err := a.SendText(t.Context(), someone, "1"); err != nil {
			t.Fatal(err)
		}
	}
	p.revoke()
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			if err := instances[i%2].SendText(t.Context(), someone, "2"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if p.tokens() != 2 {
		t.Errorf("%d fetches, want the first and one more", p.tokens())
	}
}

func TestEdge20ATokenFetchedBeforeTheRefusalIsNotTakenForANewOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		fetched, refused := 0, 0
		a := openWith(t, config(), nil, wechat.Options{Now: time.Now, Client: answering(func(r *http.Request) string {
			mu.Lock()
			defer mu.Unlock()
			if strings.HasSuffix(r.URL.Path, "/stable_token") {
				fetched++
				if fetched < 3 { // the second fetch was answered just before the token died, and arrives after
					mu.Unlock()
					time.Sleep(2 * time.Second)
					mu.Lock()
					return `{"access_token":"token-1","expires_in":4}`
				}
				return `{"access_token":"token-2","expires_in":7200}`
			}
			if r.URL.Query().Get("access_token") == "token-1" && time.Now().Nanosecond() == 1 {
				refused++
				mu.Unlock()
				time.Sleep(2500 * time.Millisecond)
				mu.Lock()
				return `{"errcode":40001,"errmsg":"not latest"}`
			}
			return `{"subscribe":0}`
		})})
		// token-1 arrives at 2 s and is held until 4 s. At 2 s + 1 ns a call uses it and is refused at 4.5 s; at 4.2 s another
		// call begins the second fetch, which ends at 6.2 s.
		if _, err := a.Follower(t.Context(), someone); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Nanosecond)
		var group sync.WaitGroup
		group.Go(func() {
			if _, err := a.Follower(t.Context(), someone); err != nil {
				t.Errorf("the refused call: %v", err)
			}
		})
		time.Sleep(2200 * time.Millisecond)
		group.Go(func() {
			if _, err := a.Follower(t.Context(), someone); err != nil {
				t.Errorf("the call that fetches: %v", err)
			}
		})
		group.Wait()
		if fetched != 3 || refused != 1 {
			t.Errorf("%d fetches, %d refusals", fetched, refused)
		}
	})
}
