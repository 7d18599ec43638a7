package storage

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// Backlog is what still has to be done of the messages that came.
type Backlog struct {
	Waiting    int       // to be worked on now
	Later      int       // put off
	Oldest     time.Time // when the first of those waiting came; zero: none waits
	Unanswered int       // done, with a reply that has not gone out
}

// Age is how long the oldest has waited.
func (b Backlog) Age(now time.Time) time.Duration {
	if b.Oldest.IsZero() {
		return 0
	}
	return max(0, now.Sub(b.Oldest))
}

// Backlog counts; its cost grows with what it counts, not with the messages done.
func (q Q) Backlog(ctx context.Context, now time.Time) (Backlog, error) {
	b, err := one(ctx, q, func(r row) (b Backlog, err error) {
		return b, r.Scan(&b.Waiting, &b.Later, moment{&b.Oldest}, &b.Unanswered)
	}, `SELECT COALESCE(SUM(due_at <= ?), 0), COALESCE(SUM(due_at > ?), 0), MIN(CASE WHEN due_at <= ? AND attempts = 0 THEN received_at END),
			(SELECT COUNT(*) FROM messages WHERE owed = 1)
		FROM messages WHERE state = ?`, micros(now), micros(now), micros(now), MessageNew)
	return b, within("backlog", err)
}

// PoolUse says how this process uses its connections.
type PoolUse struct {
	InUse, Idle, Most int
	Waits             int64 // how often somebody waited for one
	Waited            time.Duration
}

// PoolUse says how the connections to the database are used.
func (db *DB) PoolUse() PoolUse {
	s := db.pool.Stats()
	return PoolUse{InUse: s.InUse, Idle: s.Idle, Most: s.MaxOpenConnections, Waits: s.WaitCount, Waited: s.WaitDuration}
}

// redisCount is a hook that counts what goes to Redis.
type redisCount struct{ calls, errors atomic.Int64 }

// Calls are the commands and pipelines sent so far, and those that failed.
func (r *Redis) Calls() (calls, failed int64) { return r.count.calls.Load(), r.count.errors.Load() }

func (c *redisCount) note(err error) error {
	c.calls.Add(1)
	if err != nil && !errors.Is(err, redis.Nil) {
		c.errors.Add(1)
	}
	return err
}

// DialHook implements redis.Hook.
func (c *redisCount) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

// ProcessHook implements redis.Hook.
func (c *redisCount) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { return c.note(next(ctx, cmd)) }
}

// ProcessPipelineHook implements redis.Hook.
func (c *redisCount) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error { return c.note(next(ctx, cmds)) }
}
