package main

import (
	"context"

	"cailiao/app"
	"cailiao/seal"
)

// newKeys makes a key file where the configuration wants it, or at the path given.
func newKeys(ctx context.Context, p program, cfg app.Config, opts options) error {
	if len(opts.args) == 1 {
		cfg.Keys.File = opts.args[0]
	}
	if _, err := seal.Create(ctx, cfg.Keys); err != nil {
		return err
	}
	p.print(p.out, "keys made", cfg.Keys.File)
	return nil
}
