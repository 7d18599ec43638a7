package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"cailiao/app"
	"cailiao/review"
	"cailiao/templates"
)

func exportFlags(flags *flag.FlagSet, opts *options) {
	flags.StringVar(&opts.site, "site", "", "")
}

func exportStates(ctx context.Context, p program, cfg app.Config, opts options) error {
	return export(ctx, p, cfg, opts, func(desk *review.Desk, e review.Export, file io.Writer) (review.Exported, error) {
		columns, err := desk.StateColumns(e.Words)
		if err != nil {
			return review.Exported{}, err
		}
		return desk.ExportStates(ctx, e, func() (*review.Table, error) { return review.NewTable(file, review.XLSX, columns) })
	})
}

func exportPhotos(ctx context.Context, p program, cfg app.Config, opts options) error {
	return export(ctx, p, cfg, opts, func(desk *review.Desk, e review.Export, file io.Writer) (review.Exported, error) {
		return desk.ExportPhotos(ctx, e, func() io.Writer { return file })
	})
}

// export writes a file readable for its owner only. One that could not be finished is removed: it
// would look like a whole one.
func export(ctx context.Context, p program, cfg app.Config, opts options, run func(*review.Desk, review.Export, io.Writer) (review.Exported, error)) error {
	path := opts.args[0]
	return withDesk(ctx, p, cfg, func(desk *review.Desk) error {
		if _, known := desk.Season.Site(opts.site); opts.site != "" && !known {
			p.print(p.err, "no such site", opts.site)
			return errFailed
		}
		file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		shown := -1
		far, err := run(desk, review.Export{Site: opts.site, Words: templates.Cells, Progress: func(far review.Exported) {
			if percent := far.Seen * 100 / max(1, far.Total); percent != shown {
				shown = percent
				fmt.Fprintf(p.err, "\r%d/%d", far.Seen, far.Total)
			}
		}}, file)
		if shown >= 0 {
			fmt.Fprintln(p.err)
		}
		if err = errors.Join(err, file.Close()); err != nil {
			return errors.Join(err, os.Remove(path))
		}
		p.print(p.out, "exported", struct {
			review.Exported
			File string
		}{far, path})
		return nil
	})
}
