package review

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"cailiao/intake"
	"cailiao/storage"
)

// Numbers is how the work stands at some sites, and how it went over the last days.
type Numbers struct {
	At      time.Time
	Behind  bool // not everything has been counted yet: look again soon
	Sites   []SiteNumbers
	Days    []DayNumbers // oldest first, without gaps
	Reasons []Count      // why things were returned, the most frequent first
	Rounds  []Count      // rounds of those whom the site passed, by number of rounds
	People  []Pace       // who decided, the busiest first
	All     Pace         // of all of them
}

// SiteNumbers is the funnel of one exam site, each number a part of the one before, and what is
// urgent there.
type SiteNumbers struct {
	Site                                                      string // code
	Imported, Bound, Uploading, Submitted, SitePassed, Passed int
	Waiting, WaitingArea, Returned                            int
	Oldest                                                    time.Time // when the longest waiting one was submitted; zero: none waits
	Soon                                                      int       // corrections due within SoonDue
	Undelivered                                               int
	AreaDecided, Overturned                                   int // what the area decided, and what of it the site had passed and the area returned
}

// DayNumbers is one day.
type DayNumbers struct {
	Day                                                            time.Time
	Bound, Submitted, SitePassed, SiteReturned, Passed, Overturned int
}

// Count is how often a code came.
type Count struct {
	Code string
	N    int
}

// Pace is how much somebody decided, and how fast.
type Pace struct {
	Who     int64
	Name    string
	Decided int           // cases
	Timed   int           // of them those whose time is known
	PerItem time.Duration // median; 0: not known
}

const (
	SoonDue      = 2 * time.Hour
	NumberDays   = 30 // days shown
	topReasons   = 10
	figureStep   = 2000            // rows counted in one transaction
	figureLag    = time.Minute     // rows this young are left for the next time: a smaller id may still come
	figureBudget = 2 * time.Second // of counting before a page is shown
)

// Numbers tells how the work stands at the sites the account sees.
func (d *Desk) Numbers(ctx context.Context, staff intake.Staff, all Everything) (Numbers, error) {
	n := Numbers{At: all.At, Behind: all.Behind}
	sees := func(site string) bool { return staff.Sees(site) }
	for _, s := range all.Sites {
		if sees(s.Site) {
			n.Sites = append(n.Sites, s)
		}
	}
	d.days(&n, all.Figures, sees)
	names, err := d.names(ctx)
	if err != nil {
		return n, fmt.Errorf("numbers: %w", err)
	}
	d.paces(&n, all.Figures, staff, names)
	return n, nil
}

// Everything is what Numbers are picked from: of all sites, so that it is read once for all.
type Everything struct {
	At      time.Time
	Behind  bool
	Sites   []SiteNumbers
	Figures []storage.Figure
}

// Everything reads how the work stands everywhere. What it costs grows slowly with the number of
// candidates: the caller should keep it for a while.
func (d *Desk) Everything(ctx context.Context) (Everything, error) {
	e := Everything{At: d.now()}
	var err error
	if e.Behind, err = d.countFigures(ctx); err != nil {
		return e, fmt.Errorf("numbers: %w", err)
	}
	if e.Figures, err = d.DB.Figures(ctx, dayOf(d.local(e.At).AddDate(0, 0, 1-NumberDays))); err != nil {
		return e, fmt.Errorf("numbers: %w", err)
	}
	if e.Sites, err = d.siteNumbers(ctx, e.At); err != nil {
		return e, fmt.Errorf("numbers: %w", err)
	}
	for _, f := range e.Figures {
		for i := range e.Sites {
			if s := &e.Sites[i]; s.Site == f.Site && (f.What == figPass || f.What == figReturn) && f.Code == storage.LevelArea {
				s.AreaDecided += f.N
				if f.What == figReturn {
					s.Overturned += f.N
				}
			}
		}
	}
	return e, nil
}

func (d *Desk) siteNumbers(ctx context.Context, now time.Time) ([]SiteNumbers, error) {
	var sites []SiteNumbers
	for _, s := range d.Season.Sites {
		sites = append(sites, SiteNumbers{Site: s.Code})
	}
	of := func(code string) *SiteNumbers {
		i := slices.IndexFunc(sites, func(s SiteNumbers) bool { return s.Site == code })
		if i < 0 { // gone from the season, but not from the roster
			sites, i = append(sites, SiteNumbers{Site: code}), len(sites)
		}
		return &sites[i]
	}
	standings, err := d.DB.Standings(ctx, now, SoonDue)
	if err != nil {
		return nil, err
	}
	for _, st := range standings {
		of(st.Site).add(st)
	}
	for _, part := range []struct {
		read func(context.Context) ([]storage.SiteCount, error)
		into func(*SiteNumbers) *int
	}{
		{d.DB.CandidatesBySite, func(s *SiteNumbers) *int { return &s.Imported }},
		{d.DB.StartedBySite, func(s *SiteNumbers) *int { return &s.Uploading }},
		{d.DB.UndeliveredBySite, func(s *SiteNumbers) *int { return &s.Undelivered }},
	} {
		counts, err := part.read(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range counts {
			*part.into(of(c.Site)) += c.N
		}
	}
	return sites, nil
}

// add puts a standing into the funnel: who has come further has also been at every step before.
func (s *SiteNumbers) add(st storage.Standing) {
	s.Bound += st.N
	if st.State == intake.Collecting {
		return
	}
	s.Uploading, s.Submitted = s.Uploading+st.N, s.Submitted+st.N
	switch st.State {
	case intake.Submitted:
		s.Waiting = st.N
		s.Oldest = st.Oldest
	case intake.Returned:
		s.Returned, s.Soon = st.N, st.Soon
	case intake.SitePassed:
		s.WaitingArea = st.N
		s.SitePassed += st.N
		if s.Oldest.IsZero() || st.Oldest.Before(s.Oldest) {
			s.Oldest = st.Oldest
		}
	case intake.Passed:
		s.Passed = st.N
		s.SitePassed += st.N
	}
}

// days sums the figures of some sites by day, by reason and by round.
func (d *Desk) days(n *Numbers, figures []storage.Figure, sees func(string) bool) {
	at := map[int]int{}
	last := d.local(n.At)
	for i := range NumberDays {
		day := last.AddDate(0, 0, i+1-NumberDays)
		at[dayOf(day)] = i
		n.Days = append(n.Days, DayNumbers{Day: time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, day.Location())})
	}
	reasons, rounds := map[string]int{}, map[string]int{}
	for _, f := range figures {
		i, known := at[f.Day]
		if !known || !sees(f.Site) {
			continue
		}
		day := &n.Days[i]
		switch {
		case f.What == figBound:
			day.Bound += f.N
		case f.What == figSubmit:
			day.Submitted += f.N
		case f.What == figPass && f.Code == storage.LevelSite:
			day.SitePassed += f.N
		case f.What == figPass:
			day.Passed += f.N
		case f.What == figReturn && f.Code == storage.LevelSite:
			day.SiteReturned += f.N
		case f.What == figReturn:
			day.Overturned += f.N
		case f.What == figReason:
			reasons[f.Code] += f.N
		case f.What == figRounds:
			rounds[f.Code] += f.N
		}
	}
	n.Reasons, n.Rounds = counts(reasons), counts(rounds)
	n.Reasons = n.Reasons[:min(topReasons, len(n.Reasons))]
	slices.SortFunc(n.Rounds, func(a, b Count) int { return number(a.Code) - number(b.Code) })
}

// counts are the entries of a map, the largest first.
func counts(m map[string]int) []Count {
	list := make([]Count, 0, len(m))
	for _, code := range slices.Sorted(maps.Keys(m)) {
		list = append(list, Count{code, m[code]})
	}
	slices.SortStableFunc(list, func(a, b Count) int { return b.N - a.N })
	return list
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0 // a code that was never ours
	}
	return n
}

// RoundsMedian is the median number of rounds of those the site passed; 0: nobody yet.
func (n Numbers) RoundsMedian() int { return median(n.Rounds) }

// median of a histogram whose codes are numbers, in order.
func median(histogram []Count) int {
	total, seen := 0, 0
	for _, c := range histogram {
		total += c.N
	}
	for _, c := range histogram {
		if seen += c.N; 2*seen >= total && total > 0 {
			return number(c.Code)
		}
	}
	return 0
}

func (d *Desk) local(t time.Time) time.Time {
	if d.Season.Location == nil {
		return t
	}
	return t.In(d.Season.Location)
}

func dayOf(t time.Time) int { return t.Year()*10_000 + int(t.Month())*100 + t.Day() }
