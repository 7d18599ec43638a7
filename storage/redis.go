package storage

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// RedisConfig is the section "redis" of the configuration. The zero value runs Redis inside
// the process, which is right for one instance.
type RedisConfig struct {
	Addr     string `yaml:"addr"` // host:port; empty: in process
	Username string `yaml:"username"`
	Password string `yaml:"password"`
	DB       int    `yaml:"db"`
}

// Validate says what is wrong with the section, without connecting.
func (c RedisConfig) Validate() error {
	if c.DB < 0 {
		return misset("db", fmt.Sprintf("a number from 0, not %d", c.DB))
	}
	if c.Addr == "" {
		return nil
	}
	if _, port, err := net.SplitHostPort(c.Addr); err != nil || port == "" {
		return misset("addr", fmt.Sprintf("host:port such as 127.0.0.1:6379 expected, not %q", c.Addr))
	}
	return nil
}

// Redis gives order between instances, rate limits, sessions and the shared token. Losing it
// costs comfort, never data; when it is gone, every call fails within about a second.
type Redis struct {
	client  *redis.Client
	embed   *miniredis.Miniredis // nil: a real server
	stop    chan struct{}
	close   func() error
	running sync.WaitGroup // the ticker, and the keepers of locks
}

// Limits that make a lost server an error soon instead of a wait.
const (
	redisDial = 400 * time.Millisecond
	redisCall = 400 * time.Millisecond
	redisTick = 50 * time.Millisecond // how often time passes in the process's own Redis
)

// OpenRedis connects, or starts Redis in the process, where time passes as now (nil:
// time.Now) says. It fails with one line when no server answers.
func OpenRedis(ctx context.Context, config RedisConfig, now func() time.Time) (*Redis, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	redis.SetLogger(&logging.VoidLogger{}) // every error is returned; the library would print each once more
	r := &Redis{stop: make(chan struct{})}
	r.close = sync.OnceValue(r.end)
	options := &redis.Options{
		Addr: config.Addr, Username: config.Username, Password: config.Password, DB: config.DB,
		DialTimeout: redisDial, DialerRetries: 1, ReadTimeout: redisCall, WriteTimeout: redisCall,
		PoolTimeout: redisCall, MaxRetries: 1, ContextTimeoutEnabled: true, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if config.Addr == "" {
		r.embed = miniredis.NewMiniRedis()
		// Over a pipe: no port that other users of the machine could reach.
		options.Dialer = func(context.Context, string, string) (net.Conn, error) { return r.embed.Dial() }
	}
	r.client = redis.NewClient(options)
	if err := r.Ping(ctx); err != nil {
		r.Close()
		return nil, err
	}
	if r.embed != nil {
		if now == nil {
			now = time.Now
		}
		r.running.Go(func() { r.tick(now) })
	}
	return r, nil
}

// tick lets time pass in the process's own Redis, whose keys do not expire by themselves.
func (r *Redis) tick(now func() time.Time) {
	ticker := time.NewTicker(redisTick)
	defer ticker.Stop()
	last := now()
	for {
		select {
		case <-r.stop:
			return
		case <-ticker.C:
			t := now()
			if passed := t.Sub(last); passed > 0 {
				r.embed.FastForward(passed)
			}
			last = t
		}
	}
}

// Close ends the connections, and the Redis in the process. Locks still held run out.
func (r *Redis) Close() error { return r.close() }

func (r *Redis) end() error {
	close(r.stop)
	r.running.Wait()
	err := r.client.Close()
	if r.embed != nil {
		r.embed.Close()
	}
	return err
}

// Ping asks the server for a sign of life.
func (r *Redis) Ping(ctx context.Context) error {
	return within("redis", r.client.Ping(ctx).Err())
}

// Client is the connection itself, for session and token stores; their keys need a prefix
// other than "cailiao:".
func (r *Redis) Client() redis.UniversalClient { return r.client }

// redisKey keeps our keys apart from those of others in the same Redis.
func redisKey(key string) string { return "cailiao:" + key }

// Get reads a value; found is false when there is none, or no longer.
func (r *Redis) Get(ctx context.Context, key string) (value string, found bool, err error) {
	value, err = r.client.Get(ctx, redisKey(key)).Result()
	if errors.Is(err, redis.Nil) {
		return "", false, nil
	}
	return value, err == nil, within("redis get", err)
}

// Set stores a value for ttl; 0: until deleted.
func (r *Redis) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	return within("redis set", r.client.Set(ctx, redisKey(key), value, ttl).Err())
}

// Del forgets a value.
func (r *Redis) Del(ctx context.Context, key string) error {
	return within("redis del", r.client.Del(ctx, redisKey(key)).Err())
}

// count adds one and starts the window when there is none, also for a key left without an end.
var count = redis.NewScript(`
local n = redis.call('INCR', KEYS[1])
if redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return n`)

// Allow counts one use of key and says whether it is among the first limit uses of the
// current window of length per.
func (r *Redis) Allow(ctx context.Context, key string, limit int, per time.Duration) (bool, error) {
	n, err := count.Run(ctx, r.client, []string{redisKey(key)}, max(1, per.Milliseconds())).Int()
	return err == nil && n <= limit, within("redis allow", err)
}
