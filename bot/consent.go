package bot

import (
	"context"
	"strconv"
	"strings"

	"cailiao/wechat"
)

// takeConsents notes what a person permits or refuses of 订阅通知, and what became of one that was
// sent. A turn that is tried again would count a permission twice; the count is only a hint,
// WeChat's answer to the sending decides.
func (t *turn) takeConsents(ctx context.Context) error {
	db := t.bot.DB
	for _, c := range t.msg.Consents {
		var err error
		switch {
		case t.msg.Event == wechat.EventPopupSent:
			id, parseErr := strconv.ParseInt(c.MsgID, 10, 64)
			if parseErr != nil {
				continue // a message without our kind of number is none of ours
			}
			_, err = db.NoticeEvent(ctx, id, strings.EqualFold(c.Status, "success"), c.Status, t.now)
		case c.Status == "accept":
			err = db.AddConsent(ctx, t.row.OpenID, c.TemplateID, t.now)
		default:
			err = db.RefuseConsent(ctx, t.row.OpenID, c.TemplateID, t.now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
