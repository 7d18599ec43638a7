package storage

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cailiao/intake"
)

// Carry moves an installation: every row from an SQLite database into an empty one of another
// engine, and every blob. What was cut off goes on where it stopped. Blobs and rows are carried
// as they stand, sealed or not.
type Carry struct {
	From, To           *DB
	FromBlobs, ToBlobs Blobs
	Target             string                             // names To for people
	Progress           func(what string, done, total int) // nil: silent
}

// inhabited are the tables of which one at least has rows as soon as an installation is used.
var inhabited = []string{"candidates", "staff", "talks", "messages", "events", "photos"}

// Carried is what was moved, the same on both sides.
type Carried struct {
	Proofs []Proof // of the tables, then of the pictures
	Before bool    // it had been moved completely before; nothing was done
}

// carryRows is how many rows travel in one transaction at most, carryBytes how large a statement
// may become.
const (
	carryRows  = 500
	carryBytes = 1 << 20
	carryBlobs = 8 // at once
)

// Run moves everything, holds both sides against each other, and only then declares the target
// ready and the source left. Meanwhile nobody can write to the source, nor start the program on
// either.
func (c *Carry) Run(ctx context.Context) (Carried, error) {
	if c.Progress == nil {
		c.Progress = func(string, int, int) {}
	}
	release, err := c.From.alone(ctx)
	if err != nil {
		return Carried{}, err
	}
	defer release()
	id, finished, err := c.begin(ctx)
	if err != nil {
		return Carried{}, err
	}
	done := Carried{Before: finished}
	if !finished {
		if done.Proofs, err = c.carry(ctx, id); err != nil {
			return Carried{}, err
		}
		if err := c.To.forgetFacts(ctx, factArriving); err != nil {
			return Carried{}, err
		}
	}
	err = c.From.InTx(ctx, func(tx Q) error {
		return errors.Join(tx.setFact(ctx, factMoved, c.Target), tx.forgetFacts(ctx, factMoving))
	})
	return done, errors.Join(err, c.To.forgetFacts(ctx, factCopied+"%"))
}

// Back gives a database that is being moved, or was moved, back to the program. What happened on
// the other side since is not brought along; that side no longer counts as filled from here.
func (db *DB) Back(ctx context.Context) (was string, err error) {
	release, err := db.alone(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	err = db.InTx(ctx, func(tx Q) error {
		for _, fact := range []string{factMoving, factMoved} {
			where, err := tx.fact(ctx, fact)
			if err == nil {
				was = where
			}
			if err != nil && !errors.Is(err, intake.ErrNotFound) {
				return err
			}
		}
		return errors.Join(tx.forgetFacts(ctx, factID), tx.forgetFacts(ctx, factMoving), tx.forgetFacts(ctx, factMoved))
	})
	return was, err
}

// begin marks both sides, unless the target is another installation's. finished: everything was
// there already, only the source has not been told.
func (c *Carry) begin(ctx context.Context) (id string, finished bool, err error) {
	where, err := c.From.fact(ctx, factMoved)
	if err == nil {
		return "", false, fmt.Errorf("this installation was moved to %s already", where)
	}
	if !errors.Is(err, intake.ErrNotFound) {
		return "", false, err
	}
	if id, err = c.From.identity(ctx); err != nil {
		return "", false, err
	}
	arriving, err := c.To.fact(ctx, factArriving)
	if err != nil && !errors.Is(err, intake.ErrNotFound) {
		return "", false, err
	}
	there, thereErr := c.To.fact(ctx, factID)
	if thereErr != nil && !errors.Is(thereErr, intake.ErrNotFound) {
		return "", false, thereErr
	}
	switch {
	case there == id && arriving == "":
		return id, true, nil
	case there == id:
		return id, false, nil // cut off before
	case there != "":
		return "", false, fmt.Errorf("%s holds another installation", c.Target)
	}
	counts, err := c.To.TableCounts(ctx)
	if err != nil {
		return "", false, err
	}
	for _, table := range inhabited {
		if n := counts[table]; n > 0 {
			return "", false, fmt.Errorf("%s is not empty: %d rows in %s; name an empty database", c.Target, n, table)
		}
	}
	if err := c.strangeBlobs(ctx); err != nil {
		return "", false, err
	}
	if err := c.From.setFact(ctx, factMoving, c.Target); err != nil {
		return "", false, err
	}
	return id, false, c.To.InTx(ctx, func(tx Q) error {
		for _, table := range slices.Backward(tables) { // what migrations put there comes from the source, too
			if _, err := tx.exec(ctx, "DELETE FROM "+table); err != nil {
				return err
			}
		}
		return errors.Join(tx.setFact(ctx, factID, id), tx.setFact(ctx, factArriving, c.From.config.DSN))
	})
}

// strangeBlobs refuses a store that has blobs which are not ours.
func (c *Carry) strangeBlobs(ctx context.Context) error {
	return c.ToBlobs.Each(ctx, func(key string, _ time.Time) error {
		_, err := c.FromBlobs.Get(ctx, key)
		if errors.Is(err, intake.ErrNotFound) {
			return errors.New("the target's blobs are those of another installation: name an empty bucket or another prefix")
		}
		return err
	})
}

func (c *Carry) carry(ctx context.Context, id string) (proofs []Proof, err error) {
	photos, err := CarryBlobs(ctx, c.FromBlobs, c.ToBlobs, c.Progress)
	if err != nil {
		return nil, err
	}
	err = c.From.snapshot(ctx, func(from Q) error {
		if now, err := from.fact(ctx, factID); err != nil || now != id {
			return errors.Join(errors.New("the source was taken back meanwhile"), err)
		}
		for _, table := range tables {
			if err := c.table(ctx, from, table); err != nil {
				return fmt.Errorf("move %s: %w", table, err)
			}
		}
		proofs, err = c.compare(ctx, from)
		return err
	})
	return append(proofs, photos), err
}

// table carries the rows that are not there yet. How far it came is written with the rows.
func (c *Carry) table(ctx context.Context, from Q, table string) error {
	s, err := from.shape(ctx, table)
	if err != nil {
		return err
	}
	other, err := c.To.shape(ctx, table)
	if err != nil {
		return err
	}
	if !slices.Equal(s.columns, other.columns) {
		return errors.New("the tables have different columns: both databases must be migrated by the same version of the program")
	}
	total, err := one(ctx, from, value[int], "SELECT COUNT(*) FROM "+table)
	if err != nil {
		return err
	}
	done, after, err := c.reached(ctx, s)
	for err == nil && done < total {
		c.Progress(table, done, total)
		var rows [][]any
		err = from.eachRow(ctx, s, after, carryRows, func(cells []any) error {
			rows = append(rows, cells)
			return nil
		})
		if err == nil && len(rows) == 0 {
			err = fmt.Errorf("%d rows expected, %d found", total, done)
		}
		if err == nil {
			done += len(rows)
			after = s.keyOf(rows[len(rows)-1])
			err = c.place(ctx, s, rows, done)
		}
	}
	if err != nil {
		return err
	}
	c.Progress(table, total, total)
	return c.continueIDs(ctx, from, table)
}

// continueIDs keeps ids of deleted rows from being given again.
func (c *Carry) continueIDs(ctx context.Context, from Q, table string) error {
	last, err := one(ctx, from, value[int64], "SELECT seq FROM sqlite_sequence WHERE name = ?", table)
	if errors.Is(err, intake.ErrNotFound) {
		return nil // its ids are not counted
	}
	if err == nil {
		_, err = c.To.exec(ctx, c.To.dialect.lastID(table, last))
	}
	return err
}

// place writes rows, and how far the table has come, in one transaction.
func (c *Carry) place(ctx context.Context, s shape, rows [][]any, done int) error {
	key, err := written(s.keyOf(rows[len(rows)-1]))
	if err != nil {
		return err
	}
	return c.To.InTx(ctx, func(to Q) error {
		for begin := 0; begin < len(rows); {
			end, size := begin, 0
			var cells []any
			for ; end < len(rows) && (end == begin || size < carryBytes); end++ {
				cells = append(cells, rows[end]...)
				for _, cell := range rows[end] {
					size += sizeOf(cell)
				}
			}
			_, err := to.exec(ctx, "INSERT INTO "+s.table+" ("+named(s.columns)+") VALUES "+marks(end-begin, len(s.columns)), cells...)
			if err != nil {
				return err
			}
			begin = end
		}
		return to.setFact(ctx, factCopied+s.table, strconv.Itoa(done)+" "+key)
	})
}

func sizeOf(cell any) int {
	switch v := cell.(type) {
	case string:
		return len(v)
	case []byte:
		return 2 * len(v)
	}
	return 8
}

// reached is where an earlier run stopped.
func (c *Carry) reached(ctx context.Context, s shape) (done int, after []any, err error) {
	fact, err := c.To.fact(ctx, factCopied+s.table)
	if errors.Is(err, intake.ErrNotFound) {
		return 0, nil, nil
	}
	if err != nil {
		return 0, nil, err
	}
	n, key, _ := strings.Cut(fact, " ")
	if done, err = strconv.Atoi(n); err != nil {
		return 0, nil, err
	}
	after, err = unwritten(key)
	return done, after, err
}

func (s shape) keyOf(cells []any) []any {
	key := make([]any, len(s.key))
	for i, column := range s.key {
		key[i] = cells[slices.Index(s.columns, column)]
	}
	return key
}

// written is a key as text; unwritten takes it back.
func written(key []any) (string, error) {
	parts := make([]string, len(key))
	for i, cell := range key {
		text, err := canonical(cell)
		if err != nil {
			return "", err
		}
		parts[i] = hex.EncodeToString([]byte(text))
	}
	data, err := json.Marshal(parts)
	return string(data), err
}

func unwritten(text string) ([]any, error) {
	var parts []string
	if err := json.Unmarshal([]byte(text), &parts); err != nil {
		return nil, err
	}
	key := make([]any, len(parts))
	for i, part := range parts {
		cell, err := hex.DecodeString(part)
		if err != nil || len(cell) == 0 {
			return nil, errors.Join(errors.New("not a key"), err)
		}
		key[i] = string(cell[1:])
		if cell[0] == 'i' {
			if key[i], err = strconv.ParseInt(string(cell[1:]), 10, 64); err != nil {
				return nil, err
			}
		}
	}
	return key, nil
}

// compare holds every table of both sides against each other by count and hash.
func (c *Carry) compare(ctx context.Context, from Q) ([]Proof, error) {
	n := 0
	tell := func(string) { n++; c.Progress("verify", n/2, len(tables)) }
	have, err := from.proveAll(ctx, tell)
	if err != nil {
		return nil, err
	}
	var got []Proof
	err = c.To.snapshot(ctx, func(to Q) error {
		got, err = to.proveAll(ctx, tell)
		return err
	})
	if err != nil {
		return nil, err
	}
	return have, differ(have, got)
}

// differ names what is not the same.
func differ(have, got []Proof) error {
	var errs []error
	for i, proof := range have {
		if i >= len(got) || proof != got[i] {
			errs = append(errs, fmt.Errorf("%s: what arrived is not what was sent (%d rows there)", proof.Name, proof.N))
		}
	}
	return errors.Join(errs...)
}

// Prepare brings both sides to the newest schema, also when they are marked by a run before.
func (c *Carry) Prepare(ctx context.Context) error {
	for _, db := range []*DB{c.From, c.To} {
		if err := db.migrate(ctx); err != nil {
			return err
		}
	}
	return nil
}
