package bot

import (
	"container/list"
	"context"
	"sync"
)

// What photos may hold of the memory while they are fetched, judged and stored.
const (
	roomBytes  = 96 << 20
	photoGuess = 4 << 20 // of a photo whose size is not known yet; most are smaller
)

// room bounds the bytes in hand. Who comes first enters first. The zero value is empty.
type room struct {
	mu      sync.Mutex
	taken   int64
	waiting list.List // of *guest
}

type guest struct {
	bytes int64
	in    chan struct{}
}

// enter waits until there is room for so many bytes, or for ctx.
func (r *room) enter(ctx context.Context, bytes int64) error {
	r.mu.Lock()
	if r.waiting.Len() == 0 && r.taken+bytes <= roomBytes {
		r.taken += bytes
		r.mu.Unlock()
		return nil
	}
	g := &guest{bytes: bytes, in: make(chan struct{})}
	at := r.waiting.PushBack(g)
	r.mu.Unlock()
	select {
	case <-g.in:
		return nil
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-g.in: // at the same moment
		r.shrink(bytes)
	default:
		r.waiting.Remove(at)
		r.admit()
	}
	return ctx.Err()
}

// leave gives bytes back; fewer than 0 takes more without waiting, when a photo is larger than was thought.
func (r *room) leave(bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shrink(bytes)
}

func (r *room) shrink(bytes int64) {
	r.taken -= bytes
	r.admit()
}

// admit lets in who waits, in order, as far as there is room.
func (r *room) admit() {
	for r.waiting.Len() > 0 {
		g := r.waiting.Front().Value.(*guest)
		if r.taken+g.bytes > roomBytes {
			return
		}
		r.taken += g.bytes
		r.waiting.Remove(r.waiting.Front())
		close(g.in)
	}
}
