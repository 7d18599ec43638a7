package storage

import (
	"context"
	"fmt"
	"time"

	"cailiao/intake"
)

// Batch is one order for many candidates, worked off in steps.
type Batch struct {
	ID         int64
	StaffID    int64
	Order      []byte // JSON of package review; sealed, for its comment may name somebody
	State      BatchState
	CreatedAt  time.Time
	FinishedAt time.Time

	Waiting, Done, Left int // rows; only filled in by Batch and Batches
}

// BatchState is where a batch stands.
type BatchState string

const (
	BatchRunning  BatchState = "running"
	BatchFinished BatchState = "finished"
)

// The states of a BatchRow.
const (
	RowWaiting = "waiting"
	RowDone    = "done"
	RowLeft    = "left" // left out, see Why
)

// BatchRow is one candidate of a batch with what became of it.
type BatchRow struct {
	CandidateID int64
	Number      string // of the candidate; not stored
	Name        string
	Version     int64 // of the submission when it was chosen
	State       string
	Why         string // code, when it was left out
	DoneAt      time.Time
}

// AddBatch stores a batch with its rows, all waiting, and returns its id.
func (q Q) AddBatch(ctx context.Context, b Batch, rows []BatchRow) (id int64, err error) {
	err = q.atomic(ctx, func(tx Q) error {
		id, err = tx.insert(ctx, `INSERT INTO batches (staff_id, order_json, state, created_at, finished_at, lease_until, owner)
			VALUES (?, ?, ?, ?, 0, 0, '')`,
			b.StaffID, tx.sealed(string(b.Order), "batches.order_json", b.StaffID, micros(b.CreatedAt)), BatchRunning, micros(b.CreatedAt))
		if err != nil {
			return err
		}
		var all []any
		for _, r := range rows {
			all = append(all, id, r.CandidateID, r.Version, RowWaiting, "", 0)
		}
		_, err = tx.exec(ctx, "INSERT INTO batch_rows (batch_id, candidate_id, version, state, why, done_at) VALUES "+marks(len(rows), 6), all...)
		return err
	})
	return id, within("add batch", err)
}

const batchColumns = `b.id, b.staff_id, b.created_at, b.order_json, b.state, b.finished_at,
	(SELECT COUNT(*) FROM batch_rows r WHERE r.batch_id = b.id AND r.state = 'waiting'),
	(SELECT COUNT(*) FROM batch_rows r WHERE r.batch_id = b.id AND r.state = 'done'),
	(SELECT COUNT(*) FROM batch_rows r WHERE r.batch_id = b.id AND r.state = 'left')`

func readBatch(r row) (b Batch, err error) {
	err = r.Scan(&b.ID, &b.StaffID, moment{&b.CreatedAt},
		unseal(&b.Order, "batches.order_json", &b.StaffID, func() any { return micros(b.CreatedAt) }),
		&b.State, moment{&b.FinishedAt}, &b.Waiting, &b.Done, &b.Left)
	return b, err
}

// Batch returns one batch, or intake.ErrNotFound.
func (q Q) Batch(ctx context.Context, id int64) (Batch, error) {
	b, err := one(ctx, q, readBatch, "SELECT "+batchColumns+" FROM batches b WHERE b.id = ?", id)
	return b, within(fmt.Sprintf("batch %d", id), err)
}

// Batches lists the latest batches of an account, newest first.
func (q Q) Batches(ctx context.Context, staffID int64, limit int) ([]Batch, error) {
	all, err := list(ctx, q, readBatch, "SELECT "+batchColumns+" FROM batches b WHERE b.staff_id = ? ORDER BY b.id DESC LIMIT ?", staffID, limit)
	return all, within("batches", err)
}

// BatchRows lists all rows of a batch, in the order of the roster's numbers.
func (q Q) BatchRows(ctx context.Context, id int64) ([]BatchRow, error) {
	rows, err := list(ctx, q, func(r row) (b BatchRow, err error) {
		return b, r.Scan(&b.CandidateID, &b.Number, unseal(&b.Name, "candidates.name", &b.Number), &b.Version, &b.State, &b.Why, moment{&b.DoneAt})
	}, `SELECT r.candidate_id, c.number, c.name, r.version, r.state, r.why, r.done_at
		FROM batch_rows r JOIN candidates c ON c.id = r.candidate_id WHERE r.batch_id = ? ORDER BY c.number`, id)
	return rows, within(fmt.Sprintf("rows of batch %d", id), err)
}

// WaitingRows lists rows of a batch that wait, at most limit.
func (q Q) WaitingRows(ctx context.Context, id int64, limit int) ([]BatchRow, error) {
	rows, err := list(ctx, q, func(r row) (b BatchRow, err error) { return b, r.Scan(&b.CandidateID, &b.Version) },
		"SELECT candidate_id, version FROM batch_rows WHERE batch_id = ? AND state = ? ORDER BY candidate_id LIMIT ?", id, RowWaiting, limit)
	return rows, within(fmt.Sprintf("rows of batch %d", id), err)
}

// CloseRow notes what became of a row; intake.ErrConflict when it does not wait any more.
func (q Q) CloseRow(ctx context.Context, id int64, r BatchRow) error {
	err := q.execOne(ctx, intake.ErrConflict, "UPDATE batch_rows SET state = ?, why = ?, done_at = ? WHERE batch_id = ? AND candidate_id = ? AND state = ?",
		r.State, r.Why, micros(r.DoneAt), id, r.CandidateID, RowWaiting)
	return within(fmt.Sprintf("row of batch %d", id), err)
}

// StopRows leaves out every row of a batch that waits, and returns how many.
func (q Q) StopRows(ctx context.Context, id int64, why string, now time.Time) (int64, error) {
	n, err := q.exec(ctx, "UPDATE batch_rows SET state = ?, why = ?, done_at = ? WHERE batch_id = ? AND state = ?",
		RowLeft, why, micros(now), id, RowWaiting)
	return n, within(fmt.Sprintf("stop batch %d", id), err)
}

// Lease is who works on something, until when.
type Lease struct {
	Owner      string // unlike any other's, at most 64 characters
	Now, Until time.Time
}

// LeaseBatch takes a running batch that nobody works on; intake.ErrNotFound: there is none.
func (q Q) LeaseBatch(ctx context.Context, l Lease) (Batch, error) {
	free, err := list(ctx, q, value[int64], "SELECT id FROM batches WHERE state = ? AND lease_until <= ? ORDER BY lease_until LIMIT 10",
		BatchRunning, micros(l.Now))
	if err != nil {
		return Batch{}, fmt.Errorf("lease batch: %w", err)
	}
	for _, id := range free {
		n, err := q.exec(ctx, "UPDATE batches SET lease_until = ?, owner = ? WHERE id = ? AND state = ? AND lease_until <= ?",
			micros(l.Until), l.Owner, id, BatchRunning, micros(l.Now))
		if err != nil {
			return Batch{}, fmt.Errorf("lease batch: %w", err)
		}
		if n == 1 {
			return q.Batch(ctx, id)
		}
	}
	return Batch{}, fmt.Errorf("lease batch: %w", intake.ErrNotFound)
}

// KeepBatch prolongs a lease, or with the zero time lets go of it; intake.ErrConflict when
// somebody else has taken the batch.
func (q Q) KeepBatch(ctx context.Context, id int64, l Lease) error {
	err := q.execOne(ctx, intake.ErrConflict, "UPDATE batches SET lease_until = ? WHERE id = ? AND owner = ? AND state = ?",
		micros(l.Until), id, l.Owner, BatchRunning)
	return within(fmt.Sprintf("keep batch %d", id), err)
}

// FinishBatch ends a batch whose rows are all closed.
func (q Q) FinishBatch(ctx context.Context, id int64, now time.Time) error {
	_, err := q.exec(ctx, "UPDATE batches SET state = ?, finished_at = ?, lease_until = 0 WHERE id = ? AND state = ?",
		BatchFinished, micros(now), id, BatchRunning)
	return within(fmt.Sprintf("finish batch %d", id), err)
}
