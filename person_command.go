package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"cailiao/app"
	"cailiao/intake"
	"cailiao/privacy"
	"cailiao/storage"
)

const operator = "command" // the actor of what is done from the command line

func eraseFlags(flags *flag.FlagSet, opts *options) {
	flags.BoolVar(&opts.season, "season", false, "")
	flags.StringVar(&opts.confirm, "confirm", "", "")
	flags.StringVar(&opts.reason, "reason", "", "")
}

// erase takes one person away for good, or everybody of a season. Without -confirm it only shows
// what would go.
func erase(ctx context.Context, p program, cfg app.Config, opts options) error {
	if opts.season == (len(opts.args) == 1) {
		p.print(p.err, "usage", nil)
		return errFailed
	}
	return withKeeper(ctx, p, cfg, func(k *privacy.Keeper) error {
		if opts.season {
			return eraseSeason(ctx, p, cfg, k, opts)
		}
		c, would, err := k.Preview(ctx, opts.args[0])
		if errors.Is(err, intake.ErrNotFound) {
			return p.nobody(ctx, k, opts.args[0])
		}
		if err != nil {
			return err
		}
		if opts.confirm != c.Number {
			p.print(p.out, "erase preview", receipt{c.MaskedName(), would, would.Rows(), time.Time{}})
			return nil
		}
		done, err := k.Erase(ctx, c.ID, operator, opts.reason)
		if done.ID == 0 && err != nil {
			return err
		}
		p.print(p.out, "erase receipt", receipt{c.MaskedName(), done, done.Rows(), done.At.In(cfg.Location())})
		return err
	})
}

// nobody has this number, or nobody any more.
func (p program) nobody(ctx context.Context, k *privacy.Keeper, number string) error {
	gone, err := k.DB.Erased(ctx, number)
	p.print(p.err, "nobody to erase", gone)
	return errors.Join(errFailed, err)
}

// receipt of an erasure. It names nobody.
type receipt struct {
	Name string // masked
	storage.Erasure
	Rows int64
	When time.Time
}

func eraseSeason(ctx context.Context, p program, cfg app.Config, k *privacy.Keeper, opts options) error {
	season, _, err := app.LoadSeason(cfg.Season, cfg.Location())
	if err != nil {
		return err
	}
	counts, err := k.DB.TableCounts(ctx)
	if err != nil {
		return err
	}
	if opts.confirm != season.Name {
		p.print(p.out, "erase season preview", map[string]any{"Season": season.Name, "People": counts["candidates"], "Photos": counts["photos"]})
		return nil
	}
	people, rows, blobs, err := k.EraseAll(ctx, operator, opts.reason, func(done int) {
		fmt.Fprintf(p.err, "\r%d/%d", done, counts["candidates"])
	})
	fmt.Fprintln(p.err)
	if people > 0 || err == nil {
		p.print(p.out, "erase season receipt", map[string]any{"Season": season.Name, "People": people, "Rows": rows, "Blobs": blobs, "When": time.Now().In(cfg.Location())})
	}
	return err
}

// exportPerson writes what is held about a person into a file only its owner can read.
func exportPerson(ctx context.Context, p program, cfg app.Config, opts options) error {
	return withKeeper(ctx, p, cfg, func(k *privacy.Keeper) (err error) {
		c, err := k.DB.CandidateByNumber(ctx, opts.args[0])
		if errors.Is(err, intake.ErrNotFound) {
			return p.nobody(ctx, k, opts.args[0])
		}
		if err != nil {
			return err
		}
		f, err := os.OpenFile(opts.args[1], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		defer func() {
			if err = errors.Join(err, f.Close()); err != nil {
				os.Remove(opts.args[1])
			}
		}()
		if err := k.Export(ctx, c.ID, operator, f); err != nil {
			return err
		}
		p.print(p.out, "person exported", opts.args[1])
		return nil
	})
}

func withKeeper(ctx context.Context, p program, cfg app.Config, work func(*privacy.Keeper) error) error {
	db, err := app.OpenDB(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	blobs, err := app.OpenBlobs(ctx, cfg)
	if err != nil {
		return err
	}
	return work(&privacy.Keeper{DB: db, Blobs: blobs, Config: cfg.Privacy, Now: time.Now, Log: p.logger()})
}
