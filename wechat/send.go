package wechat

import (
	"context"
	"fmt"
	"strings"

	"github.com/silenceper/wechat/v2/officialaccount/message"
)

// SendText sends a customer-service message (客服消息). The platform allows a few per action of the person: 5 within 48
// hours of a message, 3 within a minute of a menu click, follow or scan; then 45015 or 45047, see ActionFor.
// With ErrOutcomeUnknown it may have arrived: there is no way to send it only once.
func (a *Account) SendText(ctx context.Context, openID, text string) error {
	const api = "message/custom/send"
	text = clean(text)
	switch {
	case openID == "" || strings.TrimSpace(text) == "":
		return fmt.Errorf("wechat %s: %w: no receiver or no text", api, ErrArgument)
	case len(text) > maxText:
		return fmt.Errorf("wechat %s: %w: it has %d", api, ErrTooLong, len(text))
	}
	return a.postJSON(ctx, api, message.NewCustomerTextMessage(openID, text), nil, openID)
}
