package main

import (
	"context"
	"errors"

	"cailiao/app"
	"cailiao/intake"
	"cailiao/review"
)

func listStaff(ctx context.Context, p program, cfg app.Config, _ options) error {
	return withDesk(ctx, p, cfg, func(desk *review.Desk) error {
		all, err := desk.Accounts(ctx, review.Office)
		if err != nil {
			return err
		}
		for _, s := range all {
			s.LastLogin = s.LastLogin.In(cfg.Location())
			p.print(p.out, "staff line", s)
		}
		return nil
	})
}

// staffCommand changes one account, as the page of the accounts does.
func staffCommand(what string) func(context.Context, program, app.Config, options) error {
	return func(ctx context.Context, p program, cfg app.Config, opts options) error {
		return withDesk(ctx, p, cfg, func(desk *review.Desk) error {
			name := opts.args[0]
			s, err := desk.DB.StaffByName(ctx, name)
			if errors.Is(err, intake.ErrNotFound) {
				p.print(p.err, "no such staff", name)
				return errFailed
			}
			if err != nil {
				return err
			}
			switch what {
			case "role":
				err = desk.ChangeRole(ctx, review.Office, s.ID, intake.Role(opts.role), opts.site)
			case "disable":
				err = desk.Disable(ctx, review.Office, s.ID)
			case "enable":
				err = desk.Enable(ctx, review.Office, s.ID)
			case "totp-reset":
				err = desk.ResetTOTP(ctx, review.Office, s.ID)
			case "sign-out":
				err = desk.EndSessionsOf(ctx, review.Office, s.ID)
			case "password":
				var initial string
				if initial, err = desk.ResetPassword(ctx, review.Office, s.ID); err == nil {
					p.print(p.out, "staff password", struct{ Name, Initial string }{name, initial})
				}
			}
			if err != nil {
				return err
			}
			p.print(p.out, "staff changed", name)
			return nil
		})
	}
}
