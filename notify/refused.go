package notify

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/wechat"
)

const (
	attempts     = 20               // of one notice, over about two days
	personTries  = 6                // while WeChat says this person gets too many messages
	personPause  = 2 * time.Hour    // its limit is not published
	minutePause  = time.Minute      // after "too many calls this minute"
	accountPause = 10 * time.Minute // after a refusal of the whole account
	alarmEvery   = 10 * time.Minute // the same alarm is not logged more often
)

// verdict is what a refusal means for the notice, its kind, its receiver.
type verdict int

const (
	soon       verdict = iota // again, a few times, with growing delay
	nextMinute                // the kind waits a minute
	midnight                  // the kind waits for the next day's quota
	hours                     // this person has had too many
	nobody                    // this person cannot be reached
	unfollowed                // nobody, and they do not follow
	noConsent                 // nobody, until they permit again
	broken                    // this notice will never be taken: content or template; alarm
	halt                      // nothing can be sent: credentials or standing of the account; alarm
)

// own are codes that mean something else here than their action says: a template that is gone or
// banned stops its own kind only, and its notices still have other roads.
var own = map[int]verdict{
	40037: broken, 43116: broken, 41030: broken, 43100: broken, 43106: broken,
	43004: unfollowed, 50005: unfollowed,
	48006: broken,
}

var verdicts = map[wechat.Action]verdict{
	wechat.Retry: soon, wechat.RetryLater: nextMinute, wechat.PauseUntilMidnight: midnight, wechat.DelayPerson: hours,
	wechat.GiveUpPerson: nobody, wechat.GiveUp: broken, wechat.Fallback: nobody, wechat.AskConsent: noConsent,
	wechat.Bug: broken, wechat.AskAgain: broken, wechat.SignInAgain: broken,
	wechat.Alarm: halt, wechat.RefreshToken: halt,
}

func verdictOf(cause error) verdict {
	if v, ok := own[errorCode(cause)]; ok {
		return v
	}
	return verdicts[wechat.ActionFor(cause)]
}

// refused acts on WeChat's answer: again later, or given up, so that it heads the next reply.
func (l *Loop) refused(ctx context.Context, n intake.Notice, c intake.Case, cause error) error {
	now, code := l.Now(), errorCode(cause)
	l.Metrics.refused(n.Kind, code)
	l.Log.WarnContext(ctx, "notice refused", "notice", n.ID, "kind", n.Kind, "err", cause)
	r := refusal{code: code, problem: fmt.Sprintf("%s (%d)", wechat.ActionFor(cause), code)}
	switch verdictOf(cause) {
	case soon:
		if n.Attempts+1 >= attempts {
			return l.undeliverable(ctx, n, c, r)
		}
		return l.DB.NoticeRetry(ctx, n.ID, now.Add(backoff(n.Attempts)), code, r.problem)
	case nextMinute:
		return l.pause(ctx, n, storage.Pause{Kind: n.Kind, Until: now.Add(minutePause), Reason: "minute"}, r)
	case midnight:
		return l.pause(ctx, n, storage.Pause{Kind: n.Kind, Until: l.nextDay(now), Reason: "quota"}, r)
	case hours:
		if n.Attempts+1 >= personTries {
			return l.undeliverable(ctx, n, c, r)
		}
		return l.DB.NoticeRetry(ctx, n.ID, now.Add(personPause+rand.N(personPause/4)), code, r.problem)
	case unfollowed:
		if err := l.DB.Unfollowed(ctx, c.Candidate.OpenID, now); err != nil {
			return err
		}
	case noConsent:
		if err := l.DB.RefuseConsent(ctx, c.Candidate.OpenID, l.Config[n.Kind].ID, now); err != nil {
			return err
		}
	case halt:
		l.alarm(n.Kind, code, "no notice can be sent: check the account's credentials, IP list and standing")
		return l.pause(ctx, n, storage.Pause{Kind: storage.EveryKind, Until: now.Add(accountPause), Reason: "account"}, r)
	case broken:
		l.alarm(n.Kind, code, "this kind of notice is refused: check its template and fields, then requeue what failed")
	}
	return l.undeliverable(ctx, n, c, r)
}

// pause stops a kind for every instance and puts the notice back for after it; nothing is counted
// against the notice.
func (l *Loop) pause(ctx context.Context, n intake.Notice, p storage.Pause, r refusal) error {
	p.Actor, p.Since = "system", l.Now()
	if err := l.DB.PauseNotices(ctx, p); err != nil {
		return err
	}
	return l.DB.NoticePutBack(ctx, n.ID, p.Until, r.code, r.problem)
}

// nextDay is when the platform's quotas begin anew, with a minute for its clock.
func (l *Loop) nextDay(now time.Time) time.Time {
	local := now.In(china)
	return time.Date(local.Year(), local.Month(), local.Day()+1, 0, 1, 0, 0, china)
}

// china is the platform's own zone, whatever the season's.
var china = time.FixedZone("CST", 8*60*60)

// backoff grows from seconds to hours, with jitter so that rows do not come back in a crowd.
func backoff(attempts int) time.Duration {
	delay := min(2*time.Second<<min(attempts, 13), 4*time.Hour)
	return delay + rand.N(delay/2+1)
}

// alarms remembers what was logged, so that a thousand notices with one fault are one alarm.
type alarms struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (l *Loop) alarm(kind intake.NoticeKind, code int, text string) {
	l.alarms.mu.Lock()
	defer l.alarms.mu.Unlock()
	what := fmt.Sprint(kind, code)
	now := l.Now()
	if last, ok := l.alarms.last[what]; ok && now.Sub(last) < alarmEvery {
		return
	}
	l.alarms.last[what] = now
	l.Log.Error("ALARM "+text, "kind", kind, "errcode", code)
}
