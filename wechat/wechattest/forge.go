package wechattest

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// maxAnswer bounds what is read of a server's answer.
const maxAnswer = 1 << 20

// Raw is a request to the callback URL, free to be bent before it is sent with
// [Platform.Post]: this is how a test plays an attacker.
type Raw struct {
	Method      string // "": POST
	Query       url.Values
	Body        []byte
	ContentType string // "": text/xml
}

// Answer is what the callback URL returned.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Post sends raw to the callback URL once, within the 5-second rule. A redirect is returned,
// not followed.
func (p *Platform) Post(ctx context.Context, raw Raw) (Answer, error) {
	p.mu.Lock()
	target := p.callback
	p.mu.Unlock()
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return Answer{}, fmt.Errorf("no callback URL set")
	}
	q := u.Query()
	maps.Copy(q, raw.Query)
	u.RawQuery = q.Encode()

	ctx, cancel := context.WithTimeout(ctx, p.opts.Timeout)
	defer cancel()
	method, kind := raw.Method, raw.ContentType
	if method == "" {
		method = http.MethodPost
	}
	if kind == "" {
		kind = "text/xml"
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(raw.Body))
	if err != nil {
		return Answer{}, fmt.Errorf("callback request: %w", err)
	}
	if len(raw.Body) > 0 {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("User-Agent", "Mozilla/4.0")
	resp, err := p.client.Do(req)
	if err != nil {
		return Answer{}, fmt.Errorf("callback: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return Answer{}, fmt.Errorf("callback answer: %w", err)
	}
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, nil
}

// Sealed is a valid safe-mode push of inner, stamped with at: signed, encrypted, ready to
// post. An at long past makes it stale.
func (p *Platform) Sealed(inner []byte, at time.Time) Raw {
	cipher := encrypt(p.key, inner, p.opts.AppID)
	q := p.signedQuery(at, cipher)
	q.Set("encrypt_type", "aes")
	body, err := xml.Marshal(struct {
		XMLName xml.Name `xml:"xml"`
		To      cdata    `xml:"ToUserName"`
		Encrypt cdata
	}{To: cdata(p.opts.OriginalID), Encrypt: cdata(cipher)})
	if err != nil {
		panic("wechattest: " + err.Error())
	}
	return Raw{Query: q, Body: body}
}

// Plain is a push of inner as in plaintext mode, with a valid signature: what an attacker who
// has seen one callback can forge, because that signature does not cover the body.
func (p *Platform) Plain(inner []byte, at time.Time) Raw {
	return Raw{Query: p.signedQuery(at, ""), Body: inner}
}

// Without is raw with some query parameters taken away, for example "msg_signature".
func (r Raw) Without(names ...string) Raw {
	r = r.clone()
	for _, name := range names {
		r.Query.Del(name)
	}
	return r
}

// With is raw with one query parameter replaced.
func (r Raw) With(name, value string) Raw {
	r = r.clone()
	r.Query.Set(name, value)
	return r
}

func (r Raw) clone() Raw {
	q := url.Values{}
	for name, values := range r.Query {
		q[name] = append([]string(nil), values...)
	}
	r.Query, r.Body = q, bytes.Clone(r.Body)
	return r
}

// signedQuery carries signature, timestamp and nonce, and msg_signature if there is a cipher.
func (p *Platform) signedQuery(at time.Time, cipher string) url.Values {
	stamp, nonce := strconv.FormatInt(at.Unix(), 10), randomDigits(10)
	q := url.Values{
		"signature": {sign(p.opts.Token, stamp, nonce)},
		"timestamp": {stamp},
		"nonce":     {nonce},
	}
	if cipher != "" {
		q.Set("msg_signature", sign(p.opts.Token, stamp, nonce, cipher))
	}
	return q
}

// TextMessage is the XML of a text message as it stands before encryption, for forging. It
// is not part of any chat.
func (p *Platform) TextMessage(openID, text string) []byte {
	u := p.User(openID)
	p.mu.Lock()
	defer p.mu.Unlock()
	m := u.message("text", p.Now())
	m.Content = (*cdata)(&text)
	return m.bytes()
}
