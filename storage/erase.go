package storage

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"cailiao/intake"
)

// Erasure is what erasing a person takes away, and what is left of it as proof.
type Erasure struct {
	ID     int64
	At     time.Time
	Actor  string
	Reason string
	Tables map[string]int64 // rows by table
	Blobs  int
}

// Rows is how many there are in all tables.
func (e Erasure) Rows() int64 {
	var n int64
	for _, rows := range e.Tables {
		n += rows
	}
	return n
}

// spared are the tables that do not lose their rows with a person: the audit log, which holds no
// personal data and must stay whole, and the proof of erasures itself.
var spared = []string{"events", "erasures", "candidates"}

// PersonRows counts what Erase would take.
func (q Q) PersonRows(ctx context.Context, c intake.Candidate) (Erasure, error) {
	e := Erasure{Tables: map[string]int64{"candidates": 1}}
	err := q.eachOfPerson(ctx, c, func(table, where string, args []any) error {
		n, err := one(ctx, q, value[int64], "SELECT COUNT(*) FROM "+table+where, args...)
		if n > 0 {
			e.Tables[table] = n
		}
		return err
	})
	if err != nil {
		return Erasure{}, fmt.Errorf("rows of candidate %d: %w", c.ID, err)
	}
	blobs, err := q.blobsOf(ctx, c.ID)
	e.Blobs = len(blobs)
	return e, err
}

// Erase takes away every row of a person in one transaction, for good, and leaves a proof. The
// blobs are doomed by the same transaction: DoomedBlobs lists them until each is gone.
func (q Q) Erase(ctx context.Context, candidateID int64, by Erasure) (Erasure, error) {
	err := q.atomic(ctx, func(tx Q) error {
		full, err := tx.LockCase(ctx, candidateID)
		if err != nil {
			return err
		}
		c := full.Candidate
		by.Tables = map[string]int64{}
		if by.Blobs, err = tx.doomBlobs(ctx, c.ID, by.At); err != nil {
			return err
		}
		err = tx.eachOfPerson(ctx, c, func(table, where string, args []any) error {
			n, err := tx.exec(ctx, "DELETE FROM "+table+where, args...)
			if n > 0 {
				by.Tables[table] = n
			}
			return err
		})
		if err != nil {
			return err
		}
		if by.Tables["candidates"], err = tx.exec(ctx, "DELETE FROM candidates WHERE id = ?", c.ID); err != nil {
			return err
		}
		person, err := tx.home.keys.Index("erased number", c.Number)
		if err != nil {
			return err
		}
		by.ID, err = tx.insert(ctx, "INSERT INTO erasures (person, actor, reason, row_count, blobs, erased_at) VALUES (?, ?, ?, ?, ?, ?)",
			person, by.Actor, by.Reason, by.Rows(), by.Blobs, micros(by.At))
		return err
	})
	return by, within(fmt.Sprintf("erase candidate %d", candidateID), err)
}

// Erasure is the proof of one, or intake.ErrNotFound; of the rows it tells only how many.
func (q Q) Erasure(ctx context.Context, id int64) (Erasure, error) {
	e, err := one(ctx, q, readErasure, "SELECT id, erased_at, actor, reason, row_count, blobs FROM erasures WHERE id = ?", id)
	return e, within(fmt.Sprintf("erasure %d", id), err)
}

func readErasure(r row) (e Erasure, err error) {
	var rows int64
	err = r.Scan(&e.ID, moment{&e.At}, &e.Actor, &e.Reason, &rows, &e.Blobs)
	e.Tables = map[string]int64{"all": rows}
	return e, err
}

// eachOfPerson visits every table with rows of a person, those that refer to others first. What
// makes a row theirs is read from its columns, so that a table added later is not forgotten.
func (q Q) eachOfPerson(ctx context.Context, c intake.Candidate, do func(table, where string, args []any) error) error {
	openID, err := q.OpenIDOf(ctx, c)
	if err != nil {
		return err
	}
	for _, table := range slices.Backward(tables) {
		if slices.Contains(spared, table) {
			continue
		}
		columns, err := q.columns(ctx, table)
		if err != nil {
			return err
		}
		where, args := "", []any{c.ID}
		switch {
		case slices.Contains(columns, "candidate_id"):
			where = " WHERE candidate_id = ?"
		case slices.Contains(columns, "submission_id"):
			where = " WHERE submission_id IN (SELECT id FROM submissions WHERE candidate_id = ?)"
		case slices.Contains(columns, "openid") && openID != "":
			where, args = " WHERE openid = ?", []any{openID}
		default:
			continue
		}
		if err := do(table, where, args); err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
	}
	return nil
}

func (q Q) columns(ctx context.Context, table string) ([]string, error) {
	rows, err := q.sql.QueryxContext(ctx, "SELECT * FROM "+table+" WHERE 1 = 0")
	if err != nil {
		return nil, q.clean(err)
	}
	defer rows.Close()
	return rows.Columns()
}

func (q Q) blobsOf(ctx context.Context, candidateID int64) ([]string, error) {
	photos, err := q.PhotosEver(ctx, candidateID)
	var keys []string
	for _, p := range photos {
		for _, key := range []string{p.Original, p.Copy, p.Screen, p.Thumb} {
			if key != "" && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys, err
}

// Doom notes that a blob is to be deleted.
func (q Q) Doom(ctx context.Context, key string, now time.Time) error {
	_, err := q.exec(ctx, "INSERT INTO doomed_blobs (blob_key, doomed_at) VALUES (?, ?)", key, micros(now))
	if isConflict(err) {
		return nil
	}
	return within("doom blob", err)
}

// DoomedBlobs lists blobs that are still to be deleted, at most limit.
func (q Q) DoomedBlobs(ctx context.Context, limit int) ([]string, error) {
	keys, err := list(ctx, q, value[string], "SELECT blob_key FROM doomed_blobs ORDER BY doomed_at LIMIT ?", limit)
	return keys, within("doomed blobs", err)
}

// BlobGone notes that a doomed blob has been deleted.
func (q Q) BlobGone(ctx context.Context, key string) error {
	_, err := q.exec(ctx, "DELETE FROM doomed_blobs WHERE blob_key = ?", key)
	return within("doomed blob", err)
}

// Erased says whether a person with this 报名号 was erased.
func (q Q) Erased(ctx context.Context, number string) (bool, error) {
	term, args, err := q.byIndex("person", "erased number", number)
	if err != nil || term == "" {
		return false, err
	}
	n, err := one(ctx, q, value[int], "SELECT COUNT(*) FROM erasures WHERE "+term, args...)
	return n > 0, within("erased", err)
}

// ErasedAmong are those of some numbers whose person was erased and is not on record since.
func (q Q) ErasedAmong(ctx context.Context, numbers []string) ([]string, error) {
	n, err := one(ctx, q, value[int], "SELECT COUNT(*) FROM (SELECT 1 FROM erasures LIMIT 1) any_at_all")
	if err != nil || n == 0 || len(numbers) == 0 {
		return nil, within("erased among", err)
	}
	of := map[string]string{} // numbers by what an erasure keeps of them
	for _, number := range numbers {
		sums, err := q.home.keys.Indexes("erased number", number)
		if err != nil {
			return nil, within("erased among", err)
		}
		for _, sum := range sums {
			of[sum] = number
		}
	}
	var gone []string
	for sums := range slices.Chunk(slices.Sorted(maps.Keys(of)), importStep) {
		found, err := list(ctx, q, value[string], "SELECT DISTINCT person FROM erasures WHERE person IN "+marks(1, len(sums)), args(sums)...)
		if err != nil {
			return nil, within("erased among", err)
		}
		for _, sum := range found {
			gone = append(gone, of[sum])
		}
	}
	if len(gone) == 0 {
		return nil, nil
	}
	back, err := q.Rostered(ctx, gone)
	return slices.DeleteFunc(gone, func(number string) bool { _, here := back[number]; return here }), within("erased among", err)
}

// CandidatesBehind lists candidates behind an id, in the order of ids.
func (q Q) CandidatesBehind(ctx context.Context, id int64, limit int) ([]intake.Candidate, error) {
	all, err := list(ctx, q, readCandidate, "SELECT "+candidateColumns+" FROM candidates c WHERE c.id > ? ORDER BY c.id LIMIT ?", id, limit)
	return all, within("candidates", err)
}
