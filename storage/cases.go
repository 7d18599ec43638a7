package storage

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"cailiao/intake"
)

// Case returns everything about a candidate, or intake.ErrNotFound. A candidate who never
// bound has a submission without ID: collecting, round 1.
func (q Q) Case(ctx context.Context, candidateID int64) (intake.Case, error) {
	c, err := q.readCase(ctx, candidateID)
	return c, within(fmt.Sprintf("case %d", candidateID), err)
}

// LockCase is Case for a transaction that will change it: until its end no other transaction
// gets past its own LockCase of the same candidate.
func (q Q) LockCase(ctx context.Context, candidateID int64) (intake.Case, error) {
	if lock := q.home.dialect.forUpdate(); lock != "" {
		// Only the submission: others still may refer to the candidate, see foreign keys.
		_, err := list(ctx, q, value[int64], "SELECT id FROM submissions WHERE candidate_id = ?"+lock, candidateID)
		if err != nil {
			return intake.Case{}, fmt.Errorf("lock case %d: %w", candidateID, err)
		}
	}
	c, err := q.readCase(ctx, candidateID)
	return c, within(fmt.Sprintf("lock case %d", candidateID), err)
}

const submissionColumns = `s.id, s.candidate_id, s.state, s.round, s.submitted_at, s.returned_at, s.deadline_at,
	s.site_by, s.area_by, s.opened_at, s.digest, s.final_by, s.version`

// readCase takes three round trips.
func (q Q) readCase(ctx context.Context, candidateID int64) (intake.Case, error) {
	cases, err := q.readCases(ctx, []int64{candidateID})
	if err != nil {
		return intake.Case{}, err
	}
	c, found := cases[candidateID]
	if !found {
		return intake.Case{}, intake.ErrNotFound
	}
	return c, nil
}

// addItems puts items into their cases; of are the cases by submission.
func (q Q) addItems(ctx context.Context, cases map[int64]intake.Case, of map[int64]int64) error {
	if len(of) == 0 {
		return nil
	}
	type line struct {
		submission int64
		item       intake.Item
	}
	lines, err := list(ctx, q, func(r row) (l line, err error) {
		l.item, err = readItem(r, &l.submission)
		return l, err
	}, `SELECT submission_id, material, state, reasons, comment, note, boxes, resend, round
		FROM items WHERE submission_id IN `+marks(1, len(of))+" ORDER BY submission_id, material", args(slices.Collect(maps.Keys(of)))...)
	for _, l := range lines {
		c := cases[of[l.submission]]
		c.Items = append(c.Items, l.item)
		cases[c.Candidate.ID] = c
	}
	return err
}

// addPhotos puts photos that are kept or in the tray into their cases.
func (q Q) addPhotos(ctx context.Context, cases map[int64]intake.Case) error {
	if len(cases) == 0 {
		return nil
	}
	photos, err := list(ctx, q, readPhoto, "SELECT "+photoColumns+` FROM photos
		WHERE candidate_id IN `+marks(1, len(cases))+" AND state IN (?, ?) ORDER BY candidate_id, material, seq",
		append(args(slices.Collect(maps.Keys(cases))), intake.Kept, intake.InTray)...)
	for _, p := range photos {
		c := cases[p.CandidateID]
		if p.State == intake.InTray {
			c.Tray = append(c.Tray, p)
		} else {
			c.Photos = append(c.Photos, p)
		}
		cases[p.CandidateID] = c
	}
	for _, c := range cases {
		slices.SortFunc(c.Tray, func(a, b intake.Photo) int { return a.Tray - b.Tray })
	}
	return err
}

func readCaseHead(r row) (c intake.Case, err error) {
	s := &c.Submission // may be missing
	err = r.Scan(append(candidateDest(&c.Candidate), (*whole64)(&s.ID), (*whole64)(&s.CandidateID), blank(&s.State), (*whole)(&s.Round),
		moment{&s.SubmittedAt}, moment{&s.ReturnedAt}, moment{&s.DeadlineAt}, (*whole64)(&s.SiteBy), (*whole64)(&s.AreaBy), moment{&s.OpenedAt},
		blank(&s.Digest), (*whole64)(&s.FinalBy), (*whole64)(&s.Version))...)
	c.Candidate.Settle()
	return c, err
}

func readItem(r row, submission *int64) (i intake.Item, err error) {
	err = r.Scan(submission, &i.Material, &i.State, asJSON{&i.Reasons}, unseal(&i.Comment, "items.comment", submission, &i.Material),
		unseal(&i.Note, "items.note", submission, &i.Material), asJSON{&i.Boxes}, &i.Resend, &i.Round)
	if len(i.Boxes) == 0 {
		i.Boxes = nil
	}
	return i, err
}

// SaveCase stores the submission and those items in which after differs from before, and
// returns after with its new version. intake.ErrConflict when the submission is not as it was
// in before. Candidate and photos have their own methods.
func (q Q) SaveCase(ctx context.Context, before, after intake.Case) (intake.Case, error) {
	saved := after
	err := q.atomic(ctx, func(tx Q) (err error) {
		saved.Submission, err = tx.saveSubmission(ctx, before.Submission, after.Submission)
		if err != nil {
			return err
		}
		return tx.saveItems(ctx, saved.Submission.ID, before, after)
	})
	if err != nil {
		return intake.Case{}, fmt.Errorf("save case %d: %w", before.Candidate.ID, err)
	}
	return saved, nil
}

func (q Q) saveSubmission(ctx context.Context, before, s intake.Submission) (intake.Submission, error) {
	s.SubmittedAt, s.ReturnedAt, s.DeadlineAt = stored(s.SubmittedAt), stored(s.ReturnedAt), stored(s.DeadlineAt)
	if before.ID == 0 {
		return q.insertSubmission(ctx, s)
	}
	s.Version = before.Version + 1
	// What a candidate submits nobody has seen; what comes back from the area, or by undoing, somebody has.
	fresh := s.State == intake.Submitted && s.Round == before.Round && !before.State.Locked()
	err := q.execOne(ctx, intake.ErrConflict, `UPDATE submissions
		SET state = ?, round = ?, submitted_at = ?, returned_at = ?, deadline_at = ?, site_by = ?, area_by = ?, digest = ?, final_by = ?,
			first_round = ?, due_order = ?, updated_at = ?, version = ?,
			opened_at = CASE WHEN ? THEN 0 ELSE opened_at END
		WHERE id = ? AND version = ?`,
		s.State, s.Round, micros(s.SubmittedAt), micros(s.ReturnedAt), micros(s.DeadlineAt), s.SiteBy, s.AreaBy, s.Digest, s.FinalBy,
		s.Round <= 1, dueOrder(s), micros(q.now()), s.Version, fresh, before.ID, before.Version)
	if fresh {
		s.OpenedAt = time.Time{}
	}
	return s, err
}

// Opened notes that a reviewer has opened what a candidate submitted; the first time counts. The version stays: staff and
// candidate may go on with what they have; only the stamp of familiar changes.
func (q Q) Opened(ctx context.Context, candidateID int64, now time.Time) error {
	_, err := q.exec(ctx, `UPDATE submissions SET opened_at = ?, photos_version = photos_version + 1 WHERE candidate_id = ? AND opened_at = 0 AND state IN (?, ?)`,
		micros(now), candidateID, intake.Submitted, intake.SitePassed)
	return within(fmt.Sprintf("opened %d", candidateID), err)
}

// StillClosed is intake.ErrConflict when a reviewer has opened the submission. In a transaction
// that changed the submission it settles who was first.
func (q Q) StillClosed(ctx context.Context, candidateID int64) error {
	n, err := one(ctx, q, value[int], "SELECT COUNT(*) FROM submissions WHERE candidate_id = ? AND opened_at = 0", candidateID)
	if err == nil && n == 0 {
		err = intake.ErrConflict
	}
	return within(fmt.Sprintf("still closed %d", candidateID), err)
}

func (q Q) insertSubmission(ctx context.Context, s intake.Submission) (intake.Submission, error) {
	s.Version = 1
	result, err := q.sql.ExecContext(ctx, `INSERT INTO submissions (candidate_id, site, state, round,
			submitted_at, returned_at, deadline_at, site_by, area_by, first_round, due_order, updated_at, version)
		SELECT id, site, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM candidates WHERE id = ?`,
		s.State, s.Round, micros(s.SubmittedAt), micros(s.ReturnedAt), micros(s.DeadlineAt), s.SiteBy, s.AreaBy,
		s.Round <= 1, dueOrder(s), micros(q.now()), s.Version, s.CandidateID)
	if err != nil {
		return s, q.clean(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return s, fmt.Errorf("candidate %d: %w", s.CandidateID, intake.ErrNotFound)
	}
	s.ID, err = result.LastInsertId()
	return s, q.clean(err)
}

// dueOrder sorts submissions by deadline, those without one last.
func dueOrder(s intake.Submission) int64 {
	if s.DeadlineAt.IsZero() {
		return math.MaxInt64
	}
	return micros(s.DeadlineAt)
}

func (q Q) saveItems(ctx context.Context, submissionID int64, before, after intake.Case) error {
	const columns = 9
	var rows []any
	for _, i := range after.Items {
		if slices.ContainsFunc(before.Items, func(b intake.Item) bool { return sameItem(b, i) }) {
			continue
		}
		if i.Reasons == nil {
			i.Reasons = []string{}
		}
		if i.Boxes == nil {
			i.Boxes = []intake.Box{}
		}
		rows = append(rows, submissionID, i.Material, i.State, asJSON{i.Reasons},
			q.sealed(i.Comment, "items.comment", submissionID, i.Material), q.sealed(i.Note, "items.note", submissionID, i.Material),
			asJSON{i.Boxes}, i.Resend, i.Round)
	}
	if len(rows) > 0 {
		_, err := q.exec(ctx, `REPLACE INTO items (submission_id, material, state, reasons, comment, note, boxes, resend, round)
			VALUES `+marks(len(rows)/columns, columns), rows...)
		if err != nil {
			return fmt.Errorf("items: %w", err)
		}
	}
	gone := []any{submissionID}
	for _, b := range before.Items {
		if !slices.ContainsFunc(after.Items, func(i intake.Item) bool { return i.Material == b.Material }) {
			gone = append(gone, b.Material)
		}
	}
	if len(gone) == 1 {
		return nil
	}
	_, err := q.exec(ctx, "DELETE FROM items WHERE submission_id = ? AND material IN "+marks(1, len(gone)-1), gone...)
	return within("items", err)
}

func sameItem(a, b intake.Item) bool {
	return a.Material == b.Material && a.State == b.State && slices.Equal(a.Reasons, b.Reasons) &&
		a.Comment == b.Comment && a.Note == b.Note && slices.Equal(a.Boxes, b.Boxes) && a.Resend == b.Resend && a.Round == b.Round
}
