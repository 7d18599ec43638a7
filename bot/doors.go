package bot

import "sync"

// doors lets one goroutine of this process at a time through for each name.
type doors struct {
	mu   sync.Mutex
	open map[string]*door
}

type door struct {
	sync.Mutex
	queue int
}

// enter waits for its turn and returns the way out; waited says whether somebody was inside.
func (d *doors) enter(name string) (leave func(), waited bool) {
	d.mu.Lock()
	if d.open == nil {
		d.open = map[string]*door{}
	}
	at := d.open[name]
	if at == nil {
		at = new(door)
		d.open[name] = at
	}
	at.queue++
	waited = at.queue > 1
	d.mu.Unlock()
	at.Lock()
	return func() {
		at.Unlock()
		d.mu.Lock()
		defer d.mu.Unlock()
		if at.queue--; at.queue == 0 {
			delete(d.open, name)
		}
	}, waited
}

// busy says whether somebody is behind the door, or waits at it.
func (d *doors) busy(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open[name] != nil
}
