package faults

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"sync"
	"sync/atomic"

	"cailiao/app"
	"cailiao/storage"
	"cailiao/watch/watchtest"
	"cailiao/wechat/wechattest"
)

// badBlobs is a blob store that can be made bad.
type badBlobs struct {
	storage.Blobs
	fail atomic.Pointer[error]
	slow atomic.Int64 // nanoseconds
}

func (b *badBlobs) Put(ctx context.Context, key string, data []byte) error {
	select {
	case <-time.After(time.Duration(b.slow.Load())):
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := b.fail.Load(); err != nil {
		// What a full disk does: a part is written, then no more.
		return errors.Join(b.Blobs.Put(ctx, key+".part", data[:len(data)/2]), b.Blobs.Delete(ctx, key+".part"), *err)
	}
	return b.Blobs.Put(ctx, key, data)
}

// TestWeChatAndBlobFaults lets photos come while WeChat's API or the blob store is bad. WeChat is the fake platform
// with its own faults here.
func TestWeChatAndBlobFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for recoveries")
	}
	full := error(syscall.ENOSPC)
	for _, fault := range []struct {
		name  string
		wx    wechattest.Fault
		blobs func(*badBlobs)
	}{
		{name: "media 500", wx: wechattest.Fault{API: "media/get", Status: 500}},
		{name: "media slower than patience", wx: wechattest.Fault{API: "media/get", Delay: 6 * time.Second, Times: 2}},
		{name: "media cut off", wx: wechattest.Fault{API: "media/get", Truncate: true, Times: 4}},
		{name: "token refused", wx: wechattest.Fault{API: "media/get", ErrCode: 40001}},
		{name: "no token to be had", wx: wechattest.Fault{API: "token", Status: 503}},
		{name: "media quota used up", wx: wechattest.Fault{API: "media/get", ErrCode: 45009}},
		{name: "blob store full", blobs: func(b *badBlobs) { b.fail.Store(&full) }},
		{name: "blob store slow", blobs: func(b *badBlobs) { b.slow.Store(int64(2 * time.Second)) }},
	} {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			outside(t, fault.wx, fault.blobs)
		})
	}
}

func outside(t *testing.T, wx wechattest.Fault, spoil func(*badBlobs)) {
	const people = 4
	w := openWorld(t, "sqlite", people)
	api := &http.Server{Handler: w.phone}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go api.Serve(ln)
	defer api.Close()
	w.settings.WeChat.APIBase = "http://" + ln.Addr().String()
	a, err := w.settings.open(t.Context(), app.Options{Log: watchtest.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	blobs := &badBlobs{Blobs: a.Blobs}
	a.Bot.Blobs = blobs
	program := w.serve(a)
	w.phone.SetCallback(program.url + "/wechat")
	for i := range people {
		w.phone.User(w.person(i)).Follow(t.Context())
	}
	heal := func() { blobs.fail.Store(nil); blobs.slow.Store(0) }
	if spoil != nil {
		spoil(blobs)
	} else {
		heal = w.phone.Fail(wx)
	}
	var sending sync.WaitGroup
	broken := make([]string, people)
	slowest := make([]time.Duration, people)
	for i := range people {
		sending.Go(func() {
			began := time.Now()
			d := w.phone.User(w.person(i)).SendPhoto(t.Context(), fmt.Appendf(append([]byte(nil), w.picture...), "%16d", i))
			broken[i], slowest[i] = d.Broken, time.Since(began)
		})
	}
	sending.Wait()
	time.Sleep(2500 * time.Millisecond) // the fault lasts; what was put off is tried and put off again
	heal()
	healed := time.Now()
	y := tally{name: t.Name(), sent: people}
	for until := time.Now().Add(2*recoveredWithin + 10*time.Second); y.effects < people && time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		y.effects = 0
		for i := range people {
			y.effects += w.kept(t, w.person(i))
		}
	}
	y.recovery = time.Since(healed)
	for i := range people {
		if broken[i] == "" {
			y.acked++
		}
		y.slowest = max(y.slowest, slowest[i])
	}
	y.lost = y.acked - y.effects
	t.Log(y)
	if y.effects != people || y.acked != people || y.slowest > 4500*time.Millisecond+slack {
		t.Error("a photo was lost, not acknowledged, or WeChat waited too long")
	}
	limit := recoveredWithin
	if wx.Times > 0 {
		limit += 6 * time.Second // the slow answers run out first
	}
	if wx.API == "token" || wx.ErrCode == 45009 {
		limit += 10 * time.Second // the platform's refusal of a token stands for ten seconds, so that it is not asked all the time
	}
	if y.recovery > limit {
		t.Errorf("recovered after %s", y.recovery)
	}
	for i := range people {
		w.onePhoto(t, w.person(i))
	}
}

// kept counts the photos of somebody.
func (w *world) kept(t *testing.T, openID string) int {
	t.Helper()
	talk, err := w.db.Talk(t.Context(), openID)
	if err != nil {
		t.Fatal(err)
	}
	c, err := w.db.Case(t.Context(), talk.CandidateID)
	if err != nil {
		t.Fatal(err)
	}
	return len(c.Photos) + len(c.Tray)
}

// TestOutOfFileDescriptors lets an instance run dry of descriptors by connections that nobody uses.
func TestOutOfFileDescriptors(t *testing.T) {
	w := openWorld(t, "sqlite", 4)
	w.settings.Listen, w.settings.Files = freeAddress(t), 40
	program := startChild(t, w.settings)
	var idle []net.Conn
	for range 60 {
		conn, err := net.Dial("tcp", w.settings.Listen)
		if err == nil { // the kernel still takes them
			idle = append(idle, conn)
		}
	}
	stop := w.chatter(4, 50*time.Millisecond, func() string { return program.url })
	time.Sleep(1500 * time.Millisecond)
	for _, conn := range idle {
		conn.Close()
	}
	healed := time.Now()
	time.Sleep(1500 * time.Millisecond)
	stop()
	y := w.judge(t, "out of file descriptors", healed)
	if program.dead.Load() {
		t.Error("the program ended")
	}
	if y.acked < 4 {
		t.Errorf("%d acknowledged", y.acked)
	}
}
