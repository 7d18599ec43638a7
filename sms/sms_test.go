package sms_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cailiao/intake"
	"cailiao/sms"
	"cailiao/sms/smstest"
)

var clock = func() time.Time { return time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC) }

func open(t *testing.T, provider string, change func(*sms.Config)) (sms.Sender, *smstest.Provider) {
	t.Helper()
	fake := &smstest.Provider{KeyID: "AKID-1", Secret: "a secret", AppID: "1400006666", Now: clock}
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	cfg := sms.Config{Provider: provider, KeyID: "AKID-1", Secret: "a secret", Sign: "示例考区", AppID: "1400006666", APIBase: server.URL}
	if change != nil {
		change(&cfg)
	}
	sender, err := sms.Open(cfg, clock)
	if err != nil {
		t.Fatal(err)
	}
	return sender, fake
}

var message = sms.Message{
	Phone: "13900000001", Template: "SMS_1", ID: "77",
	Params: []sms.Param{{Name: "item", Value: "试用期证明 等2项 +*~/&=%"}, {Name: "deadline", Value: "2026年2月4日 12:00"}},
}

func TestBothProvidersTakeWhatIsSignedByTheirRules(t *testing.T) {
	want := map[string]smstest.Message{
		"aliyun": {Phone: "13900000001", Sign: "示例考区", Template: "SMS_1", ID: "77",
			Params: []string{"deadline=2026年2月4日 12:00", "item=试用期证明 等2项 +*~/&=%"}},
		"tencent": {Phone: "13900000001", Sign: "示例考区", Template: "SMS_1", ID: "77",
			Params: []string{"试用期证明 等2项 +*~/&=%", "2026年2月4日 12:00"}},
	}
	for provider := range want {
		t.Run(provider, func(t *testing.T) {
			sender, fake := open(t, provider, nil)
			for range 2 { // a nonce is never used twice
				if err := sender.Send(t.Context(), message); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff([]smstest.Message{want[provider], want[provider]}, fake.Taken()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefusalsAreToldApart(t *testing.T) {
	for _, tt := range []struct {
		name, provider, code string
		change               func(*sms.Config)
		want                 string
		later                bool
	}{
		{"wrong secret", "aliyun", "", func(c *sms.Config) { c.Secret = "x" }, "SignatureDoesNotMatch", false},
		{"wrong secret", "tencent", "", func(c *sms.Config) { c.Secret = "x" }, "AuthFailure.SignatureFailure", false},
		{"unknown key", "aliyun", "", func(c *sms.Config) { c.KeyID = "x" }, "InvalidAccessKeyId.NotFound", false},
		{"unknown key", "tencent", "", func(c *sms.Config) { c.KeyID = "x" }, "AuthFailure.SecretIdNotFound", false},
		{"foreign application", "tencent", "", func(c *sms.Config) { c.AppID = "x" }, "UnauthorizedOperation.SmsSdkAppIdVerifyFail", false},
		{"too many to one number", "aliyun", "isv.BUSINESS_LIMIT_CONTROL", nil, "isv.BUSINESS_LIMIT_CONTROL", true},
		{"too many to one number", "tencent", "LimitExceeded.PhoneNumberDailyLimit", nil, "LimitExceeded.PhoneNumberDailyLimit", true},
		{"no money left", "aliyun", "isv.AMOUNT_NOT_ENOUGH", nil, "isv.AMOUNT_NOT_ENOUGH", false},
		{"no money left", "tencent", "FailedOperation.InsufficientBalanceInSmsPackage", nil, "FailedOperation.InsufficientBalanceInSmsPackage", false},
	} {
		t.Run(tt.provider+" "+tt.name, func(t *testing.T) {
			sender, fake := open(t, tt.provider, tt.change)
			fake.Refuse(tt.code)
			err := sender.Send(t.Context(), message)
			var refusal *sms.Refusal
			if !errors.As(err, &refusal) || refusal.Code != tt.want || errors.Is(err, sms.ErrLater) != tt.later {
				t.Errorf("got %v (later: %v), want %s (later: %v)", err, errors.Is(err, sms.ErrLater), tt.want, tt.later)
			}
			if n := len(fake.Taken()); n != 0 {
				t.Errorf("%d messages taken", n)
			}
		})
	}
}

func TestErrorsDoNotRepeatThePhoneNumber(t *testing.T) {
	for _, provider := range []string{"aliyun", "tencent"} {
		sender, _ := open(t, provider, func(c *sms.Config) { c.APIBase = "http://127.0.0.1:1" })
		err := sender.Send(t.Context(), message)
		if err == nil || strings.Contains(err.Error(), message.Phone) || errors.Is(err, sms.ErrLater) {
			t.Errorf("%s: %v", provider, err)
		}
	}
}

func TestNumbersThatAreNoneAreNotSent(t *testing.T) {
	sender, fake := open(t, "aliyun", nil)
	for _, phone := range []string{"", "010-12345678", "139000000011", "+8613900000001"} {
		if err := sender.Send(t.Context(), sms.Message{Phone: phone, Template: "T"}); err == nil {
			t.Errorf("%q was taken", phone)
		}
	}
	if n := len(fake.Taken()); n != 0 {
		t.Errorf("%d messages taken", n)
	}
}

func TestWithoutAProviderThereIsNoSender(t *testing.T) {
	sender, err := sms.Open(sms.Config{}, nil)
	if err != nil || sender != nil {
		t.Errorf("got %v, %v", sender, err)
	}
}

func TestConfigurationFaultsNameTheirKey(t *testing.T) {
	for key, cfg := range map[string]sms.Config{
		"provider": {Provider: "pigeon"},
		"key_id":   {Provider: "aliyun", Secret: "s", Sign: "s"},
		"sign":     {Provider: "aliyun", KeyID: "k", Secret: "s"},
		"app_id":   {Provider: "tencent", KeyID: "k", Secret: "s", Sign: "s"},
		"api_base": {Provider: "aliyun", KeyID: "k", Secret: "s", Sign: "s", APIBase: "nowhere"},
	} {
		var fault *intake.FieldError
		if err := cfg.Validate(); !errors.As(err, &fault) || fault.Key != key {
			t.Errorf("%s: got %v", key, err)
		}
	}
}
