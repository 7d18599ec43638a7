package storage

import (
	"context"
	"time"
)

// AddConsent notes one more permission to send one 订阅通知 of a template.
func (q Q) AddConsent(ctx context.Context, openID, templateID string, at time.Time) error {
	return q.consent(ctx, openID, templateID, "accept", at)
}

// RefuseConsent notes that the person refused, or that WeChat says nothing is left.
func (q Q) RefuseConsent(ctx context.Context, openID, templateID string, at time.Time) error {
	return q.consent(ctx, openID, templateID, "reject", at)
}

func (q Q) consent(ctx context.Context, openID, templateID, status string, at time.Time) error {
	first, counted := 1, "accepted + 1"
	if status != "accept" {
		first, counted = 0, "0"
	}
	err := q.atomic(ctx, func(tx Q) error {
		_, err := tx.exec(ctx, "INSERT INTO consents (openid, template_id, status, accepted, changed_at) VALUES (?, ?, ?, ?, ?)",
			openID, templateID, status, first, micros(at))
		if !isConflict(err) {
			return err
		}
		_, err = tx.exec(ctx, "UPDATE consents SET status = ?, accepted = "+counted+", changed_at = ? WHERE openid = ? AND template_id = ?",
			status, micros(at), openID, templateID)
		return err
	})
	return within("consent", err)
}

// UseConsent notes that one permission was used.
func (q Q) UseConsent(ctx context.Context, openID, templateID string) error {
	_, err := q.exec(ctx, "UPDATE consents SET accepted = accepted - 1 WHERE openid = ? AND template_id = ? AND accepted > 0",
		openID, templateID)
	return within("use consent", err)
}

// Consents tells how often a person has permitted a template and it was not yet used.
func (q Q) Consents(ctx context.Context, openID, templateID string) (int, error) {
	n, err := one(ctx, q, value[int], "SELECT COALESCE(SUM(accepted), 0) FROM consents WHERE openid = ? AND template_id = ?", openID, templateID)
	return n, within("consents", err)
}

// Permit is how a person stands to one 订阅通知.
type Permit struct {
	Template string
	Status   string
	Left     int // permissions given and not used
	At       time.Time
}

// Permits lists how a person stands to all they were asked about.
func (q Q) Permits(ctx context.Context, openID string) ([]Permit, error) {
	all, err := list(ctx, q, func(r row) (p Permit, err error) { return p, r.Scan(&p.Template, &p.Status, &p.Left, moment{&p.At}) },
		"SELECT template_id, status, accepted, changed_at FROM consents WHERE openid = ? ORDER BY template_id", openID)
	return all, within("permits", err)
}
