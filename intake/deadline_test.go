package intake

import (
	"errors"
	"testing"
	"time"
)

func returnedCase(deadline time.Time) Case {
	c := submitted()
	c.Submission.State, c.Submission.Round = Returned, 2
	c.Submission.ReturnedAt, c.Submission.DeadlineAt = noon, deadline
	c.Items = []Item{{Material: "front", State: ItemReturned, Resend: true}}
	return c
}

func TestADeadlineIsExtendedWithinTheWindowForAReason(t *testing.T) {
	season := reviewSeason()
	deadline := noon.Add(24 * time.Hour)
	good := Extension{By: areaReviewer, Until: deadline.Add(24 * time.Hour), Version: 3, Reason: "停电"}
	for _, tt := range []struct {
		name   string
		change func(*Case, *Extension)
		want   error
	}{
		{"more time", func(*Case, *Extension) {}, nil},
		{"up to the end of corrections", func(_ *Case, e *Extension) { e.Until = season.Window.Corrections }, nil},
		{"an old page", func(_ *Case, e *Extension) { e.Version = 2 }, ErrConflict},
		{"no reason", func(_ *Case, e *Extension) { e.Reason = "" }, ErrNoReason},
		{"not later", func(_ *Case, e *Extension) { e.Until = deadline }, ErrDeadline},
		{"past", func(c *Case, e *Extension) {
			c.Submission.DeadlineAt = noon.Add(-2 * time.Hour)
			e.Until = noon.Add(-time.Hour)
		}, ErrDeadline},
		{"beyond the window", func(_ *Case, e *Extension) { e.Until = season.Window.Corrections.Add(time.Minute) }, ErrDeadline},
		{"submitted again", func(c *Case, _ *Extension) { c.Submission.State = Submitted }, ErrForbidden},
		{"a foreign site", func(_ *Case, e *Extension) { e.By = Staff{Role: RoleSite, Site: "b"} }, ErrForbidden},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, e := returnedCase(deadline), good
			tt.change(&c, &e)
			before := c.Submission.DeadlineAt
			after, owed, err := Extend(season, c, e, noon)
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if err != nil {
				if !after.Submission.DeadlineAt.Equal(before) || owed != nil {
					t.Error("a refused extension changed something")
				}
				return
			}
			if !after.Submission.DeadlineAt.Equal(e.Until) || len(owed) < 2 || owed[len(owed)-1].Kind != NoticeOverdue {
				t.Errorf("deadline %s, notices %+v", after.Submission.DeadlineAt, owed)
			}
			for _, n := range owed {
				for _, old := range NoticesFor(season, c, noon) {
					if n.Key == old.Key {
						t.Errorf("key %s is that of the old clock", n.Key)
					}
				}
			}
		})
	}
}

func TestAReturnInTheLastHoursFollowsTheSeason(t *testing.T) {
	season := reviewSeason()
	season.Window.Corrections = noon.Add(3 * time.Hour)
	back := []Judgement{{Material: "front", Pass: true}, {Material: "trial", Reasons: []string{"BLUR"}}}
	d := Decision{By: siteReviewer, At: noon, Version: 3, Judgements: back}
	after, err := Decide(season, submitted(), d)
	if err != nil || !after.Submission.DeadlineAt.Equal(season.Window.Corrections) {
		t.Errorf("without a rule: deadline %s (%v), want the end of corrections", after.Submission.DeadlineAt, err)
	}
	season.Review.LeastLeft = 4 * time.Hour
	if _, err := Decide(season, submitted(), d); !errors.Is(err, ErrTooLate) {
		t.Errorf("with three of four hours left: %v", err)
	}
	d.Judgements = pass
	if _, err := Decide(season, submitted(), d); err != nil {
		t.Errorf("passing is never too late: %v", err)
	}
}

func TestStepHoldsTheCaps(t *testing.T) {
	season := reviewSeason()
	c := returnedCase(noon.Add(24 * time.Hour))
	reminder := func(id int64, sent time.Time) Notice {
		return Notice{ID: id, Kind: NoticeReminder, Round: 2, SentAt: sent}
	}
	for _, tt := range []struct {
		name  string
		n     Notice
		all   []Notice
		now   time.Time
		drops bool
		until time.Time
	}{
		{"timely", reminder(1, time.Time{}), nil, noon, false, time.Time{}},
		{"at night", reminder(1, time.Time{}), nil, noon.Add(11 * time.Hour), false, noon.Add(20 * time.Hour)},
		{"an hour after another", reminder(1, time.Time{}), []Notice{reminder(2, noon.Add(-time.Hour))}, noon, true, time.Time{}},
		{"the fourth of a round", reminder(1, time.Time{}), []Notice{
			reminder(2, noon.Add(-7*time.Hour)), reminder(3, noon.Add(-14*time.Hour)), reminder(4, noon.Add(-21*time.Hour)),
		}, noon, true, time.Time{}},
		{"those of another round do not count against it", reminder(1, time.Time{}), []Notice{
			{ID: 2, Kind: NoticeReminder, Round: 1, SentAt: noon.Add(-7 * time.Hour)}, {ID: 3, Kind: NoticeReminder, Round: 1, SentAt: noon.Add(-14 * time.Hour)},
			{ID: 4, Kind: NoticeReminder, Round: 1, SentAt: noon.Add(-21 * time.Hour)},
		}, noon, false, time.Time{}},
		{"after the deadline", reminder(1, time.Time{}), nil, noon.Add(24 * time.Hour), true, time.Time{}},
		{"a result beside a reminder", Notice{ID: 1, Kind: NoticeReturned, Round: 2}, []Notice{reminder(2, noon.Add(-time.Hour))}, noon, false, time.Time{}},
		{"a return right after another", Notice{ID: 1, Kind: NoticeReturned, Round: 2},
			[]Notice{{ID: 2, Kind: NoticeRegistration, Round: 1, SentAt: noon.Add(-time.Minute)}}, noon, false, noon.Add(4 * time.Minute)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := season.Step(tt.n, c, append(tt.all, tt.n), tt.now)
			if (got.Drop != "") != tt.drops || !got.Until.Equal(tt.until) {
				t.Errorf("got %+v", got)
			}
		})
	}
}
