package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/templates"
	"cailiao/wechat"
)

const (
	every    = time.Second
	lease    = time.Minute // longer than one send may take
	batch    = 100
	attempts = 20 // of one notice, over about two days
)

// Loop sends due notices. Several instances may run it at once: each row is leased.
type Loop struct {
	DB     *storage.DB
	WeChat *wechat.Account
	Season *intake.Season
	Config Config
	Now    func() time.Time
	Log    *slog.Logger
	Owner  string // names this instance in leases

	wake chan struct{}
}

// New readies a loop; fill in all fields of l but wake.
func New(l Loop) *Loop {
	l.wake = make(chan struct{}, 1)
	return &l
}

// Wake makes the loop look at once instead of at its next tick.
func (l *Loop) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run sends what is due until ctx ends; a send under way is finished first.
func (l *Loop) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-l.wake:
		}
		if _, err := l.Send(ctx); err != nil && ctx.Err() == nil {
			l.Log.Error("due notices not read", "err", err)
		}
	}
}

// Send works through the notices due now and returns how many it dealt with.
func (l *Loop) Send(ctx context.Context) (int, error) {
	ids, err := l.DB.DueNotices(ctx, l.Now(), batch)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, id := range ids {
		if ctx.Err() != nil {
			return n, nil
		}
		ours, err := l.one(context.WithoutCancel(ctx), id)
		if err != nil {
			// The lease runs out and the row comes again; the others go on.
			l.Log.Error("notice not dealt with", "notice", id, "err", err)
		}
		if ours {
			n++
		}
	}
	return n, nil
}

// one claims a notice, asks whether it still holds, sends it and records the answer.
func (l *Loop) one(ctx context.Context, id int64) (ours bool, err error) {
	now := l.Now()
	notice, ours, err := l.DB.ClaimNotice(ctx, id, l.Owner, now, now.Add(lease))
	if err != nil || !ours {
		return false, err
	}
	c, err := l.DB.Case(ctx, notice.CandidateID)
	if err != nil {
		return true, err
	}
	if !notice.StillTrue(c, now) {
		return true, l.DB.NoticeCancel(ctx, id, "no longer true")
	}
	if notice.Kind == intake.NoticeReminder {
		if awake := l.Season.Awake(now); awake.After(now) { // late after an outage: not at night
			return true, l.DB.NoticeRetry(ctx, id, awake, 0, "quiet hours")
		}
		crowded, err := l.remindedLately(ctx, notice, now)
		if err != nil {
			return true, err
		}
		if crowded {
			return true, l.DB.NoticeCancel(ctx, id, "too soon after the one before")
		}
	}
	if c.Candidate.OpenID == "" {
		return true, l.DB.NoticeFailed(ctx, id, 0, "not bound", now)
	}
	talk, err := l.DB.Talk(ctx, c.Candidate.OpenID)
	if err != nil {
		return true, err
	}
	if !talk.Following {
		return true, l.DB.NoticeFailed(ctx, id, 43004, "unfollowed", now)
	}
	return true, l.send(ctx, notice, c)
}

// remindedLately says whether the candidate got another reminder within the last hours, as
// happens when several became due during an outage.
func (l *Loop) remindedLately(ctx context.Context, notice intake.Notice, now time.Time) (bool, error) {
	all, err := l.DB.Notices(ctx, notice.CandidateID)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(all, func(n intake.Notice) bool {
		return n.Kind == intake.NoticeReminder && n.ID != notice.ID && !n.SentAt.IsZero() && now.Sub(n.SentAt) < intake.ReminderGap
	}), nil
}

func (l *Loop) send(ctx context.Context, notice intake.Notice, c intake.Case) error {
	template, ok := l.Config[notice.Kind]
	if !ok {
		return l.DB.NoticeFailed(ctx, notice.ID, 0, "no template configured", l.Now())
	}
	data, err := template.data(notice.Kind, l.saying(c))
	if err != nil {
		return err
	}
	msgID, err := l.WeChat.SendTemplate(ctx, wechat.TemplateMessage{
		OpenID: c.Candidate.OpenID, TemplateID: template.ID, URL: template.URL, Data: data,
		ClientMsgID: "notice-" + strconv.FormatInt(notice.ID, 10),
	})
	if err == nil {
		return l.DB.NoticeSent(ctx, notice.ID, msgID, l.Now())
	}
	l.Log.Warn("notice refused", "notice", notice.ID, "kind", notice.Kind, "err", err)
	return l.refused(ctx, notice, err)
}

// refused acts on WeChat's errcode: again later, or given up, so that it heads the next reply.
func (l *Loop) refused(ctx context.Context, notice intake.Notice, cause error) error {
	now := l.Now()
	code := 0
	var answer *wechat.Error
	if errors.As(cause, &answer) {
		code = answer.Code
	}
	action := wechat.ActionFor(cause)
	problem := fmt.Sprintf("%s (%d)", action, code)
	delay := backoff(notice.Attempts)
	switch action {
	case wechat.GiveUpPerson, wechat.AskConsent, wechat.Bug, wechat.GiveUp, wechat.Fallback:
		return l.DB.NoticeFailed(ctx, notice.ID, code, problem, now)
	case wechat.RetryLater:
		delay = max(delay, time.Minute)
	case wechat.DelayPerson:
		delay = max(delay, 2*time.Hour)
	case wechat.PauseUntilMidnight:
		local := now.In(l.Season.Location)
		delay = time.Date(local.Year(), local.Month(), local.Day()+1, 0, 1, 0, 0, l.Season.Location).Sub(now)
	case wechat.Alarm:
		l.Log.Error("notices need the operator: check the account, its template and its secret", "kind", notice.Kind, "errcode", code)
		delay = max(delay, 10*time.Minute)
	}
	if action == wechat.Retry && notice.Attempts+1 >= attempts {
		return l.DB.NoticeFailed(ctx, notice.ID, code, problem, now)
	}
	return l.DB.NoticeRetry(ctx, notice.ID, now.Add(delay), code, problem)
}

// backoff grows from seconds to hours, with jitter so that rows do not come back in a crowd.
func backoff(attempts int) time.Duration {
	delay := min(2*time.Second<<min(attempts, 13), 4*time.Hour)
	return delay + rand.N(delay/2+1)
}

// saying is what the notice's text speaks of, as the case stands now.
func (l *Loop) saying(c intake.Case) templates.NoticeSay {
	say := templates.NoticeSay{
		Until: c.Submission.DeadlineAt.In(l.Season.Location), Now: l.Now().In(l.Season.Location),
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
