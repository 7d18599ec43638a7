package storage

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	mathbits "math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Proof is how much something holds and a hash of it: equal proofs, equal content. The hash does
// not depend on an order, nor on the engine.
type Proof struct {
	Name string `json:"name"` // of a table, or "pictures"
	N    int    `json:"n"`
	Hash string `json:"hash"`
}

// tally adds the SHA-256 of single things up to one number.
type tally struct {
	n   int
	sum [4]uint64
}

func (t *tally) add(hash [sha256.Size]byte) {
	t.n++
	carry := uint64(0)
	for i := range t.sum {
		t.sum[i], carry = mathbits.Add64(t.sum[i], binary.BigEndian.Uint64(hash[8*i:]), carry)
	}
}

func (t *tally) proof(name string) Proof {
	var all []byte
	for _, part := range t.sum {
		all = binary.BigEndian.AppendUint64(all, part)
	}
	return Proof{Name: name, N: t.n, Hash: hex.EncodeToString(all)}
}

// shape is what the database itself says of a table.
type shape struct {
	table   string
	columns []string
	key     []string // columns of the primary key, in its order
}

func (q Q) shape(ctx context.Context, table string) (shape, error) {
	s := shape{table: table}
	rows, err := q.sql.QueryxContext(ctx, "SELECT * FROM "+table+" WHERE 1 = 0")
	if err != nil {
		return s, fmt.Errorf("%s: %w", table, q.clean(err))
	}
	s.columns, err = rows.Columns()
	rows.Close()
	if err != nil {
		return s, fmt.Errorf("%s: %w", table, err)
	}
	slices.Sort(s.columns) // they may have been added in another order
	s.key, err = list(ctx, q, value[string], q.home.dialect.primaryKey(), table)
	if err == nil && len(s.key) == 0 {
		err = fmt.Errorf("%s has no primary key", table)
	}
	return s, err
}

// named are columns as SQL wants them.
func named(columns []string) string { return "`" + strings.Join(columns, "`, `") + "`" }

// eachRow reads a table in the order of its primary key, behind the row with the key after (nil:
// from the beginning), at most limit rows (0: all).
func (q Q) eachRow(ctx context.Context, s shape, after []any, limit int, do func(cells []any) error) error {
	query := "SELECT " + named(s.columns) + " FROM " + s.table
	if after != nil {
		query += " WHERE (" + named(s.key) + ") > " + marks(1, len(after))
	}
	query += " ORDER BY " + named(s.key)
	if limit > 0 {
		query += " LIMIT " + strconv.Itoa(limit)
	}
	rows, err := q.sql.QueryxContext(ctx, query, after...)
	if err != nil {
		return fmt.Errorf("%s: %w", s.table, q.clean(err))
	}
	defer rows.Close()
	for rows.Next() {
		cells, err := rows.SliceScan()
		if err != nil {
			return fmt.Errorf("%s: %w", s.table, err)
		}
		for i, cell := range cells {
			if data, is := cell.([]byte); is && data == nil {
				cells[i] = []byte{} // empty, not NULL
			}
		}
		if err := do(cells); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", s.table, q.clean(err))
	}
	return nil
}

// prove counts and hashes the rows of a table.
func (q Q) prove(ctx context.Context, table string) (Proof, error) {
	s, err := q.shape(ctx, table)
	if err != nil {
		return Proof{}, err
	}
	var t tally
	var buffer []byte
	err = q.eachRow(ctx, s, nil, 0, func(cells []any) error {
		buffer = buffer[:0]
		for i, cell := range cells {
			text, err := canonical(cell)
			if err != nil {
				return fmt.Errorf("%s.%s: %w", table, s.columns[i], err)
			}
			buffer = fmt.Appendf(buffer, "%s=%d:%s\n", s.columns[i], len(text), text)
		}
		t.add(sha256.Sum256(buffer))
		return nil
	})
	return t.proof(table), err
}

// canonical is a value as both engines mean it.
func canonical(cell any) (string, error) {
	switch v := cell.(type) {
	case nil:
		return "n", nil
	case int64:
		return "i" + strconv.FormatInt(v, 10), nil
	case uint64:
		return "i" + strconv.FormatUint(v, 10), nil
	case bool:
		if v {
			return "i1", nil
		}
		return "i0", nil
	case float64:
		return "f" + strconv.FormatFloat(v, 'g', -1, 64), nil
	case float32:
		return "f" + strconv.FormatFloat(float64(v), 'g', -1, 64), nil
	case string:
		return "s" + v, nil
	case []byte:
		return "s" + string(v), nil
	case time.Time:
		return "t" + strconv.FormatInt(v.UnixMicro(), 10), nil
	}
	return "", fmt.Errorf("a value of an unknown kind: %T", cell)
}

// Prove counts and hashes every table, as of one moment.
func (db *DB) Prove(ctx context.Context) ([]Proof, error) {
	var proofs []Proof
	err := db.snapshot(ctx, func(tx Q) (err error) {
		proofs, err = tx.proveAll(ctx, func(string) {})
		return err
	})
	return proofs, err
}

func (q Q) proveAll(ctx context.Context, tell func(table string)) ([]Proof, error) {
	proofs := make([]Proof, 0, len(tables))
	for _, table := range tables {
		tell(table)
		proof, err := q.prove(ctx, table)
		if err != nil {
			return nil, fmt.Errorf("count and hash: %w", err)
		}
		proofs = append(proofs, proof)
	}
	return proofs, nil
}

// snapshot runs reads that see one moment; on SQLite nobody writes meanwhile.
func (db *DB) snapshot(ctx context.Context, read func(Q) error) error {
	tx, err := db.pool.BeginTxx(ctx, db.dialect.snapshot())
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	return read(Q{sql: tx, home: db})
}
