package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"cailiao/intake"
	"cailiao/sms"
	"cailiao/storage"
	"cailiao/watch"
	"cailiao/wechat"
)

const (
	every   = time.Second
	batch   = 256 // candidates looked up at once
	abreast = 8   // candidates told at once, each one's notices one after the other; more would crowd out callbacks
)

// Loop sends due notices. Several instances may run it at once: each row is leased. Fill in the
// exported fields; SMS and Metrics may be nil.
type Loop struct {
	DB      *storage.DB
	WeChat  *wechat.Account
	Season  *intake.Season
	Config  Config
	SMS     sms.Sender // nil: off
	Now     func() time.Time
	Log     *slog.Logger
	Owner   string        // names this instance in leases
	Lease   time.Duration // how long nobody else takes what this instance claimed; 0: a minute, longer than a send may take
	Metrics *Metrics

	wake   chan struct{}
	claims *atomic.Int64 // numbers the claims of this instance
	alarms *alarms
}

// New readies a loop; fill in the exported fields of l.
func New(l Loop) *Loop {
	l.wake = make(chan struct{}, 1)
	l.claims = new(atomic.Int64)
	l.alarms = &alarms{last: map[string]time.Time{}}
	if l.Lease == 0 {
		l.Lease = time.Minute
	}
	if l.Metrics == nil {
		l.Metrics = NewMetrics()
	}
	return &l
}

// Wake makes the loop look at once instead of at its next tick.
func (l *Loop) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run sends what is due until ctx ends; a send under way is finished first. Beside it runs what
// the clock itself brings about, see Plan.
func (l *Loop) Run(ctx context.Context) error {
	var planning sync.WaitGroup
	planning.Go(func() { l.runPlan(ctx) })
	defer planning.Wait()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-l.wake:
		}
		for {
			n, err := l.Send(ctx)
			if err != nil && ctx.Err() == nil {
				l.Log.Error("due notices not read", "err", err)
			}
			if err != nil || n < batch {
				break // the rest, if any, at the next tick
			}
		}
	}
}

// Send works through the notices due now, many people at once, and returns how many people it
// dealt with.
func (l *Loop) Send(ctx context.Context) (int, error) {
	now := l.Now()
	kinds, err := l.open(ctx, now)
	if err != nil {
		return 0, err
	}
	ids, err := l.DB.DueCandidates(ctx, kinds, now, batch)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	work := make(chan int64)
	var told atomic.Int64
	var workers sync.WaitGroup
	for range min(abreast, len(ids)) {
		workers.Go(func() {
			for id := range work {
				ours, err := l.person(context.WithoutCancel(ctx), id, kinds)
				if err != nil {
					// The lease runs out and the rows come again; the others go on.
					l.Log.ErrorContext(ctx, "notices not dealt with", "candidate", id, "err", err)
				}
				if ours {
					told.Add(1)
				}
			}
		})
	}
	for _, id := range ids {
		if ctx.Err() != nil {
			break
		}
		work <- id
	}
	close(work)
	workers.Wait()
	return int(told.Load()), nil
}

// open lists the kinds that are not paused, by anybody.
func (l *Loop) open(ctx context.Context, now time.Time) ([]intake.NoticeKind, error) {
	pauses, err := l.DB.Pauses(ctx, now)
	if err != nil {
		return nil, err
	}
	var kinds []intake.NoticeKind
	for _, kind := range intake.NoticeKinds {
		if !slices.ContainsFunc(pauses, func(p storage.Pause) bool { return p.Kind == kind || p.Kind == storage.EveryKind }) {
			kinds = append(kinds, kind)
		}
	}
	return kinds, nil
}

// person claims all that one candidate is due and deals with it in order.
func (l *Loop) person(ctx context.Context, id int64, kinds []intake.NoticeKind) (ours bool, err error) {
	now := l.Now()
	until := now.Add(l.Lease)
	owner := fmt.Sprintf("%.40s#%d", l.Owner, l.claims.Add(1))
	notices, err := l.DB.ClaimNotices(ctx, id, storage.Claim{Owner: owner, Kinds: kinds, Now: now, Until: until})
	if err != nil || len(notices) == 0 {
		return false, err
	}
	for _, n := range notices {
		if until.Sub(l.Now()) < l.Lease/2 {
			return true, l.DB.ReleaseNotices(ctx, id, owner) // it took long: the rest comes again, perhaps elsewhere
		}
		ctx := watch.WithRequest(ctx, fmt.Sprint("notice-", n.ID))
		if err := l.guarded(ctx, n); err != nil {
			l.Log.ErrorContext(ctx, "notice not dealt with", "notice", n.ID, "kind", n.Kind, "err", err)
			if err := l.puzzled(ctx, n); err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

// guarded keeps a panic over one notice from the others.
func (l *Loop) guarded(ctx context.Context, n intake.Notice) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return l.one(ctx, n)
}

// puzzled puts a notice off over which we ourselves failed, and gives it up in the end.
func (l *Loop) puzzled(ctx context.Context, n intake.Notice) error {
	if n.Attempts+1 >= attempts {
		return l.DB.NoticeFailed(ctx, n.ID, 0, "internal", l.Now())
	}
	return l.DB.NoticeRetry(ctx, n.ID, l.Now().Add(backoff(n.Attempts)), 0, "internal")
}

// one asks whether a claimed notice still holds and is timely, and sends it.
func (l *Loop) one(ctx context.Context, n intake.Notice) error {
	now := l.Now()
	c, err := l.DB.Case(ctx, n.CandidateID)
	if err != nil {
		return err
	}
	if l.Config[n.Kind].Disabled {
		return l.drop(ctx, n, "kind is disabled")
	}
	all, err := l.DB.Notices(ctx, n.CandidateID)
	if err != nil {
		return err
	}
	switch step := l.Season.Step(n, c, all, now); {
	case step.Drop != "":
		return l.drop(ctx, n, step.Drop)
	case step.Until.After(now):
		return l.DB.NoticeDefer(ctx, n.ID, step.Until)
	}
	return l.tell(ctx, n, c)
}

func (l *Loop) drop(ctx context.Context, n intake.Notice, why string) error {
	l.Metrics.dropped(n.Kind)
	return l.DB.NoticeCancel(ctx, n.ID, why)
}

// errorCode is WeChat's errcode in an error; 0: none.
func errorCode(err error) int {
	var answer *wechat.Error
	if errors.As(err, &answer) {
		return answer.Code
	}
	return 0
}
