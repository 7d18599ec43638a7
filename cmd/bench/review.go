package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"cailiao/app"
	"cailiao/intake"
	"cailiao/review"
	"cailiao/seal"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// reviewDesk is the program over one population; its pages are called without a network.
type reviewDesk struct {
	name       string
	population *population
	app        *app.App
	pages      http.Handler
	seats      []*seat // a reviewer of a site, and one of the area
	times      map[string][]time.Duration
}

// The goals.
const (
	sheetGoal = 50 * time.Millisecond // next sheet, median
	flatGoal  = 1.3                   // cost with all candidates by cost with few
)

// reviewBench measures what reviewers wait for, with few candidates and with many, in turns.
func reviewBench(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("review", flag.ContinueOnError)
	config := flags.String("config", "config.example.yaml", "configuration to start from; its database is not touched")
	dsn := flags.String("dsn", "", "a MySQL or MariaDB server whose user may create databases, user:password@tcp(host:port)/; two are made and dropped")
	many := flags.Int("candidates", 100_000, "candidates")
	photos := flags.Int("photos", 10, "photos for each candidate")
	few := flags.Int("few", 1000, "candidates to compare with")
	rounds := flags.Int("rounds", 200, "how often each step is measured on either side")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dsn == "" {
		return errors.New("review: -dsn is missing")
	}
	cfg, err := app.LoadConfig(*config)
	if err != nil {
		return err
	}
	var desks []*reviewDesk
	for _, n := range []int{*few, *many} {
		d, err := openDesk(ctx, cfg, *dsn, n, *photos)
		if d != nil {
			defer d.close()
		}
		if err != nil {
			return err
		}
		desks = append(desks, d)
	}
	for round := range *rounds {
		for i := range desks { // who begins changes, so that drift meets both
			if err := desks[(i+round)%len(desks)].round(ctx, round); err != nil {
				return err
			}
		}
	}
	if err := desks[1].numbers(ctx); err != nil {
		return err
	}
	return compareDesks(desks[0], desks[1])
}

// numbers measures reading what the page of numbers shows, which is then kept for a minute: first
// until all decisions and events have been counted, then as it is from then on.
func (d *reviewDesk) numbers(ctx context.Context) error {
	for _, what := range []string{"counting everything from the beginning", "read once a minute"} {
		began := time.Now()
		for behind := true; behind; {
			all, err := d.app.Desk.Everything(ctx)
			if err != nil {
				return err
			}
			behind = all.Behind
		}
		fmt.Printf("numbers, %s: %s\n", what, time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// openDesk fills a database and starts the program on it, with two reviewers signed in.
func openDesk(ctx context.Context, cfg app.Config, dsn string, n, photos int) (*reviewDesk, error) {
	season, pictures, err := app.LoadSeason(cfg.Season, cfg.Location())
	if err != nil {
		return nil, err
	}
	now := time.Now()
	season = season.Shift(now.AddDate(0, 0, -30), now.AddDate(0, 0, 20), now.AddDate(0, 0, 20))
	d := &reviewDesk{name: fmt.Sprint(n), times: map[string][]time.Duration{}}
	scratch, err := storagetest.NewScratch(ctx, dsn)
	if err != nil {
		return nil, err
	}
	d.population = &population{Scratch: scratch, season: season, n: n, photos: n * photos, now: now}
	if cfg.Blobs.Dir, err = os.MkdirTemp("", "bench-review-"); err != nil {
		return d, err
	}
	cfg.Keys = seal.Config{File: filepath.Join(cfg.Blobs.Dir, "keys.json")}
	if _, err := seal.Create(ctx, cfg.Keys); err != nil {
		return d, err
	}
	cfg.Database, cfg.Redis = scratch.Config, storage.RedisConfig{}
	cfg.Server = app.Server{PublicURL: "http://127.0.0.1"}
	cfg.Staff.TOTP.RequiredFor = []intake.Role{} // the reviewers sign in with their passwords
	d.app, err = app.Open(ctx, cfg, app.Options{Season: season, Pictures: pictures, Now: time.Now, Front: func(pages http.Handler) http.Handler {
		d.pages = pages
		return pages
	}})
	if err != nil {
		return d, err
	}
	began := time.Now()
	if err := d.population.fill(ctx, d.app.DB); err != nil {
		return d, err
	}
	fmt.Printf("%d candidates, %d photos: filled in %.0f s\n", n, n*photos, time.Since(began).Seconds())
	for _, who := range []review.NewStaff{
		{Name: "site", Role: intake.RoleSite, Site: season.Sites[0].Code, Password: benchPassword},
		{Name: "area", Role: intake.RoleArea, Password: benchPassword},
	} {
		if _, err := d.app.Desk.AddStaff(ctx, who); err != nil {
			return d, err
		}
		s, err := d.signIn(ctx, who.Name)
		if err != nil {
			return d, err
		}
		d.seats = append(d.seats, s)
	}
	return d, nil
}

func (d *reviewDesk) close() {
	var err error
	if d.app != nil {
		err = errors.Join(d.app.Close(), os.RemoveAll(d.app.Config.Blobs.Dir))
	}
	if err = errors.Join(err, d.population.Drop()); err != nil {
		fmt.Fprintln(os.Stderr, "bench: clean up:", err)
	}
}

// compareDesks prints both sides of every step and says whether the goals were met.
func compareDesks(few, many *reviewDesk) error {
	fmt.Printf("\n%-34s %21s %21s  %s\n", "", few.name+" candidates", many.name+" candidates", "medians")
	fmt.Printf("%-34s %10s %10s %10s %10s\n", "", "p50", "p99", "p50", "p99")
	missed := 0
	for _, step := range steps {
		a, b := few.times[step.name], many.times[step.name]
		if len(a) == 0 || len(b) == 0 {
			return fmt.Errorf("%s was not measured", step.name)
		}
		ratio := p(50, b).Seconds() / p(50, a).Seconds()
		verdict := ""
		if step.more {
			verdict = " (more to list)"
		} else if ratio > flatGoal || step.name == nextSheet && p(50, b) > sheetGoal {
			verdict, missed = " MISSED", missed+1
		}
		fmt.Printf("%-34s %10s %10s %10s %10s  %.2f×%s\n", step.name, p(50, a), p(99, a), p(50, b), p(99, b), ratio, verdict)
	}
	fmt.Printf("goals: %.1f× at most; %s: median %s at most\n\n", flatGoal, nextSheet, sheetGoal)
	if missed > 0 {
		return fmt.Errorf("%d goals missed", missed)
	}
	return nil
}
