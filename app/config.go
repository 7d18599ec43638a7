// Package app puts the house together: it reads the configuration, opens every part and runs
// them as one program. The command line, the demo and the whole-program tests start it.
package app

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"cailiao/clamd"
	"cailiao/imaging"
	"cailiao/intake"
	"cailiao/notify"
	"cailiao/privacy"
	"cailiao/review"
	"cailiao/seal"
	"cailiao/sms"
	"cailiao/storage"
	"cailiao/wechat"
)

// Config is config.yaml. Every section is checked by the package it belongs to.
type Config struct {
	Server   Server              `yaml:"server"`
	WeChat   wechat.Config       `yaml:"wechat"`
	Database storage.Config      `yaml:"database"`
	Redis    storage.RedisConfig `yaml:"redis"`
	Blobs    storage.BlobsConfig `yaml:"blobs"`
	Keys     seal.Config         `yaml:"keys"`
	Privacy  privacy.Config      `yaml:"privacy"`
	Clamd    clamd.Config        `yaml:"clamd"`
	Imaging  imaging.Config      `yaml:"imaging"`
	Reading  Reading             `yaml:"reading"`
	Notices  notify.Config       `yaml:"notices"`
	SMS      sms.Config          `yaml:"sms"`
	Staff    review.Config       `yaml:"staff"`
	Menu     []MenuButton        `yaml:"menu"`
	Season   string              `yaml:"season"`   // path of the season file, relative to config.yaml
	Timezone string              `yaml:"timezone"` // IANA name; default Asia/Shanghai

	RequireTLS bool `yaml:"require_tls"` // no store beyond this machine is reached without TLS that is checked

	source []byte // the file, to tell lines
}

// Server is how the program is reached.
type Server struct {
	Listen    string `yaml:"listen"`     // host:port; default 127.0.0.1:8080
	PublicURL string `yaml:"public_url"` // how candidates and WeChat reach it, without a path
	Metrics   string `yaml:"metrics"`    // host:port of the Prometheus metrics; empty: none

	HSTSHostOnly bool `yaml:"hsts_host_only"` // HSTS without includeSubDomains

	TrustedProxies []string `yaml:"trusted_proxies"` // addresses or CIDRs whose X-Forwarded-For is believed
}

// Reading is where the models for reading pictures are. They are optional.
type Reading struct {
	Dir string `yaml:"dir"` // filled by setup-reading.sh; default data/reading
}

// LoadConfig reads a configuration file. Unknown keys and bad values are told all at once, each
// with its line, key and what is expected. Paths in it count from the file's folder.
func LoadConfig(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	cfg, err := ParseConfig(data, filepath.Dir(path))
	if err != nil {
		return Config{}, fmt.Errorf("configuration %s:\n%w", path, err)
	}
	return cfg, nil
}

// ParseConfig is LoadConfig for bytes; relative paths count from dir.
func ParseConfig(data []byte, dir string) (Config, error) {
	cfg := Config{
		Server:   Server{Listen: "127.0.0.1:8080"},
		Database: storage.Config{Driver: "sqlite"},
		Timezone: "Asia/Shanghai",
	}
	if err := intake.DecodeStrict(data, &cfg); err != nil {
		return cfg, err
	}
	if err := cfg.takeSecrets(); err != nil {
		return cfg, err
	}
	if cfg.Database.Driver == "sqlite" && cfg.Database.DSN == "" {
		cfg.Database.DSN = "data/cailiao.db"
	}
	if cfg.Blobs.Dir == "" {
		cfg.Blobs.Dir = "data/photos"
	}
	if cfg.Reading.Dir == "" {
		cfg.Reading.Dir = "data/reading"
	}
	if cfg.Keys.File == "" {
		cfg.Keys.File = "data/keys.json"
	}
	for _, path := range cfg.files() {
		within(dir, path)
	}
	if cfg.Database.Driver == "sqlite" {
		within(dir, &cfg.Database.DSN)
	}
	cfg.source = data
	return cfg, placed(data, cfg.Validate())
}

// files are the paths in a configuration that count from its folder.
func (c *Config) files() []*string {
	files := []*string{&c.Blobs.Dir, &c.Keys.File, &c.Reading.Dir, &c.Season}
	for _, tls := range []*storage.TLSConfig{&c.Database.TLS, &c.Redis.TLS, &c.Blobs.TLS} {
		files = append(files, &tls.CA, &tls.Cert, &tls.Key)
	}
	return files
}

func within(dir string, path *string) {
	if *path != "" && !filepath.IsAbs(*path) {
		*path = filepath.Join(dir, *path)
	}
}

// Validate asks every section; each fault is an *intake.FieldError with its full key.
func (c Config) Validate() error {
	return errors.Join(
		under("server", c.Server.Validate()),
		under("wechat", c.WeChat.Validate()),
		under("database", c.Database.Validate()),
		under("redis", c.Redis.Validate()),
		under("blobs", c.Blobs.Validate()),
		under("keys", c.Keys.Validate()),
		under("privacy", c.Privacy.Validate()),
		under("clamd", c.Clamd.Validate()),
		under("imaging", c.Imaging.Validate()),
		under("notices", c.Notices.Validate()),
		under("sms", c.SMS.Validate()),
		under("staff", c.Staff.Validate()),
		validateMenu(c.Menu),
		c.validateRest(),
	)
}

func (c Config) validateRest() error {
	var errs []error
	for _, kind := range intake.NoticeKinds {
		if c.SMS.Provider == "" && c.Notices[kind].SMS.Template != "" {
			errs = append(errs, &intake.FieldError{
				Key: "notices." + string(kind) + ".sms.template", Problem: "no SMS is sent without sms.provider",
			})
		}
	}
	if c.RequireTLS {
		for _, s := range c.plainStores() {
			errs = append(errs, &intake.FieldError{Key: s.key, Problem: s.where + " is reached without TLS, or without checking its certificate: require_tls forbids it"})
		}
	}
	if c.Season == "" {
		errs = append(errs, &intake.FieldError{Key: "season", Problem: "missing: the path of the season file"})
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil {
		errs = append(errs, &intake.FieldError{Key: "timezone", Problem: "expected an IANA name such as Asia/Shanghai"})
	}
	return errors.Join(errs...)
}

// Validate checks the addresses.
func (s Server) Validate() error {
	var errs []error
	u, err := url.Parse(s.PublicURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Path != "" && u.Path != "/" {
		errs = append(errs, &intake.FieldError{Key: "public_url", Problem: "expected https://host (WeChat accepts ports 80 and 443 only), without a path"})
	}
	for i, proxy := range s.TrustedProxies {
		_, cidrErr := netip.ParsePrefix(proxy)
		_, addrErr := netip.ParseAddr(proxy)
		if cidrErr != nil && addrErr != nil {
			errs = append(errs, &intake.FieldError{Key: fmt.Sprintf("trusted_proxies[%d]", i), Problem: "expected an address or a CIDR, such as 10.0.0.5 or 10.0.0.0/24"})
		}
	}
	return errors.Join(errs...)
}

// Location is the configured timezone of a valid configuration.
func (c Config) Location() *time.Location {
	loc, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// SceneSecret signs personal QR codes. It follows from the account's secret: changing that makes
// codes printed before useless.
func (c Config) SceneSecret() []byte {
	sum := sha256.Sum256([]byte("cailiao qr\x00" + c.WeChat.AppSecret))
	return sum[:]
}

// under puts a section's name before the keys of its faults.
func under(section string, err error) error {
	faults := fieldErrors(err)
	errs := make([]error, len(faults))
	for i, f := range faults {
		fault := *f
		fault.Key = section
		if f.Key != "" {
			fault.Key += "." + f.Key
		}
		errs[i] = &fault
	}
	return errors.Join(errs...)
}

// placed adds to each fault the line its key stands on, and sorts by line.
func placed(data []byte, err error) error {
	faults := fieldErrors(err)
	for _, f := range faults {
		f.Line = intake.LineOf(data, f.Key)
	}
	slices.SortStableFunc(faults, func(a, b *intake.FieldError) int { return a.Line - b.Line })
	errs := make([]error, len(faults))
	for i, f := range faults {
		errs[i] = f
	}
	return errors.Join(errs...)
}

// fieldErrors takes joined errors apart; one that is no FieldError becomes one without a key.
func fieldErrors(err error) []*intake.FieldError {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var faults []*intake.FieldError
		for _, e := range joined.Unwrap() {
			faults = append(faults, fieldErrors(e)...)
		}
		return faults
	}
	var fault *intake.FieldError
	if errors.As(err, &fault) {
		return []*intake.FieldError{fault}
	}
	return []*intake.FieldError{{Problem: err.Error()}}
}
