package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/templates"
)

const (
	numbersPath = "/staff/numbers"
	numbersKey  = "numbers"
	numbersKept = 50 * time.Second
)

// numbers shows how the work stands at the sites the account sees.
func (h *House) numbers(c *gin.Context, staff intake.Staff) error {
	n, err := h.numbersOf(c.Request.Context(), staff)
	if err != nil {
		return err
	}
	page := h.numbersPage(n)
	page.Frame = h.frame(c)
	return render(c, http.StatusOK, page, "")
}

// numbersOf picks an account's numbers from those of everybody, which Redis keeps for a while:
// they cost the same for whoever asks first.
func (h *House) numbersOf(ctx context.Context, staff intake.Staff) (review.Numbers, error) {
	var all review.Everything
	kept, found, err := h.Redis.Get(ctx, numbersKey)
	if err != nil {
		return review.Numbers{}, err
	}
	if !found || json.Unmarshal([]byte(kept), &all) != nil || h.now().Sub(all.At).Abs() > time.Minute {
		if all, err = h.Desk.Everything(ctx); err != nil {
			return review.Numbers{}, err
		}
		fresh, err := json.Marshal(all)
		if err != nil {
			return review.Numbers{}, err
		}
		if err := h.Redis.Set(ctx, numbersKey, string(fresh), numbersKept); err != nil {
			return review.Numbers{}, err
		}
	}
	return h.Desk.Numbers(ctx, staff, all)
}

func (h *House) numbersPage(n review.Numbers) templates.NumbersPage {
	page := templates.NumbersPage{At: h.local(n.At), Behind: n.Behind, Median: n.RoundsMedian(), All: pace(n.All)}
	var oldest time.Time
	for _, s := range n.Sites {
		site := templates.NumbersSite{
			Name: h.siteName(s.Site), Imported: s.Imported, Bound: s.Bound, Uploading: s.Uploading, Submitted: s.Submitted,
			SitePassed: s.SitePassed, Passed: s.Passed, Waiting: s.Waiting, WaitingArea: s.WaitingArea, Returned: s.Returned,
			Soon: s.Soon, Undelivered: s.Undelivered, AreaDecided: s.AreaDecided, Overturned: s.Overturned,
		}
		if !s.Oldest.IsZero() {
			site.HasOldest, site.Oldest = true, templates.SpanOf(n.At.Sub(s.Oldest))
			if oldest.IsZero() || s.Oldest.Before(oldest) {
				oldest, page.Total.Oldest, page.Total.HasOldest = s.Oldest, site.Oldest, true
			}
		}
		page.Sites = append(page.Sites, site)
		addSite(&page.Total, site)
	}
	for i := range n.Days {
		page.Days = append(page.Days, templates.NumbersDay(n.Days[len(n.Days)-1-i]))
	}
	for _, r := range n.Reasons {
		page.Reasons = append(page.Reasons, templates.NumbersCount{Code: h.reasonLabel(r.Code), N: r.N})
	}
	for _, r := range n.Rounds {
		page.Rounds = append(page.Rounds, templates.NumbersCount(r))
	}
	for _, p := range n.People {
		page.People = append(page.People, pace(p))
	}
	return page
}

func pace(p review.Pace) templates.NumbersPace {
	return templates.NumbersPace{Name: p.Name, Decided: p.Decided, Timed: p.Timed, Seconds: int(p.PerItem / time.Second)}
}

func addSite(sum *templates.NumbersSite, s templates.NumbersSite) {
	for _, part := range []struct {
		sum *int
		n   int
	}{
		{&sum.Imported, s.Imported}, {&sum.Bound, s.Bound}, {&sum.Uploading, s.Uploading}, {&sum.Submitted, s.Submitted},
		{&sum.SitePassed, s.SitePassed}, {&sum.Passed, s.Passed}, {&sum.Waiting, s.Waiting}, {&sum.WaitingArea, s.WaitingArea},
		{&sum.Returned, s.Returned}, {&sum.Soon, s.Soon}, {&sum.Undelivered, s.Undelivered},
		{&sum.AreaDecided, s.AreaDecided}, {&sum.Overturned, s.Overturned},
	} {
		*part.sum += part.n
	}
}

func (h *House) reasonLabel(code string) string {
	if reason, ok := h.Season.Reason(code); ok {
		return reason.Label
	}
	return code
}

// numbersChart draws one of the page's charts.
func (h *House) numbersChart(c *gin.Context, staff intake.Staff) error {
	n, err := h.numbersOf(c.Request.Context(), staff)
	if err != nil {
		return err
	}
	chart, ok := chartOf(h.numbersPage(n), c.Param("code"))
	if !ok {
		return intake.ErrNotFound
	}
	chart.Dark, chart.Narrow = c.Query("dark") != "", c.Query("narrow") != ""
	svg, err := chart.SVG()
	if err != nil {
		return err
	}
	// The library writes its colours as styles; nothing else is let in.
	c.Header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox")
	c.Data(http.StatusOK, "image/svg+xml; charset=utf-8", svg)
	return nil
}

func chartOf(page templates.NumbersPage, name string) (chart templates.Chart, ok bool) {
	series := func(codes ...string) {
		for _, code := range codes {
			chart.Series = append(chart.Series, templates.ChartSeries{Name: templates.FigureWord(code)})
		}
	}
	add := func(label string, values ...int) {
		chart.Labels = append(chart.Labels, label)
		for i, v := range values {
			chart.Series[i].Values = append(chart.Series[i].Values, float64(v))
		}
	}
	switch name {
	case "funnel":
		chart.Series = make([]templates.ChartSeries, 1)
		for _, step := range page.Funnel() {
			add(templates.FigureWord(step.Code), step.N)
		}
	case "sites":
		series("submitted", "site_passed", "passed")
		for _, s := range page.Sites {
			add(s.Name, s.Submitted, s.SitePassed, s.Passed)
		}
	case "days":
		chart.Lines = true
		series("day_submitted", "site_passed", "returned", "passed")
		for i := range page.Days {
			d := page.Days[len(page.Days)-1-i]
			add(d.Day.Format("1/2"), d.Submitted, d.SitePassed, d.SiteReturned, d.Passed)
		}
	case "reasons":
		chart.Series = make([]templates.ChartSeries, 1)
		for _, r := range page.Reasons {
			add(r.Code, r.N)
		}
	}
	return chart, len(chart.Labels) > 0
}
