package bot

import (
	"context"
	"sync"
	"time"
)

// crewStays is how long a goroutine waits for more work: its stack has grown, which costs a new one a twentieth of a turn.
const crewStays = time.Second

// crew counts goroutines at work. Unlike a WaitGroup it may be waited for while others start.
type crew struct {
	mu   sync.Mutex
	n    int
	jobs chan func()   // to a goroutine that is done
	idle chan struct{} // closed when nobody is left; nil while nobody waits
}

// start runs f beside the caller, unless so many are at work already.
func (c *crew) start(most int, f func()) bool {
	c.mu.Lock()
	if c.n >= most {
		c.mu.Unlock()
		return false
	}
	c.n++
	if c.jobs == nil {
		c.jobs = make(chan func())
	}
	c.mu.Unlock()
	select {
	case c.jobs <- f:
	default:
		go c.work(f)
	}
	return true
}

func (c *crew) work(f func()) {
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		func() {
			defer c.leave()
			f()
		}()
		rest.Reset(crewStays)
		select {
		case f = <-c.jobs:
		case <-rest.C:
			return
		}
	}
}

// size is how many are at work.
func (c *crew) size() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func (c *crew) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n--; c.n == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// wait returns when nobody is at work, or with ctx's error.
func (c *crew) wait(ctx context.Context) error {
	c.mu.Lock()
	if c.n == 0 {
		c.mu.Unlock()
		return nil
	}
	if c.idle == nil {
		c.idle = make(chan struct{})
	}
	idle := c.idle
	c.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
