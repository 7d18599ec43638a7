package storage

import (
	"context"
	"slices"
)

// ReasonUse is how often a reason was given for a material.
type ReasonUse struct {
	Material string
	Reason   string
	N        int
}

// CountReasons adds by (1, or -1 when a decision is taken back) to the uses of reasons, by
// material. Always in the same order, so that two decisions never wait for each other.
func (q Q) CountReasons(ctx context.Context, given map[string][]string, by int) error {
	for _, use := range sortedUses(given) {
		n, err := q.exec(ctx, "UPDATE reason_counts SET n = n + ? WHERE material = ? AND reason = ?", by, use.Material, use.Reason)
		if err == nil && n == 0 && by > 0 {
			if _, err = q.exec(ctx, "INSERT INTO reason_counts (material, reason, n) VALUES (?, ?, ?)", use.Material, use.Reason, by); isConflict(err) {
				_, err = q.exec(ctx, "UPDATE reason_counts SET n = n + ? WHERE material = ? AND reason = ?", by, use.Material, use.Reason)
			}
		}
		if err != nil {
			return within("count reasons", err)
		}
	}
	return nil
}

func sortedUses(given map[string][]string) []ReasonUse {
	var uses []ReasonUse
	for material, reasons := range given {
		for _, reason := range reasons {
			uses = append(uses, ReasonUse{Material: material, Reason: reason})
		}
	}
	slices.SortFunc(uses, func(a, b ReasonUse) int {
		return slices.Compare([]string{a.Material, a.Reason}, []string{b.Material, b.Reason})
	})
	return uses
}

// ReasonUses tells how often each reason was given for these materials.
func (q Q) ReasonUses(ctx context.Context, materials []string) ([]ReasonUse, error) {
	if len(materials) == 0 {
		return nil, nil
	}
	read := func(r row) (u ReasonUse, err error) { return u, r.Scan(&u.Material, &u.Reason, &u.N) }
	uses, err := list(ctx, q, read, "SELECT material, reason, n FROM reason_counts WHERE material IN "+marks(1, len(materials)), args(materials)...)
	return uses, within("reason uses", err)
}
