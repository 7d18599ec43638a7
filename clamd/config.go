package clamd

import (
	"errors"
	"net"
	"net/url"
	"path"
	"time"

	"cailiao/intake"
)

// Config is the section "clamd" of the configuration; without an address nothing is scanned.
type Config struct {
	Address    string        `yaml:"address"`    // tcp://host:port or unix:///path of the daemon's socket
	Timeout    time.Duration `yaml:"timeout"`    // for one file; default 5s
	Unanswered string        `yaml:"unanswered"` // what becomes of a file without an answer: hold (default) or pass
}

const (
	hold = "hold" // it waits and is tried again
	pass = "pass" // it is taken as it is; each is logged and counted
)

const patience = 5 * time.Second

// Validate says what is wrong with the section: *intake.FieldError with a key relative to it.
func (c Config) Validate() error {
	var errs []error
	if _, _, ok := c.endpoint(); !ok && c.Address != "" {
		errs = append(errs, &intake.FieldError{Key: "address", Problem: `expected tcp://host:port, unix:///path, or "" for no scanner`})
	}
	if c.Timeout < 0 {
		errs = append(errs, &intake.FieldError{Key: "timeout", Problem: "must not be negative"})
	}
	if c.Unanswered != "" && c.Unanswered != hold && c.Unanswered != pass {
		errs = append(errs, &intake.FieldError{Key: "unanswered", Problem: "expected hold or pass"})
	}
	return errors.Join(errs...)
}

// endpoint is the address as package net wants it.
func (c Config) endpoint() (network, address string, ok bool) {
	u, err := url.Parse(c.Address)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", "", false
	}
	switch u.Scheme {
	case "tcp":
		_, port, err := net.SplitHostPort(u.Host)
		return "tcp", u.Host, err == nil && port != "" && u.Hostname() != "" && u.Path == ""
	case "unix":
		return "unix", u.Path, u.Host == "" && path.IsAbs(u.Path) && u.Path != "/"
	}
	return "", "", false
}
