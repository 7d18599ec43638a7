package wechat

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// What Receive and Echo refuse. Whatever it is, answer it deliberately: an empty 200 means "delivered" to the platform.
var (
	ErrForged    = errors.New("not signed by the platform for this account")
	ErrStale     = errors.New("signed too long ago or in the future")
	ErrTooLarge  = errors.New("body too large")
	ErrMalformed = errors.New("not a message")
)

// What the calls refuse or report besides *Error.
var (
	ErrArgument       = errors.New("argument not accepted")                   // the caller's mistake; nothing was sent
	ErrTooLong        = errors.New("text longer than 2048 bytes")             // nothing was sent
	ErrMediaTooLarge  = errors.New("media larger than 20 MiB")                //
	ErrNotMedia       = errors.New("the answer is not a file")                // e.g. the link to a video
	ErrTruncated      = errors.New("media cut off on the way")                // fetch again
	ErrSnapshotUser   = errors.New("opened in a snapshot page: no real user") // the open id is a throw-away one
	ErrOutcomeUnknown = errors.New("no answer: the platform may or may not have acted")
)

// Error is the platform's answer with an errcode.
type Error struct {
	API     string // e.g. "message/custom/send"
	Code    int    // https://developers.weixin.qq.com/doc: 全局返回码
	Message string // the errmsg, without tokens, secrets and open ids
}

func (e *Error) Error() string {
	return fmt.Sprintf("wechat %s: errcode %d: %s", e.API, e.Code, e.Message)
}

// callError is a call that brought no answer from the platform. Its text has been redacted. The cause can be asked for with
// errors.Is but not unwrapped: its own text may show the URL, and with it the token.
type callError struct {
	text    string
	cause   error
	unknown bool // the request may have arrived
}

func (e *callError) Error() string { return e.text }
func (e *callError) Is(target error) bool {
	return e.unknown && target == ErrOutcomeUnknown || errors.Is(e.cause, target)
}

// failed wraps what went wrong between us and the platform.
func (a *Account) failed(api string, err error, hide ...string) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		err = withURL.Err
	}
	var op *net.OpError
	dialing := errors.As(err, &op) && op.Op == "dial"
	return &callError{
		text:    "wechat " + api + ": " + a.redact(err.Error(), hide...),
		cause:   err,
		unknown: !dialing,
	}
}

// redact removes the secret, the given values (token, open id, code) and whatever stands behind a telling parameter name.
func (a *Account) redact(s string, hide ...string) string {
	s = strings.ReplaceAll(s, a.cfg.AppSecret, "***")
	for _, word := range hide {
		if word != "" {
			s = strings.ReplaceAll(s, word, "***")
		}
	}
	for _, name := range []string{"access_token=", "secret=", "code=", "ticket="} {
		s = redactParameter(s, name)
	}
	return s
}

func redactParameter(s, name string) string {
	var b strings.Builder
	for {
		at := strings.Index(s, name)
		if at < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:at+len(name)] + "***")
		s = s[at+len(name):]
		if end := strings.IndexAny(s, "&\"' \t\r\n"); end >= 0 {
			s = s[end:]
		} else {
			s = ""
		}
	}
}
