package app

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cailiao/intake"
)

const example = "../config.example.yaml"

func TestTheExampleConfigurationLoads(t *testing.T) {
	cfg, err := LoadConfig(example)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join("..", "seasons", "beijing-2026.yaml"); cfg.Season != want {
		t.Errorf("season = %q, want it to count from the file's folder: %q", cfg.Season, want)
	}
	if _, _, err := LoadSeason(cfg.Season, cfg.Location()); err != nil {
		t.Error(err)
	}
}

func TestTheExampleNamesEveryKey(t *testing.T) {
	data, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	var walk func(typ reflect.Type, path string)
	walk = func(typ reflect.Type, path string) {
		for i := range typ.NumField() {
			field := typ.Field(i)
			key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			switch {
			case key == "" || key == "-" || key == "thresholds": // told apart in imaging/verdicts.go
				continue
			case field.Type.Kind() == reflect.Struct:
				walk(field.Type, path+key+".")
				continue
			}
			if intake.LineOf(data, path+key) == intake.LineOf(data, strings.TrimSuffix(path, ".")) {
				t.Errorf("%s%s is missing in the example", path, key)
			}
		}
	}
	walk(reflect.TypeFor[Config](), "")
}

func TestMistakesAreToldWithLineAndKey(t *testing.T) {
	good, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, old, new string
		key            string
	}{
		{"unknown key", "  listen:", "  lisen:", "server.lisen"},
		{"wrong type", "max_open: 0 ", "max_open: many ", "database.max_open"},
		{"unknown driver", "driver: sqlite", "driver: oracle", "database.driver"},
		{"no token", "token: fillin ", "token: '' ", "wechat.token"},
		{"short AES key", "encoding_aes_key: abc", "encoding_aes_key: '' #", "wechat.encoding_aes_key"},
		{"public URL without a scheme", "https://cailiao.example.cn", "cailiao.example.cn", "server.public_url"},
		{"unknown timezone", "Asia/Shanghai ", "Asia/Nowhere ", "timezone"},
		{"unknown notice kind", "  passed: #", "  pased: #", "notices.pased"},
		{"unknown notice value", "{thing1: item, time2", "{thing1: itme, time2", "notices.reminder.fields.thing1"},
		{"field of a type WeChat does not have", "{thing1: item, time2", "{thing1: item, tiem2", "notices.reminder.fields.tiem2"},
		{"a time in a phrase field", "{thing1: item, time2: deadline", "{thing1: item, phrase2: deadline", "notices.reminder.fields.phrase2"},
		{"a fixed text that is too long", "{thing1: item, time2", `{thing1: "=这段固定文字写得实在太长所以放不进这个字段里", time2`, "notices.reminder.fields.thing1"},
		{"a fixed text with characters its field refuses", "{thing1: item, phrase2: result, time3: deadline}", `{thing1: item, phrase2: "=通过1", time3: deadline}`, "notices.returned.fields.phrase2"},
		{"a number field for a text", "{thing1: item, time2", "{number1: item, time2", "notices.reminder.fields.number1"},
		{"unknown interface", "via: template ", "via: pigeon ", "notices.received.via"},
		{"unknown SMS provider", `provider: "" `, `provider: pigeon `, "sms.provider"},
		{"an SMS template without a provider", `sms: {template: "",`, `sms: {template: SMS_1,`, "notices.received.sms.template"},
		{"an SMS parameter that is none", `params: []}`, `params: [itme]}`, "notices.received.sms.params[0]"},
		{"SMS without a key", `provider: "" `, `provider: aliyun `, "sms.key_id"},
		{"a scanner without a scheme", `address: ""                          # tcp`, `address: 127.0.0.1:3310 # tcp`, "clamd.address"},
		{"a scanner that shrugs", "unanswered: hold ", "unanswered: shrug ", "clamd.unanswered"},
		{"negative threshold", "  timeout: 3s", "  timeout: 3s\n  thresholds: {blur_refuse: -1}", "imaging.thresholds.blur_refuse"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bad := strings.Replace(string(good), tt.old, tt.new, 1)
			if bad == string(good) {
				t.Fatal("the example has changed: nothing was replaced")
			}
			_, err := ParseConfig([]byte(bad), t.TempDir())
			line := intake.LineOf([]byte(bad), tt.key)
			for _, fault := range fieldErrors(err) {
				if fault.Key == tt.key && fault.Line == line && fault.Problem != "" {
					return
				}
			}
			t.Errorf("want a fault at line %d, %s; got:\n%v", line, tt.key, err)
		})
	}
}

func TestSecretsComeFromTheEnvironment(t *testing.T) {
	t.Setenv("CAILIAO_WECHAT_APP_SECRET", "from-the-environment")
	cfg, err := LoadConfig(example)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.WeChat.AppSecret != "from-the-environment" {
		t.Error("the file's secret won over the environment's")
	}
}

func TestErrorsNeverRepeatSecrets(t *testing.T) {
	t.Setenv("CAILIAO_WECHAT_TOKEN", "not a token: secret-word")
	t.Setenv("CAILIAO_DATABASE_DSN", "user:secret-word@nonsense")
	data, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	bad := strings.Replace(string(data), "driver: sqlite", "driver: mysql", 1)
	_, err = ParseConfig([]byte(bad), t.TempDir())
	if err == nil || strings.Contains(err.Error(), "secret-word") {
		t.Errorf("want an error without the secret, got: %v", err)
	}
	var fault *intake.FieldError
	if !errors.As(err, &fault) {
		t.Errorf("want field errors, got %T", err)
	}
}
