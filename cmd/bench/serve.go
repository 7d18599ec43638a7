package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"time"

	"cailiao/app"
	"cailiao/intake"
	"cailiao/seal"
	"cailiao/storage"
	"cailiao/wechat"
)

// product is how the whole program is started for a measurement.
type product struct {
	Config   string // the file to start from
	Database storage.Config
	Redis    storage.RedisConfig
	Blobs    string
	Keys     string // file
	WeChat   wechat.Config
	Profile  string        // address of net/http/pprof; empty: none
	Quiet    time.Duration // end of an album; 0: as in production
}

func (p product) hire(ctx context.Context) (*worker, error) {
	settings, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return hireSelf(ctx, "-serve", string(settings))
}

func (p product) configure() (app.Config, *intake.Season, app.Options, error) {
	cfg, err := app.LoadConfig(p.Config)
	if err != nil {
		return cfg, nil, app.Options{}, err
	}
	cfg.Database, cfg.Redis, cfg.Blobs.Dir, cfg.WeChat = p.Database, p.Redis, p.Blobs, p.WeChat
	cfg.Keys = seal.Config{File: p.Keys}
	loaded, pictures, err := app.LoadSeason(cfg.Season, cfg.Location())
	if err != nil {
		return cfg, nil, app.Options{}, err
	}
	now := time.Now()
	season := loaded.Shift(now.AddDate(0, 0, -1), now.AddDate(0, 0, 20), now.AddDate(0, 0, 20))
	return cfg, season, app.Options{Season: season, Pictures: pictures}, nil
}

// serve is the worker of product.hire: the program as `cailiao serve` runs it, its log written as JSON and thrown away.
func serve(ctx context.Context, args []string) error {
	var p product
	if err := json.Unmarshal([]byte(args[0]), &p); err != nil {
		return err
	}
	cfg, _, options, err := p.configure()
	if err != nil {
		return err
	}
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer nowhere.Close()
	options.Log = slog.New(slog.NewJSONHandler(nowhere, nil))
	a, err := app.Open(ctx, cfg, options)
	if err != nil {
		return err
	}
	a.Bot.Quiet = p.Quiet
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, a.Close())
	}
	if p.Profile != "" {
		mux := http.NewServeMux()
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		go http.ListenAndServe(p.Profile, mux)
	}
	ctx, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- a.Serve(ctx, ln) }()
	err = report(ln)
	stop()
	return errors.Join(err, <-served, a.Close())
}
