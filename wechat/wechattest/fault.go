package wechattest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Fault makes calls go wrong. It hits an API by its path ("message/template/send"), any tail
// of it ("template/send"), or all ("*"); "token" means token and stable_token. Beside the
// APIs there are these names:
//
//   - "callback": each push to the server is held up by Delay
//   - "callback-loss": the push never arrives
//   - "reply-loss": it arrives, but the server's answer does not: WeChat pushes again
//   - "template/finish": the delivery event says Message, by default "failed: system failed"
//   - "oauth/snapshot": page authorisation yields a snapshot user
type Fault struct {
	API      string
	OpenID   string        // only calls about this person; "": everyone
	Status   int           // HTTP status with an HTML body
	ErrCode  int           // JSON error with status 200
	Message  string        // errmsg, or the status of a delivery event
	Delay    time.Duration // real time, before anything else
	Truncate bool          // half the answer, then the connection breaks
	After    bool          // the call takes effect first; only its answer is spoiled
	Times    int           // how many calls it hits; 0: until cleared
}

// Fail switches a fault on. The returned function switches it off again.
func (p *Platform) Fail(f Fault) (undo func()) {
	set := &f
	p.mu.Lock()
	p.faults = append(p.faults, set)
	p.mu.Unlock()
	p.tell(Update{Kind: UpdateFaults})
	return func() {
		p.mu.Lock()
		p.faults = slices.DeleteFunc(p.faults, func(other *Fault) bool { return other == set })
		p.mu.Unlock()
		p.tell(Update{Kind: UpdateFaults})
	}
}

// ClearFaults switches all faults off.
func (p *Platform) ClearFaults() {
	p.mu.Lock()
	p.faults = nil
	p.mu.Unlock()
	p.tell(Update{Kind: UpdateFaults})
}

// Faults are the faults now on, with the Times they still have.
func (p *Platform) Faults() []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	faults := make([]Fault, len(p.faults))
	for i, f := range p.faults {
		faults[i] = *f
	}
	return faults
}

// trip returns the fault that hits this call, nil for none, and counts it down. The newest
// matching fault wins.
func (p *Platform) trip(api, openID string) *Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.faults) - 1; i >= 0; i-- {
		f := p.faults[i]
		if !matches(f.API, api) || f.OpenID != "" && f.OpenID != openID {
			continue
		}
		hit := *f
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				p.faults = slices.Delete(p.faults, i, i+1)
				p.tellLocked(Update{Kind: UpdateFaults})
			}
		}
		return &hit
	}
	return nil
}

// pseudo are the fault names that are no API: "*" does not mean them.
var pseudo = []string{"callback", "callback-loss", "reply-loss", "template/finish", "oauth/snapshot"}

// matches says whether a fault or question about name means this api.
func matches(name, api string) bool {
	switch {
	case name == api:
		return true
	case slices.Contains(pseudo, api):
		return false
	case name == "*" || name == "":
		return true
	case name == "token":
		return api == "stable_token"
	}
	return strings.HasSuffix(api, "/"+name)
}

// spoils says whether the fault replaces the answer.
func (f *Fault) spoils() bool { return f.Status != 0 || f.ErrCode != 0 }

// answer is what the caller gets instead.
func (f *Fault) answer() answer {
	if f.Status != 0 {
		text := fmt.Sprintf("<html><body><h1>%d %s</h1></body></html>", f.Status, http.StatusText(f.Status))
		return answer{status: f.Status, header: http.Header{"Content-Type": {"text/html"}}, body: []byte(text)}
	}
	text := f.Message
	if text == "" {
		text = "fault"
		if f.ErrCode == -1 {
			text = "system error"
		}
	}
	return fail(f.ErrCode, text)
}

// pause waits d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
