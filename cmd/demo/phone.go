package main

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"cailiao/wechat/wechattest"
)

// Phone is the page that shows candidates' WeChat side by side and sends what they do to the
// fake platform. It is for demonstrations on one's own machine: whoever reaches it can speak
// as any of its people.
type Phone struct {
	Platform *wechattest.Platform
	Account  string // the account's name at the top of each chat
	People   []Person
	Staff    []StaffCard
	Clock    Clock
	Samples  fs.FS               // photos to tap or drag from; may be nil
	Menu     []wechattest.Button // shown while the platform has no menu of its own

	mu     sync.Mutex
	faults map[string]func() // switches that are on, with what switches them off
}

// Person is one demo candidate and what somebody playing them needs to know.
type Person struct {
	OpenID string `json:"openid"`
	Name   string `json:"name"`
	Number string `json:"number"`
	IDTail string `json:"id_tail"`
	Hint   string `json:"hint"`
}

// StaffCard is one demo staff account and where to log in.
type StaffCard struct {
	Name     string `json:"name"`
	Password string `json:"password"`
	Role     string `json:"role"`
	URL      string `json:"url"`
}

// Clock is the demo's time, which the page can move forward.
type Clock interface {
	Now() time.Time
	Advance(d time.Duration)
}

//go:embed page
var pageFiles embed.FS

// Handler serves the page at its root, its API and its event stream. Call it once.
func (p *Phone) Handler() http.Handler {
	p.faults = map[string]func(){}
	static, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, static, "index.html")
	})
	mux.Handle("GET /phone/", http.StripPrefix("/phone/", http.FileServerFS(static)))
	mux.HandleFunc("GET /samples/{name...}", p.sample)
	mux.HandleFunc("GET /events", p.events)
	mux.HandleFunc("GET /api/state", p.showState)
	mux.HandleFunc("POST /api/clock/advance", p.advance)
	mux.HandleFunc("POST /api/faults", p.switchFault)
	mux.HandleFunc("GET /api/{openid}/chat", p.person(p.chat))
	mux.HandleFunc("GET /api/{openid}/image/{n}", p.person(p.image))
	mux.HandleFunc("POST /api/{openid}/photos", p.person(p.photos))
	mux.HandleFunc("POST /api/{openid}/{act}", p.person(p.act))
	return http.NewCrossOriginProtection().Handler(guard(mux))
}

// guard forbids the page everything it does not need.
func guard(next http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; " +
		"connect-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// person finds whom a path is about; only the demo's people exist.
func (p *Phone) person(next func(http.ResponseWriter, *http.Request, *wechattest.User)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		openID := r.PathValue("openid")
		if !slices.ContainsFunc(p.People, func(one Person) bool { return one.OpenID == openID }) {
			http.Error(w, "no such person", http.StatusNotFound)
			return
		}
		next(w, r, p.Platform.User(openID))
	}
}

// phoneState is all the page shows beside the chats.
type phoneState struct {
	Account string              `json:"account"`
	Now     time.Time           `json:"now"`
	People  []personState       `json:"people"`
	Staff   []StaffCard         `json:"staff"`
	Menu    []wechattest.Button `json:"menu"`
	Faults  []string            `json:"faults"`  // switches that are on
	Samples []string            `json:"samples"` // file names
}

type personState struct {
	Person
	Following bool `json:"following"`
	Refusing  bool `json:"refusing"`
	Entries   int  `json:"entries"`
}

func (p *Phone) state() phoneState {
	s := phoneState{
		Account: p.Account, Now: p.Clock.Now(), Staff: p.Staff, Menu: p.Platform.Menu(),
		People: []personState{}, Faults: p.faultsOn(), Samples: p.sampleNames(),
	}
	if s.Menu == nil {
		s.Menu = p.Menu
	}
	for _, one := range p.People {
		u := p.Platform.User(one.OpenID)
		s.People = append(s.People, personState{
			Person: one, Following: u.Following(), Refusing: u.Refusing(), Entries: len(u.Chat()),
		})
	}
	return s
}

func (p *Phone) showState(w http.ResponseWriter, _ *http.Request) { writeJSON(w, p.state()) }

// sampleNames lists the pictures of Samples by name.
func (p *Phone) sampleNames() []string {
	names := []string{}
	if p.Samples == nil {
		return names
	}
	err := fs.WalkDir(p.Samples, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && isPicture(name) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return []string{}
	}
	return names
}

func isPicture(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic":
		return true
	}
	return false
}

func (p *Phone) sample(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if p.Samples == nil || !isPicture(name) {
		http.NotFound(w, r)
		return
	}
	http.ServeFileFS(w, r, p.Samples, name)
}

// advance moves the demo's clock forward, at most 31 days at a time.
func (p *Phone) advance(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Seconds int64 `json:"seconds"`
	}
	if !readJSON(w, r, &in) {
		return
	}
	d := time.Duration(in.Seconds) * time.Second
	if in.Seconds < 1 || in.Seconds > 31*24*3600 {
		http.Error(w, "seconds must be 1 to 31 days: the clock only moves forward", http.StatusBadRequest)
		return
	}
	p.Clock.Advance(d)
	writeJSON(w, map[string]time.Time{"now": p.Clock.Now()})
}

// events streams the state at once, then every change, as server-sent events. A changed clock
// is an event of its own, whoever moved it.
func (p *Phone) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Time{}) // a server without deadlines says it cannot: fine
	updates := p.Platform.Watch(r.Context())
	if sendEvent(w, out, "state", p.state()) != nil {
		return
	}
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	skew := time.Until(p.Clock.Now())
	for beat := 1; ; beat++ {
		var err error
		select {
		case update, open := <-updates:
			if !open {
				return
			}
			err = p.sendUpdate(w, out, update)
		case <-tick.C:
			now := time.Until(p.Clock.Now())
			if (now - skew).Abs() > time.Second {
				skew = now
				err = sendEvent(w, out, "clock", map[string]time.Time{"now": p.Clock.Now()})
			} else if beat%20 == 0 {
				_, err = fmt.Fprint(w, ": still here\n\n")
				err = errors.Join(err, out.Flush())
			}
		}
		if err != nil {
			return // the browser has gone
		}
	}
}

// sendUpdate passes a platform update on; what is not an entry or typing changes the state.
func (p *Phone) sendUpdate(w http.ResponseWriter, out *http.ResponseController, u wechattest.Update) error {
	switch u.Kind {
	case wechattest.UpdateEntry, wechattest.UpdateTyping:
		return sendEvent(w, out, u.Kind, u)
	}
	return sendEvent(w, out, "state", p.state())
}

func sendEvent(w http.ResponseWriter, out *http.ResponseController, name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("event %s: %w", name, err)
	}
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, data); err != nil {
		return err
	}
	return out.Flush()
}
