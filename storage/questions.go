package storage

import (
	"context"
	"fmt"
	"time"

	"cailiao/intake"
)

// Question is what a candidate left for people to answer.
type Question struct {
	ID          int64
	CandidateID int64
	Name        string // of the candidate
	Site        string // code of the exam site it goes to
	Text        string
	AskedAt     time.Time
	Answer      string
	AnsweredAt  time.Time // zero: open
	StaffID     int64
	Delivered   bool      // the answer went out as a message; else it heads the next reply
	Following   bool      // the candidate follows the account now
	HeardAt     time.Time // last message of the candidate: the reply window counts from here
}

const questionColumns = `q.id, q.candidate_id, c.number, c.name, q.site, q.asked_at, q.body, q.answer, q.answered_at, q.staff_id,
	q.delivered, t.following, t.heard_at
	FROM questions q JOIN candidates c ON c.id = q.candidate_id LEFT JOIN talks t ON t.openid = c.openid`

func readQuestion(r row) (q Question, err error) {
	var number string
	err = r.Scan(&q.ID, &q.CandidateID, &number, unseal(&q.Name, "candidates.name", &number), &q.Site, moment{&q.AskedAt},
		unseal(&q.Text, "questions.body", &q.CandidateID, func() any { return micros(q.AskedAt) }),
		unseal(&q.Answer, "questions.answer", &q.ID), moment{&q.AnsweredAt}, &q.StaffID, &q.Delivered, blank(&q.Following), moment{&q.HeardAt})
	return q, err
}

// AddQuestion leaves a question for staff.
func (q Q) AddQuestion(ctx context.Context, question Question) error {
	_, err := q.exec(ctx, `INSERT INTO questions (candidate_id, site, body, asked_at, answer, answered_at, staff_id, delivered)
		VALUES (?, ?, ?, ?, '', 0, 0, 0)`, question.CandidateID, question.Site,
		q.sealed(question.Text, "questions.body", question.CandidateID, micros(question.AskedAt)), micros(question.AskedAt))
	return within("add question", err)
}

// OpenQuestions lists what waits for an answer, oldest first, of one site or, with an empty
// code, of all; at most limit.
func (q Q) OpenQuestions(ctx context.Context, site string, limit int) ([]Question, error) {
	query, args := "SELECT "+questionColumns+" WHERE q.answered_at = 0", []any{}
	if site != "" {
		query, args = query+" AND q.site = ?", append(args, site)
	}
	questions, err := list(ctx, q, readQuestion, query+" ORDER BY q.id LIMIT ?", append(args, limit)...)
	return questions, within("open questions", err)
}

// QuestionsOpen counts what waits for an answer, of one site or, with an empty code, of all, up to most: on an
// index, where nothing answered is met.
func (q Q) QuestionsOpen(ctx context.Context, site string, most int) (int, error) {
	where, args := "answered_at = 0", []any{}
	if site != "" {
		where, args = where+" AND site = ?", append(args, site)
	}
	n, err := one(ctx, q, value[int], "SELECT COUNT(*) FROM (SELECT id FROM questions WHERE "+where+" LIMIT ?) open", append(args, most)...)
	return n, within("count open questions", err)
}

// Question returns one question, or intake.ErrNotFound.
func (q Q) Question(ctx context.Context, id int64) (Question, error) {
	question, err := one(ctx, q, readQuestion, "SELECT "+questionColumns+" WHERE q.id = ?", id)
	return question, within(fmt.Sprintf("question %d", id), err)
}

// AnswerQuestion stores an answer; intake.ErrConflict when there is one already.
func (q Q) AnswerQuestion(ctx context.Context, id, staffID int64, answer string, now time.Time) error {
	err := q.execOne(ctx, intake.ErrConflict, `UPDATE questions SET answer = ?, answered_at = ?, staff_id = ?
		WHERE id = ? AND answered_at = 0`, q.sealed(answer, "questions.answer", id), micros(now), staffID, id)
	return within(fmt.Sprintf("answer question %d", id), err)
}

// AnswerDelivered notes that an answer went out as a message.
func (q Q) AnswerDelivered(ctx context.Context, id int64) error {
	_, err := q.exec(ctx, "UPDATE questions SET delivered = 1 WHERE id = ?", id)
	return within(fmt.Sprintf("question %d", id), err)
}

// UseScene claims a QR scene; intake.ErrConflict when it was used before.
func (q Q) UseScene(ctx context.Context, scene string, now time.Time) error {
	_, err := q.exec(ctx, "INSERT INTO used_scenes (scene, used_at) VALUES (?, ?)", scene, micros(now))
	return within("use scene", err)
}

// SceneUsed says whether a QR scene was used before.
func (q Q) SceneUsed(ctx context.Context, scene string) (bool, error) {
	n, err := one(ctx, q, value[int], "SELECT COUNT(*) FROM used_scenes WHERE scene = ?", scene)
	return n > 0, within("scene", err)
}

// Pace is how the review queue of a site moves.
type Pace struct {
	Ahead   int           // submissions before this one
	PerCase time.Duration // measured; 0: not known
}

const (
	paceWindow = 3 * time.Hour // decisions this recent tell the speed
	paceFewest = 5             // of them, at least
)

// QueuePace tells a candidate's place in the queue of their site, and how fast the site decides.
// intake.ErrNotFound: the candidate does not wait for the site.
func (q Q) QueuePace(ctx context.Context, candidateID int64, now time.Time) (Pace, error) {
	var site string
	p, err := one(ctx, q, func(r row) (p Place, err error) {
		return p, r.Scan(&site, &p.Round, &p.Due, &p.Submitted, &p.Candidate)
	}, `SELECT site, first_round, due_order, submitted_at, candidate_id FROM submissions
		WHERE candidate_id = ? AND state = ?`, candidateID, intake.Submitted)
	if err != nil {
		return Pace{}, within("queue pace", err)
	}
	var pace Pace
	pace.Ahead, err = one(ctx, q, value[int], `SELECT COUNT(*) FROM submissions WHERE site = ? AND state = ? AND (
			first_round < ? OR first_round = ? AND (due_order < ? OR due_order = ? AND (submitted_at < ? OR
			submitted_at = ? AND candidate_id < ?)))`,
		site, intake.Submitted, p.Round, p.Round, p.Due, p.Due, p.Submitted, p.Submitted, p.Candidate)
	if err != nil {
		return Pace{}, within("queue pace", err)
	}
	type span struct {
		n           int
		first, last int64
	}
	s, err := one(ctx, q, func(r row) (s span, err error) { return s, r.Scan(&s.n, &s.first, &s.last) },
		`SELECT COUNT(*), COALESCE(MIN(d.decided_at), 0), COALESCE(MAX(d.decided_at), 0)
		FROM decisions d JOIN submissions s ON s.id = d.submission_id
		WHERE d.decided_at > ? AND d.level = ? AND d.undone_at = 0 AND s.site = ?`, micros(now.Add(-paceWindow)), LevelSite, site)
	if err != nil {
		return Pace{}, within("queue pace", err)
	}
	if s.n >= paceFewest && s.last > s.first {
		pace.PerCase = time.Duration(s.last-s.first) * time.Microsecond / time.Duration(s.n-1)
	}
	return pace, nil
}
