package wechattest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Outage is what WeChat shows in the chat when the account's server gives no usable answer.
const Outage = "该公众号提供的服务出现故障，请稍后再试"

// deliveries is how often one message is pushed at most: "总共重试三次" counts the first.
const deliveries = 3

// Delivery is what became of one message or event.
type Delivery struct {
	Reply      string `json:"reply"`       // text of the passive reply; "" for "success" or an empty body
	ReplyImage string `json:"reply_image"` // media id of a passive image reply
	Attempts   int    `json:"attempts"`    // how often the message was pushed, 1 to 3; 0: it never left the phone
	Broken     string `json:"broken"`      // Outage and why; "" when the account's server behaved

	openID string
	inner  []byte // the callback before encryption
	raw    Raw    // the last push as it went out
	entry  Entry  // the reply as the chat shows it; no Kind: nothing to show
}

// deliver pushes one callback under the 5-second rule: a timeout, a failed connection or a
// status other than 200 means another try, three in all; a malformed answer is final.
//
// Nobody confirmed whether a retry repeats the request byte for byte or is signed anew, so
// the second push is identical to the first and the third is sealed afresh.
func (p *Platform) deliver(ctx context.Context, openID string, inner []byte) Delivery {
	d := Delivery{openID: openID, inner: inner, raw: p.sealedFor(openID, inner)}
	var why error
	for d.Attempts < deliveries {
		d.Attempts++
		if d.Attempts == deliveries {
			d.raw = p.sealedFor(openID, inner)
		}
		body, err := p.pushOnce(ctx, openID, d.raw)
		if err != nil {
			why = err
			if ctx.Err() != nil {
				break
			}
			continue
		}
		p.takeReply(&d, body)
		return d
	}
	d.Broken = fmt.Sprintf("%s: %d deliveries, last: %v", Outage, d.Attempts, why)
	return d
}

// Errors a delivery can end with; they appear in Delivery.Broken.
var (
	errLost    = errors.New("callback lost on the way (fault)")
	errNoReply = errors.New("answer lost on the way (fault)")
)

// pushOnce is one HTTP exchange within the timeout, subject to the callback faults. The
// error says why WeChat would push again.
func (p *Platform) pushOnce(ctx context.Context, openID string, raw Raw) ([]byte, error) {
	if f := p.trip("callback-loss", openID); f != nil {
		return nil, errLost
	}
	if f := p.trip("callback", openID); f != nil {
		pause(ctx, f.Delay)
	}
	a, err := p.Post(ctx, raw)
	if err != nil {
		return nil, err
	}
	if f := p.trip("reply-loss", openID); f != nil {
		return nil, errNoReply
	}
	if a.Status != http.StatusOK {
		return nil, fmt.Errorf("status %d", a.Status)
	}
	return a.Body, nil
}

// takeReply reads the passive answer into d.
func (p *Platform) takeReply(d *Delivery, body []byte) {
	r, err := p.readReply(d.openID, body)
	if err != nil {
		d.Broken = fmt.Sprintf("%s: %v", Outage, err)
		return
	}
	d.entry, d.Reply = r.entry, r.entry.Text
	if r.entry.Kind == KindImage {
		d.ReplyImage = r.mediaID
	}
}

// converse delivers what the user just did and shows the answer in the chat, or the outage
// when the account's server fails, as WeChat does.
func (u *User) converse(ctx context.Context, inner []byte) Delivery {
	d := u.p.deliver(ctx, u.OpenID, inner)
	switch {
	case d.Broken != "":
		u.p.show(u.OpenID, Entry{From: FromSystem, Kind: KindNotice, Text: Outage})
	case d.entry.Kind != "":
		u.p.show(u.OpenID, d.entry)
	}
	return d
}

// Redeliver pushes the same message once more in a fresh envelope, as WeChat does when an
// answer got lost: same ids, new signature. The answer is in the returned Delivery only.
func (p *Platform) Redeliver(ctx context.Context, d Delivery) Delivery {
	return p.again(ctx, d, p.sealedFor(d.openID, d.inner))
}

// Replay pushes the recorded request once more, byte for byte.
func (p *Platform) Replay(ctx context.Context, d Delivery) Delivery {
	return p.again(ctx, d, d.raw)
}

func (p *Platform) again(ctx context.Context, d Delivery, raw Raw) Delivery {
	next := Delivery{Attempts: 1, openID: d.openID, inner: d.inner, raw: raw}
	body, err := p.pushOnce(ctx, d.openID, raw)
	if err != nil {
		next.Broken = fmt.Sprintf("%s: %v", Outage, err)
		return next
	}
	p.takeReply(&next, body)
	return next
}

// String is for test output: it leaves out the bytes.
func (d Delivery) String() string {
	return fmt.Sprintf("reply %q image %q, %d attempts, broken %q", d.Reply, d.ReplyImage, d.Attempts, d.Broken)
}

// Request is the last push of this delivery as it went out, for tests that bend it.
func (d Delivery) Request() Raw { return d.raw.clone() }

// Message is the callback's XML before encryption.
func (d Delivery) Message() string { return string(d.inner) }

// sealedFor is the signed, encrypted push of inner at the platform's present time.
func (p *Platform) sealedFor(openID string, inner []byte) Raw {
	raw := p.Sealed(inner, p.Now())
	raw.Query.Set("openid", openID)
	return raw
}

// answered says whether body is one of the two ways to say "nothing to reply".
func answered(body []byte) bool {
	text := strings.TrimSpace(string(body))
	return text == "" || text == "success"
}
