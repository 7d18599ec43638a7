package storage

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Under load most of a turn's cost is going to the server and back. So callers who come while a statement of the same
// kind is under way share the next one: nobody waits for company, and who is alone goes alone. The more share it, the
// less each costs; several are under way only where the server is far, or slow, or so many wait that each is well shared.

// Bounds of shared statements.
const (
	batchFlights  = 4                     // statements of one kind under way
	batchSlow     = 50 * time.Millisecond // who has waited so long for the one before starts another
	batchFull     = 12                    // or whoever finds so many waiting
	batchMost     = 32                    // callers who share one
	batchPatience = 5 * time.Second       // what hangs must not hold up for long those who come after the fault
)

// batch carries keys of many callers to one run, whose answers stand in the keys' order.
type batch[K, V any] struct {
	run   func(ctx context.Context, keys []K) ([]V, error)
	owner *sync.WaitGroup // waits for what is under way

	mu      sync.Mutex
	flights int
	waiting []*asked[K, V]
}

type asked[K, V any] struct {
	ctx  context.Context
	key  K
	got  V
	err  error
	done chan struct{}
}

// ask returns what a run answers for key. When ctx ends first the run goes on, as a statement does whose answer is lost
// on the way.
func (b *batch[K, V]) ask(ctx context.Context, key K) (V, error) {
	a := &asked[K, V]{ctx: ctx, key: key, done: make(chan struct{})}
	if err := ctx.Err(); err != nil {
		return a.got, err
	}
	b.mu.Lock()
	b.waiting = append(b.waiting, a)
	if len(b.waiting) < batchFull {
		b.start(1)
	} else {
		b.start(2)
	}
	b.mu.Unlock()
	slow := time.NewTimer(batchSlow)
	defer slow.Stop()
	for {
		select {
		case <-a.done:
			return a.got, a.err
		case <-ctx.Done():
			return *new(V), ctx.Err()
		case <-slow.C:
			b.mu.Lock()
			b.start(batchFlights)
			b.mu.Unlock()
		}
	}
}

// start adds a flight, unless so many are under way.
func (b *batch[K, V]) start(most int) {
	if b.flights < most {
		b.flights++
		b.owner.Go(b.fly)
	}
}

// fly runs for whoever waits, until nobody does.
func (b *batch[K, V]) fly() {
	for {
		runtime.Gosched() // whoever is about to ask goes first, and shares; nobody there: nothing is lost
		b.mu.Lock()
		n := min(len(b.waiting), batchMost)
		if n == 0 {
			b.flights--
			b.mu.Unlock()
			return
		}
		group := b.waiting[:n:n]
		b.waiting = b.waiting[n:]
		b.mu.Unlock()
		b.serve(group)
	}
}

func (b *batch[K, V]) serve(group []*asked[K, V]) {
	// The values of the first caller's context, but nobody's end: the others still wait.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(group[0].ctx), batchPatience)
	defer cancel()
	keys := make([]K, len(group))
	for i, a := range group {
		keys[i] = a.key
	}
	got, err := b.run(ctx, keys)
	alone := err != nil && len(group) > 1 // a row that cannot be read must not fail those who came with it
	for i, a := range group {
		switch {
		case err == nil:
			a.got = got[i]
		case alone && ctx.Err() == nil:
			var own []V
			if own, a.err = b.run(ctx, keys[i:i+1]); a.err == nil {
				a.got = own[0]
			}
		default:
			a.err = err
		}
		close(a.done)
	}
}

// shared are the statements that callers share.
type shared struct {
	flying     sync.WaitGroup
	arrivals   batch[Message, arrived]
	unfinished batch[unfinishedOf, []Message]
	users      batch[string, User]
	commits    batch[commitment, error]
}

func (s *shared) open(db *DB) {
	s.arrivals = batch[Message, arrived]{run: db.arriveAll, owner: &s.flying}
	s.unfinished = batch[unfinishedOf, []Message]{run: db.unfinishedAll, owner: &s.flying}
	s.users = batch[string, User]{run: db.users, owner: &s.flying}
	s.commits = batch[commitment, error]{run: db.commitAll, owner: &s.flying}
}

// commitment is the end of a message, or work that is more.
type commitment struct {
	end  closing
	work func(tx Q) error // nil: only the end
}

// Together is InTx for short work on rows that no other such work touches at the same time: what several callers bring
// at once is one transaction, in which messages are ended last and by one statement. When the work of one fails, each is
// done alone.
func (db *DB) Together(ctx context.Context, work func(tx Q) error) error {
	return db.commit(ctx, commitment{work: work})
}

// EndTogether is End for a message that has no effect but its reply. Who comes alone needs no transaction for it.
func (db *DB) EndTogether(ctx context.Context, id int64, e Ending, now time.Time) error {
	return db.commit(ctx, commitment{end: closing{id, e, now}})
}

func (db *DB) commit(ctx context.Context, c commitment) error {
	failed, err := db.shared.commits.ask(ctx, c)
	if err != nil {
		return err
	}
	return failed
}

func (db *DB) commitAll(ctx context.Context, all []commitment) ([]error, error) {
	if len(all) > 1 {
		if errs, err := db.commitTogether(ctx, all); err == nil {
			return errs, nil
		}
	}
	errs := make([]error, len(all))
	for i, c := range all {
		if c.work == nil {
			errs[i] = db.retry(ctx, func() error { return c.do(ctx, db.Q) })
		} else {
			errs[i] = db.InTx(ctx, c.work)
		}
	}
	return errs, nil
}

// commitTogether is one transaction, or one statement when there are only ends with a reply.
func (db *DB) commitTogether(ctx context.Context, all []commitment) ([]error, error) {
	if !slices.ContainsFunc(all, func(c commitment) bool { return c.work != nil || c.end.Blank || c.end.Reply == "" }) {
		var ends []closing
		for _, c := range all {
			ends = append(ends, c.end)
		}
		return db.endEach(ctx, ends)
	}
	return make([]error, len(all)), db.tryTx(ctx, func(tx Q) error {
		tx.ends = new([]closing)
		for _, c := range all {
			if err := c.do(ctx, tx); err != nil {
				return err
			}
		}
		return tx.endAll(ctx, *tx.ends)
	})
}

func (c commitment) do(ctx context.Context, q Q) error {
	if c.work != nil {
		return c.work(q)
	}
	return q.End(ctx, c.end.id, c.end.Ending, c.end.at)
}
