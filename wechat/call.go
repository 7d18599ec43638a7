package wechat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/silenceper/wechat/v2/util"
)

const (
	callPatience = 10 * time.Second // for one request and its answer; the caller's context may be shorter
	maxAnswer    = 1 << 20          // bytes of JSON read
)

// call is one request to the platform. It can be sent twice.
type call struct {
	api      string // its name in errors
	method   string
	path     string
	query    url.Values // without the token
	header   http.Header
	body     []byte
	hide     []string // must not show in errors: open ids, codes
	patience time.Duration
	read     func(*http.Response) error
}

// postJSON sends in as JSON and decodes the answer into out, a pointer or nil.
func (a *Account) postJSON(ctx context.Context, api string, in, out any, hide ...string) error {
	body, err := encodeJSON(in)
	if err != nil {
		return fmt.Errorf("wechat %s: %w: %w", api, ErrArgument, err)
	}
	return a.do(ctx, call{
		api:    api,
		method: http.MethodPost,
		path:   "/cgi-bin/" + api,
		header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		body:   body,
		hide:   hide,
		read:   a.readJSON(api, out, hide...),
	})
}

// getJSON asks with query and decodes the answer into out like postJSON.
func (a *Account) getJSON(ctx context.Context, api string, query url.Values, out any, hide ...string) error {
	return a.do(ctx, call{
		api:    api,
		method: http.MethodGet,
		path:   "/cgi-bin/" + api,
		query:  query,
		hide:   hide,
		read:   a.readJSON(api, out, hide...),
	})
}

// do sends c with the shared token, and exactly once more with another token if the platform refuses this one.
func (a *Account) do(ctx context.Context, c call) error {
	token, err := a.accessToken(ctx, "")
	if err != nil {
		return notSent(c.api, err)
	}
	err = a.once(ctx, c, token)
	if ActionFor(err) != RefreshToken {
		return err
	}
	if token, err = a.accessToken(ctx, token); err != nil {
		return notSent(c.api, err)
	}
	return a.once(ctx, c, token)
}

// notSent says that c never left because there was no token: whatever became of the token, the outcome of c is known.
func notSent(api string, err error) error {
	var unknown *callError
	if errors.As(err, &unknown) {
		err = &callError{text: unknown.text, cause: unknown.cause}
	}
	return fmt.Errorf("wechat %s not sent: %w", api, err)
}

// once sends c once, with the token if there is one, within the call's patience.
func (a *Account) once(ctx context.Context, c call, token string) error {
	began := a.now()
	err := a.send(ctx, c, token)
	if a.watch != nil {
		a.watch(c.api, err, a.now().Sub(began))
	}
	return err
}

func (a *Account) send(ctx context.Context, c call, token string) error {
	if c.patience == 0 {
		c.patience = callPatience
	}
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	query := url.Values{}
	for name, values := range c.query {
		query[name] = values
	}
	if token != "" {
		query.Set("access_token", token)
	}
	address := a.base.JoinPath(c.path)
	address.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, c.method, address.String(), bytes.NewReader(c.body))
	if err != nil {
		return a.failed(c.api, err, append([]string{token}, c.hide...)...)
	}
	for name, values := range c.header {
		request.Header[name] = values
	}
	response, err := a.client.Do(request)
	if err != nil {
		return a.failed(c.api, err, append([]string{token}, c.hide...)...)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		io.CopyN(io.Discard, response.Body, 4096) // so that the connection can be used again
		return a.failed(c.api, fmt.Errorf("HTTP status %d", response.StatusCode))
	}
	err = c.read(response)
	var answer *Error
	if errors.As(err, &answer) {
		answer.Message = a.redact(answer.Message, token)
	}
	return err
}

// readJSON decodes an answer of at most maxAnswer bytes; an errcode other than 0 becomes *Error. errmsg alone means nothing:
// successes say "ok".
func (a *Account) readJSON(api string, out any, hide ...string) func(*http.Response) error {
	return func(r *http.Response) error {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer+1))
		if err != nil {
			return a.failed(api, err, hide...)
		}
		if len(body) > maxAnswer {
			return a.failed(api, errors.New("answer longer than 1 MiB"))
		}
		return a.decode(api, body, out, hide...)
	}
}

// decode reads the errcode, and only when there is none the rest into out, which may be nil. (One pass over both would
// leave the errcode of a refused first try in out, because many successes carry no errcode.)
func (a *Account) decode(api string, body []byte, out any, hide ...string) error {
	err := util.DecodeWithCommonError(body, api)
	var refused *util.CommonError
	if errors.As(err, &refused) {
		return &Error{API: api, Code: int(refused.ErrCode), Message: shorten(clean(a.redact(refused.ErrMsg, hide...)), 300)}
	}
	if err == nil && out != nil {
		err = json.Unmarshal(body, out)
	}
	if err != nil {
		return a.failed(api, errors.New("the answer is not the JSON expected"), hide...)
	}
	return nil
}

// encodeJSON writes UTF-8 as it is: the platform does not understand \uXXXX. Texts in v must be clean.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// shorten cuts s to at most n runes.
func shorten(s string, n int) string {
	count := 0
	for at := range s {
		if count == n {
			return s[:at]
		}
		count++
	}
	return s
}
