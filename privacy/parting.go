package privacy

import (
	"context"
	"errors"
	"fmt"

	"cailiao/intake"
	"cailiao/storage"
)

// Actions of the audit log about who stops following.
const (
	ActionUnfollow = "unfollow"     // no detail
	ActionEmpty    = "person.empty" // detail: rows and blobs
)

const partStep = 200 // people at once

// Part does what the season wants of people who stopped following. The conversation takes them off
// their candidate as soon as it hears of it; here follows who was missed, and what comes after the
// grace: the place no longer waits, with "erase" what was sent and never submitted goes, and
// nothing is left of the WeChat user.
func (k *Keeper) Part(ctx context.Context) error {
	if k.Season == nil || k.Season.Parting.OnUnfollow == intake.OnUnfollowKeep {
		return nil
	}
	if err := k.partMissed(ctx); err != nil {
		return err
	}
	before := k.Now().Add(-k.Season.Parting.Grace)
	for {
		some, err := k.DB.PartedBefore(ctx, before, partStep)
		if err != nil {
			return err
		}
		for _, c := range some {
			if err := k.settle(ctx, c); err != nil {
				return err
			}
		}
		if len(some) < partStep {
			break
		}
	}
	for {
		n, err := k.DB.ForgetGone(ctx, before, partStep)
		if err != nil || n < partStep {
			return errors.Join(err, k.deleteDoomed(ctx))
		}
	}
}

// partMissed parts those whose event never came: WeChat refused a message to them since.
func (k *Keeper) partMissed(ctx context.Context) error {
	for {
		some, err := k.DB.StillTied(ctx, partStep)
		if err != nil || len(some) == 0 {
			return err
		}
		for _, c := range some {
			err := k.DB.InTx(ctx, func(tx storage.Q) error {
				if err := tx.Part(ctx, c.ID, c.OpenID, k.Now()); err != nil {
					return err
				}
				return tx.Log(ctx, storage.Event{At: k.Now(), Actor: "system", Action: ActionUnfollow, CandidateID: c.ID})
			})
			if err != nil && !errors.Is(err, intake.ErrConflict) { // parted by somebody else at this moment
				return err
			}
		}
	}
}

// settle ends the grace of one candidate. What was submitted is never touched: only staff may say
// that a registration is over.
func (k *Keeper) settle(ctx context.Context, c intake.Case) error {
	id := c.Candidate.ID
	if k.Season.Parting.OnUnfollow != intake.OnUnfollowErase || !c.Submission.Erasable() {
		return k.DB.Settle(ctx, id)
	}
	err := k.DB.InTx(ctx, func(tx storage.Q) error {
		e, err := tx.Empty(ctx, id, k.Now())
		if err != nil {
			return err
		}
		return tx.Log(ctx, storage.Event{
			At: k.Now(), Actor: "system", Action: ActionEmpty, CandidateID: id, Detail: fmt.Sprintf(`{"rows":%d,"blobs":%d}`, e.Rows(), e.Blobs),
		})
	})
	switch {
	case errors.Is(err, intake.ErrConflict): // submitted at this moment, by a message that was late
		return k.DB.Settle(ctx, id)
	case errors.Is(err, intake.ErrNotFound):
		return nil
	}
	return err
}
