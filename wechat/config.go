package wechat

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"cailiao/intake"
)

const defaultAPIBase = "https://api.weixin.qq.com"

// Config is the wechat section of config.yaml. The account's console must be set to 安全模式 (safe mode).
type Config struct {
	AppID          string `yaml:"app_id"`           // 开发者ID, begins with wx
	AppSecret      string `yaml:"app_secret"`       // 开发者密码
	Token          string `yaml:"token"`            // 令牌 of the server configuration, 3-32 letters and digits
	EncodingAESKey string `yaml:"encoding_aes_key"` // 消息加解密密钥, 43 letters and digits
	PreviousAESKey string `yaml:"previous_aes_key"` // the key before a change: both are accepted, an answer uses the one that fitted
	APIBase        string `yaml:"api_base"`         // default https://api.weixin.qq.com; every server-side call goes there
	BrowserBase    string `yaml:"browser_base"`     // for a test double: where browsers go; default open.weixin.qq.com and mp.weixin.qq.com
}

// Validate returns every fault at once, each an *intake.FieldError with its key and what is expected. Values are not repeated: they are secrets.
// An empty token is a fault above all: the signature of an empty token can be computed by anyone.
func (c Config) Validate() error {
	var faults []error
	fault := func(key, expected string) {
		faults = append(faults, &intake.FieldError{Key: key, Problem: "expected " + expected})
	}
	if !strings.HasPrefix(c.AppID, "wx") || len(c.AppID) < 6 || len(c.AppID) > 64 || !alphanumeric(c.AppID) {
		fault("app_id", "the developer ID of the account: wx followed by letters and digits")
	}
	if c.AppSecret == "" || strings.ContainsAny(c.AppSecret, " \t\r\n") {
		fault("app_secret", "the developer secret of the account, without spaces")
	}
	if len(c.Token) < 3 || len(c.Token) > 32 || !alphanumeric(c.Token) {
		fault("token", "3 to 32 letters and digits, the same as in the account's server configuration")
	}
	if !aesKey(c.EncodingAESKey) {
		fault("encoding_aes_key", "43 letters and digits, the same as in the account's server configuration")
	}
	if c.PreviousAESKey != "" && !aesKey(c.PreviousAESKey) {
		fault("previous_aes_key", "43 letters and digits, or nothing")
	}
	if _, err := c.apiBase(); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// String keeps the secrets out of a careless print.
func (c Config) String() string {
	return fmt.Sprintf("wechat account %s at %s", c.AppID, c.APIBase)
}

// GoString keeps the secrets out of %#v.
func (c Config) GoString() string { return c.String() }

// LogValue keeps the secrets out of logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c Config) apiBase() (*url.URL, error) {
	base := c.APIBase
	if base == "" {
		base = defaultAPIBase
	}
	u, err := url.Parse(strings.TrimRight(base, "/"))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, &intake.FieldError{Key: "api_base", Problem: "expected an address like " + defaultAPIBase + ", without query or password"}
	}
	return u, nil
}

func aesKey(s string) bool {
	if len(s) != 43 || !alphanumeric(s) {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(s + "=")
	return err == nil && len(key) == 32
}

func alphanumeric(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}
