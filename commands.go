package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"

	"cailiao/app"
	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"

	"golang.org/x/term"
)

func serve(ctx context.Context, p program, cfg app.Config, _ options) error {
	log := p.logger()
	a, err := app.Open(ctx, cfg, app.Options{Log: log})
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", cfg.Server.Listen)
	if err != nil {
		return errors.Join(fmt.Errorf("server.listen: %w", err), a.Close())
	}
	log.Info("serving", "address", ln.Addr().String())
	return errors.Join(a.Serve(ctx, ln), a.Close())
}

func check(ctx context.Context, p program, cfg app.Config, _ options) error {
	ok := true
	for _, c := range app.Check(ctx, cfg) {
		name := "check ok"
		switch {
		case c.Err != nil && c.Optional:
			name = "check without"
		case c.Err != nil:
			name, ok = "check failed", false
		}
		p.print(p.out, name, c)
	}
	if !ok {
		return errFailed
	}
	return nil
}

func migrate(ctx context.Context, p program, cfg app.Config, _ options) error {
	db, err := storage.Open(ctx, cfg.Database, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	version, _, err := db.Version(ctx)
	if err == nil {
		p.print(p.out, "migrated", version)
	}
	return err
}

func previewNotices(ctx context.Context, p program, cfg app.Config, _ options) error {
	previews, asked, err := app.PreviewNotices(ctx, cfg)
	if err != nil {
		return err
	}
	if asked != nil {
		p.print(p.err, "templates unknown", asked)
	}
	for _, preview := range previews {
		p.print(p.out, "notice preview", preview)
		if preview.Err != nil {
			err = errFailed
		}
	}
	return err
}

func importFlags(flags *flag.FlagSet, opts *options) {
	flags.BoolVar(&opts.dryRun, "dry-run", false, "")
	flags.BoolVar(&opts.erased, "erased", false, "")
}

func importRoster(ctx context.Context, p program, cfg app.Config, opts options) error {
	file, err := os.Open(opts.args[0])
	if err != nil {
		return err
	}
	defer file.Close()
	return withDesk(ctx, p, cfg, func(desk *review.Desk) error {
		report, err := desk.ImportRoster(ctx, file, review.ImportOptions{
			DryRun: opts.dryRun, Erased: opts.erased,
			Progress: func(done, total int) {
				fmt.Fprintf(p.err, "\r%d/%d", done, total)
				if done == total {
					fmt.Fprintln(p.err)
				}
			},
		})
		for _, problem := range report.Problems {
			p.print(p.err, "roster problem", problem)
		}
		if len(report.Problems) > 0 {
			p.print(p.err, "roster refused", len(report.Problems))
			return errors.Join(errFailed, err)
		}
		if err != nil {
			return err
		}
		p.print(p.out, "roster imported", struct {
			review.Report
			DryRun, Back bool
		}{report, opts.dryRun, opts.erased})
		return nil
	})
}

func staffFlags(flags *flag.FlagSet, opts *options) {
	flags.StringVar(&opts.role, "role", "", "")
	flags.StringVar(&opts.site, "site", "", "")
}

func addStaff(ctx context.Context, p program, cfg app.Config, opts options) error {
	password, err := p.readPassword()
	if err != nil {
		return err
	}
	return withDesk(ctx, p, cfg, func(desk *review.Desk) error {
		staff, err := desk.AddStaff(ctx, review.NewStaff{
			Name: opts.args[0], Role: intake.Role(opts.role), Site: opts.site, Password: password,
		})
		if err != nil {
			return err
		}
		p.print(p.out, "staff added", staff)
		return nil
	})
}

// readPassword asks twice on a terminal, else takes the first line of standard input.
func (p program) readPassword() (string, error) {
	fd := int(p.in.Fd())
	if !term.IsTerminal(fd) {
		line, err := bufio.NewReader(p.in).ReadString('\n')
		line = strings.TrimRight(line, "\r\n")
		if line == "" && err != nil {
			return "", fmt.Errorf("password from standard input: %w", err)
		}
		return line, nil
	}
	var typed [2]string
	for i, prompt := range []string{"password prompt", "password again"} {
		p.print(p.err, prompt, nil)
		line, err := term.ReadPassword(fd)
		if err != nil {
			return "", err
		}
		typed[i] = string(line)
	}
	if typed[0] != typed[1] {
		p.print(p.err, "passwords differ", nil)
		return "", errFailed
	}
	return typed[0], nil
}

// withDesk opens just what office work needs: the database, brought up to date, and the season.
func withDesk(ctx context.Context, p program, cfg app.Config, work func(*review.Desk) error) error {
	desk, closeDB, err := app.OpenDesk(ctx, cfg, p.logger())
	if err != nil {
		return err
	}
	return errors.Join(work(desk), closeDB())
}
