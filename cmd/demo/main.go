// Command demo runs the real product on its embedded defaults against a fake WeChat platform,
// with a phone page to play candidates and staff accounts to play reviewers. Nothing leaves the
// machine; all data is under ./data/demo.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"cailiao/app"
	"cailiao/intake"
	"cailiao/seal"
	"cailiao/storage"
	"cailiao/wechat"
	"cailiao/wechat/wechattest"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address of the demo")
	fresh := flag.Bool("fresh", false, "start anew: delete the demo's data first")
	dir := flag.String("dir", filepath.Join("data", "demo"), "folder of the demo's data")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen, *dir, *fresh); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen, dir string, fresh bool) error {
	if fresh {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	d, err := open(ctx, listen, dir)
	if err != nil {
		return err
	}
	greet(d.url, dir, d.phone.Staff)
	return errors.Join(d.serve(ctx), d.close())
}

// demo is everything of the demo, opened.
type demo struct {
	url, dir string
	ln       net.Listener
	kept     *kept
	platform *wechattest.Platform
	phone    *Phone
	app      *app.App
	closers  []func() error // in the order opened
}

func open(ctx context.Context, listen, dir string) (d *demo, err error) {
	d = &demo{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if err = os.MkdirAll(dir, 0o700); err != nil {
		return d, err
	}
	if d.ln, err = net.Listen("tcp", listen); err != nil {
		return d, fmt.Errorf("%w\nanother address: go run ./cmd/demo -listen 127.0.0.1:9090", err)
	}
	d.later(func() error { d.ln.Close(); return nil }) // the server may have closed it before
	d.url = "http://" + reachable(d.ln)
	if d.kept, err = loadKept(dir); err != nil {
		return d, err
	}
	if d.platform, err = d.kept.platform("http://" + local(d.ln) + "/wechat"); err != nil {
		return d, err
	}
	d.later(func() error { d.platform.Close(); return nil })
	api, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return d, err
	}
	fake := &http.Server{Handler: d.platform, ReadHeaderTimeout: 5 * time.Second}
	go fake.Serve(api)
	d.later(fake.Close)
	return d, d.openProduct(ctx, "http://"+api.Addr().String())
}

// openProduct opens the real thing behind the phone page.
func (d *demo) openProduct(ctx context.Context, apiBase string) error {
	cfg, err := configure(d.dir, d.platform, apiBase, d.url)
	if err != nil {
		return err
	}
	season, pictures, err := openSeason(cfg, d.kept.clock.Now())
	if err != nil {
		return err
	}
	log, closeLog, err := openLog(d.dir)
	if err != nil {
		return err
	}
	d.later(closeLog)
	d.phone = &Phone{
		Platform: d.platform, Account: season.Name, People: people(), Clock: d.kept.clock, Samples: samples(), Menu: menu(),
	}
	d.app, err = app.Open(ctx, cfg, app.Options{
		Now: d.kept.clock.Now, Log: log, Season: season, Pictures: pictures, Front: front(d.phone),
	})
	if err != nil {
		return err
	}
	d.later(d.app.Close)
	if d.kept.first {
		d.phone.Staff, err = settle(ctx, d.app, d.url)
	}
	return err
}

// serve runs until ctx ends.
func (d *demo) serve(ctx context.Context) error {
	saving := d.kept.saveNowAndThen(ctx, d.dir, d.platform)
	return errors.Join(d.app.Serve(ctx, d.ln), <-saving)
}

func (d *demo) later(close func() error) { d.closers = append(d.closers, close) }

func (d *demo) close() error {
	var errs []error
	for i := len(d.closers) - 1; i >= 0; i-- {
		errs = append(errs, d.closers[i]())
	}
	return errors.Join(errs...)
}

// configure is the example configuration on the embedded defaults, with the fake platform's
// account.
func configure(dir string, platform *wechattest.Platform, apiBase, url string) (app.Config, error) {
	cfg, err := app.LoadConfig("config.example.yaml")
	if err != nil {
		return cfg, fmt.Errorf("%w\n(start the demo from the project's folder)", err)
	}
	o := platform.Options()
	cfg.Server.PublicURL = url
	cfg.WeChat = wechat.Config{
		AppID: o.AppID, AppSecret: o.AppSecret, Token: o.Token, EncodingAESKey: o.EncodingAESKey, APIBase: apiBase, BrowserBase: apiBase,
	}
	cfg.Database = storage.Config{Driver: "sqlite", DSN: filepath.Join(dir, "cailiao.db")}
	cfg.Redis = storage.RedisConfig{}
	cfg.Staff.TOTP.RequiredFor = []intake.Role{} // nobody needs a second telephone to play
	cfg.Blobs.Dir = filepath.Join(dir, "photos")
	cfg.Keys = seal.Config{File: filepath.Join(dir, "keys.json")}
	if _, err := os.Stat(cfg.Keys.File); errors.Is(err, fs.ErrNotExist) {
		_, err = seal.Create(context.Background(), cfg.Keys)
		return cfg, err
	}
	return cfg, nil
}

// front puts the phone page before the product's own pages.
func front(phone *Phone) func(http.Handler) http.Handler {
	return func(product http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/", phone.Handler())
		for _, path := range []string{"/wechat", "/staff", "/staff/", "/static/", "/examples/", "/privacy", "/healthz", "/readyz"} {
			mux.Handle(path, product)
		}
		return mux
	}
}

func openLog(dir string) (*slog.Logger, func() error, error) {
	file, err := os.OpenFile(filepath.Join(dir, "log.jsonl"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	return slog.New(slog.NewJSONHandler(file, nil)), file.Close, nil
}

// reachable is the address to click on: where the listener is open to other devices, this
// machine's address in the local network.
func reachable(ln net.Listener) string {
	addr := ln.Addr().(*net.TCPAddr)
	if !addr.IP.IsUnspecified() {
		return addr.String()
	}
	addresses, _ := net.InterfaceAddrs() // without any, this machine's own name will do
	for _, a := range addresses {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && !ip.IP.IsLoopback() {
			return net.JoinHostPort(ip.IP.String(), fmt.Sprint(addr.Port))
		}
	}
	return local(ln)
}

func local(ln net.Listener) string {
	addr := ln.Addr().(*net.TCPAddr)
	if addr.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", fmt.Sprint(addr.Port))
	}
	return addr.String()
}
