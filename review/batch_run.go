package review

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cailiao/intake"
	"cailiao/storage"
)

const (
	batchEvery = 5 * time.Second  // how often somebody looks for orders left by an instance that died
	batchLease = 30 * time.Second // then others may go on
	batchStep  = 10               // candidates between two prolongings
)

// bell rings when an order comes in.
func (d *Desk) bell() chan struct{} {
	d.ringing.Do(func() { d.rings = make(chan struct{}, 1) })
	return d.rings
}

// RunBatches works off orders until ctx ends.
func (d *Desk) RunBatches(ctx context.Context) {
	tick := time.NewTicker(batchEvery)
	defer tick.Stop()
	for {
		for more := true; more && ctx.Err() == nil; {
			var err error
			if more, err = d.WorkBatch(ctx); err != nil && ctx.Err() == nil {
				d.log().Error("batch not finished, will be gone on with", "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-d.bell():
		}
	}
}

// WorkBatch takes one order that nobody works on and works it off; worked is false when there is
// none. What was begun and not finished is gone on with where it stopped.
func (d *Desk) WorkBatch(ctx context.Context) (worked bool, err error) {
	lease := storage.Lease{Owner: rand.Text(), Now: d.now(), Until: d.now().Add(batchLease)}
	b, err := d.DB.LeaseBatch(ctx, lease)
	if errors.Is(err, intake.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var o BatchOrder
	if err := json.Unmarshal(b.Order, &o); err != nil {
		return false, fmt.Errorf("batch %d: %w", b.ID, err)
	}
	staff, err := d.DB.StaffByID(ctx, b.StaffID)
	if err != nil {
		return false, fmt.Errorf("batch %d: %w", b.ID, err)
	}
	for {
		rows, err := d.DB.WaitingRows(ctx, b.ID, batchStep)
		if err != nil {
			return false, err
		}
		if len(rows) == 0 {
			return true, d.DB.FinishBatch(ctx, b.ID, d.now())
		}
		for _, row := range rows {
			if err := d.batchRow(ctx, b.ID, staff, row, o); err != nil {
				return false, errors.Join(err, d.letGo(ctx, b.ID, lease))
			}
		}
		lease.Until = d.now().Add(batchLease)
		if err := d.DB.KeepBatch(ctx, b.ID, lease); err != nil {
			return true, err // somebody else took it for dead and goes on
		}
	}
}

// letGo lets the next one go on at once, also when the program is told to stop.
func (d *Desk) letGo(ctx context.Context, id int64, lease storage.Lease) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	lease.Until = time.Time{}
	return d.DB.KeepBatch(ctx, id, lease)
}

// batchRow decides one candidate and closes its row in the same transaction: however often it is
// tried, it is decided once.
func (d *Desk) batchRow(ctx context.Context, batch int64, staff intake.Staff, row storage.BatchRow, o BatchOrder) error {
	leave := func(why string) error {
		row.State, row.Why, row.DoneAt = storage.RowLeft, why, d.now()
		err := d.DB.CloseRow(ctx, batch, row)
		if errors.Is(err, intake.ErrConflict) {
			return nil // another instance has closed it
		}
		return err
	}
	if staff.Disabled {
		return leave(OutAccount)
	}
	c, err := d.DB.Case(ctx, row.CandidateID)
	switch {
	case errors.Is(err, intake.ErrNotFound):
		return leave(OutChanged)
	case err != nil:
		return err
	case !staff.Sees(c.Candidate.Site):
		return leave(OutState)
	case c.Submission.Version != row.Version:
		return leave(OutChanged)
	}
	judgements, out := d.order(staff, c, o)
	if out != "" {
		return leave(out)
	}
	closed := errors.New("the row is closed")
	_, err = d.decideAnd(ctx, staff, row.CandidateID, intake.Decision{Version: row.Version, Judgements: judgements}, func(tx storage.Q) error {
		err := tx.CloseRow(ctx, batch, storage.BatchRow{CandidateID: row.CandidateID, State: storage.RowDone, DoneAt: d.now()})
		if errors.Is(err, intake.ErrConflict) {
			return closed
		}
		return err
	})
	switch {
	case err == nil, errors.Is(err, closed):
		return nil
	case errors.Is(err, ErrHeld):
		return leave(OutHeld)
	case errors.Is(err, intake.ErrConflict), errors.Is(err, intake.ErrPhotos):
		return leave(OutChanged)
	case errors.Is(err, intake.ErrSamePerson):
		return leave(OutSame)
	case errors.Is(err, intake.ErrForbidden):
		return leave(OutState)
	case errors.Is(err, intake.ErrTooLate):
		return leave(OutLate)
	case ctx.Err() != nil || d.DB.Ping(ctx) != nil:
		return err // not the candidate's fault: gone on with later
	}
	d.log().Error("left out of a batch", "batch", batch, "candidate", row.CandidateID, "err", err)
	return leave(OutTrouble)
}
