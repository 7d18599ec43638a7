package wechat

import (
	"context"
	"fmt"

	"github.com/silenceper/wechat/v2/officialaccount/message"
)

// subscribeRequest is the body of bizsend: "page" where template/send says "url".
type subscribeRequest struct {
	To         string                              `json:"touser"`
	TemplateID string                              `json:"template_id"`
	Page       string                              `json:"page,omitempty"`
	Data       map[string]message.TemplateDataItem `json:"data"`
}

// SendSubscribe sends a subscription notice (订阅通知, message/subscribe/bizsend). Each costs one
// consent of the person; without one the errcode is 43101. There is no client_msg_id: with
// ErrOutcomeUnknown it may have arrived, and then the consent is used up. msgID is 0 when the
// platform names none.
func (a *Account) SendSubscribe(ctx context.Context, t TemplateMessage) (msgID int64, err error) {
	const api = "message/subscribe/bizsend"
	if t.OpenID == "" || t.TemplateID == "" || len(t.Data) == 0 {
		return 0, fmt.Errorf("wechat %s: %w: no receiver, template or data", api, ErrArgument)
	}
	request := subscribeRequest{
		To: t.OpenID, TemplateID: t.TemplateID, Page: clean(t.URL),
		Data: make(map[string]message.TemplateDataItem, len(t.Data)),
	}
	for name, value := range t.Data {
		value, err := fieldValue(name, value)
		if err != nil {
			return 0, fmt.Errorf("wechat %s: %w", api, err)
		}
		request.Data[clean(name)] = message.TemplateDataItem{Value: value}
	}
	var answer struct {
		MsgID int64 `json:"msgid"`
	}
	err = a.postJSON(ctx, api, request, &answer, t.OpenID)
	return answer.MsgID, err
}
