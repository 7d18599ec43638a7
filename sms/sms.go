// Package sms sends text messages by a provider's HTTP interface, for notices that WeChat cannot
// deliver. Providers send registered templates only: the wording is registered with them once, a
// message names the template and fills its parameters. Reading order: this file, then one file
// per provider.
package sms

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"cailiao/intake"
)

// Sender sends one message. Errors: ErrLater when the same message may be taken later; any other
// error is final. It is sent at most once: an unknown outcome is not ErrLater.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Message is one text message to a mainland number.
type Message struct {
	Phone    string // 11 digits
	Template string // the provider's id of the registered text
	Params   []Param
	ID       string // ours, in the provider's records
}

// Param is one parameter: Aliyun goes by name, Tencent Cloud by position.
type Param struct{ Name, Value string }

// ErrLater is a refusal that passes: too many messages, or the provider is busy.
var ErrLater = errors.New("the provider takes this message later")

// Refusal is the provider's answer with an error code.
type Refusal struct {
	Provider string
	Code     string // e.g. isv.MOBILE_NUMBER_ILLEGAL
	later    bool
}

func (r *Refusal) Error() string        { return fmt.Sprintf("sms: %s refused: %s", r.Provider, r.Code) }
func (r *Refusal) Is(target error) bool { return target == ErrLater && r.later }

// Config is the section "sms" of the configuration; without a provider no SMS is sent.
type Config struct {
	Provider string `yaml:"provider"`   // "", "aliyun" or "tencent"
	KeyID    string `yaml:"key_id"`     // AccessKey ID, SecretId
	Secret   string `yaml:"key_secret"` // AccessKey Secret, SecretKey
	Sign     string `yaml:"sign"`       // registered signature 签名, without 【】
	AppID    string `yaml:"app_id"`     // Tencent Cloud: SmsSdkAppId
	Region   string `yaml:"region"`     // Tencent Cloud: e.g. ap-guangzhou (default)
	APIBase  string `yaml:"api_base"`   // empty: the provider's address; another for a proxy or a test double
}

// Validate says what is wrong with the section: *intake.FieldError with a key relative to it.
func (c Config) Validate() error {
	var errs []error
	need := func(key, value string) {
		if strings.TrimSpace(value) == "" {
			errs = append(errs, &intake.FieldError{Key: key, Problem: "missing: " + c.Provider + " needs it"})
		}
	}
	switch c.Provider {
	case "":
		return nil
	case "tencent":
		need("app_id", c.AppID)
	case "aliyun":
	default:
		return &intake.FieldError{Key: "provider", Problem: `expected aliyun, tencent or "" for none`}
	}
	need("key_id", c.KeyID)
	need("key_secret", c.Secret)
	need("sign", c.Sign)
	if c.APIBase != "" {
		if u, err := url.Parse(c.APIBase); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			errs = append(errs, &intake.FieldError{Key: "api_base", Problem: "expected https://host"})
		}
	}
	return errors.Join(errs...)
}

// Open returns the configured sender; nil when there is no provider. now is for the signatures'
// timestamps, which the provider compares with its own clock; nil: time.Now.
func Open(c Config, now func() time.Time) (Sender, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("sms: %w", err)
	}
	if now == nil {
		now = time.Now
	}
	client := &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	switch c.Provider {
	case "aliyun":
		return &aliyun{config: c, base: orDefault(c.APIBase, aliyunBase), client: client, now: now}, nil
	case "tencent":
		return &tencent{config: c, base: orDefault(c.APIBase, tencentBase), region: orDefault(c.Region, "ap-guangzhou"), client: client, now: now}, nil
	}
	return nil, nil
}

const (
	patience  = 10 * time.Second
	maxAnswer = 1 << 20
)

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return strings.TrimRight(s, "/")
}

var mainland = regexp.MustCompile(`^1\d{10}$`)

// check refuses what no provider would take, without its being counted or paid.
func (m Message) check() error {
	switch {
	case !mainland.MatchString(m.Phone):
		return errors.New("sms: not a mainland mobile number")
	case m.Template == "":
		return errors.New("sms: no template")
	}
	return nil
}

// exchange sends a request and reads the answer. Errors do not repeat the request, in which the
// phone number stands.
func exchange(client *http.Client, provider string, r *http.Request) ([]byte, error) {
	response, err := client.Do(r)
	if err != nil {
		var withURL *url.Error
		if errors.As(err, &withURL) {
			err = withURL.Err
		}
		return nil, fmt.Errorf("sms: %s: %w", provider, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("sms: %s: %w", provider, err)
	}
	return body, nil
}
