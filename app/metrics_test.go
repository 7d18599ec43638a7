package app_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/watch/watchtest"
	"cailiao/wechat/wechattest"
)

func TestMetricsAreServedOnAnAddressOfTheirOwn(t *testing.T) {
	platform := wechattest.New(wechattest.Options{Secret: watchtest.Secret})
	defer platform.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := apptest.Config(t, "sqlite", platform, "http://127.0.0.1:1", "http://"+ln.Addr().String())
	cfg.Server.Metrics = address
	a, err := app.Open(t.Context(), cfg, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- a.Serve(ctx, ln) }()
	defer func() {
		stop()
		if err := <-served; err != nil && !strings.Contains(err.Error(), "closed") {
			t.Error(err)
		}
	}()
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get("http://" + address + "/metrics")
		if err != nil {
			continue
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || !strings.Contains(string(body), "cailiao_notices_oldest_due_seconds 0") {
			t.Errorf("%v\n%s", err, body)
		}
		public, err := http.Get("http://" + ln.Addr().String() + "/metrics")
		if err != nil || public.StatusCode != http.StatusNotFound {
			t.Errorf("on the public address: %v, %v", public, err)
		}
		return
	}
	t.Error("no answer")
}
