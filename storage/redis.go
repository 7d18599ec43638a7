package storage

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// RedisConfig is the section "redis" of the configuration: one server, servers watched by
// sentinels, or a cluster. The zero value runs Redis inside the process, which is right for one
// instance.
type RedisConfig struct {
	Addr string `yaml:"addr"` // host:port of the one server; empty and nothing below: in process

	Sentinels        []string `yaml:"sentinels"` // host:port of each
	Master           string   `yaml:"master"`    // the name they know it by
	SentinelUsername string   `yaml:"sentinel_username"`
	SentinelPassword string   `yaml:"sentinel_password"`

	Cluster []string `yaml:"cluster"` // host:port of some of its servers

	Username string    `yaml:"username"`
	Password string    `yaml:"password"`
	DB       int       `yaml:"db"` // not in a cluster, which has one database only
	TLS      TLSConfig `yaml:"tls"`
}

// Validate says what is wrong with the section, without connecting.
func (c RedisConfig) Validate() error {
	kinds := 0
	for _, given := range []bool{c.Addr != "", len(c.Sentinels) > 0, len(c.Cluster) > 0} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds > 1:
		return misset("addr", "one of addr, sentinels and cluster expected, not several")
	case (len(c.Sentinels) > 0) != (c.Master != ""):
		return misset("master", "sentinels and the name they know their master by expected, or neither")
	case c.DB < 0:
		return misset("db", fmt.Sprintf("a number from 0, not %d", c.DB))
	case c.DB != 0 && len(c.Cluster) > 0:
		return misset("db", "0 expected: a cluster has one database only")
	}
	for key, addrs := range map[string][]string{"addr": {c.Addr}, "sentinels": c.Sentinels, "cluster": c.Cluster} {
		for _, addr := range addrs {
			if addr == "" && key == "addr" {
				continue
			}
			if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
				return misset(key, fmt.Sprintf("host:port such as 127.0.0.1:6379 expected, not %q", addr))
			}
		}
	}
	return c.TLS.validate()
}

func (c RedisConfig) addrs() []string {
	switch {
	case len(c.Cluster) > 0:
		return c.Cluster
	case len(c.Sentinels) > 0:
		return c.Sentinels
	case c.Addr != "":
		return []string{c.Addr}
	}
	return nil
}

// Where names the servers, for people.
func (c RedisConfig) Where() string {
	switch {
	case len(c.Cluster) > 0:
		return "cluster " + strings.Join(c.Cluster, ", ")
	case len(c.Sentinels) > 0:
		return c.Master + " of the sentinels " + strings.Join(c.Sentinels, ", ")
	}
	return c.Addr
}

// Redis gives order between instances, rate limits, sessions and the shared token. Losing it
// costs comfort, never data; when it is gone, every call fails within about a second.
type Redis struct {
	config  RedisConfig
	client  redis.UniversalClient
	embed   *miniredis.Miniredis // nil: a real server
	stop    chan struct{}
	close   func() error
	running sync.WaitGroup // the ticker, and the keepers of locks

	takes, releases batch[hold, error]
	count           redisCount
}

// Limits that make a lost server an error soon instead of a wait.
const (
	redisDial = 400 * time.Millisecond
	redisCall = 400 * time.Millisecond
	redisMap  = time.Second           // how old the map of a cluster may be: a dead master does not say who took over
	redisTick = 50 * time.Millisecond // how often time passes in the process's own Redis
)

// OpenRedis connects, or starts Redis in the process, where time passes as now (nil:
// time.Now) says. It fails with one line when no server answers.
func OpenRedis(ctx context.Context, config RedisConfig, now func() time.Time) (*Redis, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	redis.SetLogger(&logging.VoidLogger{}) // every error is returned; the library would print each once more
	r := &Redis{config: config, stop: make(chan struct{})}
	r.close = sync.OnceValue(r.end)
	r.takes = batch[hold, error]{run: r.takeAll, owner: &r.running}
	r.releases = batch[hold, error]{run: r.releaseAll, owner: &r.running}
	if err := r.dial(); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	if err := r.prove(ctx); err != nil {
		r.Close()
		return nil, fmt.Errorf("redis: %w", err)
	}
	if r.embed != nil {
		if now == nil {
			now = time.Now
		}
		r.running.Go(func() { r.tick(now) })
	}
	return r, nil
}

// dial makes the client for the kind of servers there is.
func (r *Redis) dial() error {
	c := r.config
	secure, err := c.TLS.open()
	if err != nil {
		return err
	}
	options := &redis.UniversalOptions{
		Addrs: c.addrs(), MasterName: c.Master, IsClusterMode: len(c.Cluster) > 0,
		Username: c.Username, Password: c.Password, DB: c.DB, TLSConfig: secure,
		SentinelUsername: c.SentinelUsername, SentinelPassword: c.SentinelPassword,
		DialTimeout: redisDial, DialerRetries: 1, ReadTimeout: redisCall, WriteTimeout: redisCall,
		PoolTimeout: redisCall, MaxRetries: 1, ContextTimeoutEnabled: true, DisableIdentity: true,
		FailingTimeoutSeconds:    1, // a server of the cluster that came back is asked again
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if len(options.Addrs) == 0 {
		r.embed = miniredis.NewMiniRedis()
		// Over a pipe: no port that other users of the machine could reach.
		options.Dialer = func(context.Context, string, string) (net.Conn, error) { return r.embed.Dial() }
		options.TLSConfig = nil
	}
	if options.IsClusterMode {
		cluster := options.Cluster()
		cluster.ClusterStateReloadInterval = redisMap
		r.client = redis.NewClusterClient(cluster)
	} else {
		r.client = redis.NewUniversalClient(options)
	}
	r.client.AddHook(&r.count)
	return nil
}

// prove writes a key that is soon gone: a replica and a user with few rights answer a ping as well.
func (r *Redis) prove(ctx context.Context) error {
	err := r.Set(ctx, "open", "", time.Second)
	where := r.config.Where()
	switch {
	case err == nil:
		return r.Del(ctx, "open")
	case redis.IsAuthError(err) || redis.HasErrorPrefix(err, "WRONGPASS") || redis.HasErrorPrefix(err, "NOAUTH"):
		return fmt.Errorf("password: %s refuses username or password", where)
	case redis.IsPermissionError(err):
		return fmt.Errorf("username: %s does not let this user write keys that begin with cailiao", where)
	case redis.IsReadOnlyError(err):
		return fmt.Errorf("addr: %s is a read-only replica: name its master, or its sentinels", where)
	case redis.HasErrorPrefix(err, "MOVED") || redis.IsClusterDownError(err) && len(r.config.Cluster) == 0:
		return fmt.Errorf("addr: %s belongs to a cluster: name it under cluster", where)
	case redis.IsClusterDownError(err):
		return fmt.Errorf("cluster: %s says that it is down", where)
	case redis.HasErrorPrefix(err, "DB index"):
		return fmt.Errorf("db: %s has no database %d", where, r.config.DB)
	case distrust(err) != "":
		return fmt.Errorf("tls: %s is not believed: %s", where, distrust(err))
	}
	return fmt.Errorf("addr: no Redis server answers at %s: %w", where, firstLine(err))
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

// redisKey keeps our keys apart from those of others in the same Redis. What belongs to one
// candidate has the same part in braces, which a cluster keeps on one server.
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
