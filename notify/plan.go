package notify

import (
	"context"
	"slices"
	"time"

	"cailiao/intake"
)

const (
	planEvery  = 30 * time.Second
	planBatch  = 500
	lateAfter  = 5 * time.Minute // a notice due longer than this is an alarm
	eventsKept = 30 * 24 * time.Hour
)

func (l *Loop) runPlan(ctx context.Context) {
	tick := time.NewTicker(planEvery)
	defer tick.Stop()
	cleaned := time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := l.Plan(ctx); err != nil && ctx.Err() == nil {
			l.Log.ErrorContext(ctx, "notices not planned", "err", err)
		}
		if err := l.Watch(ctx); err != nil && ctx.Err() == nil {
			l.Log.ErrorContext(ctx, "notices not watched", "err", err)
		}
		if now := l.Now(); now.Sub(cleaned) > time.Hour {
			cleaned = now
			if err := l.DB.DropOldDeliveryEvents(ctx, now.Add(-eventsKept)); err != nil && ctx.Err() == nil {
				l.Log.Error("old delivery events not dropped", "err", err)
			}
		}
	}
}

// Plan does what no message and no decision brings about, only the clock: passed deadlines go on
// record, and who has not submitted is told that the window closes. Doing it twice does nothing.
func (l *Loop) Plan(ctx context.Context) error {
	now := l.Now()
	ids, err := l.DB.PassedDeadlines(ctx, now, planBatch)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := l.DB.RecordDeadline(ctx, id, now); err != nil {
			return err
		}
	}
	return l.planClosing(ctx, now)
}

func (l *Loop) planClosing(ctx context.Context, now time.Time) error {
	ahead := l.Season.Review.ClosingNotice
	closes := l.Season.Window.Closes
	if ahead == 0 || now.Before(closes.Add(-ahead)) || !l.Season.Awake(now).Before(closes) || l.Config[intake.NoticeClosing].Disabled {
		return nil
	}
	for above := int64(0); ; {
		ids, err := l.DB.Unsubmitted(ctx, above, planBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			c, err := l.DB.Case(ctx, id)
			if err != nil {
				return err
			}
			n := intake.ClosingNotice(l.Season, c, now)
			if !n.StillTrue(l.Season, c, now) {
				continue
			}
			if err := l.DB.AddNotices(ctx, []intake.Notice{n}); err != nil {
				return err
			}
		}
		above = ids[len(ids)-1]
	}
}

// Watch raises the alarm when a notice has been due for too long.
func (l *Loop) Watch(ctx context.Context) error {
	now := l.Now()
	oldest, err := l.DB.OldestDue(ctx, intake.NoticeKinds, now)
	if err != nil {
		return err
	}
	if oldest.IsZero() || now.Sub(oldest) <= lateAfter {
		return nil
	}
	open, err := l.open(ctx, now)
	if err != nil {
		return err
	}
	paused := slices.DeleteFunc(slices.Clone(intake.NoticeKinds), func(k intake.NoticeKind) bool { return slices.Contains(open, k) })
	l.Log.Error("ALARM notices are late", "oldest_due_seconds", int(now.Sub(oldest).Seconds()), "paused", paused)
	return nil
}
