package storage

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// Clock is the database server's, so that all instances agree on what is due and leased however
// wrong their machines' clocks are. It runs on this machine's between two looks at the server.
type Clock struct {
	db    *DB
	local func() time.Time
	ahead atomic.Int64 // nanoseconds the server is ahead of local
}

const (
	clockEvery = time.Minute
	clockFar   = 15 * time.Minute // who is further off cannot sign requests to S3, nor tell fresh callbacks from old ones
)

// Clock looks at the server once. local is this machine's clock; nil: time.Now. With SQLite,
// which is on this machine, it is the same.
func (db *DB) Clock(ctx context.Context, local func() time.Time) (*Clock, error) {
	if local == nil {
		local = time.Now
	}
	c := &Clock{db: db, local: local}
	return c, c.Look(ctx)
}

// Now is the server's time, without asking it.
func (c *Clock) Now() time.Time { return c.local().Add(time.Duration(c.ahead.Load())) }

// Check is an error when the server's clock and this machine's are so far apart that one of them
// must be wrong.
func (c *Clock) Check() error {
	ahead := time.Duration(c.ahead.Load())
	if ahead.Abs() <= clockFar {
		return nil
	}
	side := "ahead of"
	if ahead < 0 {
		side = "behind"
	}
	return fmt.Errorf("database: its clock is %v %s this machine's: let NTP set both", ahead.Abs().Round(time.Second), side)
}

// Look asks the server for its time; half the way there and back is taken off.
func (c *Clock) Look(ctx context.Context) error {
	query := c.db.dialect.clock()
	if query == "" {
		return nil
	}
	began := c.local()
	micros, err := one(ctx, c.db.Q, value[int64], query)
	if err != nil {
		return fmt.Errorf("clock of the database: %w", err)
	}
	ended := c.local()
	c.ahead.Store(int64(time.UnixMicro(micros).Sub(began.Add(ended.Sub(began) / 2))))
	return nil
}

// Run looks again from time to time until ctx ends; while the server does not answer, the last
// difference holds.
func (c *Clock) Run(ctx context.Context) {
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			looking, cancel := context.WithTimeout(ctx, 5*time.Second)
			_ = c.Look(looking) // the next minute will do
			cancel()
		}
	}
}
