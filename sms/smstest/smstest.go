// Package smstest plays the HTTP interfaces of Aliyun's and Tencent Cloud's SMS services for
// tests. It reckons each signature anew from the request as received, by the providers'
// documentation, and keeps what it would have sent.
package smstest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Message is one that was taken.
type Message struct {
	Phone, Sign, Template, ID string
	Params                    []string // Tencent: in order; Aliyun: name=value, sorted
}

// Provider is both services, for one account. It is an http.Handler.
type Provider struct {
	KeyID, Secret string
	AppID         string           // Tencent's
	Now           func() time.Time // nil: time.Now; requests more than 5 minutes off are refused

	mu     sync.Mutex
	taken  []Message
	refuse string // code of the next answers
	nonces map[string]bool
}

// Taken are the messages taken so far.
func (p *Provider) Taken() []Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Message(nil), p.taken...)
}

// Refuse makes the service answer with a code of its own; "" ends that.
func (p *Provider) Refuse(code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = code
}

// ServeHTTP answers either service's calls, told apart by their headers.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		http.Error(w, "body", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Header.Get("X-TC-Action") != "" {
		json.NewEncoder(w).Encode(p.tencent(r, body))
		return
	}
	answer := p.aliyun(r, body)
	if answer["Code"] != "OK" {
		w.WriteHeader(http.StatusBadRequest)
	}
	json.NewEncoder(w).Encode(answer)
}

func (p *Provider) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

func (p *Provider) fresh(at time.Time) bool {
	return math.Abs(p.now().Sub(at).Seconds()) <= 300
}

// --- Aliyun: ACS3-HMAC-SHA256 -----------------------------------------------------------------

func (p *Provider) aliyun(r *http.Request, body []byte) map[string]string {
	refuse := func(code string) map[string]string {
		return map[string]string{"Code": code, "Message": code, "RequestId": "R"}
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", r.Header.Get("x-acs-date"))
	if err != nil || !p.fresh(at) {
		return refuse("InvalidTimeStamp.Expired")
	}
	if r.Header.Get("x-acs-action") != "SendSms" || r.Header.Get("x-acs-version") != "2017-05-25" {
		return refuse("InvalidAction.NotFound")
	}
	auth, ok := strings.CutPrefix(r.Header.Get("Authorization"), "ACS3-HMAC-SHA256 ")
	parts := pairs(auth, ",")
	if !ok || parts["Credential"] != p.KeyID {
		return refuse("InvalidAccessKeyId.NotFound")
	}
	for _, needed := range []string{"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"} {
		if !contains(strings.Split(parts["SignedHeaders"], ";"), needed) {
			return refuse("IncompleteSignature")
		}
	}
	if parts["Signature"] != p.aliyunSignature(r, body, parts["SignedHeaders"]) {
		return refuse("SignatureDoesNotMatch")
	}
	nonce := r.Header.Get("x-acs-signature-nonce")
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.nonces[nonce] {
		return refuse("SignatureNonceUsed")
	}
	if p.nonces == nil {
		p.nonces = map[string]bool{}
	}
	p.nonces[nonce] = true
	if p.refuse != "" {
		return refuse(p.refuse)
	}
	q := r.URL.Query()
	m := Message{Phone: q.Get("PhoneNumbers"), Sign: q.Get("SignName"), Template: q.Get("TemplateCode"), ID: q.Get("OutId")}
	params := map[string]string{}
	if json.Unmarshal([]byte(q.Get("TemplateParam")), &params) != nil {
		return refuse("isv.INVALID_JSON_PARAM")
	}
	if len(m.Phone) != 11 {
		return refuse("isv.MOBILE_NUMBER_ILLEGAL")
	}
	for name, value := range params {
		m.Params = append(m.Params, name+"="+value)
	}
	sort.Strings(m.Params)
	p.taken = append(p.taken, m)
	return map[string]string{"Code": "OK", "Message": "OK", "BizId": strconv.Itoa(len(p.taken)), "RequestId": "R"}
}

// aliyunSignature: hex(HMAC-SHA256(secret, algorithm \n hex(SHA256(method \n uri \n query \n
// headers \n signed \n payload hash)))).
func (p *Provider) aliyunSignature(r *http.Request, body []byte, signed string) string {
	var query []string
	for key, values := range r.URL.Query() {
		for _, value := range values {
			query = append(query, escaped(key)+"="+escaped(value))
		}
	}
	sort.Strings(query)
	headers := ""
	for _, name := range strings.Split(signed, ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		headers += name + ":" + strings.TrimSpace(value) + "\n"
	}
	request := r.Method + "\n/\n" + strings.Join(query, "&") + "\n" + headers + "\n" + signed + "\n" + hash(body)
	return hex.EncodeToString(sign([]byte(p.Secret), "ACS3-HMAC-SHA256\n"+hash([]byte(request))))
}

// escaped percent-encodes by RFC 3986.
func escaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// --- Tencent Cloud: TC3-HMAC-SHA256 -----------------------------------------------------------

func (p *Provider) tencent(r *http.Request, body []byte) any {
	refuse := func(code string) any {
		return map[string]any{"Response": map[string]any{"Error": map[string]string{"Code": code, "Message": code}, "RequestId": "R"}}
	}
	stamp := r.Header.Get("X-TC-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || !p.fresh(time.Unix(seconds, 0)) {
		return refuse("AuthFailure.SignatureExpire")
	}
	if r.Header.Get("X-TC-Action") != "SendSms" || r.Header.Get("X-TC-Version") != "2021-01-11" || r.Header.Get("X-TC-Region") == "" {
		return refuse("InvalidAction")
	}
	auth, ok := strings.CutPrefix(r.Header.Get("Authorization"), "TC3-HMAC-SHA256 ")
	parts := pairs(auth, ", ")
	day := time.Unix(seconds, 0).UTC().Format("2006-01-02")
	scope := day + "/sms/tc3_request"
	if !ok || parts["Credential"] != p.KeyID+"/"+scope {
		return refuse("AuthFailure.SecretIdNotFound")
	}
	signed := strings.Split(parts["SignedHeaders"], ";")
	if !contains(signed, "content-type") || !contains(signed, "host") {
		return refuse("AuthFailure.SignatureFailure")
	}
	headers := ""
	for _, name := range signed {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		headers += name + ":" + strings.ToLower(strings.TrimSpace(value)) + "\n"
	}
	request := r.Method + "\n/\n" + r.URL.RawQuery + "\n" + headers + "\n" + parts["SignedHeaders"] + "\n" + hash(body)
	key := sign(sign(sign([]byte("TC3"+p.Secret), day), "sms"), "tc3_request")
	want := hex.EncodeToString(sign(key, "TC3-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+hash([]byte(request))))
	if parts["Signature"] != want {
		return refuse("AuthFailure.SignatureFailure")
	}
	var in struct {
		PhoneNumberSet, TemplateParamSet                  []string
		SmsSdkAppId, SignName, TemplateId, SessionContext string
	}
	if json.Unmarshal(body, &in) != nil || len(in.PhoneNumberSet) != 1 {
		return refuse("InvalidParameter")
	}
	if in.SmsSdkAppId != p.AppID {
		return refuse("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code := "Ok"
	if p.refuse != "" {
		code = p.refuse
	} else {
		p.taken = append(p.taken, Message{
			Phone: strings.TrimPrefix(in.PhoneNumberSet[0], "+86"), Sign: in.SignName, Template: in.TemplateId, ID: in.SessionContext,
			Params: in.TemplateParamSet,
		})
	}
	return map[string]any{"Response": map[string]any{"SendStatusSet": []map[string]string{{"Code": code, "PhoneNumber": in.PhoneNumberSet[0]}}, "RequestId": "R"}}
}

// pairs reads "A=x,B=y".
func pairs(s, separator string) map[string]string {
	all := map[string]string{}
	for _, part := range strings.Split(s, separator) {
		key, value, _ := strings.Cut(part, "=")
		all[strings.TrimSpace(key)] = value
	}
	return all
}

func contains(all []string, s string) bool {
	for _, one := range all {
		if one == s {
			return true
		}
	}
	return false
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func sign(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	io.WriteString(mac, text)
	return mac.Sum(nil)
}
