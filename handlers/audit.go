package handlers

import (
	"cmp"
	"encoding/json"
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
	"cailiao/templates"
)

const logPath = "/staff/log"

// auditLog is the audit log with a search, for admins.
func (h *House) auditLog(c *gin.Context, staff intake.Staff) error {
	v := c.Request.URL.Query()
	v.Set("actor", actorOf(v))
	asked, number := h.asked(c.Request.Context(), staff, cmp.Or(v.Get("q"), v.Get("number"))) // a number in an old address is no id
	s := review.LogSearch{
		Actor: v.Get("actor"), Action: v.Get("action"), Number: number,
		From: h.dayOf(v.Get("from")), Until: h.dayOf(v.Get("until")),
	}
	if !s.Until.IsZero() {
		s.Until = s.Until.AddDate(0, 0, 1) // the day itself is meant too
	}
	if id, err := strconv.ParseInt(v.Get("before"), 10, 64); err == nil && id > 0 {
		s.Before = id
	}
	found, err := h.Desk.SearchLog(c.Request.Context(), staff, s)
	if err != nil {
		return err
	}
	page := templates.LogPage{
		Frame: h.frame(c), Actor: s.Actor, Action: s.Action, Number: number, Lost: asked == lostSearch, Actions: templates.ActionCodes(),
		From: dayText(h.dayOf(v.Get("from"))), Until: dayText(h.dayOf(v.Get("until"))),
	}
	for _, a := range found.Actors {
		page.Actors = append(page.Actors, templates.ActorChoice{Code: review.Actor(a), Name: a.Name})
	}
	for _, line := range found.Lines {
		page.Lines = append(page.Lines, h.logLine(line))
	}
	if page.Lost {
		asked = ""
	}
	if found.Older > 0 {
		page.Older = h.logURL(v, asked, found.Older)
	}
	if s.Before > 0 {
		page.Newest = h.logURL(v, asked, 0)
	}
	return render(c, http.StatusOK, page, "")
}

// searchLog keeps whose lines are searched for and leads to the log.
func (h *House) searchLog(c *gin.Context, staff intake.Staff) error {
	if !review.ReadsLog(staff) {
		return fmt.Errorf("audit log: %w", intake.ErrForbidden)
	}
	if err := c.Request.ParseForm(); err != nil {
		return badForm(err)
	}
	asked, err := h.keepSearch(c.Request.Context(), staff, c.PostForm("number"))
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, h.logURL(c.Request.PostForm, asked, 0))
	return nil
}

// logURL is the log narrowed as v says, and to what was asked for; lines older than before, 0: all.
func (h *House) logURL(v url.Values, asked string, before int64) string {
	to := url.Values{}
	for name, value := range map[string]string{
		"actor": actorOf(v), "action": v.Get("action"), "from": dayText(h.dayOf(v.Get("from"))), "until": dayText(h.dayOf(v.Get("until"))), "q": asked,
	} {
		if value != "" {
			to.Set(name, value)
		}
	}
	if before > 0 {
		to.Set("before", strconv.FormatInt(before, 10))
	}
	if len(to) == 0 {
		return logPath
	}
	return logPath + "?" + to.Encode()
}

// actorOf is whose lines are wanted: anything else, such as a name, is nobody's, and goes into no address.
func actorOf(v url.Values) string {
	if actor := v.Get("actor"); review.IsActor(actor) {
		return actor
	}
	return ""
}

func (h *House) logLine(line review.LogLine) templates.LogLine {
	l := templates.LogLine{
		EventLine: templates.EventLine{At: h.local(line.At), By: line.By, Actor: line.Actor, Action: line.Action},
		Facts:     h.facts(line.Action, "", line.Detail),
	}
	if line.CandidateID != 0 {
		l.URL = fmt.Sprintf("/staff/candidates/%d", line.CandidateID)
	}
	return l
}

// facts are the values of an event's detail with the names of their keys.
func (h *House) facts(action, within, detail string) []templates.Fact {
	values := map[string]json.RawMessage{}
	if json.Unmarshal([]byte(detail), &values) != nil {
		return nil
	}
	var all []templates.Fact
	for key, raw := range values {
		name := strings.TrimPrefix(within+"."+key, ".")
		if nested := h.facts(action, name, string(raw)); nested != nil {
			all = append(all, nested...)
			continue
		}
		all = append(all, h.fact(action, name, raw))
	}
	slices.SortFunc(all, func(a, b templates.Fact) int { return strings.Compare(a.Key, b.Key) })
	return all
}

// fact is one value; codes of the season have their names, moments are told as everywhere. Where "from" is
// no state, its key says what it is.
func (h *House) fact(action, key string, raw json.RawMessage) templates.Fact {
	f := templates.Fact{Key: key, Value: strings.Trim(string(raw), `"`)}
	var several []string
	if json.Unmarshal(raw, &several) == nil {
		for i, code := range several {
			several[i] = h.nameOf(code)
		}
		f.Value = strings.Join(several, "、")
	} else if key == "material" || key == "reason" {
		f.Value = h.nameOf(f.Value)
	}
	if at, err := time.Parse(time.RFC3339, f.Value); err == nil {
		f.At = h.local(at)
	}
	switch {
	case key != "from":
	case strings.HasPrefix(action, review.ActionLogin):
		f.Key = "address"
	case action == review.ActionTakeOver:
		f.Key, f.Value = "holder", strings.TrimPrefix(f.Value, "staff:")
	case !f.At.IsZero():
		f.Key = "was-until"
	}
	return f
}

// nameOf is the name of a material or a reason of the season; anything else is its own.
func (h *House) nameOf(code string) string {
	if m, ok := h.Season.Material(code); ok {
		return m.Name
	}
	if r, ok := h.Season.Reason(code); ok {
		return r.Label
	}
	return code
}

// dayOf reads a day of the season's calendar; the zero time for anything else.
func (h *House) dayOf(text string) time.Time {
	loc := h.Season.Location
	if loc == nil {
		loc = time.UTC
	}
	day, err := time.ParseInLocation(time.DateOnly, text, loc)
	if err != nil {
		return time.Time{}
	}
	return day
}

func dayText(day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return day.Format(time.DateOnly)
}
