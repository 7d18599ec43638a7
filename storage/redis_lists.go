package storage

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// Enlist puts a name on a list, which is forgotten when nothing was put on it for ttl.
func (r *Redis) Enlist(ctx context.Context, list, name string, ttl time.Duration) error {
	_, err := r.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.SAdd(ctx, redisKey(list), name)
		p.PExpire(ctx, redisKey(list), ttl)
		return nil
	})
	return within("redis enlist", err)
}

// Enlisted says whether a name is on a list.
func (r *Redis) Enlisted(ctx context.Context, list, name string) (bool, error) {
	is, err := r.client.SIsMember(ctx, redisKey(list), name).Result()
	return is, within("redis enlisted", err)
}

// Listed are the names on a list, in no order.
func (r *Redis) Listed(ctx context.Context, list string) ([]string, error) {
	names, err := r.client.SMembers(ctx, redisKey(list)).Result()
	return names, within("redis listed", err)
}

// Strike takes names off a list.
func (r *Redis) Strike(ctx context.Context, list string, names ...string) error {
	if len(names) == 0 {
		return nil
	}
	return within("redis strike", r.client.SRem(ctx, redisKey(list), names).Err())
}
