package storage

import (
	"context"
	"fmt"
	"time"

	"cailiao/intake"
)

const staffColumns = "id, name, role, site, password_hash, disabled, created_at, epoch, initial_until, totp_secret, totp_since, last_login"

func readStaff(r row) (s intake.Staff, err error) {
	err = r.Scan(&s.ID, &s.Name, &s.Role, &s.Site, &s.PasswordHash, &s.Disabled, moment{&s.CreatedAt},
		&s.Epoch, moment{&s.InitialUntil}, unseal(&s.TOTPSecret, "staff.totp_secret", &s.ID), moment{&s.TOTPSince}, moment{&s.LastLogin})
	return s, err
}

// AddStaff stores an account and returns it with its ID; intake.ErrConflict when the name is taken.
func (q Q) AddStaff(ctx context.Context, s intake.Staff) (intake.Staff, error) {
	s.CreatedAt = stored(s.CreatedAt)
	id, err := q.insert(ctx, `INSERT INTO staff (name, role, site, password_hash, disabled, created_at, initial_until)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, s.Name, s.Role, s.Site, s.PasswordHash, s.Disabled, micros(s.CreatedAt), micros(s.InitialUntil))
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

// LockStaff is StaffByID with the row locked until the transaction ends.
func (q Q) LockStaff(ctx context.Context, id int64) (intake.Staff, error) {
	s, err := one(ctx, q, readStaff, "SELECT "+staffColumns+" FROM staff WHERE id = ?"+q.home.dialect.forUpdate(), id)
	return s, within(fmt.Sprintf("staff %d", id), err)
}

// SaveStaff writes what may change of an account that LockStaff returned: role, site, password,
// disabled, epoch, TOTP. Another key begins anew with its steps.
func (q Q) SaveStaff(ctx context.Context, s intake.Staff) error {
	err := q.execOne(ctx, intake.ErrNotFound, `UPDATE staff SET role = ?, site = ?, password_hash = ?, disabled = ?, epoch = ?,
		initial_until = ?, totp_secret = ?, totp_since = ?, totp_step = CASE WHEN ? THEN 0 ELSE totp_step END WHERE id = ?`,
		s.Role, s.Site, s.PasswordHash, s.Disabled, s.Epoch, micros(s.InitialUntil), q.sealed(s.TOTPSecret, "staff.totp_secret", s.ID), micros(s.TOTPSince), s.TOTPSecret == "", s.ID)
	return within(fmt.Sprintf("save staff %d", s.ID), err)
}

// SetStaffPassword stores a new password hash and ends the account's sessions.
func (q Q) SetStaffPassword(ctx context.Context, id int64, hash string) error {
	err := q.execOne(ctx, intake.ErrNotFound, "UPDATE staff SET password_hash = ?, epoch = epoch + 1 WHERE id = ?", hash, id)
	return within(fmt.Sprintf("password of staff %d", id), err)
}

// Rehash replaces the hash of the same password.
func (q Q) Rehash(ctx context.Context, id int64, old, hash string) error {
	_, err := q.exec(ctx, "UPDATE staff SET password_hash = ? WHERE id = ? AND password_hash = ?", hash, id, old)
	return within(fmt.Sprintf("rehash password of staff %d", id), err)
}

// SetStaffDisabled closes or reopens an account; either ends its sessions, and what a closed one holds is free at once.
func (q Q) SetStaffDisabled(ctx context.Context, id int64, disabled bool) error {
	err := q.execOne(ctx, intake.ErrNotFound, "UPDATE staff SET disabled = ?, epoch = epoch + 1 WHERE id = ?", disabled, id)
	if err == nil && disabled {
		_, err = q.exec(ctx, "DELETE FROM claims WHERE staff_id = ?", id)
	}
	return within(fmt.Sprintf("disable staff %d", id), err)
}

// SetLastLogin notes that an account has signed in.
func (q Q) SetLastLogin(ctx context.Context, id int64, at time.Time) error {
	err := q.execOne(ctx, intake.ErrNotFound, "UPDATE staff SET last_login = ? WHERE id = ?", micros(at), id)
	return within(fmt.Sprintf("last login of staff %d", id), err)
}

// UseTOTPStep takes the code of a time step; intake.ErrConflict: it, or a later one, was used before.
func (q Q) UseTOTPStep(ctx context.Context, id, step int64) error {
	err := q.execOne(ctx, intake.ErrConflict, "UPDATE staff SET totp_step = ? WHERE id = ? AND totp_step < ?", step, id, step)
	return within(fmt.Sprintf("one-time code of staff %d", id), err)
}

// SetRecoveryCodes puts the hashes of new recovery codes in place of all former ones.
func (q Q) SetRecoveryCodes(ctx context.Context, id int64, hashes []string) error {
	err := q.atomic(ctx, func(tx Q) error {
		if _, err := tx.exec(ctx, "DELETE FROM recovery_codes WHERE staff_id = ?", id); err != nil {
			return err
		}
		for _, hash := range hashes {
			if _, err := tx.exec(ctx, "INSERT INTO recovery_codes (staff_id, hash, used_at) VALUES (?, ?, 0)", id, hash); err != nil {
				return err
			}
		}
		return nil
	})
	return within(fmt.Sprintf("recovery codes of staff %d", id), err)
}

// UseRecoveryCode uses a recovery code up; intake.ErrNotFound: there is none such, or it was used.
func (q Q) UseRecoveryCode(ctx context.Context, id int64, hash string, at time.Time) error {
	err := q.execOne(ctx, intake.ErrNotFound, "UPDATE recovery_codes SET used_at = ? WHERE staff_id = ? AND hash = ? AND used_at = 0",
		micros(at), id, hash)
	return within(fmt.Sprintf("recovery code of staff %d", id), err)
}

// UnusedRecoveryCodes are the hashes of the recovery codes an account has left.
func (q Q) UnusedRecoveryCodes(ctx context.Context, id int64) ([]string, error) {
	hashes, err := list(ctx, q, value[string], "SELECT hash FROM recovery_codes WHERE staff_id = ? AND used_at = 0", id)
	return hashes, within(fmt.Sprintf("recovery codes of staff %d", id), err)
}

// RecoveryCodes counts the recovery codes an account has left.
func (q Q) RecoveryCodes(ctx context.Context, id int64) (int, error) {
	n, err := one(ctx, q, value[int], "SELECT COUNT(*) FROM recovery_codes WHERE staff_id = ? AND used_at = 0", id)
	return n, within(fmt.Sprintf("recovery codes of staff %d", id), err)
}
