package wechat

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	// maxBody is the largest callback read, in bytes. Real ones have a few KiB.
	maxBody = 1 << 20
	// freshFor is how far a callback's timestamp may lie from our clock, to either side. The platform repeats within
	// 15 seconds; the rest is for clocks that differ. Within this window the message's Key is what stops a replay.
	freshFor = 5 * time.Minute
	// maxNonce bounds the nonce. The signature joins its parts without separators; a short nonce leaves no room to move
	// parts of the encrypted text into it.
	maxNonce = 64
)

// Echo answers the GET with which the platform verifies the address: the text to send back verbatim, as text/plain.
// It fails with ErrForged, ErrStale or ErrMalformed.
func (a *Account) Echo(q url.Values) (string, error) {
	at, err := a.stamp(q)
	if err != nil {
		return "", err
	}
	if !a.signed(q.Get("signature"), q.Get("timestamp"), q.Get("nonce")) {
		return "", fmt.Errorf("%w: signature", ErrForged)
	}
	if err := a.fresh(at); err != nil {
		return "", err
	}
	echo := q.Get("echostr")
	if echo == "" || len(echo) > 1024 {
		return "", fmt.Errorf("%w: echostr", ErrMalformed)
	}
	return echo, nil
}

// Receive reads one pushed message from a POST: signed over its body, encrypted, for this account, and fresh. A plain-text
// body is refused even with a right signature, because that signature does not cover the body; echostr is ignored.
// It fails with ErrForged, ErrStale, ErrTooLarge or ErrMalformed and never panics.
func (a *Account) Receive(r *http.Request) (Message, error) {
	if r.Method != http.MethodPost {
		return Message{}, fmt.Errorf("%w: method %q", ErrMalformed, r.Method)
	}
	q := r.URL.Query()
	if q.Get("encrypt_type") != "aes" || q.Get("msg_signature") == "" {
		return Message{}, fmt.Errorf("%w: not encrypted", ErrForged)
	}
	at, err := a.stamp(q)
	if err != nil {
		return Message{}, err
	}
	body, err := readBody(r)
	if err != nil {
		return Message{}, err
	}
	encrypted, err := envelope(body)
	if err != nil {
		return Message{}, err
	}
	if !a.signed(q.Get("msg_signature"), q.Get("timestamp"), q.Get("nonce"), encrypted) {
		return Message{}, fmt.Errorf("%w: msg_signature", ErrForged)
	}
	if err := a.fresh(at); err != nil {
		return Message{}, err
	}
	xml, key, err := a.decrypt(encrypted)
	if err != nil {
		return Message{}, err
	}
	m, err := parseMessage(xml, at)
	if err != nil {
		return Message{}, err
	}
	m.key = key
	return m, nil
}

// stamp checks the form of timestamp and nonce and returns the time.
func (a *Account) stamp(q url.Values) (time.Time, error) {
	timestamp, nonce := q.Get("timestamp"), q.Get("nonce")
	seconds, err := strconv.ParseUint(timestamp, 10, 40)
	if err != nil || nonce == "" || len(nonce) > maxNonce {
		return time.Time{}, fmt.Errorf("%w: timestamp or nonce", ErrMalformed)
	}
	return time.Unix(int64(seconds), 0), nil
}

func (a *Account) fresh(at time.Time) error {
	if off := a.now().Sub(at); off.Abs() > freshFor {
		return fmt.Errorf("%w: %s off our clock", ErrStale, off.Round(time.Second))
	}
	return nil
}

// readBody reads at most maxBody bytes.
func readBody(r *http.Request) ([]byte, error) {
	if r.ContentLength > maxBody {
		return nil, fmt.Errorf("%w: %d bytes announced", ErrTooLarge, r.ContentLength)
	}
	if r.Body == nil {
		return nil, fmt.Errorf("%w: no body", ErrMalformed)
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, maxBody)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return body, nil
}

// envelope returns the text of the one <Encrypt>. In compatible mode plain fields stand beside it; they are not signed and
// not looked at.
func envelope(body []byte) (string, error) {
	encrypted, count := "", 0
	err := eachChild(body, func(e element) {
		if e.name == "Encrypt" {
			encrypted = e.text()
			count++
		}
	})
	if err != nil {
		return "", err
	}
	if count != 1 || encrypted == "" {
		return "", fmt.Errorf("%w: expected one <Encrypt>", ErrMalformed)
	}
	return encrypted, nil
}
