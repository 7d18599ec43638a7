package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cailiao/intake"
	"cailiao/seal"
)

// sealedTable says which columns of a table stand sealed, and how the place of each is named.
type sealedTable struct {
	name    string
	key     []string // the primary key, by which rows are walked
	columns []sealedColumn
}

type sealedColumn struct {
	name string
	row  []string // columns that make the row that row, as in unseal
	blob bool
}

// sealedTables is everything in SQL that is sealed.
var sealedTables = []sealedTable{
	{"candidates", []string{"id"}, columnsOf([]string{"number"}, "name", "id_number", "phone", "second_phone")},
	{"messages", []string{"id"}, []sealedColumn{{"body", []string{"message_key"}, true}, {"reply", []string{"id"}, false}}},
	{"talks", []string{"openid"}, columnsOf([]string{"openid"}, "memo", "ahead")},
	{"questions", []string{"id"}, []sealedColumn{{"body", []string{"candidate_id", "asked_at"}, false}, {"answer", []string{"id"}, false}}},
	{"items", []string{"submission_id", "material"}, columnsOf([]string{"submission_id", "material"}, "comment", "note")},
	{"decisions", []string{"id"}, columnsOf([]string{"candidate_id", "decided_at"}, "judgements", "note")},
	{"staff", []string{"id"}, columnsOf([]string{"id"}, "totp_secret")},
	{"undos", []string{"candidate_id"}, columnsOf([]string{"candidate_id"}, "was")},
	{"batches", []string{"id"}, columnsOf([]string{"staff_id", "created_at"}, "order_json")},
}

func columnsOf(row []string, names ...string) []sealedColumn {
	var all []sealedColumn
	for _, name := range names {
		all = append(all, sealedColumn{name: name, row: row})
	}
	return all
}

// Stale is what is not sealed with the key in use.
type Stale struct {
	Rows  int            // that hold such a text, or an index of an older key
	Blobs int            //
	Keys  map[uint32]int // how many texts and blobs by key; 0: not sealed at all
}

// None says that everything is sealed with the key in use.
func (s Stale) None() bool { return s.Rows == 0 && s.Blobs == 0 }

const resealStep = 200 // rows read at once

// StaleRows counts what in SQL is not sealed with the key in use.
func (db *DB) StaleRows(ctx context.Context) (Stale, error) {
	s := Stale{Keys: map[uint32]int{}}
	err := db.eachSealed(ctx, func(ctx context.Context, r sealedRow) error {
		old, err := db.oldTexts(r, s.Keys)
		if old {
			s.Rows++
		}
		return err
	})
	return s, within("look at what is sealed", err)
}

// Reseal seals all rows with the key in use, in small steps, while others read and write them;
// progress hears of each step. A row that changes meanwhile is left to whoever changed it. Run
// again, it goes on where something is left.
func (db *DB) Reseal(ctx context.Context, progress func(table string, seen int)) (resealed int, err error) {
	seen := map[string]int{}
	err = db.eachSealed(ctx, func(ctx context.Context, r sealedRow) error {
		if seen[r.table.name]++; seen[r.table.name]%resealStep == 0 {
			progress(r.table.name, seen[r.table.name])
		}
		old, err := db.oldTexts(r, map[uint32]int{})
		if err != nil || !old {
			return err
		}
		changed, err := db.resealRow(ctx, r)
		if changed {
			resealed++
		}
		return err
	})
	return resealed, within("reseal", err)
}

// sealedRow is one row as it stands in the database.
type sealedRow struct {
	table  sealedTable
	values map[string]any
}

// eachSealed walks all tables by their primary keys.
func (db *DB) eachSealed(ctx context.Context, do func(context.Context, sealedRow) error) error {
	for _, table := range sealedTables {
		columns := table.names()
		var last []any
		for {
			where, args := following(table.key, last)
			rows, err := list(ctx, db.Q, func(r row) (map[string]any, error) { return scanRow(r, columns) },
				"SELECT "+strings.Join(columns, ", ")+" FROM "+table.name+where+" ORDER BY "+strings.Join(table.key, ", ")+" LIMIT ?",
				append(args, resealStep)...)
			if err != nil {
				return fmt.Errorf("%s: %w", table.name, err)
			}
			for _, values := range rows {
				if err := do(ctx, sealedRow{table, values}); err != nil {
					return fmt.Errorf("%s: %w", table.name, err)
				}
			}
			if len(rows) < resealStep {
				break
			}
			last = nil
			for _, k := range table.key {
				last = append(last, rows[len(rows)-1][k])
			}
		}
	}
	return nil
}

// indexColumns are the blind indexes of candidates, in the order of candidateIndexes.
var indexColumns = []string{"name_1", "name_2", "name_3", "name_whole", "id_last", "id_whole"}

func (t sealedTable) names() []string {
	names := slices.Clone(t.key)
	add := func(more ...string) {
		for _, name := range more {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, c := range t.columns {
		add(c.row...)
		add(c.name)
	}
	if t.name == "candidates" {
		add(indexColumns...)
	}
	return names
}

// following is the condition that a row comes after another by one or two key columns.
func following(key []string, last []any) (string, []any) {
	switch {
	case last == nil:
		return "", nil
	case len(key) == 1:
		return " WHERE " + key[0] + " > ?", last
	}
	return " WHERE " + key[0] + " > ? OR " + key[0] + " = ? AND " + key[1] + " > ?", []any{last[0], last[0], last[1]}
}

func scanRow(r row, columns []string) (map[string]any, error) {
	values := make([]any, len(columns))
	dest := make([]any, len(columns))
	for i := range values {
		dest[i] = &values[i]
	}
	if err := r.Scan(dest...); err != nil {
		return nil, err
	}
	row := map[string]any{}
	for i, name := range columns {
		if text, isBytes := values[i].([]byte); isBytes {
			values[i] = string(text)
		}
		row[name] = values[i]
	}
	return row, nil
}

func (r sealedRow) text(column string) string {
	text, _ := r.values[column].(string)
	return text
}

func (r sealedRow) place(c sealedColumn) string {
	var row []any
	for _, name := range c.row {
		row = append(row, r.values[name])
	}
	return seal.Place(r.table.name+"."+c.name, row...)
}

// oldTexts says whether a row holds something not sealed or indexed with the keys in use, and
// counts it by key.
func (db *DB) oldTexts(r sealedRow, byKey map[uint32]int) (old bool, err error) {
	for _, c := range r.table.columns {
		text := r.text(c.name)
		if saysNothing(text) || db.keys.Current(text) {
			continue
		}
		id, _ := seal.TextKey(text)
		byKey[id]++
		old = true
	}
	if r.table.name == "candidates" && !old {
		indexes, err := db.indexesOf(r)
		if err != nil {
			return old, err
		}
		for i, name := range indexColumns {
			old = old || indexes[i] != r.text(name)
		}
	}
	return old, nil
}

// saysNothing: an empty text, or what the schema puts where nobody wrote anything.
func saysNothing(text string) bool { return text == "" || text == "{}" || text == "[]" }

// indexesOf are the blind indexes a candidate's row should have.
func (db *DB) indexesOf(r sealedRow) ([]any, error) {
	var open [2]string
	for i, c := range r.table.columns[:2] { // name and id_number
		var err error
		if open[i], err = db.keys.OpenText(r.text(c.name), r.place(c)); err != nil {
			return nil, err
		}
	}
	return db.candidateIndexes(open[0], open[1])
}

// resealRow seals one row anew, unless somebody else changed it meanwhile.
func (db *DB) resealRow(ctx context.Context, r sealedRow) (changed bool, err error) {
	var sets, same []string
	var values, guards []any
	for _, c := range r.table.columns {
		text := r.text(c.name)
		if saysNothing(text) {
			continue
		}
		open, err := db.keys.OpenText(text, r.place(c))
		if err != nil {
			return false, err
		}
		sealed, err := db.keys.Text(open, r.place(c))
		if err != nil {
			return false, err
		}
		sets, same = append(sets, c.name+" = ?"), append(same, c.name+" = ?")
		values, guards = append(values, c.stored(sealed)), append(guards, c.stored(text))
	}
	if r.table.name == "candidates" {
		indexes, err := db.indexesOf(r)
		if err != nil {
			return false, err
		}
		for i, name := range indexColumns {
			sets, values = append(sets, name+" = ?"), append(values, indexes[i])
		}
		sets = append(sets, "id_tail = ''") // what stood there before sealing
	}
	for _, k := range r.table.key {
		same, guards = append(same, k+" = ?"), append(guards, r.values[k])
	}
	n, err := db.exec(ctx, "UPDATE "+r.table.name+" SET "+strings.Join(sets, ", ")+" WHERE "+strings.Join(same, " AND "),
		append(values, guards...)...)
	return n > 0, err
}

func (c sealedColumn) stored(text string) any {
	if c.blob {
		return []byte(text)
	}
	return text
}

// StaleBlobs counts blobs that are not sealed with the key in use; inner is the store beneath SealBlobs.
func StaleBlobs(ctx context.Context, inner Blobs, keys *seal.Keys) (Stale, error) {
	s := Stale{Keys: map[uint32]int{}}
	err := eachStaleBlob(ctx, inner, keys, func(_ string, sealed []byte) error {
		id, _ := seal.BytesKey(sealed)
		s.Keys[id]++
		s.Blobs++
		return nil
	})
	return s, within("look at sealed blobs", err)
}

// ResealBlobs seals all blobs with the key in use, one after the other, while others read and
// write them. Run again, it goes on where something is left.
func ResealBlobs(ctx context.Context, inner Blobs, keys *seal.Keys, progress func(done int)) (resealed int, err error) {
	err = eachStaleBlob(ctx, inner, keys, func(key string, sealed []byte) error {
		data, err := keys.OpenBytes(sealed, blobPlace(key))
		if err != nil {
			return fmt.Errorf("blob: %w", err)
		}
		fresh, err := keys.Bytes(data, blobPlace(key))
		if err != nil {
			return err
		}
		if err := inner.Put(ctx, key, fresh); err != nil {
			return err
		}
		resealed++
		progress(resealed)
		return nil
	})
	return resealed, within("reseal blobs", err)
}

func eachStaleBlob(ctx context.Context, inner Blobs, keys *seal.Keys, do func(key string, sealed []byte) error) error {
	return inner.Each(ctx, func(key string, _ time.Time) error {
		sealed, err := inner.Get(ctx, key)
		if errors.Is(err, intake.ErrNotFound) {
			return nil // deleted since it was listed
		}
		if err != nil || keys.CurrentBytes(sealed) {
			return err
		}
		return do(key, sealed)
	})
}
