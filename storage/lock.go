package storage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Locks give order, not safety: whoever loses one (Redis emptied, a long pause) goes on, and
// the version of the row it writes decides.

const release = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

var renew = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`)

// Lock takes the lock key if it is free; ok is false when somebody holds it. It is renewed
// while held, and runs out ttl after its holder died. unlock may be called more than once.
func (r *Redis) Lock(ctx context.Context, key string, ttl time.Duration) (unlock func(), ok bool, err error) {
	key = redisKey("lock:" + key)
	token := rand.Text()
	taken, err := r.takes.ask(ctx, hold{key, token, ttl})
	if err == nil {
		err = taken
	}
	switch {
	case errors.Is(err, redis.Nil):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("redis lock: %w", err)
	}
	// The lock outlives the caller's context until unlock is called.
	held, stop := context.WithCancel(context.WithoutCancel(ctx))
	kept := make(chan struct{})
	r.running.Go(func() {
		defer close(kept)
		r.keep(held, key, token, ttl)
	})
	return sync.OnceFunc(func() {
		stop()
		<-kept
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), redisCall)
		defer cancel()
		_, _ = r.releases.ask(ctx, hold{key: key, token: token}) // else it runs out
	}), true, nil
}

// hold is a lock being taken or released. Who does so at the same time shares the way to the server.
type hold struct {
	key, token string
	ttl        time.Duration
}

func (r *Redis) takeAll(ctx context.Context, holds []hold) ([]error, error) {
	return r.eachHold(ctx, holds, func(p redis.Pipeliner, h hold) redis.Cmder {
		return p.SetArgs(ctx, h.key, h.token, redis.SetArgs{Mode: "NX", TTL: h.ttl})
	})
}

func (r *Redis) releaseAll(ctx context.Context, holds []hold) ([]error, error) {
	return r.eachHold(ctx, holds, func(p redis.Pipeliner, h hold) redis.Cmder {
		return p.Eval(ctx, release, []string{h.key}, h.token)
	})
}

func (r *Redis) eachHold(ctx context.Context, holds []hold, do func(redis.Pipeliner, hold) redis.Cmder) ([]error, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*redisCall)
	defer cancel()
	pipe := r.client.Pipeline()
	commands := make([]redis.Cmder, len(holds))
	for i, h := range holds {
		commands[i] = do(pipe, h)
	}
	_, _ = pipe.Exec(ctx) // the first error of those below
	errs := make([]error, len(holds))
	for i, c := range commands {
		errs[i] = c.Err()
	}
	return errs, nil
}

// keep renews a lock until ctx ends or the lock is lost.
func (r *Redis) keep(ctx context.Context, key, token string, ttl time.Duration) {
	ticker := time.NewTicker(max(ttl/3, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.stop:
			return
		case <-ticker.C:
			kept, err := renew.Run(ctx, r.client, []string{key}, token, ttl.Milliseconds()).Int()
			if err == nil && kept == 0 {
				return
			}
		}
	}
}

// Wait is Lock that waits, until ctx ends, for a lock somebody holds. Who waits longest is
// not necessarily first.
func (r *Redis) Wait(ctx context.Context, key string, ttl time.Duration) (unlock func(), err error) {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 40*time.Millisecond) {
		unlock, ok, err := r.Lock(ctx, key, ttl)
		if ok || err != nil {
			return unlock, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("redis lock: %w", ctx.Err())
		case <-time.After(pause + mathrand.N(pause/4)):
		}
	}
}
