package notify

import (
	"context"
	"errors"
	"strconv"
	"time"

	"cailiao/intake"
	"cailiao/sms"
	"cailiao/storage"
	"cailiao/templates"
	"cailiao/wechat"
)

// The reply window: WeChat takes customer-service messages for 48 hours after a person's own
// message, five at most. We keep off its end, and leave most of the five to the conversation.
const (
	windowOpen = 48*time.Hour - 10*time.Minute
	windowMost = 2
)

// tell sends a notice by the first road that works: customer-service message if it is to replace
// the other, template or subscription message, SMS. What cannot go by any heads the next reply.
func (l *Loop) tell(ctx context.Context, n intake.Notice, c intake.Case) error {
	t := l.Config[n.Kind]
	say := l.saying(c)
	if c.Candidate.OpenID == "" {
		return l.undeliverable(ctx, n, c, refusal{problem: "not bound"})
	}
	talk, err := l.DB.Talk(ctx, c.Candidate.OpenID)
	if err != nil {
		return err
	}
	if !talk.Following {
		return l.undeliverable(ctx, n, c, refusal{code: 43004, problem: "unfollowed"})
	}
	if t.Chat == ChatInstead {
		told, err := l.chat(ctx, n, talk, say)
		if err != nil {
			return err
		}
		if told {
			return l.sent(ctx, n, storage.Sending{Road: intake.RoadChat})
		}
	}
	data, err := t.data(n.Kind, say)
	if err != nil {
		return err
	}
	message := wechat.TemplateMessage{
		OpenID: c.Candidate.OpenID, TemplateID: t.ID, URL: t.URL, Data: data,
		ClientMsgID: "notice-" + strconv.FormatInt(n.ID, 10),
	}
	sending := storage.Sending{Road: intake.RoadTemplate}
	if t.Via == ViaSubscribe {
		sending.Road = intake.RoadSubscribe
		sending.MsgID, err = l.WeChat.SendSubscribe(ctx, message)
	} else {
		sending.MsgID, err = l.WeChat.SendTemplate(ctx, message)
	}
	if err != nil {
		return l.refused(ctx, n, c, err)
	}
	if err := l.sent(ctx, n, sending); err != nil {
		return err
	}
	if t.Via == ViaSubscribe {
		if err := l.DB.UseConsent(ctx, c.Candidate.OpenID, t.ID); err != nil {
			return err
		}
	}
	if t.Chat == ChatAlso {
		if _, err := l.chat(ctx, n, talk, say); err != nil {
			l.Log.WarnContext(ctx, "notice not told in the chat as well", "notice", n.ID, "err", err)
		}
	}
	return nil
}

func (l *Loop) sent(ctx context.Context, n intake.Notice, sending storage.Sending) error {
	sending.At = l.Now()
	l.Metrics.sent(n, sending)
	return l.DB.NoticeSent(ctx, n.ID, sending)
}

// chat tries a customer-service message. False: the window is closed or used up, or WeChat will
// not now; the other road remains. When nobody knows whether it arrived, telling twice is the
// smaller evil.
func (l *Loop) chat(ctx context.Context, n intake.Notice, talk intake.Talk, say templates.NoticeSay) (bool, error) {
	if talk.HeardAt.IsZero() || l.Now().Sub(talk.HeardAt) >= windowOpen {
		return false, nil
	}
	used, err := l.DB.ChatNotices(ctx, n.CandidateID, talk.HeardAt)
	if err != nil || used >= windowMost {
		return false, err
	}
	text, err := templates.NoticeChat(n.Kind, say)
	if err != nil {
		return false, err
	}
	if err := l.WeChat.SendText(ctx, talk.OpenID, text); err != nil {
		l.Log.InfoContext(ctx, "notice not told in the chat", "notice", n.ID, "kind", n.Kind, "err", err)
		return false, nil
	}
	return true, nil
}

// refusal is why WeChat cannot deliver.
type refusal struct {
	code    int
	problem string // no personal data
}

// undeliverable takes the last road, the SMS, if the kind has one; else the notice is given up:
// it heads the next reply, and staff see it.
func (l *Loop) undeliverable(ctx context.Context, n intake.Notice, c intake.Case, r refusal) error {
	t := l.Config[n.Kind].SMS
	if l.SMS == nil || t.Template == "" || c.Candidate.Phone == "" {
		return l.giveUp(ctx, n, r)
	}
	message := sms.Message{Phone: c.Candidate.Phone, Template: t.Template, ID: strconv.FormatInt(n.ID, 10)}
	say := l.saying(c)
	for _, value := range t.Params {
		text, err := templates.Notice(n.Kind, value, 20, say)
		if err != nil {
			return err
		}
		message.Params = append(message.Params, sms.Param{Name: value, Value: fit("thing", text)})
	}
	err := l.SMS.Send(ctx, message)
	if err == nil {
		return l.sent(ctx, n, storage.Sending{Road: intake.RoadSMS})
	}
	l.Log.WarnContext(ctx, "notice not told by SMS", "notice", n.ID, "kind", n.Kind, "err", err)
	if errors.Is(err, sms.ErrLater) && n.Attempts+1 < attempts {
		return l.DB.NoticeRetry(ctx, n.ID, l.Now().Add(max(backoff(n.Attempts), time.Minute)), r.code, r.problem)
	}
	return l.giveUp(ctx, n, r)
}

func (l *Loop) giveUp(ctx context.Context, n intake.Notice, r refusal) error {
	l.Metrics.failed(n.Kind, r.code)
	return l.DB.NoticeFailed(ctx, n.ID, r.code, r.problem, l.Now())
}

// saying is what the notice's text speaks of, as the case stands now.
func (l *Loop) saying(c intake.Case) templates.NoticeSay {
	zone := l.Season.Location
	site, _ := l.Season.Site(c.Candidate.Site)
	say := templates.NoticeSay{
		Until: c.Submission.DeadlineAt.In(zone), Now: l.Now().In(zone), Closes: l.Season.Window.Closes.In(zone),
		Name: c.Candidate.Name, Number: c.Candidate.Number, Site: site.Name, Phone: site.Contact.Phone, Area: l.Season.Area.Name,
		Shut: l.Season.Shut(c.Submission, l.Now()),
	}
	returned := 0
	for _, m := range l.Season.Materials {
		item := c.Item(m.Code)
		if item.State != intake.ItemReturned {
			continue
		}
		returned++
		if !item.Resend {
			continue
		}
		if say.N == 0 {
			say.First = m.Name
		}
		say.N++
	}
	say.DataOnly = returned > 0 && say.N == 0
	return say
}
