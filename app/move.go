package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cailiao/seal"
	"cailiao/storage"
)

// Progress tells how far a long command came.
type Progress func(what string, done, total int)

// Move carries the installation of one configuration, on SQLite and disk, to the engines of
// another. target is its file.
func Move(ctx context.Context, from, to Config, target string, progress Progress) (moved storage.Carried, err error) {
	switch {
	case from.Database.Driver == "mysql":
		return moved, errors.New("move: this configuration is on mysql already; move begins at SQLite and disk")
	case to.Database.Driver != "mysql":
		return moved, fmt.Errorf("move: database.driver of %s: mysql expected", target)
	case from.WeChat.AppID != to.WeChat.AppID:
		return moved, fmt.Errorf("move: wechat.app_id of %s is another account's: candidates are known to one account only", target)
	}
	if err := sameKeys(ctx, from, to, target); err != nil {
		return moved, err
	}
	fromDB, err := storage.Open(ctx, from.Database)
	if err != nil {
		return moved, err
	}
	defer fromDB.Close()
	toDB, err := storage.Open(ctx, to.Database)
	if err != nil {
		return moved, fmt.Errorf("%s: %w", target, err)
	}
	defer toDB.Close()
	if _, err := to.Blobs.Check(ctx); err != nil {
		return moved, fmt.Errorf("%s: %w", target, err)
	}
	fromBlobs, err := storage.OpenBlobs(from.Blobs)
	if err != nil {
		return moved, err
	}
	toBlobs, err := storage.OpenBlobs(to.Blobs)
	if err != nil {
		return moved, err
	}
	carry := storage.Carry{From: fromDB, To: toDB, FromBlobs: fromBlobs, ToBlobs: toBlobs, Target: target, Progress: progress}
	if err := carry.Prepare(ctx); err != nil {
		return moved, err
	}
	if moved, err = carry.Run(ctx); err != nil {
		return moved, fmt.Errorf("move: %w", err)
	}
	return moved, nil
}

// sameKeys: what is sealed is carried as it is, so whatever opens it here must open it there.
func sameKeys(ctx context.Context, from, to Config, target string) error {
	here, err := seal.Load(ctx, from.Keys)
	if err != nil {
		return err
	}
	there, err := seal.Load(ctx, to.Keys)
	if err != nil {
		return fmt.Errorf("%s: %w", target, err)
	}
	for _, id := range here.Ring().IDs {
		if !slices.Contains(there.Ring().IDs, id) {
			return fmt.Errorf("move: keys of %s: key %08x of this installation is missing there; use the same file", target, id)
		}
	}
	return nil
}

// MoveBack takes an installation back that was moved away, or is being moved; was says where to.
func MoveBack(ctx context.Context, cfg Config) (was string, err error) {
	db, err := storage.Open(ctx, cfg.Database)
	if err != nil {
		return "", err
	}
	defer db.Close()
	return db.Back(ctx)
}

// Backup brings a folder up to date with the installation, which may be running, or puts all of it
// into one file.
func Backup(ctx context.Context, cfg Config, path string, progress Progress) (storage.Manifest, error) {
	db, err := storage.Open(ctx, cfg.Database)
	if err != nil {
		return storage.Manifest{}, err
	}
	defer db.Close()
	manifest, err := storage.Backup{Path: path, Progress: progress}.Make(ctx, db, cfg.Blobs)
	if err != nil {
		return manifest, fmt.Errorf("backup: %w", err)
	}
	return manifest, nil
}

// Restore fills an installation that does not exist yet from a backup.
func Restore(ctx context.Context, cfg Config, path string, progress Progress) (storage.Manifest, error) {
	manifest, err := storage.Backup{Path: path, Progress: progress}.Restore(ctx, cfg.Database, cfg.Blobs)
	if err != nil {
		return manifest, fmt.Errorf("restore: %w", err)
	}
	return manifest, nil
}
