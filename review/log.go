package review

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"cailiao/intake"
	"cailiao/storage"
)

// ReadsLog says that the account may search the whole audit log.
func ReadsLog(staff intake.Staff) bool { return staff.Role == intake.RoleAdmin && !staff.Disabled }

var actor = regexp.MustCompile(`^(candidate|system|nobody|staff:[1-9][0-9]{0,18})$`)

// IsActor says that a text is what the log has for somebody: a word, or the id of an account, never a name.
func IsActor(text string) bool { return actor.MatchString(text) }

// LogSearch says which lines of the audit log are wanted; zero fields do not matter.
type LogSearch struct {
	Actor       string // as logged: "candidate", "staff:3", …
	Action      string
	Number      string // 报名号
	From, Until time.Time
	Before      int64 // lines older than the one with this id
}

// LogPage is one page of the audit log, newest first.
type LogPage struct {
	Lines  []LogLine
	Older  int64          // where the next page begins; 0: there is none
	Actors []intake.Staff // all accounts, by name
}

// LogLine is one line of the audit log.
type LogLine struct {
	ID int64
	Happening
	CandidateID int64
	Detail      string // JSON
}

const logPage = 50

// SearchLog searches the audit log, for admins; to others it is intake.ErrForbidden.
func (d *Desk) SearchLog(ctx context.Context, staff intake.Staff, s LogSearch) (page LogPage, err error) {
	if !ReadsLog(staff) {
		return LogPage{}, fmt.Errorf("audit log: %w", intake.ErrForbidden)
	}
	if page.Actors, err = d.DB.AllStaff(ctx); err != nil {
		return LogPage{}, fmt.Errorf("audit log: %w", err)
	}
	search := storage.EventSearch{Actor: s.Actor, Action: s.Action, From: s.From, Until: s.Until, Before: s.Before, Limit: logPage + 1}
	if s.Number != "" {
		c, err := d.DB.CandidateByNumber(ctx, s.Number)
		if errors.Is(err, intake.ErrNotFound) {
			return page, nil
		}
		if err != nil {
			return LogPage{}, fmt.Errorf("audit log: %w", err)
		}
		search.CandidateID = c.ID
	}
	events, err := d.DB.SearchEvents(ctx, search)
	if err != nil {
		return LogPage{}, fmt.Errorf("audit log: %w", err)
	}
	if len(events) > logPage {
		events = events[:logPage]
		page.Older = events[logPage-1].ID
	}
	names := make(map[string]string, len(page.Actors))
	for _, s := range page.Actors {
		names[Actor(s)] = s.Name
	}
	for _, e := range events {
		page.Lines = append(page.Lines, LogLine{
			ID: e.ID, Happening: Happening{At: e.At, By: names[e.Actor], Actor: e.Actor, Action: e.Action},
			CandidateID: e.CandidateID, Detail: e.Detail,
		})
	}
	return page, nil
}
