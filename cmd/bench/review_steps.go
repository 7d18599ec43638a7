package main

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"cailiao/intake"
	"cailiao/review"
)

const benchPassword = "a long bench password"

// seat is a reviewer signed in.
type seat struct {
	who     intake.Staff
	pages   http.Handler
	cookies []*http.Cookie
	at      int64 // the candidate the reviewer looks at; 0: none yet
}

func (d *reviewDesk) signIn(ctx context.Context, name string) (*seat, error) {
	who, err := d.app.DB.StaffByName(ctx, name)
	if err != nil {
		return nil, err
	}
	s := &seat{who: who, pages: d.pages}
	w := s.send(ctx, http.MethodPost, "/staff/login", url.Values{"name": {name}, "password": {benchPassword}})
	if w.Code != http.StatusSeeOther {
		return nil, fmt.Errorf("sign in as %s: %d", name, w.Code)
	}
	s.cookies = w.Result().Cookies()
	return s, nil
}

// send asks the pages themselves: what is measured is the server, not the network.
func (s *seat) send(ctx context.Context, method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Dest", "document")
	for _, c := range s.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.pages.ServeHTTP(w, r)
	return w
}

// step is one thing a reviewer waits for.
type step struct {
	name string
	path string // empty: a search, or part of the reviewer's way through the queue
	find string // what is searched for
	more bool   // with more candidates there is more to list: no goal
}

const (
	nextSheet = "next sheet"
	decide    = "decide"
)

// steps in the order of one round.
var steps = []step{
	{name: "queue", path: "/staff/"},
	{name: "queue, all states", path: "/staff/?state=all"},
	{name: "queue, all states, page 3", path: "/staff/?state=all&page=3"},
	{name: "queue, passed", path: "/staff/?state=passed"},
	{name: "queue, overdue", path: "/staff/?state=returned&overdue=1", more: true},
	{name: "queue, passed, page 100", path: "/staff/?state=passed&page=100", more: true},
	{name: "search by name", find: benchName(401), more: true},
	{name: "search by number", find: "N0000007"},
	{name: "search by ID", find: "0042", more: true},
	{name: nextSheet},
	{name: decide},
}

// round takes every step once for each reviewer.
func (d *reviewDesk) round(ctx context.Context, round int) error {
	for _, s := range d.seats {
		for _, step := range steps {
			var err error
			switch {
			case step.find != "":
				err = d.search(ctx, step, s)
			case step.path != "":
				_, err = d.measure(ctx, step.name, s, http.MethodGet, step.path, nil)
			}
			if err != nil {
				return err
			}
		}
		next, err := d.app.Desk.Next(ctx, s.who, review.Filter{}, s.at)
		if err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
		s.at = next
		sheet := "/staff/candidates/" + strconv.FormatInt(next, 10)
		w, err := d.measure(ctx, nextSheet, s, http.MethodGet, sheet, nil)
		if err != nil {
			return err
		}
		if round%2 == 1 {
			continue // looked at, and left for somebody else: so the few last longer
		}
		form := filledIn(w.Body.String())
		if w, err = d.measure(ctx, decide, s, http.MethodPost, sheet+"/decision", form); err != nil {
			return err
		}
		if w.Code != http.StatusSeeOther {
			return fmt.Errorf("decide: %d", w.Code)
		}
	}
	return nil
}

// search measures a search: the form, and the list it leads to.
func (d *reviewDesk) search(ctx context.Context, step step, s *seat) error {
	began := time.Now()
	form := s.send(ctx, http.MethodPost, "/staff/", url.Values{"state": {"all"}, "q": {step.find}})
	at := form.Header().Get("Location")
	if form.Code != http.StatusSeeOther {
		return fmt.Errorf("%s as %s: %d: %w", step.name, s.who.Name, form.Code, ctx.Err())
	}
	list := s.send(ctx, http.MethodGet, at, nil)
	d.times[step.name] = append(d.times[step.name], time.Since(began))
	if list.Code != http.StatusOK || !strings.Contains(list.Body.String(), `value="`+step.find+`"`) {
		return fmt.Errorf("%s as %s: %d, or the list is not narrowed: %w", step.name, s.who.Name, list.Code, ctx.Err())
	}
	return nil
}

func (d *reviewDesk) measure(ctx context.Context, name string, s *seat, method, path string, form url.Values) (*httptest.ResponseRecorder, error) {
	began := time.Now()
	w := s.send(ctx, method, path, form)
	d.times[name] = append(d.times[name], time.Since(began))
	if w.Code >= http.StatusBadRequest || ctx.Err() != nil {
		return nil, fmt.Errorf("%s as %s: %d: %w", name, s.who.Name, w.Code, ctx.Err())
	}
	return w, nil
}

var (
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
	passField   = regexp.MustCompile(`name="(verdict\.[^"]+)" value="pass"`)
)

// filledIn is the sheet's form with everything passed.
func filledIn(sheet string) url.Values {
	form := url.Values{"then": {"next"}}
	for _, m := range hiddenField.FindAllStringSubmatch(sheet, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	for _, m := range passField.FindAllStringSubmatch(sheet, -1) {
		form.Set(m[1], "pass")
	}
	return form
}
