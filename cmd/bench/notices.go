package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"cailiao/app"
	"cailiao/intake"
	"cailiao/notify"
	"cailiao/seal"
	"cailiao/storage"
	"cailiao/wechat"
	"cailiao/wechat/wechattest"
)

// noticesBench is one run: an empty database, a platform that takes its time.
type noticesBench struct {
	cfg     app.Config
	keys    *seal.Keys
	season  *intake.Season
	sent    atomic.Int64
	latency time.Duration
	api     *httptest.Server
	people  int
}

// notices measures how fast due notices go out, with one instance and with two, and whether
// 100,000 of them slow the callback.
func notices(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("notices", flag.ContinueOnError)
	config := flags.String("config", "config.example.yaml", "configuration to start from; its database is not touched")
	dsn := flags.String("dsn", "", "an EMPTY MySQL or MariaDB database, user:password@tcp(host:port)/name; empty: SQLite in a temporary folder")
	rows := flags.Int("rows", 3000, "due notices to drain, each of another person")
	due := flags.Int("due", 100_000, "due notices while the callback is measured")
	calls := flags.Int("calls", 1500, "callbacks measured, without and with due notices")
	latency := flags.Duration("latency", 50*time.Millisecond, "the platform's time to answer a template message")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench-notices-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &noticesBench{latency: *latency, people: max(*rows, 100)}
	if b.cfg, err = app.LoadConfig(*config); err != nil {
		return err
	}
	b.cfg.Database = storage.Config{Driver: "sqlite", DSN: filepath.Join(dir, "bench.db")}
	if *dsn != "" {
		b.cfg.Database = storage.Config{Driver: "mysql", DSN: *dsn}
	}
	b.cfg.Blobs.Dir = dir
	b.cfg.Keys = seal.Config{File: filepath.Join(dir, "keys.json")}
	if _, err := seal.Create(ctx, b.cfg.Keys); err != nil {
		return err
	}
	if b.keys, err = seal.Load(ctx, b.cfg.Keys); err != nil {
		return err
	}
	b.api = httptest.NewServer(http.HandlerFunc(b.platform))
	defer b.api.Close()
	b.cfg.WeChat.APIBase = b.api.URL
	if err := b.prepare(ctx); err != nil {
		return err
	}
	fmt.Printf("%s, platform answers in %s\n", b.cfg.Database.Driver, b.latency)
	for instances := 1; instances <= 2; instances++ {
		if err := b.drain(ctx, instances, *rows); err != nil {
			return err
		}
	}
	return b.callback(ctx, *due, *calls)
}

// platform answers what the program asks of WeChat.
func (b *noticesBench) platform(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	switch r.URL.Path {
	case "/cgi-bin/stable_token":
		fmt.Fprint(w, `{"access_token":"T","expires_in":7200}`)
	case "/cgi-bin/message/template/send":
		time.Sleep(b.latency)
		fmt.Fprintf(w, `{"errcode":0,"errmsg":"ok","msgid":%d}`, 1<<40+b.sent.Add(1))
	default:
		fmt.Fprint(w, `{"errcode":0,"errmsg":"ok"}`)
	}
}

// prepare brings bound candidates into the database, and a season whose window is open and whose
// nights are not quiet.
func (b *noticesBench) prepare(ctx context.Context) error {
	loaded, _, err := app.LoadSeason(b.cfg.Season, b.cfg.Location())
	if err != nil {
		return err
	}
	now := time.Now()
	b.season = loaded.Shift(now.AddDate(0, 0, -1), now.AddDate(0, 0, 20), now.AddDate(0, 0, 20))
	b.season.Review.ResultsInQuiet, b.season.Review.ClosingNotice = true, 0
	db, err := storage.Open(ctx, b.cfg.Database, b.keys)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	var rows []intake.RosterRow
	for i := range b.people {
		rows = append(rows, intake.RosterRow{
			Number: fmt.Sprint("N", i+1), Name: "林知夏", IDType: "居民身份证", IDNumber: fmt.Sprint("99", i+1), Phone: "13900000001",
			Site: b.season.Sites[0].Code, Attrs: map[string]any{"level": "执业", "category": "临床"},
		})
	}
	if _, err := db.ImportRoster(ctx, rows, nil); err != nil {
		return err
	}
	return inSteps(ctx, db, b.people, func(tx storage.Q, i int) error {
		openID := fmt.Sprint("o-", i)
		if err := tx.Bind(ctx, int64(i), openID, now); err != nil {
			return err
		}
		_, err := tx.SaveTalk(ctx, intake.Talk{OpenID: openID, Following: true})
		return err
	})
}

// inSteps calls f for 1 to n, many in one transaction.
func inSteps(ctx context.Context, db *storage.DB, n int, f func(tx storage.Q, i int) error) error {
	const step = 1000
	for first := 1; first <= n; first += step {
		err := db.InTx(ctx, func(tx storage.Q) error {
			for i := first; i < min(first+step, n+1); i++ {
				if err := f(tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// promise makes n notices due now, spread over the people; tag keeps their keys apart.
func (b *noticesBench) promise(ctx context.Context, db *storage.DB, n, tag int) error {
	now := time.Now()
	return inSteps(ctx, db, n, func(tx storage.Q, i int) error {
		id := int64(i%b.people + 1)
		c := intake.Case{Candidate: intake.Candidate{ID: id}, Submission: intake.Submission{Round: 1}}
		return tx.AddNotices(ctx, []intake.Notice{intake.AnswerNotice(b.season, c, tag+i, now)})
	})
}

// drain lets so many instances, each with connections of its own, empty the outbox.
func (b *noticesBench) drain(ctx context.Context, instances, rows int) error {
	var loops []*notify.Loop
	for i := range instances {
		db, err := storage.Open(ctx, b.cfg.Database, b.keys)
		if err != nil {
			return err
		}
		defer db.Close()
		account, err := wechat.Open(b.cfg.WeChat, nil, wechat.Options{})
		if err != nil {
			return err
		}
		defer account.Close()
		loops = append(loops, notify.New(notify.Loop{
			DB: db, WeChat: account, Season: b.season, Config: b.cfg.Notices, Now: time.Now, Owner: fmt.Sprint("bench", i),
			Log: slog.New(slog.DiscardHandler),
		}))
	}
	if err := b.promise(ctx, loops[0].DB, rows, instances*1_000_000); err != nil {
		return err
	}
	before, began := b.sent.Load(), time.Now()
	running, stop := context.WithCancel(ctx)
	var working sync.WaitGroup
	for _, l := range loops {
		working.Go(func() { l.Run(running) })
		l.Wake()
	}
	for b.sent.Load()-before < int64(rows) && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
	}
	took := time.Since(began)
	stop()
	working.Wait()
	fmt.Printf("%d instance(s): %d rows in %.1f s, %.0f rows/s; sent more than once: %d\n",
		instances, rows, took.Seconds(), float64(rows)/took.Seconds(), b.sent.Load()-before-int64(rows))
	return ctx.Err()
}

// switches of measuring without and with sending: what else the machine does drifts.
const switches = 5

// steer pauses or resumes the sending, and waits until what is under way is over.
func steer(ctx context.Context, db *storage.DB, pause bool) error {
	var err error
	if pause {
		err = db.PauseNotices(ctx, storage.Pause{Kind: storage.EveryKind, Until: time.Now().Add(time.Hour), Since: time.Now()})
	} else {
		err = db.ResumeNotices(ctx, storage.EveryKind)
	}
	time.Sleep(3 * time.Second)
	return err
}

// callback compares the callback's times while notices are paused and while they go out, in the
// same process.
func (b *noticesBench) callback(ctx context.Context, due, calls int) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b.cfg.Server = app.Server{PublicURL: "http://" + ln.Addr().String()}
	a, err := app.Open(ctx, b.cfg, app.Options{Season: b.season})
	if err != nil {
		return err
	}
	defer a.Close()
	serving, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() { served <- a.Serve(serving, ln) }()
	w := b.cfg.WeChat
	phone := wechattest.New(wechattest.Options{
		AppID: w.AppID, AppSecret: w.AppSecret, Token: w.Token, EncodingAESKey: w.EncodingAESKey,
		CallbackURL: b.cfg.Server.PublicURL + "/wechat", Now: time.Now,
	})
	defer phone.Close()
	b.speak(ctx, phone, calls/3) // warm
	var idle, loaded []time.Duration
	var sending time.Duration
	before := b.sent.Load()
	for turn := range switches {
		if err := steer(ctx, a.DB, true); err != nil {
			return err
		}
		if turn == 0 {
			if err := b.promise(ctx, a.DB, due, 5_000_000); err != nil {
				return err
			}
		}
		idle = append(idle, b.speak(ctx, phone, calls/switches)...)
		if err := steer(ctx, a.DB, false); err != nil {
			return err
		}
		began := time.Now()
		loaded = append(loaded, b.speak(ctx, phone, calls/switches)...)
		sending += time.Since(began)
	}
	rate := float64(b.sent.Load()-before) / sending.Seconds()
	left, _, err := a.DB.NoticeBacklog(ctx, time.Now())
	stop()
	err = errors.Join(err, <-served)
	ratio := p(99, loaded).Seconds() / p(99, idle).Seconds()
	fmt.Printf("callback idle: p50 %s, p99 %s; with %d due (%d still due at the end, %.0f/s going out): p50 %s, p99 %s\n",
		p(50, idle), p(99, idle), due, left, rate, p(50, loaded), p(99, loaded))
	fmt.Printf("goal p99 ≤ 1.5×: %.2f×: %s\n", ratio, map[bool]string{true: "met", false: "MISSED"}[ratio <= 1.5])
	if err == nil && (ratio > 1.5 || left == 0) {
		return errors.New("the goal was missed, or nothing was due any more")
	}
	return err
}

// speak lets people ask for their progress, 60 a second, and returns how long each answer took.
func (b *noticesBench) speak(ctx context.Context, phone *wechattest.Platform, calls int) []time.Duration {
	const people = 50
	times := make([]time.Duration, calls)
	for i := range people {
		if u := phone.User(fmt.Sprint("o-", b.people-i)); !u.Following() {
			u.Follow(ctx)
		}
	}
	var talking sync.WaitGroup
	tick := time.NewTicker(time.Second / 60)
	defer tick.Stop()
	for i := range calls {
		<-tick.C
		talking.Go(func() {
			began := time.Now()
			phone.User(fmt.Sprint("o-", b.people-i%people)).Say(ctx, "进度")
			times[i] = time.Since(began)
		})
	}
	talking.Wait()
	return times
}

// p is a percentile.
func p(percent int, times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)*percent/100].Round(100 * time.Microsecond)
}
