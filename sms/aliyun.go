package sms

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const aliyunBase = "https://dysmsapi.aliyuncs.com"

// aliyun is 阿里云短信服务, SendSms of 2017-05-25, signed by ACS3-HMAC-SHA256 (their
// documentation: V3版本请求体&签名机制).
type aliyun struct {
	config Config
	base   string
	client *http.Client
	now    func() time.Time
}

func (a *aliyun) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	params := make(map[string]string, len(m.Params))
	for _, p := range m.Params {
		params[p.Name] = p.Value
	}
	written, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("sms: %w", err)
	}
	query := url.Values{
		"PhoneNumbers": {m.Phone}, "SignName": {a.config.Sign}, "TemplateCode": {m.Template},
		"TemplateParam": {string(written)}, "OutId": {m.ID},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.base+"/?"+aliyunQuery(query), nil)
	if err != nil {
		return fmt.Errorf("sms: %w", err)
	}
	request.Header.Set("x-acs-action", "SendSms")
	request.Header.Set("x-acs-version", "2017-05-25")
	request.Header.Set("x-acs-date", a.now().UTC().Format("2006-01-02T15:04:05Z"))
	request.Header.Set("x-acs-signature-nonce", rand.Text())
	request.Header.Set("x-acs-content-sha256", sha256Hex(nil))
	request.Header.Set("Authorization", aliyunAuthorization(request, query, a.config.KeyID, a.config.Secret))
	body, err := exchange(a.client, "aliyun", request)
	if err != nil {
		return err
	}
	var answer struct{ Code string }
	if err := json.Unmarshal(body, &answer); err != nil || answer.Code == "" {
		return fmt.Errorf("sms: aliyun: the answer is not the JSON expected")
	}
	if answer.Code == "OK" {
		return nil
	}
	return &Refusal{Provider: "aliyun", Code: answer.Code, later: slices.Contains(aliyunLater, answer.Code)}
}

var aliyunLater = []string{"isv.BUSINESS_LIMIT_CONTROL", "isp.SYSTEM_ERROR", "Throttling.User", "Throttling", "ServiceUnavailable"}

// aliyunAuthorization is the Authorization header for a request without a body: over method, path,
// query, host and all x-acs- headers.
func aliyunAuthorization(r *http.Request, query url.Values, keyID, secret string) string {
	headers := map[string]string{"host": r.Host}
	if r.Host == "" {
		headers["host"] = r.URL.Host
	}
	for name, values := range r.Header {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-acs-") {
			headers[lower] = strings.TrimSpace(values[0])
		}
	}
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	var canonical strings.Builder
	for _, name := range names {
		canonical.WriteString(name + ":" + headers[name] + "\n")
	}
	signed := strings.Join(names, ";")
	request := strings.Join([]string{
		r.Method, "/", aliyunQuery(query), canonical.String(), signed, headers["x-acs-content-sha256"],
	}, "\n")
	const algorithm = "ACS3-HMAC-SHA256"
	signature := hex.EncodeToString(hmacSHA256([]byte(secret), algorithm+"\n"+sha256Hex([]byte(request))))
	return fmt.Sprintf("%s Credential=%s,SignedHeaders=%s,Signature=%s", algorithm, keyID, signed, signature)
}

// aliyunQuery is the canonical query: sorted, percent-encoded by RFC 3986.
func aliyunQuery(query url.Values) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(query.Encode())
}

func sha256Hex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
