package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"cailiao/clamd"
	"cailiao/imaging/reading"
	"cailiao/intake"
	"cailiao/notify"
	"cailiao/review"
	"cailiao/seal"
	"cailiao/storage"
	"cailiao/wechat"
)

// Finding is one line of `cailiao check`.
type Finding struct {
	Part string // "season", "keys", "database", "redis", "blobs", "wechat", "notices", "clamd", "tls", "log", "reading"
	Says string // what was found
	Err  error  // what to mend; nil: all right

	Optional bool // with Err: everything else works without
}

// Check tries every part of a configuration that has been read, without changing anything.
func Check(ctx context.Context, cfg Config) []Finding {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	findings := []Finding{{Part: "config", Says: cfg.Server.PublicURL}}
	add := func(part string, try func() (string, error)) {
		says, err := try()
		findings = append(findings, Finding{Part: part, Says: says, Err: err})
	}
	add("season", func() (string, error) { return checkSeason(cfg) })
	add("keys", func() (string, error) {
		keys, err := seal.Load(ctx, cfg.Keys)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%d, sealing with %08x", len(keys.Ring().IDs), keys.Ring().Primary), nil
	})
	add("database", func() (string, error) { return checkDatabase(ctx, cfg) })
	var redis *storage.Redis
	add("redis", func() (string, error) {
		var err error
		if redis, err = storage.OpenRedis(ctx, cfg.Redis, time.Now); err != nil {
			return "", err
		}
		return cfg.Redis.Where(), redis.Ping(ctx)
	})
	if redis != nil {
		defer redis.Close()
	}
	add("blobs", func() (string, error) { return cfg.Blobs.Check(ctx) })
	add("wechat", func() (string, error) { return checkWeChat(ctx, cfg, redis) })
	add("notices", func() (string, error) { return checkNotices(ctx, cfg, redis) })
	if cfg.Clamd.Address != "" {
		add("clamd", func() (string, error) { return checkClamd(ctx, cfg) })
	}
	if err := checkPlain(cfg); err != nil {
		findings = append(findings, Finding{Part: "tls", Err: err, Optional: true})
	}
	findings = append(findings, Finding{Part: "log", Err: checkLog(ctx, cfg), Optional: true})
	says, err := checkReading(cfg)
	return append(findings, Finding{Part: "reading", Says: says, Err: err, Optional: true})
}

// largestFile is what may be sent to us, photo or roster.
const largestFile = 20 << 20

func checkClamd(ctx context.Context, cfg Config) (string, error) {
	scanner, err := clamd.Open(cfg.Clamd)
	if err != nil {
		return "", err
	}
	return scanner.Try(ctx, largestFile)
}

// checkLog asks whether the database itself guards the audit log.
func checkLog(ctx context.Context, cfg Config) error {
	db, err := storage.Open(ctx, cfg.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.CheckEventGuards(ctx)
}

func checkReading(cfg Config) (string, error) {
	r, err := reading.Open(cfg.Reading.Dir)
	if err != nil {
		return "", err
	}
	return cfg.Reading.Dir, r.Close()
}

func checkSeason(cfg Config) (string, error) {
	season, _, err := LoadSeason(cfg.Season, cfg.Location())
	if err != nil {
		return "", err
	}
	return season.Name, nil
}

func checkDatabase(ctx context.Context, cfg Config) (string, error) {
	db, err := storage.Open(ctx, cfg.Database, nil)
	if err != nil {
		return "", err
	}
	defer db.Close()
	have, want, err := db.Version(ctx)
	if err != nil {
		return "", err
	}
	if have != want {
		return "", fmt.Errorf("schema is at version %d, the program needs %d: run `cailiao migrate` (serve does it by itself)", have, want)
	}
	clock, err := db.Clock(ctx, nil)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, schema %d", cfg.Database.Driver, have), errors.Join(clock.Check(), db.ProveWritable(ctx))
}

func checkWeChat(ctx context.Context, cfg Config, redis *storage.Redis) (string, error) {
	if redis == nil {
		return "", fmt.Errorf("not tried: it needs redis")
	}
	account, err := wechat.Open(cfg.WeChat, redis, wechat.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return "", err
	}
	defer account.Close()
	return cfg.WeChat.AppID, account.Check(ctx)
}

// checkNotices holds the mapping of every kind against the account's own templates; each mismatch
// has the line it stands on.
func checkNotices(ctx context.Context, cfg Config, redis *storage.Redis) (string, error) {
	if redis == nil {
		return "", fmt.Errorf("not tried: it needs redis")
	}
	templates, err := accountTemplates(ctx, cfg, redis)
	if err != nil {
		return "", err
	}
	var errs []error
	for _, m := range cfg.Notices.Compare(templates) {
		errs = append(errs, &intake.FieldError{Line: intake.LineOf(cfg.source, "notices."+m.Key), Key: "notices." + m.Key, Problem: m.Problem})
	}
	return fmt.Sprintf("%d templates", len(templates)), errors.Join(errs...)
}

func accountTemplates(ctx context.Context, cfg Config, redis *storage.Redis) ([]wechat.Template, error) {
	account, err := wechat.Open(cfg.WeChat, redis, wechat.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer account.Close()
	return account.Templates(ctx)
}

// PreviewNotices renders each kind of notice as a candidate would see it. The account is asked for
// its templates; asked tells why it did not answer, and then fields stand for labels.
func PreviewNotices(ctx context.Context, cfg Config) (previews []notify.Preview, asked, err error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	season, _, err := LoadSeason(cfg.Season, cfg.Location())
	if err != nil {
		return nil, nil, err
	}
	redis, asked := storage.OpenRedis(ctx, cfg.Redis, time.Now)
	var templates []wechat.Template
	if asked == nil {
		defer redis.Close()
		templates, asked = accountTemplates(ctx, cfg, redis)
	}
	return cfg.Notices.PreviewAll(season, templates, time.Now()), asked, nil
}

// OpenDesk opens what office work on the command line needs: database and season.
func OpenDesk(ctx context.Context, cfg Config, log *slog.Logger) (*review.Desk, func() error, error) {
	season, _, err := LoadSeason(cfg.Season, cfg.Location())
	if err != nil {
		return nil, nil, err
	}
	db, err := OpenDB(ctx, cfg)
	if err != nil {
		return nil, nil, err
	}
	blobs, err := OpenBlobs(ctx, cfg)
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	scanner, err := clamd.Open(cfg.Clamd)
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return &review.Desk{DB: db, Blobs: blobs, Season: season, Clamd: scanner, Now: time.Now, Log: log, Cost: cfg.Staff.Password}, db.Close, nil
}

// OpenDB opens the database with its keys and brings it up to date.
func OpenDB(ctx context.Context, cfg Config) (*storage.DB, error) {
	keys, err := seal.Load(ctx, cfg.Keys)
	if err != nil {
		return nil, err
	}
	db, err := storage.Open(ctx, cfg.Database, keys)
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// OpenBlobs opens the photos with the keys that seal them.
func OpenBlobs(ctx context.Context, cfg Config) (storage.Blobs, error) {
	keys, err := seal.Load(ctx, cfg.Keys)
	if err != nil {
		return nil, err
	}
	blobs, err := storage.OpenBlobs(cfg.Blobs)
	if err != nil {
		return nil, err
	}
	return storage.SealBlobs(blobs, keys), nil
}
