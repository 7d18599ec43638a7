package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/templates"
)

const (
	paramAll  = "all"
	unbound   = intake.State("unbound") // a tab and its words; no state of a submission
	dueSoon   = 2 * time.Hour
	kindParts = 2 // how many attributes stand for "what kind of candidate": the season lists them first
)

// queue lists the candidates of my site, or of the area.
func (h *House) queue(c *gin.Context, staff intake.Staff) error {
	filter := h.filter(c.Request.Context(), staff, c.Request.URL.Query())
	lost := filter.Asked == lostSearch
	if lost {
		filter.Asked = "" // is told once, not on every page from here
	}
	q, err := h.Desk.Queue(c.Request.Context(), staff, filter)
	if err != nil {
		return err
	}
	page := templates.QueuePage{
		Frame: h.frame(c), Tabs: tabs(staff, q), State: q.Filter.State, Search: q.Filter.Search, Lost: lost, Overdue: q.Filter.Overdue,
		Filter: query(q.Filter), First: q.Filter.Page*review.PageLength + 1, Sites: !staff.OfSite(),
	}
	if !fromHtmx(c) {
		if page.Flash, page.Path, err = h.takeFlash(c.Request.Context()); err != nil {
			return err
		}
		if page.Undo, err = h.takeUndo(c.Request.Context()); err != nil {
			return err
		}
	}
	if q.Filter.Unbound {
		page.State = unbound
	}
	if q.Filter.Search != "" && !q.Filter.All {
		page.Everywhere = queueURL(review.Filter{All: true, Asked: q.Filter.Asked})
	}
	page.Items, page.Kinds, page.Mine = h.materials(q.Filter.Item), h.kinds(q.Filter.Attr), q.Filter.Mine
	for _, row := range q.Rows {
		page.Rows = append(page.Rows, h.queueRow(row, q.Filter))
	}
	if len(page.Rows) > 0 && slices.Contains([]intake.State{intake.Submitted, intake.SitePassed}, q.Filter.State) {
		page.Start = page.Rows[0].URL
	}
	if q.Earlier {
		page.Prev = queueURL(q.Prev)
	}
	if q.Later {
		page.Next = queueURL(q.Next)
	}
	return render(c, http.StatusOK, page, "queue")
}

func tabs(staff intake.Staff, q review.Queue) []templates.Tab {
	total := 0
	for _, n := range q.Counts {
		total += n
	}
	var list []templates.Tab
	for _, state := range []intake.State{intake.Submitted, intake.SitePassed, intake.Returned, intake.Passed, intake.Collecting, unbound, ""} {
		f := review.Filter{State: state, All: state == "", Asked: q.Filter.Asked, Item: q.Filter.Item, Attr: q.Filter.Attr, Mine: q.Filter.Mine}
		tab := templates.Tab{State: state, Param: string(state), Count: q.Counts[state], URL: queueURL(f)}
		tab.Current = state == q.Filter.State && !q.Filter.Unbound
		switch state {
		case "":
			tab.Param, tab.Count = paramAll, total
		case unbound:
			tab.URL = queueURL(review.Filter{Unbound: true, Asked: q.Filter.Asked, Attr: q.Filter.Attr})
			tab.Current, tab.Count, tab.More = q.Filter.Unbound, min(q.Unbound, review.MostUnbound-1), q.Unbound >= review.MostUnbound
		}
		tab.Mine = tab.Count > 0 && (state == review.Todo(staff) || staff.Role == intake.RoleAdmin && state == intake.SitePassed)
		list = append(list, tab)
	}
	return list
}

func (h *House) queueRow(row storage.QueueRow, f review.Filter) templates.QueueRow {
	now := h.now()
	r := templates.QueueRow{
		ID: row.CandidateID, URL: sheetURL(row.CandidateID, f), Number: row.Number, Name: row.Name, Site: h.siteName(row.Site),
		Kind: h.kind(row.Attrs), State: row.State, Round: row.Round, Photos: row.Photos, Undelivered: row.Undelivered,
		Holder: row.Holder.Name, Unbound: row.Unbound, Withdrawn: row.Withdrawn,
	}
	switch row.State {
	case intake.Submitted, intake.SitePassed:
		r.Since = row.SubmittedAt
	case intake.Returned:
		r.Since, r.Deadline = row.ReturnedAt, row.DeadlineAt
	}
	if !r.Since.IsZero() {
		r.Waited = templates.SpanOf(now.Sub(r.Since))
	}
	if !r.Deadline.IsZero() {
		left := r.Deadline.Sub(now)
		r.Left, r.Overdue, r.Soon = templates.SpanOf(left), left <= 0, left > 0 && left < dueSoon
	}
	r.Since, r.Deadline = h.local(r.Since), h.local(r.Deadline)
	return r
}

// kind names what kind of candidate it is, by the season's first attributes: 执业 · 临床.
func (h *House) kind(attrs map[string]any) string {
	var parts []string
	for _, a := range h.Season.Attributes {
		if value, ok := attrs[a.Code].(string); ok && a.Type == intake.EnumAttribute {
			parts = append(parts, value)
		}
		if len(parts) == kindParts {
			break
		}
	}
	return strings.Join(parts, " · ")
}

// materials are those the list can be narrowed to.
func (h *House) materials(chosen string) []templates.Choice {
	var list []templates.Choice
	for _, m := range h.Season.Materials {
		list = append(list, templates.Choice{Value: m.Code, Label: m.Name, Chosen: m.Code == chosen})
	}
	return list
}

// kinds are the values of the attributes that tell what kind of candidate it is.
func (h *House) kinds(chosen storage.Attr) []templates.Choice {
	var list []templates.Choice
	shown := 0
	for _, a := range h.Season.Attributes {
		if a.Type != intake.EnumAttribute || shown == kindParts {
			continue
		}
		shown++
		for _, value := range a.Values {
			list = append(list, templates.Choice{Value: a.Code + ":" + value, Label: value, Chosen: chosen == storage.Attr{Code: a.Code, Value: value}})
		}
	}
	return list
}

// local brings a moment to the season's clock; the zero time stays zero.
func (h *House) local(t time.Time) time.Time {
	if t.IsZero() || h.Season.Location == nil {
		return t
	}
	return t.In(h.Season.Location)
}

// readFilter reads the queue's filter from a query, but for what is searched for.
func readFilter(v url.Values) review.Filter {
	f := review.Filter{Overdue: v.Get("overdue") != "", All: v.Get("state") == paramAll, Unbound: v.Get("state") == string(unbound)}
	if state := intake.State(v.Get("state")); slices.Contains(intake.States, state) {
		f.State = state
	}
	f.Item, f.Mine, f.From = v.Get("item"), v.Get("mine") != "", v.Get("from")
	if code, value, ok := strings.Cut(v.Get("kind"), ":"); ok {
		f.Attr = storage.Attr{Code: code, Value: value}
	}
	if page, err := strconv.Atoi(v.Get("page")); err == nil {
		f.Page = page - 1
	}
	return f
}

// query writes a filter so that it can be read again, the search as the id it is kept under.
func query(f review.Filter) string {
	v := url.Values{}
	switch {
	case f.Unbound:
		v.Set("state", string(unbound))
	case f.All:
		v.Set("state", paramAll)
	case f.State != "":
		v.Set("state", string(f.State))
	}
	if f.Asked != "" {
		v.Set("q", f.Asked)
	}
	if f.Overdue {
		v.Set("overdue", "1")
	}
	if f.Item != "" {
		v.Set("item", f.Item)
	}
	if f.Attr.Code != "" {
		v.Set("kind", f.Attr.Code+":"+f.Attr.Value)
	}
	if f.Mine {
		v.Set("mine", "1")
	}
	if f.From != "" {
		v.Set("from", f.From)
	}
	if f.Page > 0 {
		v.Set("page", strconv.Itoa(f.Page+1))
	}
	return v.Encode()
}

func queueURL(f review.Filter) string { return withQuery(staffHome, f) }

func sheetURL(candidateID int64, f review.Filter) string {
	return withQuery(fmt.Sprintf("/staff/candidates/%d", candidateID), f)
}

func withQuery(path string, f review.Filter) string {
	if q := query(f); q != "" {
		return path + "?" + q
	}
	return path
}
