// Package apptest starts the whole program for tests: real HTTP from the fake platform to the
// callback and back, real pages, a clock that tests move.
package apptest

import (
	"context"
	"net"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/intake"
	"cailiao/seal"
	"cailiao/storage/storagetest"
	"cailiao/watch/watchtest"
	"cailiao/wechat"
	"cailiao/wechat/wechattest"
)

// World is the program running, and the platform and clock around it.
type World struct {
	*app.App
	Platform *wechattest.Platform
	Clock    *Clock
	URL      string // of the program
	config   app.Config
	stop     func() error
	tweaks   []func(*app.App)
}

// slow stands for every limit of WeChat's five seconds: what is tested is what is said, not how
// fast a loaded machine with the race detector is.
const slow = time.Minute

// Each runs f once per engine set that is available; see storagetest for which must be.
func Each(t *testing.T, f func(t *testing.T, engine string)) {
	t.Helper()
	for _, engine := range storagetest.Engines(t) {
		t.Run(engine, func(t *testing.T) { f(t, engine) })
	}
}

// Start runs the program at start o'clock with the Beijing season and an empty database. It is
// stopped when the test ends, and must then have drained without error. tweaks change the opened
// program before it serves.
func Start(t testing.TB, engine string, start time.Time, tweaks ...func(*app.App)) *World {
	t.Helper()
	return StartWith(t, engine, start, func(*app.Config) {}, tweaks...)
}

// StartWith is Start with a change of the configuration.
func StartWith(t testing.TB, engine string, start time.Time, configure func(*app.Config), tweaks ...func(*app.App)) *World {
	t.Helper()
	w := &World{Clock: &Clock{at: start, since: time.Now()}}
	Guard(People)
	w.Platform = wechattest.New(wechattest.Options{Now: w.Clock.Now, Timeout: slow, Secret: watchtest.Secret})
	t.Cleanup(w.Platform.Close)
	api := httptest.NewServer(w.Platform)
	t.Cleanup(api.Close)
	w.tweaks = tweaks
	w.run(t, engine, api.URL, configure)
	w.Platform.SetCallback(w.URL + "/wechat")
	t.Cleanup(func() {
		if err := w.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	return w
}

func (w *World) run(t testing.TB, engine, apiBase string, configure func(*app.Config)) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.URL = "http://" + ln.Addr().String()
	w.config = Config(t, engine, w.Platform, apiBase, w.URL)
	configure(&w.config)
	w.App, w.stop = serve(t, w, ln)
}

// Second starts another instance of the same program on the same stores, and returns it with its URL. Its
// in-process Redis is its own, as if the shared one were gone, unless the engine has a server.
func (w *World) Second(t testing.TB) (*app.App, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	second, stop := serve(t, w, ln)
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("stop the second instance: %v", err)
		}
	})
	return second, "http://" + ln.Addr().String()
}

func serve(t testing.TB, w *World, ln net.Listener) (*app.App, func() error) {
	a, err := app.Open(t.Context(), w.config, app.Options{Now: w.Clock.Now, Log: Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	a.Bot.Quiet = quiet
	a.Bot.Patience = slow
	a.Bot.Probe = 24 * time.Hour // what is put off stays so until a test moves the clock
	for _, tweak := range w.tweaks {
		tweak(a)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- a.Serve(ctx, watchtest.Listen(ln)) }()
	return a, sync.OnceValue(func() error {
		cancel()
		err := <-served
		a.Close()
		return err
	})
}

// Config is the example configuration on the given engine set, with fresh stores.
func Config(t testing.TB, engine string, platform *wechattest.Platform, apiBase, publicURL string) app.Config {
	t.Helper()
	cfg, err := app.LoadConfig(filepath.Join(Root(), "config.example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	o := platform.Options()
	cfg.Server = app.Server{Listen: "127.0.0.1:0", PublicURL: publicURL}
	cfg.Staff.TOTP.RequiredFor = []intake.Role{} // tests of one-time codes say so
	cfg.WeChat = wechat.Config{
		AppID: o.AppID, AppSecret: o.AppSecret, Token: o.Token, EncodingAESKey: o.EncodingAESKey, APIBase: apiBase, BrowserBase: apiBase,
	}
	cfg.Blobs = storagetest.BlobStore(t, engine)
	cfg.Keys = seal.Config{File: storagetest.KeyFile(t)}
	cfg.Imaging.Timeout = slow
	cfg.Database, cfg.Redis = storagetest.Stores(t, engine)
	return cfg
}

// Root is the project's folder.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Clock runs like the machine's from a chosen moment, and can be moved forward.
type Clock struct {
	mu    sync.Mutex
	at    time.Time
	since time.Time
}

// Now is the moment in this world.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at.Add(time.Since(c.since))
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
