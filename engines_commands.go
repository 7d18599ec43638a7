package main

import (
	"context"
	"flag"
	"fmt"

	"cailiao/app"
	"cailiao/storage"
)

func moveFlags(flags *flag.FlagSet, opts *options) {
	flags.StringVar(&opts.to, "to", "", "")
	flags.BoolVar(&opts.back, "back", false, "")
}

func move(ctx context.Context, p program, cfg app.Config, opts options) error {
	switch {
	case opts.back == (opts.to != ""):
		p.print(p.err, "usage", nil)
		return errFailed
	case opts.back:
		was, err := app.MoveBack(ctx, cfg)
		if err == nil {
			p.print(p.out, "moved back", was)
		}
		return err
	}
	target, err := app.LoadConfig(opts.to)
	if err != nil {
		return err
	}
	moved, err := app.Move(ctx, cfg, target, opts.to, p.progress())
	if err != nil {
		return err
	}
	p.print(p.out, "moved", struct {
		storage.Carried
		To string
	}{moved, opts.to})
	return nil
}

func backup(ctx context.Context, p program, cfg app.Config, opts options) error {
	manifest, err := app.Backup(ctx, cfg, opts.args[0], p.progress())
	if err != nil {
		return err
	}
	p.print(p.out, "backed up", manifest)
	if manifest.Missing > 0 {
		p.print(p.err, "photos missing", manifest.Missing)
		return errFailed
	}
	return nil
}

func restore(ctx context.Context, p program, cfg app.Config, opts options) error {
	manifest, err := app.Restore(ctx, cfg, opts.args[0], p.progress())
	if err == nil {
		p.print(p.out, "restored", manifest)
	}
	return err
}

// progress overwrites one line per thing, and begins a new one when that is done.
func (p program) progress() app.Progress {
	last := -1
	return func(what string, done, total int) {
		percent := 100
		if total > 0 {
			percent = 100 * done / total
		}
		if percent == last && done != total {
			return
		}
		last = percent
		fmt.Fprintf(p.err, "\r%-20s %d/%d", what, done, total)
		if done == total {
			fmt.Fprintln(p.err)
			last = -1
		}
	}
}
