package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
)

// takingPlatform answers what the program asks of WeChat, at once; every media id is the same picture with an end of
// its own, so that no two are the same photo.
type takingPlatform struct {
	url     string
	server  *http.Server
	picture atomic.Pointer[[]byte]
	fetched atomic.Int64
	told    atomic.Int64 // customer-service messages
}

func openPlatform() (*takingPlatform, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &takingPlatform{url: "http://" + ln.Addr().String()}
	p.server = &http.Server{Handler: p}
	go p.server.Serve(ln)
	return p, nil
}

func (p *takingPlatform) close() error { return p.server.Close() }

func (p *takingPlatform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	switch r.URL.Path {
	case "/cgi-bin/stable_token":
		fmt.Fprint(w, `{"access_token":"T","expires_in":7200}`)
	case "/cgi-bin/media/get":
		p.fetched.Add(1)
		end := fmt.Sprintf("%-16s", r.URL.Query().Get("media_id"))
		picture := *p.picture.Load()
		w.Header().Set("Content-Type", "image/jpeg")
		w.Header().Set("Content-Length", fmt.Sprint(len(picture)+len(end)))
		w.Write(picture)
		io.WriteString(w, end)
	case "/cgi-bin/message/custom/send":
		p.told.Add(1)
		fallthrough
	default:
		fmt.Fprint(w, `{"errcode":0,"errmsg":"ok"}`)
	}
}
