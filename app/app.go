package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"cailiao/bot"
	"cailiao/clamd"
	"cailiao/handlers"
	"cailiao/imaging"
	"cailiao/imaging/reading"
	"cailiao/intake"
	"cailiao/notify"
	"cailiao/privacy"
	"cailiao/review"
	"cailiao/seal"
	"cailiao/sms"
	"cailiao/storage"
	"cailiao/templates"
	"cailiao/watch"
	"cailiao/wechat"
)

// App is the whole program, opened.
type App struct {
	Config  Config
	Season  *intake.Season
	Keys    *seal.Keys
	Keeper  *privacy.Keeper
	DB      *storage.DB
	Redis   *storage.Redis
	Blobs   storage.Blobs
	WeChat  *wechat.Account
	Bot     *bot.Bot
	Desk    *review.Desk
	Notices *notify.Loop
	Reading *reading.Reader // nil: pictures are not read
	Metrics *watch.Metrics

	pages http.Handler
	clock *storage.Clock // nil: the caller's
	log   *slog.Logger

	release func() error // of the database, see storage.DB.Use
}

// Options are what the configuration does not say.
type Options struct {
	Now      func() time.Time // nil: the database server's clock, which all instances share
	Machine  func() time.Time // this machine's clock, from which the database server's is reckoned; nil: time.Now
	Log      *slog.Logger     // nil: discard
	Season   *intake.Season   // nil: from the configuration's file
	Pictures fs.FS            // the example pictures of Season

	Front func(http.Handler) http.Handler // what stands before the pages; nil: nothing
}

// Open opens every part and brings the database up to date. What fails is named.
func Open(ctx context.Context, cfg Config, opts Options) (*App, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Season == nil {
		season, pictures, err := LoadSeason(cfg.Season, cfg.Location())
		if err != nil {
			return nil, err
		}
		opts.Season, opts.Pictures = season, pictures
	}
	opts.Log = watch.Log(opts.Log.Handler())
	a := &App{Config: cfg, Season: opts.Season, Metrics: watch.New(), log: opts.Log}
	if err := a.openStores(ctx, &opts); err != nil {
		a.Close()
		return nil, err
	}
	if err := a.openHouse(opts); err != nil {
		a.Close()
		return nil, err
	}
	return a, nil
}

func (a *App) openStores(ctx context.Context, opts *Options) (err error) {
	a.tellPlain()
	if a.Keys, err = seal.Load(ctx, a.Config.Keys); err != nil {
		return err
	}
	if a.DB, err = storage.Open(ctx, a.Config.Database, a.Keys); err != nil {
		return err
	}
	if a.release, err = a.DB.Use(ctx); err != nil {
		return err
	}
	if opts.Now == nil {
		if a.clock, err = a.DB.Clock(ctx, opts.Machine); err != nil {
			return err
		}
		if err = a.clock.Check(); err != nil {
			return err
		}
		opts.Now = a.clock.Now
	}
	a.DB.Now = opts.Now
	if err = a.DB.Migrate(ctx); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	if err = a.DB.Opens(ctx); err != nil {
		return err
	}
	if a.Redis, err = storage.OpenRedis(ctx, a.Config.Redis, opts.Now); err != nil {
		return err
	}
	if _, err = a.Config.Blobs.Check(ctx); err != nil {
		return err
	}
	if a.Blobs, err = storage.OpenBlobs(a.Config.Blobs); err != nil {
		return err
	}
	a.Blobs = storage.SealBlobs(a.Blobs, a.Keys)
	if a.WeChat, err = wechat.Open(a.Config.WeChat, a.Redis, wechat.Options{Now: opts.Now, Log: opts.Log, Observe: a.observe}); err != nil {
		return fmt.Errorf("wechat: %w", err)
	}
	return nil
}

func (a *App) openHouse(opts Options) error {
	texts, err := sms.Open(a.Config.SMS, opts.Now)
	if err != nil {
		return err
	}
	photos, err := photoConfig(a.Config.Imaging, a.Season)
	if err != nil {
		return err
	}
	a.Notices = notify.New(notify.Loop{
		DB: a.DB, WeChat: a.WeChat, Season: a.Season, Config: a.Config.Notices, SMS: texts,
		Now: opts.Now, Log: opts.Log, Owner: instance(),
	})
	a.Notices.Metrics.WatchStore(a.DB, opts.Now)
	a.openReading()
	scanner, err := clamd.Open(a.Config.Clamd)
	if err != nil {
		return err
	}
	if scanner != nil {
		scanner.Observe, scanner.Log = a.Metrics.Scan, opts.Log
	}
	works := imaging.New(photos)
	works.Observe = a.Metrics.Stage
	a.Bot = &bot.Bot{
		DB: a.DB, Redis: a.Redis, Blobs: a.Blobs, WeChat: a.WeChat, Clamd: scanner, Imaging: works, Metrics: a.Metrics,
		Season: a.Season, Now: opts.Now, Log: opts.Log,
		Examples: a.Config.Server.PublicURL + "/examples", Wake: a.Notices.Wake,
		Notice: a.Config.Privacy.Version(), Secret: a.Config.SceneSecret(), Pictures: opts.Pictures, Page: a.Config.Server.PublicURL + "/mine",
		Privacy: a.Config.Server.PublicURL + "/privacy",
	}
	if a.Reading != nil { // a nil pointer in an interface is not nil
		a.Bot.Reading = a.Reading
	}
	a.Keeper = &privacy.Keeper{DB: a.DB, Blobs: a.Blobs, Season: a.Season, Config: a.Config.Privacy, Now: opts.Now, Log: opts.Log}
	a.Metrics.Watch(watch.House{DB: a.DB, Redis: a.Redis, Now: opts.Now, InHand: a.Bot.Hands})
	a.Desk = &review.Desk{
		DB: a.DB, Blobs: a.Blobs, Season: a.Season, Now: opts.Now, Log: opts.Log, Wake: a.Notices.Wake,
		Tell: a.Bot.Tell, Clamd: scanner, Cost: a.Config.Staff.Password, TOTPFor: a.Config.Staff.TOTP.Required(),
	}
	house := &handlers.House{
		Account: a.WeChat, Bot: a.Bot, Desk: a.Desk, Keeper: a.Keeper, DB: a.DB, Redis: a.Redis, Blobs: a.Blobs,
		Season: a.Season, SeasonFS: opts.Pictures, Now: opts.Now, Log: opts.Log,
		PublicURL: a.Config.Server.PublicURL, HSTSHostOnly: a.Config.Server.HSTSHostOnly, Proxies: a.Config.Server.TrustedProxies, Metrics: a.Metrics, Clamd: scanner,
		Codes:   bot.Coder{Account: a.WeChat, Secret: a.Config.SceneSecret(), Now: opts.Now},
		Privacy: a.privacyPage(),
	}
	pages, err := house.Router()
	if err != nil {
		return err
	}
	if opts.Front != nil {
		pages = opts.Front(pages)
	}
	a.pages = pages
	return nil
}

// privacyPage is what candidates are told of their data, as it is configured.
func (a *App) privacyPage() templates.PrivacyPage {
	c := a.Config.Privacy
	return templates.PrivacyPage{
		Season: a.Season.Name, Version: c.Version(), Operator: cmp.Or(c.Operator, a.Season.Area.Name), Contact: c.Contact, Sites: a.Season.Sites,
		Parting: a.Season.Parting, SMS: a.Config.SMS.Provider != "", Messages: c.Keep.MessageDays(), Attempts: c.Keep.AttemptDays(),
	}
}

// openReading opens what is optional: without it everything else works.
func (a *App) openReading() {
	r, err := reading.Open(a.Config.Reading.Dir)
	switch {
	case err == nil:
		a.Reading = r
		a.log.Info("pictures are read", "dir", a.Config.Reading.Dir)
	case errors.Is(err, reading.ErrNotBuilt) || errors.Is(err, reading.ErrMissing):
		a.log.Info("pictures are not read; everything else works", "reason", err)
	default:
		a.log.Error("pictures are not read; everything else works", "err", err)
	}
}

// drainFor is how long running work may take after the order to stop.
const drainFor = 20 * time.Second

// maxHeader is how many bytes a request may have before its body; browsers and WeChat send a few hundred.
const maxHeader = 32 << 10

// Serve answers on ln and runs the loops until ctx ends; then no new work is taken, what runs is
// finished, and what could not be finished stays recorded for the next start.
func (a *App) Serve(ctx context.Context, ln net.Listener) error {
	server := &http.Server{
		Handler:           a.pages,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	loops, stopLoops := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { a.Bot.Run(loops) })
	running.Go(func() { a.Notices.Run(loops) })
	running.Go(func() { a.Keeper.Run(loops) })
	running.Go(func() { a.followKeys(loops) })
	running.Go(func() { a.Desk.RunImports(loops, instance()) })
	running.Go(func() { a.Desk.RunBatches(loops) })
	if a.clock != nil {
		running.Go(func() { a.clock.Run(loops) })
	}
	stopMetrics, err := a.serveMetrics()
	if err != nil {
		stopLoops()
		running.Wait()
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()
	withHeadroom(func() {
		select {
		case <-ctx.Done():
		case err = <-failed:
		}
	})
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainFor)
	defer cancel()
	err = errors.Join(err, server.Shutdown(draining), stopMetrics())
	stopLoops()
	running.Wait()
	return errors.Join(err, a.Bot.Drain(draining))
}

const followKeysEvery = 30 * time.Second

// followKeys reads the key file again now and then: a rotation must reach every instance.
func (a *App) followKeys(ctx context.Context) {
	tick := time.NewTicker(followKeysEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := a.Keys.Refresh(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("keys not read again; those known before are used", "err", err)
		}
	}
}

// Close lets go of everything Open took.
func (a *App) Close() error {
	var errs []error
	if a.WeChat != nil {
		a.WeChat.Close()
	}
	if a.Redis != nil {
		errs = append(errs, a.Redis.Close())
	}
	if a.Reading != nil {
		errs = append(errs, a.Reading.Close())
	}
	if a.release != nil {
		errs = append(errs, a.release())
	}
	if a.DB != nil {
		errs = append(errs, a.DB.Close())
	}
	return errors.Join(errs...)
}

// instance names this process in leases.
func instance() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return host + "/" + strconv.Itoa(os.Getpid())
}
