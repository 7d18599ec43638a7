package app

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// serveMetrics answers GET /metrics on an address of its own, which is not for the public.
func (a *App) serveMetrics() (stop func() error, err error) {
	if a.Config.Server.Metrics == "" {
		return func() error { return nil }, nil
	}
	ln, err := net.Listen("tcp", a.Config.Server.Metrics)
	if err != nil {
		return nil, fmt.Errorf("server.metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.Notices.Metrics.Registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(ln) }()
	return func() error {
		err := server.Close()
		<-done
		return err
	}, nil
}
