package storagetest

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Nginx is a real nginx of a test that runs with a configuration of deploy.
type Nginx struct {
	Plain, TLS string // addresses
	Log        string // file of the access log
	Roots      *x509.CertPool
}

// nginxPlaces are the addresses and paths that a test puts its own into.
var nginxPlaces = []struct {
	where *regexp.Regexp
	what  string
}{
	{regexp.MustCompile(`(?m)^\s*listen \[::\].*\n`), ""}, // not every machine has IPv6
	{regexp.MustCompile(`listen 80;`), "listen PLAIN;"},
	{regexp.MustCompile(`listen 443 `), "listen TLS "},
	{regexp.MustCompile(`(?m)^(\s*)server (127\.0\.0\.1|app1):8080;`), "${1}server UPSTREAM;"},
	{regexp.MustCompile(`(?m)^(\s*)server app2:8080;`), "${1}server 127.0.0.1:1;"}, // one instance is gone
	{regexp.MustCompile(`(ssl_certificate\s+)\S+;`), "${1}CERT;"},
	{regexp.MustCompile(`(ssl_certificate_key\s+)\S+;`), "${1}KEY;"},
	{regexp.MustCompile(`access_log \S+ `), "access_log LOG "},
}

// StartNginx starts it in front of the program at upstream: only addresses and paths of the
// configuration are replaced. It returns nil where nginx is not installed and need not be.
func StartNginx(t testing.TB, site, upstream string) *Nginx {
	t.Helper()
	binary := Tool(t, "nginx", "nginx-light")
	if binary == "" {
		return nil
	}
	text, err := os.ReadFile(site)
	if err != nil {
		t.Fatal(err)
	}
	dir, certs := t.TempDir(), MakeCertificates(t)
	n := &Nginx{Plain: fmt.Sprintf("127.0.0.1:%d", freePort(t)), TLS: fmt.Sprintf("127.0.0.1:%d", freePort(t)), Log: filepath.Join(dir, "access.log"), Roots: x509.NewCertPool()}
	pem, err := os.ReadFile(certs.CA)
	if err != nil {
		t.Fatal(err)
	}
	n.Roots.AppendCertsFromPEM(pem)
	changed := string(text)
	for _, place := range nginxPlaces {
		changed = place.where.ReplaceAllString(changed, place.what)
	}
	changed = strings.NewReplacer("PLAIN", n.Plain, "TLS ", n.TLS+" ", "UPSTREAM", upstream, "CERT", certs.Cert, "KEY", certs.Key, "LOG", n.Log).Replace(changed)
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	main := fmt.Sprintf(`daemon off; master_process off; %s pid %[2]s/pid; error_log %[2]s/error.log;
events {}
http {
client_body_temp_path %[2]s/body; proxy_temp_path %[2]s/proxy; fastcgi_temp_path %[2]s/f; uwsgi_temp_path %[2]s/u; scgi_temp_path %[2]s/s;
%[3]s
}
`, user, dir, changed)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(main), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(binary, "-t", "-c", file, "-e", filepath.Join(dir, "error.log")).CombinedOutput(); err != nil {
		t.Fatalf("nginx -t: %v\n%s", err, out)
	}
	start(t, exec.Command(binary, "-c", file, "-e", filepath.Join(dir, "error.log")))
	awaitListener(t, "nginx", n.TLS)
	return n
}

// From is a client that comes from an address of its own, follows no redirects, and calls every
// name at nginx.
func (n *Nginx) From(ip string) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	return &http.Client{
		Transport: &http.Transport{
			DialContext: dialer.DialContext, DisableKeepAlives: true,
			TLSClientConfig: &tls.Config{RootCAs: n.Roots, ServerName: "127.0.0.1"},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
