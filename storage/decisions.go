package storage

import (
	"context"
	"fmt"
	"time"

	"cailiao/intake"
)

// The levels at which a case is decided, in DecisionRow.Level.
const (
	LevelSite = "site"
	LevelArea = "area"
)

// DecisionRow is one decision as it was taken; rows are never changed, but for UndoneAt.
type DecisionRow struct {
	ID           int64
	SubmissionID int64
	CandidateID  int64
	Round        int    // of the submission that was decided on
	Level        string // LevelSite or LevelArea
	StaffID      int64
	At           time.Time
	Judgements   []intake.Judgement
	Note         string    // why the area sent the case back to the site, for staff; then without judgements
	UndoneAt     time.Time // when who decided took it back; zero: it stands

	Took time.Duration // from opening the sheet to deciding; 0: not known. Read for counting only
}

// AddDecision appends a decision.
func (q Q) AddDecision(ctx context.Context, d DecisionRow) error {
	if d.Judgements == nil {
		d.Judgements = []intake.Judgement{}
	}
	_, err := q.exec(ctx, `INSERT INTO decisions (submission_id, candidate_id, round, level, staff_id, decided_at, judgements, note, took_ms)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		d.SubmissionID, d.CandidateID, d.Round, d.Level, d.StaffID, micros(d.At),
		q.sealedJSON(d.Judgements, "decisions.judgements", d.CandidateID, micros(d.At)), q.sealed(d.Note, "decisions.note", d.CandidateID, micros(d.At)),
		d.Took.Milliseconds())
	return within(fmt.Sprintf("add decision on candidate %d", d.CandidateID), err)
}

// Decisions lists all decisions on a candidate, oldest first, also those taken back.
func (q Q) Decisions(ctx context.Context, candidateID int64) ([]DecisionRow, error) {
	rows, err := list(ctx, q, readDecision, `SELECT id, submission_id, candidate_id, round, level, staff_id, decided_at, judgements, note, undone_at
		FROM decisions WHERE candidate_id = ? ORDER BY id`, candidateID)
	return rows, within(fmt.Sprintf("decisions on candidate %d", candidateID), err)
}

func readDecision(r row) (d DecisionRow, err error) {
	err = r.Scan(&d.ID, &d.SubmissionID, &d.CandidateID, &d.Round, &d.Level, &d.StaffID, moment{&d.At},
		unseal(asJSON{&d.Judgements}, "decisions.judgements", &d.CandidateID, func() any { return micros(d.At) }),
		unseal(&d.Note, "decisions.note", &d.CandidateID, func() any { return micros(d.At) }), moment{&d.UndoneAt})
	return d, err
}
