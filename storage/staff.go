package storage

import (
	"context"
	"fmt"

	"cailiao/intake"
)

const staffColumns = "id, name, role, site, password_hash, disabled, created_at"

func readStaff(r row) (s intake.Staff, err error) {
	err = r.Scan(&s.ID, &s.Name, &s.Role, &s.Site, &s.PasswordHash, &s.Disabled, moment{&s.CreatedAt})
	return s, err
}

// AddStaff stores an account and returns it with its ID; intake.ErrConflict when the name is taken.
func (q Q) AddStaff(ctx context.Context, s intake.Staff) (intake.Staff, error) {
	s.CreatedAt = stored(s.CreatedAt)
	id, err := q.insert(ctx, `INSERT INTO staff (name, role, site, password_hash, disabled, created_at)
		VALUES (?, ?, ?, ?, ?, ?)`, s.Name, s.Role, s.Site, s.PasswordHash, s.Disabled, micros(s.CreatedAt))
	s.ID = id
	return s, within("add staff", err)
}

// StaffByName returns the account with a login name, or intake.ErrNotFound.
func (q Q) StaffByName(ctx context.Context, name string) (intake.Staff, error) {
	s, err := one(ctx, q, readStaff, "SELECT "+staffColumns+" FROM staff WHERE name = ?", name)
	return s, within("staff by name", err)
}

// StaffByID returns one account, or intake.ErrNotFound.
func (q Q) StaffByID(ctx context.Context, id int64) (intake.Staff, error) {
	s, err := one(ctx, q, readStaff, "SELECT "+staffColumns+" FROM staff WHERE id = ?", id)
	return s, within(fmt.Sprintf("staff %d", id), err)
}

// AllStaff lists all accounts by name, disabled ones too.
func (q Q) AllStaff(ctx context.Context) ([]intake.Staff, error) {
	all, err := list(ctx, q, readStaff, "SELECT "+staffColumns+" FROM staff ORDER BY name")
	return all, within("all staff", err)
}

// SetStaffPassword stores a new password hash.
func (q Q) SetStaffPassword(ctx context.Context, id int64, hash string) error {
	err := q.execOne(ctx, intake.ErrNotFound, "UPDATE staff SET password_hash = ? WHERE id = ?", hash, id)
	return within(fmt.Sprintf("password of staff %d", id), err)
}

// SetStaffDisabled closes or reopens an account.
func (q Q) SetStaffDisabled(ctx context.Context, id int64, disabled bool) error {
	err := q.execOne(ctx, intake.ErrNotFound, "UPDATE staff SET disabled = ? WHERE id = ?", disabled, id)
	return within(fmt.Sprintf("disable staff %d", id), err)
}
