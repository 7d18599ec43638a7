package templates

import (
	"strings"
	"time"
)

// NumbersPage is how the work stands, in charts with the same numbers in tables.
type NumbersPage struct {
	Frame
	At      time.Time
	Behind  bool           // not everything has been counted yet
	Total   NumbersSite    // of all sites listed
	Sites   []NumbersSite  // one: the table of sites is left out
	Days    []NumbersDay   // newest first
	Reasons []NumbersCount // most frequent first
	Rounds  []NumbersCount
	Median  int // rounds of a candidate; 0: not known
	All     NumbersPace
	People  []NumbersPace
}

// Funnel is the total, step by step.
func (p NumbersPage) Funnel() []NumbersCount {
	t := p.Total
	return []NumbersCount{
		{"imported", t.Imported}, {"bound", t.Bound}, {"uploading", t.Uploading},
		{"submitted", t.Submitted}, {"site_passed", t.SitePassed}, {"passed", t.Passed},
	}
}

// NumbersSite is one exam site, or the sum of all.
type NumbersSite struct {
	Name                                                      string
	Imported, Bound, Uploading, Submitted, SitePassed, Passed int
	Waiting, WaitingArea, Returned                            int
	HasOldest                                                 bool
	Oldest                                                    Span
	Soon, Undelivered                                         int
	AreaDecided, Overturned                                   int
}

// Overturn is how much of what the site passed the area returned, in percent.
func (s NumbersSite) Overturn() int {
	if s.AreaDecided == 0 {
		return 0
	}
	return (100*s.Overturned + s.AreaDecided/2) / s.AreaDecided
}

// NumbersDay is one day.
type NumbersDay struct {
	Day                                                            time.Time
	Bound, Submitted, SitePassed, SiteReturned, Passed, Overturned int
}

// NumbersCount is how often something came. Code has words of its own, or is them.
type NumbersCount struct {
	Code string
	N    int
}

// NumbersPace is how much somebody decided, and in how many seconds an item.
type NumbersPace struct {
	Name           string
	Decided, Timed int
	Seconds        int // 0: not known
}

func (NumbersPage) page() string { return "numbers" }

// FigureWord is the word for a step of the funnel, or for a series of a chart.
func FigureWord(code string) string {
	var b strings.Builder
	if err := pages["numbers"].ExecuteTemplate(&b, "figure", code); err != nil {
		return code
	}
	return b.String()
}
