package review

import (
	"context"
	"fmt"
	"time"

	"cailiao/intake"
)

// ActionCodes is the making of personal QR codes in the audit log. Detail: site, how many, and
// until when they are good.
const ActionCodes = "codes"

// Unbound lists candidates of a site who may bind and have not, in order behind one.
// intake.ErrNotFound: no such site, or one the account does not see.
func (d *Desk) Unbound(ctx context.Context, staff intake.Staff, site string, after int64, limit int) ([]intake.Candidate, error) {
	if _, known := d.Season.Site(site); !known || !staff.Sees(site) {
		return nil, fmt.Errorf("codes of a site: %w", intake.ErrNotFound)
	}
	return d.DB.UnboundAfter(ctx, site, after, limit)
}

// CodesMade writes to the log that codes are given out: whoever has one can bind.
func (d *Desk) CodesMade(ctx context.Context, staff intake.Staff, site string, n int, until time.Time) error {
	event, err := d.event(Actor(staff), ActionCodes, 0, struct {
		Site  string    `json:"site"`
		N     int       `json:"n"`
		Until time.Time `json:"until"`
	}{site, n, until})
	if err != nil {
		return err
	}
	return d.DB.Log(ctx, event)
}
