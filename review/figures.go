package review

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"cailiao/intake"
	"cailiao/storage"
)

// What is counted, in storage.Figure.What.
const (
	figBound  = "bound"
	figSubmit = "submit"
	figPass   = "pass"   // code: the level; who: the account
	figReturn = "return" // code: the level; who: the account
	figReason = "reason" // code: the reason's
	figRounds = "rounds" // code: the round in which the site passed
	figPace   = "pace"   // code: seconds an item, a step of paces; who: the account
)

// countFigures counts decisions and events that came since the last time, in steps that each
// stand by themselves; behind says that some are left for the next time.
func (d *Desk) countFigures(ctx context.Context) (behind bool, err error) {
	began, before := time.Now(), d.now().Add(-figureLag)
	for _, source := range []string{storage.FromDecisions, storage.FromEvents} {
		for more := true; more; {
			if time.Since(began) > figureBudget {
				return true, nil
			}
			if more, err = d.figureStep(ctx, source, before); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

func (d *Desk) figureStep(ctx context.Context, source string, before time.Time) (more bool, err error) {
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		upto, err := tx.FigureMark(ctx, source)
		if err != nil {
			return err
		}
		sum := figureSum{}
		last, n := upto, 0
		if source == storage.FromDecisions {
			rows, err := tx.DecisionsBehind(ctx, upto, before, figureStep)
			if err != nil {
				return err
			}
			for _, r := range rows {
				d.countDecision(sum, r)
				last = r.ID
			}
			n = len(rows)
		} else {
			rows, err := tx.EventsBehind(ctx, upto, before, figureStep)
			if err != nil {
				return err
			}
			for _, r := range rows {
				d.countEvent(sum, r)
				last = r.ID
			}
			n = len(rows)
		}
		more = n == figureStep
		if n == 0 {
			return nil
		}
		return tx.AddFigures(ctx, source, last, sum.list())
	})
	return more, err
}

// figureSum adds up figures that are alike; its keys have no N.
type figureSum map[storage.Figure]int

// list in an order of keys, so that two who add never wait for each other in a circle.
func (s figureSum) list() []storage.Figure {
	list := make([]storage.Figure, 0, len(s))
	for f, n := range s {
		f.N = n
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b storage.Figure) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Site, b.Site), cmp.Compare(a.What, b.What),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Who, b.Who))
	})
	return list
}

func (d *Desk) countDecision(sum figureSum, r storage.SiteDecision) {
	if len(r.Judgements) == 0 {
		return // no judgement of materials
	}
	f := storage.Figure{Day: dayOf(d.local(r.At)), Site: r.Site}
	add := func(what, code string, who int64) {
		f.What, f.Code, f.Who = what, code, who
		sum[f]++
	}
	returned := false
	for _, j := range r.Judgements {
		if !j.Pass {
			returned = true
			for _, reason := range j.Reasons {
				add(figReason, reason, 0)
			}
		}
	}
	outcome := figPass
	if returned {
		outcome = figReturn
	}
	add(outcome, r.Level, r.StaffID)
	if !returned && r.Level == storage.LevelSite {
		add(figRounds, strconv.Itoa(r.Round), 0)
	}
	if r.Took > 0 {
		add(figPace, strconv.Itoa(paceStep(r.Took/time.Duration(len(r.Judgements)))), r.StaffID)
	}
}

func (d *Desk) countEvent(sum figureSum, e storage.SiteEvent) {
	what := map[string]string{"bind": figBound, "submit": figSubmit}[e.Action]
	if what != "" && e.Site != "" {
		sum[storage.Figure{Day: dayOf(d.local(e.At)), Site: e.Site, What: what}]++
	}
}

// paces are the steps, in seconds, that a time is rounded up to: a median then needs no single
// times.
var paces = []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 25, 30, 35, 40, 45, 50, 60, 75, 90, 120, 180, 300, 600}

func paceStep(t time.Duration) int {
	for _, step := range paces {
		if t <= time.Duration(step)*time.Second {
			return step
		}
	}
	return paces[len(paces)-1]
}

// paces tells who decided how much and how fast: a lead everybody of the sites they see, others
// themselves; All is everybody, without names.
func (d *Desk) paces(n *Numbers, figures []storage.Figure, staff intake.Staff, names map[string]string) {
	type work struct {
		decided int
		pace    map[string]int
	}
	people := map[int64]*work{}
	everybody, above := work{pace: map[string]int{}}, map[int64]bool{}
	first := dayOf(n.Days[0].Day)
	for _, f := range figures {
		if f.Day < first || !staff.Sees(f.Site) || f.Who == 0 {
			continue
		}
		if people[f.Who] == nil {
			people[f.Who] = &work{pace: map[string]int{}}
		}
		for _, w := range []*work{people[f.Who], &everybody} {
			if f.What == figPace {
				w.pace[f.Code] += f.N
			} else {
				w.decided += f.N
			}
		}
		if f.What != figPace && f.Code == storage.LevelArea {
			above[f.Who] = staff.OfSite() // the area's people are not a site's to watch
		}
	}
	pace := func(who int64, w work) Pace {
		histogram := counts(w.pace)
		slices.SortFunc(histogram, func(a, b Count) int { return number(a.Code) - number(b.Code) })
		p := Pace{Who: who, Name: names[Actor(intake.Staff{ID: who})], Decided: w.decided}
		for _, c := range histogram {
			p.Timed += c.N
		}
		p.PerItem = time.Duration(median(histogram)) * time.Second
		return p
	}
	n.All = pace(0, everybody)
	for who, w := range people {
		if staff.Leads() && !above[who] || who == staff.ID {
			n.People = append(n.People, pace(who, *w))
		}
	}
	slices.SortFunc(n.People, func(a, b Pace) int { return cmp.Or(b.Decided-a.Decided, cmp.Compare(a.Who, b.Who)) })
}
