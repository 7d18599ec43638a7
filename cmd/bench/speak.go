package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"cailiao/wechat/wechattest"
)

// crowd speaks as many people at once. What it sends is signed and encrypted beforehand and written by hand, so that
// the generator takes little of the machine, and the same of it from everybody compared.
type crowd struct {
	phone *wechattest.Platform // seals
	lastN atomic.Int64         // message ids given out
}

// text is the request of somebody saying something.
func (c *crowd) text(openID, words string) []byte {
	return c.request(openID, fmt.Sprintf("<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[%s]]></Content>", words))
}

// photo is the request of somebody sending the picture with that id.
func (c *crowd) photo(openID, mediaID string) []byte {
	return c.request(openID, fmt.Sprintf(
		"<MsgType><![CDATA[image]]></MsgType><PicUrl><![CDATA[http://mmbiz.qpic.cn/%[1]s/0]]></PicUrl><MediaId><![CDATA[%[1]s]]></MediaId>", mediaID))
}

func (c *crowd) request(openID, middle string) []byte {
	now := time.Now()
	inner := fmt.Sprintf("<xml><ToUserName><![CDATA[gh_9d2e51c07ab4]]></ToUserName><FromUserName><![CDATA[%s]]></FromUserName>"+
		"<CreateTime>%d</CreateTime>%s<MsgId>%d</MsgId></xml>", openID, now.Unix(), middle, 24_000_000_000_000_000+c.lastN.Add(1))
	raw := c.phone.Sealed([]byte(inner), now)
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST /wechat?%s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/4.0\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n",
		raw.Query.Encode(), len(raw.Body))
	b.Write(raw.Body)
	return b.Bytes()
}

// answers is how a burst was answered.
type answers struct {
	took    time.Duration
	times   []time.Duration
	replied int // with words, not just "success"
}

func (a answers) rate() float64 { return float64(len(a.times)) / a.took.Seconds() }

// burst sends requests over so many connections, each as soon as the one before is answered. Anything but 200 fails.
func burst(ctx context.Context, server string, requests [][]byte, connections int) (answers, error) {
	u, err := url.Parse(server)
	if err != nil {
		return answers{}, err
	}
	a := answers{times: make([]time.Duration, len(requests))}
	var next, replied atomic.Int64
	var errs []error
	var mu sync.Mutex
	var speaking sync.WaitGroup
	began := time.Now()
	for range connections {
		speaking.Go(func() {
			err := converse(ctx, u.Host, func(ask func([]byte) ([]byte, error)) error {
				for i := int(next.Add(1)) - 1; i < len(requests); i = int(next.Add(1)) - 1 {
					asked := time.Now()
					body, err := ask(requests[i])
					if err != nil {
						return err
					}
					a.times[i] = time.Since(asked)
					if bytes.Contains(body, []byte("<Encrypt>")) {
						replied.Add(1)
					}
				}
				return nil
			})
			if err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	speaking.Wait()
	a.took, a.replied = time.Since(began), int(replied.Load())
	return a, errors.Join(errs...)
}

// converse opens a connection and lets talk ask over it.
func converse(ctx context.Context, host string, talk func(ask func([]byte) ([]byte, error)) error) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	reader := bufio.NewReader(conn)
	return talk(func(request []byte) ([]byte, error) {
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err == nil && response.StatusCode != http.StatusOK {
			err = fmt.Errorf("status %s: %.200s", response.Status, body)
		}
		return body, err
	})
}

// median of figures, of which there must be one.
func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[len(sorted)/2]
}
