package sms

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const tencentBase = "https://sms.tencentcloudapi.com"

// tencent is 腾讯云短信, SendSms of 2021-01-11, signed by TC3-HMAC-SHA256 (their documentation:
// 签名方法 v3).
type tencent struct {
	config       Config
	base, region string
	client       *http.Client
	now          func() time.Time
}

func (t *tencent) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	params := make([]string, len(m.Params))
	for i, p := range m.Params {
		params[i] = p.Value
	}
	body, err := json.Marshal(map[string]any{
		"PhoneNumberSet": []string{"+86" + m.Phone}, "SmsSdkAppId": t.config.AppID, "SignName": t.config.Sign,
		"TemplateId": m.Template, "TemplateParamSet": params, "SessionContext": m.ID,
	})
	if err != nil {
		return fmt.Errorf("sms: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.base+"/", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("sms: %w", err)
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("X-TC-Action", "SendSms")
	request.Header.Set("X-TC-Version", "2021-01-11")
	request.Header.Set("X-TC-Region", t.region)
	request.Header.Set("X-TC-Timestamp", strconv.FormatInt(t.now().Unix(), 10))
	request.Header.Set("Authorization", tencentAuthorization(request, body, t.config.KeyID, t.config.Secret))
	raw, err := exchange(t.client, "tencent", request)
	if err != nil {
		return err
	}
	return tencentAnswer(raw)
}

// tencentAnswer: an error of the call, or the state of the one number.
func tencentAnswer(raw []byte) error {
	var answer struct {
		Response struct {
			Error         *struct{ Code string }
			SendStatusSet []struct{ Code string }
		}
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return fmt.Errorf("sms: tencent: the answer is not the JSON expected")
	}
	code := ""
	switch r := answer.Response; {
	case r.Error != nil:
		code = r.Error.Code
	case len(r.SendStatusSet) == 1:
		code = r.SendStatusSet[0].Code
	default:
		return fmt.Errorf("sms: tencent: the answer tells no state")
	}
	if code == "Ok" {
		return nil
	}
	later := strings.HasPrefix(code, "LimitExceeded.") || slices.Contains(tencentLater, code)
	return &Refusal{Provider: "tencent", Code: code, later: later}
}

var tencentLater = []string{"InternalError.Timeout", "InternalError.RequestTimeException", "RequestLimitExceeded"}

// tencentAuthorization is the Authorization header for a request with this body.
func tencentAuthorization(r *http.Request, body []byte, keyID, secret string) string {
	const algorithm, service = "TC3-HMAC-SHA256", "sms"
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	const signed = "content-type;host;x-tc-action"
	canonical := strings.Join([]string{
		r.Method, "/", "",
		"content-type:" + r.Header.Get("Content-Type"),
		"host:" + host,
		"x-tc-action:" + strings.ToLower(r.Header.Get("X-TC-Action")),
		"", signed, sha256Hex(body),
	}, "\n")
	stamp := r.Header.Get("X-TC-Timestamp")
	seconds, _ := strconv.ParseInt(stamp, 10, 64) // ours; the double checks it
	day := time.Unix(seconds, 0).UTC().Format(time.DateOnly)
	scope := day + "/" + service + "/tc3_request"
	key := hmacSHA256([]byte("TC3"+secret), day)
	key = hmacSHA256(key, service)
	key = hmacSHA256(key, "tc3_request")
	signature := hex.EncodeToString(hmacSHA256(key, strings.Join([]string{algorithm, stamp, scope, sha256Hex([]byte(canonical))}, "\n")))
	return fmt.Sprintf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%s", algorithm, keyID, scope, signed, signature)
}
