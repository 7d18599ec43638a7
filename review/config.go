package review

import (
	"errors"
	"fmt"
	"slices"

	"cailiao/intake"
)

// Config is the section "staff" of the configuration.
type Config struct {
	TOTP     TOTPConfig `yaml:"totp"`
	Password Cost       `yaml:"password"`
}

// TOTPConfig says who needs one-time codes to sign in.
type TOTPConfig struct {
	RequiredFor []intake.Role `yaml:"required_for"` // nil: area, lead and admin; empty: nobody
}

// leastMemory and leastPasses are OWASP's weakest argon2id.
const (
	leastMemory = 7 * 1024 // KiB
	leastPasses = 1
)

// Validate says what is wrong with the section; each fault is an *intake.FieldError.
func (c Config) Validate() error {
	var errs []error
	for i, role := range c.TOTP.RequiredFor {
		if !slices.Contains(intake.Roles, role) {
			errs = append(errs, &intake.FieldError{Key: fmt.Sprintf("totp.required_for[%d]", i), Problem: "expected site, area, lead or admin"})
		}
	}
	if p := c.Password; p != (Cost{}) {
		if p.Memory < leastMemory || p.Memory > maxHashMemory {
			errs = append(errs, &intake.FieldError{Key: "password.memory", Problem: fmt.Sprintf("expected %d to %d KiB", leastMemory, maxHashMemory)})
		}
		if p.Passes < leastPasses || p.Passes > maxHashTime {
			errs = append(errs, &intake.FieldError{Key: "password.passes", Problem: fmt.Sprintf("expected %d to %d", leastPasses, maxHashTime)})
		}
	}
	return errors.Join(errs...)
}

// Required are the roles that need one-time codes.
func (c TOTPConfig) Required() []intake.Role {
	if c.RequiredFor == nil {
		return []intake.Role{intake.RoleArea, intake.RoleLead, intake.RoleAdmin}
	}
	return c.RequiredFor
}
