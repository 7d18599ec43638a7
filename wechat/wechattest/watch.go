package wechattest

import (
	"context"
	"sync"
)

// What an Update reports.
const (
	UpdateEntry  = "entry"  // a new entry in OpenID's chat
	UpdateTyping = "typing" // the account switched 正在输入 for OpenID
	UpdateUser   = "user"   // OpenID followed, left, refused or accepted
	UpdateMenu   = "menu"   // the account's menu changed
	UpdateFaults = "faults" // faults were set or cleared
)

// Update is one change a watcher sees.
type Update struct {
	Kind   string `json:"kind"`
	OpenID string `json:"openid,omitempty"`
	Entry  *Entry `json:"entry,omitempty"`
	Typing bool   `json:"typing,omitempty"`
}

// watcher queues without bound, so that a slow reader never holds up the platform.
type watcher struct {
	mu    sync.Mutex
	queue []Update
	ready chan struct{} // has room for one signal
}

// Watch reports every change from now on, in order, until ctx ends or the platform closes;
// then the channel is closed.
func (p *Platform) Watch(ctx context.Context) <-chan Update {
	w := &watcher{ready: make(chan struct{}, 1)}
	p.mu.Lock()
	p.watchers[w] = struct{}{}
	p.mu.Unlock()
	out := make(chan Update)
	go func() {
		defer close(out)
		defer p.forget(w)
		for {
			select {
			case <-ctx.Done():
				return
			case <-p.ctx.Done():
				return
			case <-w.ready:
			}
			for _, update := range w.take() {
				select {
				case out <- update:
				case <-ctx.Done():
					return
				case <-p.ctx.Done():
					return
				}
			}
		}
	}()
	return out
}

func (p *Platform) forget(w *watcher) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.watchers, w)
	p.idle.Broadcast()
}

func (w *watcher) take() []Update {
	w.mu.Lock()
	defer w.mu.Unlock()
	queue := w.queue
	w.queue = nil
	return queue
}

// tell reports a change to all watchers.
func (p *Platform) tell(update Update) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tellLocked(update)
}

func (p *Platform) tellLocked(update Update) {
	for w := range p.watchers {
		w.mu.Lock()
		w.queue = append(w.queue, update)
		w.mu.Unlock()
		select {
		case w.ready <- struct{}{}:
		default:
		}
	}
}
