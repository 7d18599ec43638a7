package storage

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cailiao/intake"
	"cailiao/seal"
)

// Personal data stand sealed in SQL. A write passes q.sealed(…) for the column, a read scans into
// unseal(…); both name the column and what makes the row that row, so that a sealed text moved to
// another row or column does not open. Rows older than sealing are read as they are.

// sealed is a text as it goes into a column, such as q.sealed(c.Phone, "candidates.phone", c.Number).
func (q Q) sealed(text, column string, row ...any) sealedText {
	return sealedText{q.home.keys, text, seal.Place(column, row...)}
}

type sealedText struct {
	keys        *seal.Keys
	text, place string
}

func (s sealedText) Value() (driver.Value, error) { return s.keys.Text(s.text, s.place) }

// sealedBytes is sealed for a BLOB column.
func (q Q) sealedBytes(data []byte, column string, row ...any) sealedBlob {
	return sealedBlob{q.sealed(string(data), column, row...)}
}

type sealedBlob struct{ sealedText }

func (s sealedBlob) Value() (driver.Value, error) {
	text, err := s.keys.Text(s.text, s.place)
	return []byte(text), err
}

// sealedJSON is a value as sealed JSON.
func (q Q) sealedJSON(v any, column string, row ...any) sealedValue {
	return sealedValue{q.home.keys, v, seal.Place(column, row...)}
}

type sealedValue struct {
	keys  *seal.Keys
	v     any
	place string
}

func (s sealedValue) Value() (driver.Value, error) {
	text, err := json.Marshal(s.v)
	if err != nil {
		return nil, err
	}
	return s.keys.Text(string(text), s.place)
}

// unseal scans a sealed column into a string, []byte or Scanner. row are pointers to what Scan
// has read before, from columns further to the left. The keys come with the row, see opened.
func unseal(dest any, column string, row ...any) *unsealed {
	return &unsealed{dest: dest, column: column, row: row}
}

type unsealed struct {
	keys   *seal.Keys
	dest   any
	column string
	row    []any
}

func (u *unsealed) Scan(src any) error {
	if src == nil {
		return nil // an outer join found no row
	}
	text, err := textOf(src)
	if err != nil {
		return err
	}
	row := make([]any, len(u.row))
	for i, part := range u.row {
		switch part := part.(type) {
		case *string:
			row[i] = *part
		case *int64:
			row[i] = *part
		case func() any:
			row[i] = part()
		}
	}
	open, err := u.keys.OpenText(string(text), seal.Place(u.column, row...))
	if err != nil {
		return err
	}
	switch dest := u.dest.(type) {
	case *string:
		*dest = open
	case *[]byte:
		*dest = []byte(open)
	case interface{ Scan(any) error }:
		return dest.Scan(open)
	}
	return nil
}

// opened is a row whose sealed columns find their keys.
type opened struct {
	row
	keys *seal.Keys
}

func (o opened) Scan(dest ...any) error {
	for _, d := range dest {
		if u, ok := d.(*unsealed); ok {
			u.keys = o.keys
		}
	}
	return o.row.Scan(dest...)
}

// Seal seals a text that is kept outside the database, for what it is and what makes it that one.
func (db *DB) Seal(text, what string, row ...any) (string, error) {
	return db.keys.Text(text, seal.Place(what, row...))
}

// Unseal opens what Seal sealed for the same.
func (db *DB) Unseal(sealed, what string, row ...any) (string, error) {
	return db.keys.OpenText(sealed, seal.Place(what, row...))
}

// Opens says whether the keys open what the database holds: the newest candidate. seal.ErrKey,
// seal.ErrSealed: they are those of another installation, or of another time.
func (q Q) Opens(ctx context.Context) error {
	_, err := one(ctx, q, readCandidate, "SELECT "+candidateColumns+" FROM candidates c ORDER BY c.id DESC LIMIT 1")
	switch {
	case errors.Is(err, intake.ErrNotFound):
		return nil
	case errors.Is(err, seal.ErrKey) || errors.Is(err, seal.ErrSealed):
		return fmt.Errorf("the keys do not open this database (%w): use the key file it was sealed with, as it was then", err)
	}
	return within("try the keys", err)
}

// What blind indexes are of; the first word of what is hashed.
const (
	indexName  = "name" // the first characters of a name
	indexWhole = "whole name"
	indexTail  = "id tail"
	indexID    = "id"
)

// nameSteps are the lengths of the beginnings of names by which they are found.
const nameSteps = 3

// nameStart is the beginning of a name that the index of n characters holds; "" for a shorter name.
func nameStart(name string, n int) string {
	runes := []rune(name)
	if len(runes) < n {
		return ""
	}
	return string(runes[:n])
}

// candidateIndexes are the values of name_1, name_2, name_3, name_whole, id_last and id_whole.
func (q Q) candidateIndexes(name, idNumber string) ([]any, error) {
	var all []any
	for _, of := range []struct{ what, value string }{
		{indexName, nameStart(name, 1)}, {indexName, nameStart(name, 2)}, {indexName, nameStart(name, 3)}, {indexWhole, name},
		{indexTail, idTail(idNumber)}, {indexID, strings.ToUpper(idNumber)},
	} {
		sum, err := q.home.keys.Index(of.what, of.value)
		if err != nil {
			return nil, err
		}
		all = append(all, sum)
	}
	return all, nil
}

// byIndex is the condition that a blind index column holds a value, column IN (?, …); "" for an empty value.
func (q Q) byIndex(column, what, value string) (string, []any, error) {
	sums, err := q.home.keys.Indexes(what, value)
	if err != nil || len(sums) == 0 {
		return "", nil, err
	}
	slices.Sort(sums)
	return column + " IN " + marks(1, len(sums)), args(sums), nil
}
