package privacy

import (
	"context"
	"errors"
	"time"

	"cailiao/storage"
)

const (
	deleteEvery = time.Minute
	forgetEvery = time.Hour
	sweepEvery  = 24 * time.Hour
	forgetStep  = 200 // rows at once

	keepMessages = 30 // days
	keepAttempts = 30
)

// Run forgets what has had its time until ctx ends. Several instances may do so at once.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(deleteEvery)
	defer tick.Stop()
	var forgot, swept time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := k.Now()
		errs := []error{k.deleteDoomed(ctx), k.Part(ctx)}
		if now.Sub(forgot) >= forgetEvery {
			forgot = now
			errs = append(errs, k.Forget(ctx))
		}
		if now.Sub(swept) >= sweepEvery {
			swept = now
			errs = append(errs, k.Sweep(ctx))
		}
		if err := errors.Join(errs...); err != nil && ctx.Err() == nil {
			k.Log.Error("not everything old was forgotten", "err", err)
		}
	}
}

func days(n, otherwise int) time.Duration {
	if n == 0 {
		n = otherwise
	}
	return time.Duration(n) * 24 * time.Hour
}

// Forget drops what was kept long enough, in small steps.
func (k *Keeper) Forget(ctx context.Context) error {
	now, keep := k.Now(), k.Config.Keep
	var errs []error
	if d := days(keep.Messages, keepMessages); d > 0 {
		_, err := k.DB.DropOldMessages(ctx, now.Add(-d))
		errs = append(errs, err)
	}
	if d := days(keep.Attempts, keepAttempts); d > 0 {
		errs = append(errs, k.DB.DropOldAttempts(ctx, now.Add(-d)), k.DB.DropOldDeliveryEvents(ctx, now.Add(-d)),
			k.DB.DropOldScenes(ctx, now.Add(-d-sceneLife)))
	}
	if d := days(keep.Originals, -1); d > 0 {
		for {
			n, err := k.DB.DropOriginals(ctx, now.Add(-d), now, forgetStep)
			if err != nil || n == 0 {
				errs = append(errs, err)
				break
			}
		}
	}
	return errors.Join(append(errs, k.deleteDoomed(ctx))...)
}

// sceneLife is the longest a QR code may be valid: a used one must be known as long.
const sceneLife = 60 * 24 * time.Hour

// Sweep dooms blobs of photos that no row points at: their transaction was lost. They are deleted
// by the next round, if still nothing points at them.
func (k *Keeper) Sweep(ctx context.Context) error {
	before := k.Now().Add(-days(k.Config.Keep.Orphans, 3))
	var batch []string
	doom := func() error {
		orphans, err := k.DB.Orphans(ctx, batch)
		batch = batch[:0]
		for _, key := range orphans {
			err = errors.Join(err, k.DB.Doom(ctx, key, k.Now()))
		}
		return err
	}
	err := k.Blobs.Each(ctx, func(key string, stored time.Time) error {
		if !storage.IsPhotoBlob(key) || !stored.Before(before) {
			return nil
		}
		if batch = append(batch, key); len(batch) < forgetStep {
			return nil
		}
		return doom()
	})
	return errors.Join(err, doom())
}
