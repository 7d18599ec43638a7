package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// secrets may come from the environment, or from a file it names by the same name with _FILE: a vault's agent, systemd's
// credentials and Docker's secrets all deliver files. Both win over the configuration.
var secrets = []struct {
	env   string
	field func(*Config) *string
}{
	{"CAILIAO_WECHAT_APP_SECRET", func(c *Config) *string { return &c.WeChat.AppSecret }},
	{"CAILIAO_WECHAT_TOKEN", func(c *Config) *string { return &c.WeChat.Token }},
	{"CAILIAO_WECHAT_ENCODING_AES_KEY", func(c *Config) *string { return &c.WeChat.EncodingAESKey }},
	{"CAILIAO_WECHAT_PREVIOUS_AES_KEY", func(c *Config) *string { return &c.WeChat.PreviousAESKey }},
	{"CAILIAO_DATABASE_DSN", func(c *Config) *string { return &c.Database.DSN }},
	{"CAILIAO_SMS_KEY_SECRET", func(c *Config) *string { return &c.SMS.Secret }},
	{"CAILIAO_REDIS_PASSWORD", func(c *Config) *string { return &c.Redis.Password }},
	{"CAILIAO_REDIS_SENTINEL_PASSWORD", func(c *Config) *string { return &c.Redis.SentinelPassword }},
	{"CAILIAO_BLOBS_SECRET_KEY", func(c *Config) *string { return &c.Blobs.SecretKey }},
	{"CAILIAO_KEYS", func(c *Config) *string { return &c.Keys.Content }},
	{"VAULT_TOKEN", func(c *Config) *string { return &c.Keys.Token }},
}

// takeSecrets puts the secrets of the environment and of files in their places.
func (c *Config) takeSecrets() error {
	var errs []error
	for _, s := range secrets {
		value, given := os.LookupEnv(s.env)
		if path := os.Getenv(s.env + "_FILE"); path != "" {
			var err error
			if value, err = secretFile(path); err == nil && given {
				err = errors.New("the secret itself is in the environment, too: one of both expected")
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%s_FILE: %w", s.env, err))
				continue
			}
			given = true
		}
		if given {
			*s.field(c) = value
		}
	}
	return errors.Join(errs...)
}

// secretFile is what a file holds, without the line break most editors and agents end it with. Its errors do not name the
// path: some put the secret itself there by mistake.
func secretFile(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
			err = failed.Err
		}
		return "", fmt.Errorf("the file named there cannot be read: %w", err)
	}
	text := strings.TrimRight(string(data), "\r\n")
	if text == "" {
		return "", errors.New("the file named there is empty")
	}
	return text, nil
}
