package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"cailiao/intake"
	"cailiao/storage"
)

// BatchMost is how many candidates one order may be about.
const BatchMost = 500

// Orders for many in the audit log; detail: batchDetail. Of a stop its N are those who were left out.
const (
	ActionBatch     = "batch.start"
	ActionBatchStop = "batch.stop"
)

// ErrBatchSize is an order about nobody, or about more than BatchMost.
var ErrBatchSize = errors.New("no candidates, or too many")

// BatchOrder is one decision for many candidates: pass what nobody doubts, or return one material
// for the same reasons. What else waits of them passes, if nobody doubts it.
type BatchOrder struct {
	Pass     bool     `json:"pass,omitempty"`
	Material string   `json:"material,omitempty"`
	Reasons  []string `json:"reasons,omitempty"`
	Comment  string   `json:"comment,omitempty"`
}

// Why somebody is left out of a batch; the words are in templates.
const (
	OutState    = "state"       // does not wait for this account's judgement
	OutSame     = "same-person" // the same person passed it at the site
	OutHeld     = "held"        // somebody else has it open
	OutDoubt    = "doubt"       // a machine check has a doubt: somebody must look
	OutShort    = "incomplete"  // something is missing
	OutMaterial = "material"    // the material does not wait
	OutChanged  = "changed"     // since it was chosen
	OutLate     = "too-late"    // the season allows no more returns
	OutAccount  = "account"     // the account was disabled meanwhile
	OutTrouble  = "trouble"     // see the log
	OutStopped  = "stopped"     // the order was stopped before its turn
)

// BatchLine is one candidate of a batch before it begins.
type BatchLine struct {
	Candidate intake.Candidate
	Version   int64
	Others    int    // other items that pass along
	Out       string // why it will be left out; empty: it will not
}

type batchDetail struct {
	Batch    int64    `json:"batch"`
	N        int      `json:"n"`
	Pass     bool     `json:"pass,omitempty"`
	Material string   `json:"material,omitempty"`
	Reasons  []string `json:"reasons,omitempty"`
}

// CheckOrder tidies an order. Errors: intake.ErrNoReason, intake.ErrNotFound (no such material), ErrTooLong.
func (d *Desk) CheckOrder(o BatchOrder) (BatchOrder, error) {
	if o.Pass {
		return BatchOrder{Pass: true}, nil
	}
	if _, known := d.Season.Material(o.Material); !known {
		return o, fmt.Errorf("order: material: %w", intake.ErrNotFound)
	}
	o.Comment = clean(o.Comment)
	if utf8.RuneCountInString(o.Comment) > CommentLength {
		return o, fmt.Errorf("order: %w", ErrTooLong)
	}
	apply := d.BatchReasons(o.Material)
	slices.Sort(o.Reasons)
	o.Reasons = slices.Compact(o.Reasons)
	for _, code := range o.Reasons {
		if !slices.ContainsFunc(apply, func(r intake.Reason) bool { return r.Code == code }) {
			return o, fmt.Errorf("order: %w", intake.ErrNoReason)
		}
	}
	if len(o.Reasons) == 0 {
		return o, fmt.Errorf("order: %w", intake.ErrNoReason)
	}
	return o, nil
}

// BatchReasons are the reasons a material may be returned for in a batch: what ends a candidate's
// road is decided one by one.
func (d *Desk) BatchReasons(material string) []intake.Reason {
	return slices.DeleteFunc(slices.Clone(d.Season.ReasonsFor(material)), func(r intake.Reason) bool { return r.Kind == intake.ReasonFinal })
}

// Chosen lists the first candidates of a filter, for a batch about all of them.
func (d *Desk) Chosen(ctx context.Context, staff intake.Staff, f Filter) ([]int64, error) {
	where := d.where(staff, f.applied(staff))
	where.Limit = BatchMost
	rows, err := d.DB.Queue(ctx, where)
	if err != nil {
		return nil, fmt.Errorf("chosen: %w", err)
	}
	var ids []int64
	for _, r := range rows {
		ids = append(ids, r.CandidateID)
	}
	return ids, nil
}

// PreviewBatch tells what an order would do to each candidate; those the account does not see
// are not listed. ErrBatchSize.
func (d *Desk) PreviewBatch(ctx context.Context, staff intake.Staff, ids []int64, o BatchOrder) ([]BatchLine, error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 || len(ids) > BatchMost {
		return nil, fmt.Errorf("preview: %w", ErrBatchSize)
	}
	held, err := d.DB.HeldAmong(ctx, ids, d.now())
	if err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	var lines []BatchLine
	for _, id := range ids {
		c, err := d.DB.Case(ctx, id)
		if errors.Is(err, intake.ErrNotFound) || err == nil && !staff.Sees(c.Candidate.Site) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("preview: %w", err)
		}
		judgements, out := d.order(staff, c, o)
		if out == "" && slices.ContainsFunc(held, func(h storage.Hold) bool { return h.CandidateID == id && h.StaffID != staff.ID }) {
			out = OutHeld
		}
		lines = append(lines, BatchLine{Candidate: c.Candidate, Version: c.Submission.Version, Others: max(0, len(judgements)-1), Out: out})
	}
	return lines, nil
}

// order is what an order means for one case, or why it is left out.
func (d *Desk) order(staff intake.Staff, c intake.Case, o BatchOrder) (judgements []intake.Judgement, out string) {
	switch err := staff.MayDecide(c); {
	case errors.Is(err, intake.ErrSamePerson):
		return nil, OutSame
	case err != nil:
		return nil, OutState
	}
	waiting := intake.Waiting(c)
	if len(waiting) == 0 {
		return nil, OutState
	}
	if !o.Pass && !slices.Contains(waiting, o.Material) {
		return nil, OutMaterial
	}
	materials, err := d.Season.List(c.Candidate.Attrs)
	if err != nil {
		return nil, OutTrouble
	}
	for _, line := range intake.Progress(materials, c) {
		if o.Pass && !line.Done() {
			return nil, OutShort
		}
	}
	for _, code := range waiting {
		if code == o.Material {
			judgements = append(judgements, intake.Judgement{Material: code, Reasons: o.Reasons, Comment: o.Comment})
			continue
		}
		for _, p := range c.PhotosOf(code) {
			if intake.Worst(p.Verdicts) != intake.OK {
				return nil, OutDoubt
			}
		}
		judgements = append(judgements, intake.Judgement{Material: code, Pass: true})
	}
	return judgements, ""
}

// StartBatch begins an order about those candidates of a preview that are not left out, as they
// stood then. Errors: those of CheckOrder and PreviewBatch.
func (d *Desk) StartBatch(ctx context.Context, staff intake.Staff, chosen map[int64]int64, o BatchOrder) (int64, error) {
	o, err := d.CheckOrder(o)
	if err != nil {
		return 0, err
	}
	var ids []int64
	for id := range chosen {
		ids = append(ids, id)
	}
	lines, err := d.PreviewBatch(ctx, staff, ids, o) // also asks whom the account sees
	if err != nil {
		return 0, err
	}
	var rows []storage.BatchRow
	for _, l := range lines {
		rows = append(rows, storage.BatchRow{CandidateID: l.Candidate.ID, Version: chosen[l.Candidate.ID]})
	}
	if len(rows) == 0 {
		return 0, fmt.Errorf("batch: %w", ErrBatchSize)
	}
	text, err := json.Marshal(o)
	if err != nil {
		return 0, fmt.Errorf("batch: %w", err)
	}
	var id int64
	err = d.DB.InTx(ctx, func(tx storage.Q) error {
		id, err = tx.AddBatch(ctx, storage.Batch{StaffID: staff.ID, Order: text, CreatedAt: d.now()}, rows)
		if err != nil {
			return err
		}
		event, err := d.event(Actor(staff), ActionBatch, 0, batchDetail{id, len(rows), o.Pass, o.Material, o.Reasons})
		if err != nil {
			return err
		}
		return tx.Log(ctx, event)
	})
	if err != nil {
		return 0, fmt.Errorf("batch: %w", err)
	}
	select {
	case d.bell() <- struct{}{}:
	default: // it has rung already
	}
	return id, nil
}

// StopBatch leaves out whoever waits in an order; who was decided stays so. An order that is worked off already stays as
// it is. Errors: those of Batch.
func (d *Desk) StopBatch(ctx context.Context, staff intake.Staff, id int64) error {
	if _, err := d.ownBatch(ctx, staff, id); err != nil {
		return err
	}
	return d.DB.InTx(ctx, func(tx storage.Q) error {
		n, err := tx.StopRows(ctx, id, OutStopped, d.now())
		if err != nil || n == 0 {
			return err
		}
		event, err := d.event(Actor(staff), ActionBatchStop, 0, batchDetail{Batch: id, N: int(n)})
		if err != nil {
			return err
		}
		return tx.Log(ctx, event)
	})
}

func (d *Desk) ownBatch(ctx context.Context, staff intake.Staff, id int64) (storage.Batch, error) {
	b, err := d.DB.Batch(ctx, id)
	if err == nil && b.StaffID != staff.ID && staff.Role != intake.RoleAdmin {
		err = fmt.Errorf("batch %d: %w", id, intake.ErrNotFound)
	}
	return b, err
}

// Batch is an order with its rows. intake.ErrNotFound: unknown, or somebody else's; an admin sees all.
func (d *Desk) Batch(ctx context.Context, staff intake.Staff, id int64) (storage.Batch, BatchOrder, []storage.BatchRow, error) {
	var o BatchOrder
	b, err := d.ownBatch(ctx, staff, id)
	if err == nil {
		err = json.Unmarshal(b.Order, &o)
	}
	if err != nil {
		return b, o, nil, err
	}
	rows, err := d.DB.BatchRows(ctx, id)
	return b, o, rows, err
}

// Batches lists the latest orders of the account.
func (d *Desk) Batches(ctx context.Context, staff intake.Staff) ([]storage.Batch, error) {
	return d.DB.Batches(ctx, staff.ID, 20)
}
