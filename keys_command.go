package main

import (
	"context"
	"fmt"
	"time"

	"cailiao/app"
	"cailiao/seal"
	"cailiao/storage"
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

// sealedStores are everything keys are used on.
type sealedStores struct {
	keys  *seal.Keys
	db    *storage.DB
	blobs storage.Blobs // as they stand on disk or in the bucket
}

func withSealed(ctx context.Context, cfg app.Config, work func(sealedStores) error) error {
	keys, err := seal.Load(ctx, cfg.Keys)
	if err != nil {
		return err
	}
	db, err := storage.Open(ctx, cfg.Database, keys)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	blobs, err := storage.OpenBlobs(cfg.Blobs)
	if err != nil {
		return err
	}
	return work(sealedStores{keys, db, blobs})
}

func (s sealedStores) stale(ctx context.Context) (storage.Stale, error) {
	rows, err := s.db.StaleRows(ctx)
	if err != nil {
		return rows, err
	}
	blobs, err := storage.StaleBlobs(ctx, s.blobs, s.keys)
	rows.Blobs = blobs.Blobs
	for id, n := range blobs.Keys {
		rows.Keys[id] += n
	}
	return rows, err
}

// keysReport is what `keys check` and the others tell.
type keysReport struct {
	Primary string
	Waiting bool
	Old     []string // ids of keys that only open
	Stale   storage.Stale
	ByKey   map[string]int // stale texts and blobs; "": not sealed at all
	Kept    string
}

func (s sealedStores) report(ctx context.Context) (keysReport, error) {
	stale, err := s.stale(ctx)
	r := s.keys.Ring()
	report := keysReport{Primary: keyName(r.Primary), Waiting: r.Waiting(), Stale: stale, ByKey: map[string]int{}}
	for _, id := range r.Old() {
		report.Old = append(report.Old, keyName(id))
	}
	for id, n := range stale.Keys {
		report.ByKey[keyName(id)] = n
	}
	return report, err
}

func keyName(id uint32) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprintf("%08x", id)
}

func checkKeys(ctx context.Context, p program, cfg app.Config, _ options) error {
	return withSealed(ctx, cfg, func(s sealedStores) error {
		report, err := s.report(ctx)
		if err == nil {
			p.print(p.out, "keys report", report)
		}
		return err
	})
}

// addKeys puts a new key into the file that only opens: the file can then be copied to all
// machines before the first of them seals with it.
func addKeys(ctx context.Context, p program, cfg app.Config, _ options) error {
	keys, err := seal.Load(ctx, cfg.Keys)
	if err != nil {
		return err
	}
	if keys.Ring().Waiting() {
		p.print(p.err, "keys wait already", nil)
		return errFailed
	}
	r, err := keys.Ring().Added()
	if err != nil {
		return err
	}
	if err := cfg.Keys.Change(ctx, r); err != nil {
		return err
	}
	p.print(p.out, "keys added", cfg.Keys.File)
	return nil
}

const rotatePasses = 5 // while servers go on writing with the key before

// rotateKeys makes a new key the one that seals, and seals everything with it. A rotation that was
// cut off goes on where it was.
func rotateKeys(ctx context.Context, p program, cfg app.Config, _ options) error {
	return withSealed(ctx, cfg, func(s sealedStores) error {
		if err := s.promote(ctx, cfg.Keys); err != nil {
			return err
		}
		for range rotatePasses {
			rows, err := s.db.Reseal(ctx, func(table string, seen int) { fmt.Fprintf(p.err, "\r%s %d    ", table, seen) })
			if err != nil {
				return err
			}
			blobs, err := storage.ResealBlobs(ctx, s.blobs, s.keys, func(done int) { fmt.Fprintf(p.err, "\rphotos %d    ", done) })
			if err != nil {
				return err
			}
			p.print(p.err, "keys pass", map[string]int{"Rows": rows, "Blobs": blobs})
			if rows == 0 && blobs == 0 {
				break
			}
		}
		report, err := s.report(ctx)
		if err == nil {
			p.print(p.out, "keys rotated", report)
		}
		return err
	})
}

// promote makes the newest key seal, after making it when there is none that waits. While old keys
// are left, an earlier rotation is not done yet.
func (s sealedStores) promote(ctx context.Context, c seal.Config) error {
	r := s.keys.Ring()
	if len(r.Old()) > 0 {
		return nil
	}
	var err error
	if !r.Waiting() {
		if r, err = r.Added(); err != nil {
			return err
		}
	}
	if r, err = r.Promoted(); err != nil {
		return err
	}
	if err := c.Change(ctx, r); err != nil {
		return err
	}
	s.keys.Use(r)
	return nil
}

// retireKeys takes keys out of the file that nothing uses any more. A copy of the file stays: what
// was backed up before opens only with it.
func retireKeys(ctx context.Context, p program, cfg app.Config, _ options) error {
	return withSealed(ctx, cfg, func(s sealedStores) error {
		report, err := s.report(ctx)
		if err != nil {
			return err
		}
		if len(report.Old) == 0 || report.Waiting || !report.Stale.None() {
			p.print(p.err, "keys in use", report)
			return errFailed
		}
		if report.Kept, err = cfg.Keys.Keep("before-" + time.Now().Format("20060102-150405")); err != nil {
			return err
		}
		r, err := s.keys.Ring().Retired()
		if err != nil {
			return err
		}
		if err := cfg.Keys.Change(ctx, r); err != nil {
			return err
		}
		p.print(p.out, "keys retired", report)
		return nil
	})
}
