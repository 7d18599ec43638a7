package watchtest

import (
	"net"
	"net/url"
	"regexp"
)

var (
	// set is a cookie that a server hands out.
	set = regexp.MustCompile(`(?m)^Set-Cookie: [^=\r\n]+=([^;\r\n]+)`)
	// told is a field, of a form or an address, that only its sender may know.
	told = regexp.MustCompile(`(?:^|[?&\n])(password|new|again|code|note|comment\.[a-z_]+|q)=([^&\s]+)`)
)

// Listen makes known what goes through a server's connections and is for its two ends only: cookies, passwords, codes.
func Listen(ln net.Listener) net.Listener { return listener{ln} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return conn{c}, nil
}

type conn struct{ net.Conn }

// CloseWrite is what net/http needs to refuse a request without cutting off its own answer.
func (c conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

func (c conn) Write(p []byte) (int, error) {
	for _, m := range set.FindAllSubmatch(p, -1) {
		Secret("cookie", string(m[1]))
	}
	return c.Conn.Write(p)
}

func (c conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	for _, m := range told.FindAllSubmatch(p[:n], -1) {
		if value, bad := url.QueryUnescape(string(m[2])); bad == nil {
			Secret(string(m[1]), value)
		}
	}
	return n, err
}
