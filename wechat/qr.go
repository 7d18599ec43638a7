package wechat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/silenceper/wechat/v2/officialaccount/basic"
)

// maxQR is the longest life of a temporary code.
const maxQR = 30 * 24 * time.Hour

// QR is a QR code that leads to the account; scanning it brings a Message with its scene.
type QR struct {
	Ticket   string
	URL      string // what the code says, to draw it oneself
	ImageURL string // a picture of it, for browsers
}

// CreateQR makes a temporary code for a scene of 1 to 64 characters that lives up to 30 days, in whole seconds.
func (a *Account) CreateQR(ctx context.Context, scene string, ttl time.Duration) (QR, error) {
	const api = "qrcode/create"
	scene = clean(scene)
	switch {
	case scene == "" || utf8.RuneCountInString(scene) > 64:
		return QR{}, fmt.Errorf("wechat %s: %w: a scene has 1 to 64 characters", api, ErrArgument)
	case ttl < time.Second || ttl > maxQR:
		return QR{}, fmt.Errorf("wechat %s: %w: a code lives 1 second to 30 days", api, ErrArgument)
	}
	var answer basic.Ticket
	if err := a.postJSON(ctx, api, basic.NewTmpQrRequest(ttl, scene), &answer); err != nil {
		return QR{}, err
	}
	if answer.Ticket == "" {
		return QR{}, a.failed(api, errors.New("no ticket in the answer"))
	}
	return QR{
		Ticket:   answer.Ticket,
		URL:      answer.URL,
		ImageURL: a.page("https://mp.weixin.qq.com") + "/cgi-bin/showqrcode?ticket=" + url.QueryEscape(answer.Ticket),
	}, nil
}

// QRImage fetches the picture of a code.
func (a *Account) QRImage(ctx context.Context, code QR) ([]byte, error) {
	const api = "showqrcode"
	ctx, cancel := context.WithTimeout(ctx, mediaPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, code.ImageURL, nil)
	if err != nil {
		return nil, a.failed(api, err, code.Ticket)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return nil, a.failed(api, err, code.Ticket)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("wechat %s: %w: status %d", api, ErrNotMedia, response.StatusCode)
	}
	media, err := a.readMedia(api, response, code.Ticket)
	return media.Bytes, err
}

// page is where browsers go: the platform's host, or Options.BrowserBase.
func (a *Account) page(host string) string {
	if a.pages != "" {
		return a.pages
	}
	return host
}
