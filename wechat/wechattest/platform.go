// Package wechattest plays the WeChat Official Account platform over real HTTP: the API a
// service account calls, and the callbacks WeChat sends, with users who chat, follow, scan
// and block. It serves tests and the demo. What it enforces (signatures, the 5-second rule,
// quotas, field types, token lifetimes) follows the official documentation; where nobody
// confirmed the platform's behaviour, it takes turns between the possible ones or picks the
// stricter, and the comment says so.
package wechattest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options describe the account the platform hosts. Every empty field gets a default; read
// the completed set back with [Platform.Options].
type Options struct {
	AppID, AppSecret string
	Token            string // shared with the account's server, for signatures
	EncodingAESKey   string // 43 characters; the callbacks are always in safe mode
	OriginalID       string // the account's gh_… id
	CallbackURL      string
	OAuthDomain      string                              // host allowed in redirect_uri; empty: any
	Now              func() time.Time                    // the platform's clock; nil: time.Now
	Client           *http.Client                        // sends the callbacks; redirects are never followed
	Timeout          time.Duration                       // the 5-second rule, in real time; 0: 5 s
	TokenLife        time.Duration                       // how long an access token lives; 0: 7200 s
	Templates        []Template                          // nil: DefaultTemplates
	Secret           func(kind string, values ...string) // told of each open id, token, code and word that is nobody else's; nil: nobody asks
}

// Platform is the whole of WeChat as one account sees it. It is an http.Handler for all API
// paths and safe for concurrent use. Close it when done.
type Platform struct {
	opts   Options
	key    []byte
	client *http.Client
	routes map[string]route
	ctx    context.Context
	stop   context.CancelFunc

	mu        sync.Mutex
	idle      *sync.Cond // on mu: a push or a watcher ended
	pushing   int
	callback  string
	users     map[string]*User
	order     []*User // as created
	media     map[string]medium
	templates []Template
	menu      []Button
	scenes    map[string]string // ticket → scene
	tokens    tokenDesk
	oauth     map[string]oauthCode
	sent      map[string]sentOnce // openid + client_msg_id
	used      map[string]int      // calls per API since the day began
	day       string
	clears    map[string]int // clear_quota calls per month
	lastID    int64
	faults    []*Fault
	calls     []Call
	watchers  map[*watcher]struct{}
}

// New opens an account on a fresh platform. It panics on an EncodingAESKey that is none:
// that is a mistake in the test itself.
func New(opts Options) *Platform {
	opts = opts.withDefaults()
	key, err := aesKey(opts.EncodingAESKey)
	if err != nil {
		panic("wechattest: " + err.Error())
	}
	client := *opts.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p := &Platform{
		opts:      opts,
		key:       key,
		client:    &client,
		callback:  opts.CallbackURL,
		users:     map[string]*User{},
		media:     map[string]medium{},
		templates: opts.Templates,
		scenes:    map[string]string{},
		tokens:    newTokenDesk(),
		oauth:     map[string]oauthCode{},
		sent:      map[string]sentOnce{},
		used:      map[string]int{},
		clears:    map[string]int{},
		lastID:    firstID(),
		watchers:  map[*watcher]struct{}{},
	}
	opts.Secret("account", opts.AppSecret, opts.Token, opts.EncodingAESKey)
	p.idle = sync.NewCond(&p.mu)
	p.ctx, p.stop = context.WithCancel(context.Background())
	p.routes = p.allRoutes()
	return p
}

func (o Options) withDefaults() Options {
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&o.AppID, "wx5f0c2a6e9b7d4813")
	fill(&o.AppSecret, "0f6d2c4b8a1e3975d1c0b2a4968e7f53")
	fill(&o.Token, "platformToken")
	fill(&o.EncodingAESKey, "QmFzZTY0S2V5Rm9yVGhlRmFrZVBsYXRmb3JtMTIzNDU")
	fill(&o.OriginalID, "gh_9d2e51c07ab4")
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Secret == nil {
		o.Secret = func(string, ...string) {}
	}
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	if o.TokenLife == 0 {
		o.TokenLife = 7200 * time.Second
	}
	if o.Templates == nil {
		o.Templates = DefaultTemplates()
	}
	if o.Client == nil {
		o.Client = &http.Client{Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     30 * time.Second,
		}}
	}
	return o
}

// firstID starts the message ids at a random height, so that a platform started anew never
// repeats an id the account's server may have recorded from the one before.
func firstID() int64 {
	n, err := rand.Int(rand.Reader, big.NewInt(1<<52))
	if err != nil {
		panic("wechattest: " + err.Error())
	}
	return 24_000_000_000_000_000 + n.Int64()
}

// nextID is a fresh MsgId: 64 bits, rising. p.mu is held.
func (p *Platform) nextID() int64 {
	p.lastID++
	return p.lastID
}

// Options are the account's settings with all defaults filled in.
func (p *Platform) Options() Options { return p.opts }

// Now is the platform's clock.
func (p *Platform) Now() time.Time { return p.opts.Now() }

// SetCallback changes the server URL, as the account's console does; it holds at once.
func (p *Platform) SetCallback(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.callback = url
}

// User is the person with that open id; created, not yet following, on first use.
func (p *Platform) User(openID string) *User {
	p.mu.Lock()
	defer p.mu.Unlock()
	if u, ok := p.users[openID]; ok {
		return u
	}
	p.opts.Secret("open id", openID)
	u := &User{OpenID: openID, p: p, consents: map[string]int{}}
	p.users[openID] = u
	p.order = append(p.order, u)
	return u
}

// Wait returns when every push on its way (delivery events) has been answered or given up.
func (p *Platform) Wait() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.pushing > 0 {
		p.idle.Wait()
	}
}

// Close ends all watchers and pushes and waits for them.
func (p *Platform) Close() {
	p.stop()
	p.mu.Lock()
	for p.pushing > 0 || len(p.watchers) > 0 {
		p.idle.Wait()
	}
	p.mu.Unlock()
	p.client.CloseIdleConnections()
}

// push runs do beside the current call, owned by the platform; do's context ends with Close.
func (p *Platform) push(do func(context.Context)) {
	p.mu.Lock()
	p.pushing++
	p.mu.Unlock()
	go func() {
		defer func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.pushing--
			p.idle.Broadcast()
		}()
		do(p.ctx)
	}()
}

// Verify saves the server URL as the console does: GET with an echostr that must come back
// verbatim. A nil error means the console would accept the URL.
func (p *Platform) Verify(ctx context.Context) error {
	echo := randomDigits(19)
	q := p.signedQuery(p.Now(), "")
	q.Set("echostr", echo)
	a, err := p.Post(ctx, Raw{Method: http.MethodGet, Query: q})
	if err != nil {
		return fmt.Errorf("verify callback URL: %w", err)
	}
	if a.Status != http.StatusOK || string(a.Body) != echo {
		return fmt.Errorf("%w: status %d, %d bytes", ErrVerify, a.Status, len(a.Body))
	}
	return nil
}

// ErrVerify says that the server did not return the console's echostr.
var ErrVerify = errors.New("the server did not return the echostr")
