package app

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"cailiao/wechat"
)

// serveMetrics answers GET /metrics, and the profiles of net/http/pprof, on an address of its own, which is not for the
// public.
func (a *App) serveMetrics() (stop func() error, err error) {
	if a.Config.Server.Metrics == "" {
		return func() error { return nil }, nil
	}
	ln, err := net.Listen("tcp", a.Config.Server.Metrics)
	if err != nil {
		return nil, fmt.Errorf("server.metrics: %w", err)
	}
	mux := http.NewServeMux()
	all := prometheus.Gatherers{a.Metrics.Registry, a.Notices.Metrics.Registry}
	// With the database gone the other metrics are what one wants to see.
	mux.Handle("GET /metrics", promhttp.HandlerFor(all, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	// A profile lasts as long as it was asked to, hence no limit on writing.
	server := &http.Server{Handler: inert(mux), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: maxHeader}
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	return func() error {
		err := server.Close()
		<-done
		return err
	}, nil
}

// inert keeps a browser from doing anything with an answer but show it.
func inert(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'") // styles: pprof's list
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// noAnswer stands for an errcode where there is none.
const noAnswer = -2

// observe counts a call to WeChat.
func (a *App) observe(api string, err error, took time.Duration) {
	code := 0
	var refused *wechat.Error
	switch {
	case errors.As(err, &refused):
		code = refused.Code
	case err != nil:
		code = noAnswer
	}
	a.Metrics.Call(api, code, string(wechat.ActionFor(err)), took)
}
