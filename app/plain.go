package app

import (
	"errors"
	"strings"
)

// plainStore is a store beyond this machine that is reached without TLS, or with TLS that would believe anybody.
type plainStore struct {
	name, where string
	key         string // of the configuration, where that is mended
}

func (c Config) plainStores() (all []plainStore) {
	for _, s := range []plainStore{
		{"database", c.Database.Plain(), "database.tls"}, {"redis", c.Redis.Plain(), "redis.tls"}, {"blobs", c.Blobs.Plain(), "blobs.endpoint"},
	} {
		if s.where != "" {
			all = append(all, s)
		}
	}
	return all
}

// checkPlain names the stores that are reached in plain text; nil: none is.
func checkPlain(c Config) error {
	var all []string
	for _, s := range c.plainStores() {
		all = append(all, s.name+" ("+s.where+")")
	}
	if len(all) == 0 {
		return nil
	}
	return errors.New("without TLS that is checked, fit for a closed network only: " + strings.Join(all, ", "))
}

func (a *App) tellPlain() {
	if err := checkPlain(a.Config); err != nil {
		a.log.Warn("stores are reached in plain text", "err", err)
	}
}
