package notify_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"text/tabwriter"
	"time"

	"cailiao/intake"
)

// outbox is the notices table in memory: what the loop does with rows, without rows. The rules
// asked are the loop's own (intake.Season.Step).
type outbox struct {
	season *intake.Season
	down   func(time.Time) bool // an outage: nothing is sent

	mu    sync.Mutex
	byID  []*intake.Notice // ID - 1
	of    map[int64][]*intake.Notice
	cases map[int64]*intake.Case
	due   map[int64][]*intake.Notice // by the minute they become due
	sent  []told
}

type told struct {
	n    intake.Notice
	at   time.Time
	with intake.Case // as it stood
}

func minute(t time.Time) int64 { return t.Add(time.Minute-1).Unix() / 60 }

func (o *outbox) add(notices []intake.Notice) {
	for _, n := range notices {
		n.ID = int64(len(o.byID) + 1)
		row := &n
		o.byID = append(o.byID, row)
		o.of[n.CandidateID] = append(o.of[n.CandidateID], row)
		o.due[minute(n.DueAt)] = append(o.due[minute(n.DueAt)], row)
	}
}

// change runs f on a candidate's case as one transaction: the case, what it makes moot, what it owes.
func (o *outbox) change(id int64, moot []intake.NoticeKind, f func(c intake.Case) (intake.Case, []intake.Notice)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := *o.cases[id]
	after, owed := f(before)
	for _, n := range o.of[id] {
		if n.State == intake.NoticeWaiting && n.Round == before.Submission.Round && slices.Contains(moot, n.Kind) {
			n.State = intake.NoticeCancelled
		}
	}
	after.Submission.Version++
	o.cases[id] = &after
	o.add(owed)
}

// run is the loop, once a minute.
func (o *outbox) run(end time.Time) {
	var late []*intake.Notice
	for last := minute(time.Now()) - 1; time.Now().Before(end); time.Sleep(time.Minute) {
		now := time.Now()
		o.mu.Lock()
		for ; last < minute(now); last++ {
			late = append(late, o.due[last+1]...)
			delete(o.due, last+1)
		}
		if !o.down(now) {
			for _, n := range late {
				o.step(n, now)
			}
			late = late[:0]
		}
		o.mu.Unlock()
	}
}

func (o *outbox) step(n *intake.Notice, now time.Time) {
	if n.State != intake.NoticeWaiting {
		return
	}
	c := *o.cases[n.CandidateID]
	var all []intake.Notice
	for _, other := range o.of[n.CandidateID] {
		all = append(all, *other)
	}
	switch step := o.season.Step(*n, c, all, now); {
	case step.Drop != "":
		n.State, n.Problem = intake.NoticeCancelled, step.Drop
	case step.Until.After(now):
		n.DueAt = step.Until
		o.due[minute(step.Until)] = append(o.due[minute(step.Until)], n)
	default:
		n.State, n.SentAt = intake.NoticeSent, now
		o.sent = append(o.sent, told{*n, now, c})
	}
}

// round is one return and how it ended.
type round struct {
	candidate          int64
	number             int
	returned, deadline time.Time
	resubmitted        time.Time // zero: never
}

// TestAWholeSeason plays 14 days of 20,000 candidates and their reviewers, at random, with two
// outages, on synctest's clock; then it looks at everything that was sent.
func TestAWholeSeason(t *testing.T) {
	people := 20_000
	if testing.Short() {
		people = 2_000
	}
	const seed = 20260201
	synctest.Test(t, func(t *testing.T) {
		zone := time.FixedZone("CST", 8*3600)
		start := time.Now().Truncate(24 * time.Hour).Add(-8 * time.Hour).Add(24 * time.Hour) // midnight there
		time.Sleep(time.Until(start))
		s := season()
		s.Location = zone
		end := start.Add(14 * 24 * time.Hour)
		s.Window = intake.Window{Opens: start.Add(10 * time.Hour), Closes: start.Add(10 * 24 * time.Hour), Corrections: end}
		at := func(day, hour int) time.Time { return start.Add(time.Duration(day*24+hour) * time.Hour) }
		outages := [][2]time.Time{{at(4, 9), at(5, 3)}, {at(8, 21), at(8, 22)}}
		o := &outbox{
			season: s, of: map[int64][]*intake.Notice{}, cases: map[int64]*intake.Case{}, due: map[int64][]*intake.Notice{},
			down: func(now time.Time) bool {
				return slices.ContainsFunc(outages, func(out [2]time.Time) bool { return !now.Before(out[0]) && now.Before(out[1]) })
			},
		}
		var rounds []round
		var crowd sync.WaitGroup
		for id := int64(1); id <= int64(people); id++ {
			o.cases[id] = &intake.Case{
				Candidate:  intake.Candidate{ID: id, Site: "A", OpenID: fmt.Sprint("o", id)},
				Submission: intake.Submission{ID: id, CandidateID: id, State: intake.Collecting, Round: 1},
				Items:      []intake.Item{{Material: "front", State: intake.ItemOpen}, {Material: "trial", State: intake.ItemOpen}},
			}
		}
		for id := int64(1); id <= int64(people); id++ {
			crowd.Go(func() {
				r := rand.New(rand.NewPCG(seed, uint64(id)))
				own := o.live(id, r, end)
				o.mu.Lock()
				rounds = append(rounds, own...)
				o.mu.Unlock()
			})
		}
		crowd.Go(func() { o.planClosing() })
		crowd.Go(func() { o.run(end.Add(time.Hour)) })
		crowd.Wait()
		o.judge(t, rounds, outages)
	})
}

// planClosing warns who has not submitted, two days before the window closes.
func (o *outbox) planClosing() {
	time.Sleep(time.Until(o.season.Window.Closes.Add(-o.season.Review.ClosingNotice)))
	o.mu.Lock()
	defer o.mu.Unlock()
	for id := range o.cases {
		c := *o.cases[id]
		if n := intake.ClosingNotice(o.season, c, time.Now()); n.StillTrue(o.season, c, time.Now()) {
			o.add([]intake.Notice{n})
		}
	}
}

// live is one candidate and whoever reviews them.
func (o *outbox) live(id int64, r *rand.Rand, end time.Time) (rounds []round) {
	hours := func(from, to float64) time.Duration {
		return time.Duration((from + r.Float64()*(to-from)) * float64(time.Hour))
	}
	time.Sleep(hours(10, 11*24)) // some come too late
	if !o.season.Window.Open(time.Now()) {
		return nil
	}
	o.submit(id)
	for time.Now().Before(end) {
		time.Sleep(hours(0.2, 30))
		if !time.Now().Before(end) {
			return rounds
		}
		state, _ := o.decide(id, r.Float64() < 0.4)
		if state == intake.Passed {
			return rounds
		}
		if state == intake.SitePassed {
			continue
		}
		o.mu.Lock()
		sub := o.cases[id].Submission
		o.mu.Unlock()
		this := round{candidate: id, number: sub.Round, returned: sub.ReturnedAt, deadline: sub.DeadlineAt}
		if r.Float64() < 0.05 { // staff give more time
			time.Sleep(hours(1, 6))
			if longer := this.deadline.Add(24 * time.Hour); time.Now().Before(this.deadline) && !longer.After(end) {
				this.deadline = o.extend(id, longer)
			}
		}
		switch wish := r.Float64(); {
		case wish < 0.15: // never again
			return append(rounds, this)
		case wish < 0.25: // in a minute
			time.Sleep(hours(0.01, 0.05))
		default:
			time.Sleep(hours(0.1, 40))
		}
		if !time.Now().Before(end) {
			return append(rounds, this)
		}
		this.resubmitted = time.Now()
		rounds = append(rounds, this)
		o.submit(id)
		if r.Float64() < 0.1 { // returned once more at once
			time.Sleep(time.Minute)
			if state, _ := o.decide(id, true); state == intake.Returned {
				time.Sleep(hours(0.1, 20))
				o.mu.Lock()
				sub := o.cases[id].Submission
				o.mu.Unlock()
				if !time.Now().Before(end) {
					return append(rounds, round{candidate: id, number: sub.Round, returned: sub.ReturnedAt, deadline: sub.DeadlineAt})
				}
				rounds = append(rounds, round{id, sub.Round, sub.ReturnedAt, sub.DeadlineAt, time.Now()})
				o.submit(id)
			}
		}
	}
	return rounds
}

func (o *outbox) submit(id int64) {
	o.change(id, intake.RoundKinds, func(c intake.Case) (intake.Case, []intake.Notice) {
		c.Submission.State = intake.Submitted
		c.Items = slices.Clone(c.Items)
		for i := range c.Items {
			if c.Items[i].State == intake.ItemOpen || c.Items[i].State == intake.ItemReturned {
				c.Items[i].State = intake.ItemPending
			}
		}
		return c, intake.NoticesFor(o.season, c, time.Now())
	})
}

// decide passes everything, or returns what waits.
func (o *outbox) decide(id int64, back bool) (state intake.State, err error) {
	o.change(id, intake.RoundKinds, func(c intake.Case) (intake.Case, []intake.Notice) {
		by := intake.Staff{ID: 1, Role: intake.RoleSite, Site: "A"}
		if c.Submission.State == intake.SitePassed {
			by = intake.Staff{ID: 2, Role: intake.RoleArea}
		}
		d := intake.Decision{By: by, At: time.Now(), Version: c.Submission.Version}
		for _, code := range intake.Waiting(c) {
			j := intake.Judgement{Material: code, Pass: !back}
			if back {
				j.Reasons = []string{"BLUR"}
			}
			d.Judgements = append(d.Judgements, j)
		}
		after, failed := intake.Decide(o.season, c, d)
		if failed != nil {
			panic(failed)
		}
		state = after.Submission.State
		return after, intake.NoticesFor(o.season, after, time.Now())
	})
	return state, err
}

func (o *outbox) extend(id int64, until time.Time) (deadline time.Time) {
	o.change(id, intake.DeadlineKinds, func(c intake.Case) (intake.Case, []intake.Notice) {
		e := intake.Extension{By: intake.Staff{Role: intake.RoleAdmin}, Until: until, Version: c.Submission.Version, Reason: "医院停电"}
		after, owed, err := intake.Extend(o.season, c, e, time.Now())
		deadline = after.Submission.DeadlineAt
		if err != nil {
			panic(err) // asked only when it is allowed
		}
		return after, owed
	})
	return deadline
}

// judge holds everything that was sent against the rules, and prints what it found.
func (o *outbox) judge(t *testing.T, rounds []round, outages [][2]time.Time) {
	during := func(from, to time.Time) bool {
		return slices.ContainsFunc(outages, func(out [2]time.Time) bool { return from.Before(out[1]) && out[0].Before(to) })
	}
	type key struct {
		id     int64
		number int
	}
	byRound := map[key][]told{}
	byPerson := map[int64][]told{}
	kinds := map[intake.NoticeKind]int{}
	var night, stale, gaps, caps int
	for _, m := range o.sent {
		kinds[m.n.Kind]++
		byRound[key{m.n.CandidateID, m.n.Round}] = append(byRound[key{m.n.CandidateID, m.n.Round}], m)
		byPerson[m.n.CandidateID] = append(byPerson[m.n.CandidateID], m)
		if hour := m.at.In(o.season.Location).Hour(); hour < 8 || hour >= 22 {
			night++
		}
		if m.n.Kind != intake.NoticeClosing && m.with.Submission.Round != m.n.Round || m.n.Kind == intake.NoticeReminder && m.with.Submission.State != intake.Returned {
			stale++
		}
	}
	for _, all := range byPerson {
		slices.SortFunc(all, func(a, b told) int { return cmp.Compare(a.at.UnixNano(), b.at.UnixNano()) })
		last, count := time.Time{}, map[int]int{}
		for _, m := range all {
			if !m.n.Kind.Nudge() {
				continue
			}
			if !last.IsZero() && m.at.Sub(last) < intake.ReminderGap {
				gaps++
			}
			last = m.at
			if count[m.n.Round]++; count[m.n.Round] > intake.RemindersMax {
				caps++
			}
		}
	}
	var after, untold, unreminded, silent, judged int
	for _, r := range rounds {
		all := byRound[key{r.candidate, r.number}]
		result, reminders := false, 0
		for _, m := range all {
			result = result || m.n.Kind == intake.NoticeReturned
			if m.n.Kind == intake.NoticeReminder && m.at.Before(r.deadline) {
				reminders++
			}
			if m.n.Kind != intake.NoticeReceived && !r.resubmitted.IsZero() && m.at.After(r.resubmitted) && m.n.Kind != intake.NoticePassed &&
				m.n.Kind != intake.NoticeSitePassed {
				after++
			}
		}
		stop := r.resubmitted
		if stop.IsZero() || stop.After(r.deadline) {
			stop = r.deadline
		}
		if during(r.returned, stop) {
			continue // judged by the rules for what is overdue, above
		}
		judged++
		// Told within the minute, in the morning, or merged with the one before.
		by := o.season.Awake(o.season.Awake(r.returned).Add(intake.MergeWithin + time.Minute)).Add(time.Minute)
		if !result && stop.After(by) {
			untold++
		}
		open := stop.Equal(r.deadline)
		if open {
			silent++
			if reminders == 0 && r.deadline.Sub(r.returned) >= 12*time.Hour {
				unreminded++
			}
		}
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "candidates\t%d\n", len(o.cases))
	fmt.Fprintf(w, "returns\t%d\n", len(rounds))
	fmt.Fprintf(w, "returns without an outage in between\t%d\n", judged)
	fmt.Fprintf(w, "of these not corrected in time\t%d\n", silent)
	for _, kind := range intake.NoticeKinds {
		fmt.Fprintf(w, "sent: %s\t%d\n", kind, kinds[kind])
	}
	broken := 0
	for _, rule := range []struct {
		name string
		n    int
	}{
		{"returned and not told", untold}, {"out of time and never reminded", unreminded}, {"reminded after resubmitting", after},
		{"of another round or state", stale}, {"at night", night}, {"more than 3 reminders in a round", caps}, {"reminders less than 6 hours apart", gaps},
	} {
		fmt.Fprintf(w, "BROKEN: %s\t%d\n", rule.name, rule.n)
		broken += rule.n
	}
	w.Flush()
	t.Logf("seed %d\n%s", 20260201, table.String())
	if broken > 0 {
		t.Errorf("%d rules broken", broken)
	}
	if kinds[intake.NoticeReminder] == 0 || kinds[intake.NoticeOverdue] == 0 || kinds[intake.NoticeClosing] == 0 || silent == 0 {
		t.Error("the season was too quiet to prove anything")
	}
}
