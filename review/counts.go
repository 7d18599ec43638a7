package review

import (
	"context"
	"maps"
	"sync"
	"time"

	"cailiao/intake"
)

// Counting all submissions grows with their number, and every page of the queue shows the
// counts: they are kept for a moment. What this instance decides is added at once; what others
// do shows a little later.
const (
	countsFresh = 3 * time.Second  // nobody counts again
	countsKept  = 30 * time.Second // while one counts again, the others take the last
)

// tallies keeps the counts of each site; the empty code is all sites.
type tallies struct {
	mu   sync.Mutex
	site map[string]*tally
}

type tally struct {
	states   map[intake.State]int
	at       time.Time
	counting bool
}

// counts are how many submissions stand where, of one site or, with an empty code, of all.
func (d *Desk) counts(ctx context.Context, site string) (map[intake.State]int, error) {
	now := time.Now() // an age, not a moment
	if kept := d.tallies.look(site, now); kept != nil {
		return kept, nil
	}
	counted, err := d.DB.QueueCounts(ctx, site)
	d.tallies.put(site, counted, now)
	return maps.Clone(counted), err
}

// look returns what was counted, or nil to whom it falls to count again.
func (t *tallies) look(site string, now time.Time) map[intake.State]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	last, ok := t.site[site]
	if !ok || last.states == nil {
		return nil
	}
	age := now.Sub(last.at)
	if age < countsFresh || age < countsKept && last.counting {
		return maps.Clone(last.states)
	}
	last.counting = true
	return nil
}

// put keeps a count; nil after a failure keeps the last one and lets the next caller try.
func (t *tallies) put(site string, counted map[intake.State]int, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.site == nil {
		t.site = map[string]*tally{}
	}
	last, ok := t.site[site]
	if !ok {
		last = &tally{}
		t.site[site] = last
	}
	last.counting = false
	if counted != nil {
		last.states, last.at = maps.Clone(counted), now
	}
}

// move follows a decision.
func (t *tallies) move(site string, from, to intake.State) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, code := range []string{site, ""} {
		if last, ok := t.site[code]; ok && last.states != nil && from != to {
			last.states[from] = max(0, last.states[from]-1)
			last.states[to]++
		}
	}
}
