package app_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/intake"
	"cailiao/review"
)

// raw sends bytes over a connection of their own; the outcome is the statuses of the answers, one
// after the other, and "hung up" when the program closes the connection by itself.
func (b *battlefield) raw(request string) string {
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.URL, "http://"))
	if err != nil {
		return err.Error()
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err.Error()
	}
	go io.WriteString(conn, request) // a program that has had enough does not read it all
	var got []string
	for in := bufio.NewReader(conn); ; {
		resp, err := http.ReadResponse(in, nil)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return strings.Join(got, " ")
		}
		if err != nil {
			return strings.Join(append(got, "hung up"), " ")
		}
		io.Copy(io.Discard, resp.Body)
		if !resp.Close { // one more answer would come at once
			conn.SetDeadline(time.Now().Add(300 * time.Millisecond))
		}
		got = append(got, fmt.Sprint(resp.StatusCode))
	}
}

// Aimed at the way requests are read: where one ends and the next begins, what a header may be.
func TestAttacksOnTheProtocol(t *testing.T) {
	const host = "Host: cailiao.example.cn\r\n"
	const login = "POST /staff/login HTTP/1.1\r\n" + host + "Content-Type: application/x-www-form-urlencoded\r\n"
	const second = "GET /healthz HTTP/1.1\r\n" + host + "\r\n" // what is to be smuggled in
	rows := []struct{ name, request, want string }{
		{"two requests in a row, which is allowed", "GET /healthz HTTP/1.1\r\n" + host + "\r\n" + second, "200 200"},
		{"both lengths, the chunks shorter", login + "Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second, "422 hung up"},
		{"both lengths, the other way round", login + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n" + fmt.Sprintf("%x", len(second)) + "\r\n" + second + "\r\n0\r\n\r\n", "422 hung up"},
		{"two lengths", login + "Content-Length: 4\r\nContent-Length: 0\r\n\r\n" + second, "400 hung up"},
		{"a list of lengths", login + "Content-Length: 4, 4\r\n\r\n" + second, "400 hung up"},
		{"a length with a sign", login + "Content-Length: +0\r\n\r\n" + second, "400 hung up"},
		{"a negative length", login + "Content-Length: -1\r\n\r\n" + second, "400 hung up"},
		{"a length in hexadecimal", login + "Content-Length: 0x0\r\n\r\n" + second, "400 hung up"},
		{"a length with a space before its colon", login + "Content-Length : 0\r\n\r\n" + second, "400 hung up"},
		{"an unknown coding", login + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + second, "501 hung up"},
		{"chunked twice", login + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second, "501 hung up"},
		{"chunked and identity", login + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + second, "501 hung up"},
		{"a coding hidden by a vertical tab", login + "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n" + second, "400 hung up"},
		{"a chunk longer than any number", login + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" + second, "400 hung up"},
		{"a chunk with an endless extension", login + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 1<<20) + "\r\na\r\n0\r\n\r\n", "400 hung up"},
		{"a folded header", "GET /healthz HTTP/1.1\r\n" + host + "X-A: 1\r\n 2\r\n\r\n", "200"}, // one value of two lines; nothing reads it
		{"a header begun with a space", "GET /healthz HTTP/1.1\r\n Host: a\r\n" + host + "\r\n", "400 hung up"},
		{"a zero byte in a header", "GET /healthz HTTP/1.1\r\n" + host + "X-A: \x00\r\n\r\n", "400 hung up"},
		{"no host", "GET /healthz HTTP/1.1\r\n\r\n", "400 hung up"},
		{"two hosts", "GET /healthz HTTP/1.1\r\n" + host + "Host: evil.example\r\n\r\n", "400 hung up"},
		{"a host that is none", "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", "400 hung up"},
		{"a whole address as the target", "GET http://evil.example/healthz HTTP/1.1\r\n" + host + "\r\n", "200"}, // as RFC 9112 has it; the host is used for nothing
		{"a proxy's request", "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", "404"},
		{"a line break in the target", "GET /healthz\r\nX: y HTTP/1.1\r\n" + host + "\r\n", "400 hung up"},
		{"no version", "GET /healthz\r\n\r\n", "400 hung up"},
		{"a version to come", "GET /healthz HTTP/3.0\r\n" + host + "\r\n", "505 hung up"},
		{"TLS to a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "400 hung up"},
		{"64 KiB of one header", "GET /healthz HTTP/1.1\r\n" + host + "X-A: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", "431 hung up"},
		{"ten thousand headers", "GET /healthz HTTP/1.1\r\n" + host + strings.Repeat("X-A: a\r\n", 10_000) + "\r\n", "431 hung up"},
		{"an address of 64 KiB", "GET /staff/?q=" + strings.Repeat("a", 64<<10) + " HTTP/1.1\r\n" + host + "\r\n", "431 hung up"},
		{"a cookie of 64 KiB", "GET /staff/ HTTP/1.1\r\n" + host + "Cookie: staff=" + strings.Repeat("a", 64<<10) + "\r\n\r\n", "431 hung up"},
		{"a form that says it is 1 TB long", login + "Content-Length: 1099511627776\r\n\r\nname=", "413 hung up"},
		{"a form without a length, endless", login + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("10000\r\n"+strings.Repeat("a", 1<<16)+"\r\n", 20), "413 hung up"},
	}
	b := newBattlefield(t)
	var all sync.WaitGroup
	for _, row := range rows {
		all.Go(func() {
			if got := b.raw(row.request); got != row.want {
				t.Errorf("%s: got %q, want %q", row.name, got, row.want)
			}
		})
	}
	all.Wait()
}

// Whoever dribbles a request byte by byte does not hold a connection for long.
func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t, "sqlite", start)
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	began, sent := time.Now(), 0
	for _, c := range []byte("GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: " + strings.Repeat("a", 100)) {
		if _, err := conn.Write([]byte{c}); err != nil {
			break
		}
		sent++
		time.Sleep(200 * time.Millisecond)
		if time.Since(began) > 15*time.Second {
			t.Fatalf("after %d bytes in %s it is still there", sent, time.Since(began))
		}
	}
	if took := time.Since(began); took < 4*time.Second {
		t.Errorf("cut off after %s", took)
	}
}

// Who asks is known from the connection, or from proxies that are configured, hop by hop.
func TestForgedAddresses(t *testing.T) {
	w := apptest.StartWith(t, "sqlite", start, func(cfg *app.Config) {
		cfg.Server.TrustedProxies = []string{"127.0.0.9", "10.0.0.0/24"}
		cfg.Staff.Password = review.Cost{Memory: 7 << 10, Passes: 1}
	})
	b := &battlefield{World: w, t: t}
	for i, row := range []struct {
		name, from  string // from: the address of the connection
		guess, then func(i int) string
		want        int
	}{
		{"invented, from nobody's proxy", "127.0.0.5", numbered("X-Forwarded-For: 203.0.113.%d"), numbered("X-Forwarded-For: 198.51.100.%d"), 429},
		{"invented by other names", "127.0.0.9", numbered("X-Real-IP: 203.0.113.%d"), numbered("X-Real-IP: 198.51.100.%d"), 429},
		{"invented by the standard's name", "127.0.0.9", numbered("Forwarded: for=203.0.113.%d"), numbered("Forwarded: for=198.51.100.%d"), 429},
		{"one client behind our proxy", "127.0.0.9", always("X-Forwarded-For: 203.0.113.1"), always("X-Forwarded-For: 203.0.113.1"), 429},
		{"two clients behind our proxy", "127.0.0.9", always("X-Forwarded-For: 203.0.113.1"), always("X-Forwarded-For: 203.0.113.2"), 303},
		{"a hop the client made up before our proxy's", "127.0.0.9", numbered("X-Forwarded-For: 10.9.9.%d, 203.0.113.1"), always("X-Forwarded-For: 10.9.9.99, 203.0.113.1"), 429},
		{"two proxies of ours, one client", "127.0.0.9", always("X-Forwarded-For: 203.0.113.1, 10.0.0.7"), always("X-Forwarded-For: 203.0.113.1, 10.0.0.8"), 429},
		{"two proxies of ours, two clients", "127.0.0.9", always("X-Forwarded-For: 203.0.113.1, 10.0.0.7"), always("X-Forwarded-For: 203.0.113.2, 10.0.0.7"), 303},
		{"a made-up hop that looks like our proxy", "127.0.0.9", numbered("X-Forwarded-For: 203.0.113.%d, 10.0.0.3, 198.51.100.1"), always("X-Forwarded-For: 203.0.113.99, 10.0.0.3, 198.51.100.1"), 429},
		{"nonsense", "127.0.0.9", numbered("X-Forwarded-For: <script>%d"), always("X-Forwarded-For: ' OR 1=1"), 429},
	} {
		name := fmt.Sprintf("target-%d", i)
		b.AddStaff(t, name, intake.RoleArea, "")
		login := func(password, header string) int {
			return b.ask(b.browser(row.from), http.MethodPost, "/staff/login", url.Values{"name": {name}, "password": {password}}, header).status
		}
		for k := range 11 {
			login("a wrong guess", row.guess(k))
		}
		if got := login(apptest.Password, row.then(0)); got != row.want {
			t.Errorf("%s: %d, want %d", row.name, got, row.want)
		}
	}
}

func numbered(header string) func(int) string {
	return func(i int) string { return fmt.Sprintf(header, i+1) }
}

func always(header string) func(int) string { return func(int) string { return header } }
