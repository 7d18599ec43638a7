package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cailiao/intake"
)

// ImportResult counts what an import did.
type ImportResult struct{ New, Changed, Same int }

const importStep = 500 // rows per statement

// ImportRoster adds and updates candidates by Number, all or none; progress (may be nil) hears
// how many rows are done. A phone number the candidate confirmed stays, and so do bindings and
// attributes the roster does not have. A number that comes twice is intake.ErrConflict.
func (q Q) ImportRoster(ctx context.Context, rows []intake.RosterRow, progress func(done int)) (ImportResult, error) {
	lines := make(map[string]int, len(rows))
	for _, r := range rows {
		if first, twice := lines[r.Number]; twice {
			return ImportResult{}, fmt.Errorf("import roster: lines %d and %d have the same number: %w", first, r.Line, intake.ErrConflict)
		}
		lines[r.Number] = r.Line
	}
	var result ImportResult
	err := q.atomic(ctx, func(tx Q) error {
		result = ImportResult{}
		for start := 0; start < len(rows); start += importStep {
			end := min(start+importStep, len(rows))
			if err := tx.importStep(ctx, rows[start:end], &result); err != nil {
				return err
			}
			if progress != nil {
				progress(end)
			}
		}
		return nil
	})
	if err != nil {
		return ImportResult{}, fmt.Errorf("import roster: %w", err)
	}
	return result, nil
}

func (q Q) importStep(ctx context.Context, rows []intake.RosterRow, result *ImportResult) error {
	numbers := make([]string, len(rows))
	for i, r := range rows {
		numbers[i] = r.Number
	}
	found, err := list(ctx, q, readRostered, "SELECT "+candidateColumns+" FROM candidates c WHERE c.number IN "+
		marks(1, len(numbers)), args(numbers)...)
	if err != nil {
		return err
	}
	known := make(map[string]intake.Candidate, len(found))
	for _, c := range found {
		known[c.Number] = c
	}
	var fresh []any
	for _, r := range rows {
		before, exists := known[r.Number]
		after, attrs, err := rostered(before, r)
		if err != nil {
			return fmt.Errorf("line %d: %w", r.Line, err)
		}
		same, err := sameRoster(before, after, attrs)
		switch {
		case err != nil:
			return fmt.Errorf("line %d: %w", r.Line, err)
		case !exists:
			result.New++
			indexes, err := q.candidateIndexes(after.Name, after.IDNumber)
			if err != nil {
				return fmt.Errorf("line %d: %w", r.Line, err)
			}
			fresh = append(fresh, after.Number, q.sealed(after.Name, "candidates.name", after.Number), after.IDType,
				q.sealed(after.IDNumber, "candidates.id_number", after.Number), "", q.sealed(after.Phone, "candidates.phone", after.Number),
				false, after.Site, attrs, asJSON{after.Assumed}, 0, 1)
			fresh = append(fresh, indexes...)
		case same:
			result.Same++
		default:
			result.Changed++
			if err := q.updateRoster(ctx, before, r); err != nil {
				return fmt.Errorf("line %d: %w", r.Line, err)
			}
		}
	}
	const columns = 18
	if len(fresh) == 0 {
		return nil
	}
	_, err = q.exec(ctx, `INSERT INTO candidates (number, name, id_type, id_number, id_tail, phone, phone_ok, site, attrs,
		assumed, bound_at, version, name_1, name_2, name_3, name_whole, id_last, id_whole) VALUES `+marks(len(fresh)/columns, columns), fresh...)
	return err
}

// rostered is a candidate as the roster has it now, with the attributes as they will be stored.
func rostered(c intake.Candidate, r intake.RosterRow) (intake.Candidate, string, error) {
	c.Number, c.Name, c.IDType, c.IDNumber, c.Site = r.Number, r.Name, r.IDType, r.IDNumber, r.Site
	c.WithdrawnAt = time.Time{}
	if !c.PhoneOK {
		c.Phone = r.Phone
	}
	merged := map[string]any{}
	maps.Copy(merged, c.Attrs)
	maps.Copy(merged, r.Attrs)
	c.Attrs, c.Assumed = merged, append([]string{}, r.Assumed...)
	text, err := json.Marshal(merged)
	return c, string(text), err
}

func sameRoster(before, after intake.Candidate, attrs string) (bool, error) {
	text, err := json.Marshal(before.Attrs)
	return err == nil && string(text) == attrs && slices.Equal(before.Assumed, after.Assumed) && before.Name == after.Name && before.IDType == after.IDType &&
		before.IDNumber == after.IDNumber && before.Phone == after.Phone && before.Site == after.Site && before.WithdrawnAt.Equal(after.WithdrawnAt), err
}

// updateRoster writes a changed candidate. One that the candidate changed meanwhile is read
// again, so that nothing of that is lost.
func (q Q) updateRoster(ctx context.Context, before intake.Candidate, r intake.RosterRow) error {
	for {
		after, attrs, err := rostered(before, r)
		if err != nil {
			return err
		}
		indexes, err := q.candidateIndexes(after.Name, after.IDNumber)
		if err != nil {
			return err
		}
		n, err := q.exec(ctx, `UPDATE candidates
			SET name_1 = ?, name_2 = ?, name_3 = ?, name_whole = ?, id_last = ?, id_whole = ?,
				name = ?, id_type = ?, id_number = ?, id_tail = '', phone = ?, site = ?, attrs = ?, assumed = ?, withdrawn_at = 0,
				version = version + 1
			WHERE id = ? AND version = ?`,
			append(indexes, q.sealed(after.Name, "candidates.name", after.Number), after.IDType,
				q.sealed(after.IDNumber, "candidates.id_number", after.Number), q.sealed(after.Phone, "candidates.phone", after.Number),
				after.Site, attrs, asJSON{after.Assumed}, before.ID, before.Version)...)
		if err != nil {
			return err
		}
		if n == 1 {
			break
		}
		if before, err = one(ctx, q, readRostered, "SELECT "+candidateColumns+" FROM candidates c WHERE c.id = ?", before.ID); err != nil {
			return err
		}
	}
	if before.Site == r.Site {
		return nil
	}
	_, err := q.exec(ctx, "UPDATE submissions SET site = ? WHERE candidate_id = ?", r.Site, before.ID)
	return err
}

// idTail is the part of an ID number staff search by: its last 4 characters.
func idTail(idNumber string) string {
	runes := []rune(strings.ToUpper(idNumber))
	return string(runes[max(0, len(runes)-4):])
}
