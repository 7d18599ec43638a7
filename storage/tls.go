package storage

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// TLSConfig is how a connection to a server is encrypted: whose certificates we believe, and
// which one we show. The certificate is always checked.
type TLSConfig struct {
	Use  bool   `yaml:"use"`
	CA   string `yaml:"ca"`   // PEM file of the authority that signed the server's; empty: those of the machine
	Cert string `yaml:"cert"` // PEM files of our own, for a server that asks for one
	Key  string `yaml:"key"`
	Name string `yaml:"name"` // the server's name in its certificate; empty: the one we connect to
}

func (c TLSConfig) validate() error {
	if (c.Cert == "") != (c.Key == "") {
		return misset("tls.cert", "a certificate needs its key, and a key its certificate")
	}
	if !c.Use && (c.CA != "" || c.Cert != "" || c.Name != "") {
		return misset("tls.use", "true expected: the rest of tls is of no use without")
	}
	return nil
}

// open reads the files; nil when TLS is not used.
func (c TLSConfig) open() (*tls.Config, error) {
	if !c.Use {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.Name}
	if c.CA != "" {
		pem, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, fmt.Errorf("tls.ca: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca: %s holds no certificate in PEM", c.CA)
		}
	}
	if c.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, fmt.Errorf("tls.cert: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// Plain names the server that is reached over a network without TLS, or with TLS that would believe anybody; "": none is.
func (c Config) Plain() string {
	if c.Driver != "mysql" || c.TLS.Use {
		return ""
	}
	config, err := mysql.ParseDSN(c.DSN)
	if err != nil || config.Net == "unix" || here(config.Addr) {
		return ""
	}
	if safe := config.TLSConfig; safe != "" && safe != "false" && safe != "skip-verify" && safe != "preferred" {
		return ""
	}
	return config.Addr
}

// Plain is that of Config.
func (c RedisConfig) Plain() string {
	if c.TLS.Use || !slices.ContainsFunc(c.addrs(), func(addr string) bool { return !here(addr) }) {
		return ""
	}
	return c.Where()
}

// Plain is that of Config.
func (c BlobsConfig) Plain() string {
	u, err := url.Parse(c.Endpoint)
	if c.Driver != "s3" || err != nil || u.Scheme == "https" || here(u.Host) {
		return ""
	}
	return u.Host
}

// here says that an address, with a port or without, is this machine's own.
func here(addr string) bool {
	host := addr
	if name, _, err := net.SplitHostPort(addr); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// distrust says in one line why a server's certificate was refused; "" when that is not what
// went wrong.
func distrust(err error) string {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	switch {
	case errors.As(err, &unknown):
		return "its certificate is signed by an authority that tls.ca (or the machine) does not know"
	case errors.As(err, &name):
		return "its certificate is for another name: see tls.name"
	case errors.As(err, &invalid):
		return "its certificate is not valid now: " + invalid.Error()
	}
	return ""
}

// firstLine shortens an error that tells several at once: one line is what starts and checks tell.
func firstLine(err error) error {
	line, rest, several := strings.Cut(err.Error(), "\n")
	if !several {
		return err
	}
	return fmt.Errorf("%s (and %d more)", line, 1+strings.Count(rest, "\n"))
}
