package review

import (
	"context"
	"fmt"

	"cailiao/intake"
)

// Phone is a candidate's phone number, for a call when a notice cannot be delivered. The look
// is logged before the number is given.
func (d *Desk) Phone(ctx context.Context, staff intake.Staff, candidateID int64) (string, error) {
	c, err := d.visible(ctx, staff, candidateID)
	if err != nil {
		return "", fmt.Errorf("phone: %w", err)
	}
	event, err := d.event(Actor(staff), ActionPhone, candidateID, nil)
	if err != nil {
		return "", err
	}
	if err := d.DB.Log(ctx, event); err != nil {
		return "", fmt.Errorf("phone: %w", err)
	}
	return c.Phone, nil
}
