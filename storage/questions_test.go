package storage_test

import (
	"fmt"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestQuestionsWaitForTheirSiteAndAreAnsweredOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		ok(t, db.AddQuestion(ctx, storage.Question{CandidateID: c.ID, Site: "A", Text: "几号？", AskedAt: t0}))
		same(t, len(must(db.OpenQuestions(ctx, "B", 10))(t)), 0)
		same(t, len(must(db.OpenQuestions(ctx, "", 10))(t)), 1)
		same(t, must(db.QuestionsOpen(ctx, "B", 10))(t), 0)
		same(t, must(db.QuestionsOpen(ctx, "A", 10))(t), 1)
		same(t, must(db.QuestionsOpen(ctx, "", 10))(t), 1)
		q := must(db.OpenQuestions(ctx, "A", 10))(t)[0]
		same(t, q.Text, "几号？")
		same(t, q.AskedAt, t0)
		ok(t, db.AnswerQuestion(ctx, q.ID, 3, "11日", day(1)))
		is(t, db.AnswerQuestion(ctx, q.ID, 4, "12日", day(1)), intake.ErrConflict)
		ok(t, db.AnswerDelivered(ctx, q.ID))
		q = must(db.Question(ctx, q.ID))(t)
		same(t, q.Answer, "11日")
		same(t, q.Delivered, true)
		same(t, len(must(db.OpenQuestions(ctx, "A", 10))(t)), 0)
		same(t, must(db.QuestionsOpen(ctx, "", 10))(t), 0)
		for range 3 {
			ok(t, db.AddQuestion(ctx, storage.Question{CandidateID: c.ID, Site: "A", Text: "几号？", AskedAt: t0}))
		}
		same(t, must(db.QuestionsOpen(ctx, "A", 2))(t), 2)
		_, err := db.Question(ctx, 999)
		is(t, err, intake.ErrNotFound)
	})
}

func TestASceneIsUsedOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		same(t, must(db.SceneUsed(ctx, "b.x"))(t), false)
		ok(t, db.UseScene(ctx, "b.x", t0))
		is(t, db.UseScene(ctx, "b.x", t0), intake.ErrConflict)
		same(t, must(db.SceneUsed(ctx, "b.x"))(t), true)
		same(t, must(db.SceneUsed(ctx, "b.X"))(t), false)
	})
}

// submit puts a candidate into the queue.
func submit(t *testing.T, db *storage.DB, c intake.Candidate, at time.Time) intake.Case {
	t.Helper()
	before := must(db.Case(t.Context(), c.ID))(t)
	after := before
	after.Submission.State, after.Submission.SubmittedAt = intake.Submitted, at
	return must(db.SaveCase(t.Context(), before, after))(t)
}

func TestThePlaceInTheQueueAndTheMeasuredSpeed(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		all := bound(t, db, "A", 8)
		for i, c := range all {
			submit(t, db, c, t0.Add(time.Duration(i)*time.Minute))
		}
		pace := must(db.QueuePace(ctx, all[5].ID, t0.Add(time.Hour)))(t)
		same(t, pace, storage.Pace{Ahead: 5}) // nobody has decided yet: no speed
		for i := range 5 {
			ok(t, db.AddDecision(ctx, storage.DecisionRow{
				SubmissionID: must(db.Case(ctx, all[0].ID))(t).Submission.ID, CandidateID: all[0].ID, Level: storage.LevelSite,
				StaffID: 1, At: t0.Add(time.Duration(i*3) * time.Minute),
			}))
		}
		pace = must(db.QueuePace(ctx, all[5].ID, t0.Add(time.Hour)))(t)
		same(t, pace, storage.Pace{Ahead: 5, PerCase: 3 * time.Minute})
		same(t, must(db.QueuePace(ctx, all[0].ID, t0.Add(30*time.Hour)))(t), storage.Pace{}) // yesterday's speed says nothing
		other := bound(t, db, "B", 1)[0]
		_, err := db.QueuePace(ctx, other.ID, t0)
		is(t, err, intake.ErrNotFound)
	})
}

func TestWhoOpenedFirstDecidesWhetherASubmissionCanBeWithdrawn(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		ok(t, db.Opened(ctx, c.ID, t0)) // nothing to open yet
		submitted := submit(t, db, c, t0)
		same(t, submitted.Submission.OpenedAt, time.Time{})
		ok(t, db.StillClosed(ctx, c.ID))
		ok(t, db.Opened(ctx, c.ID, day(1)))
		ok(t, db.Opened(ctx, c.ID, day(2)))
		now := must(db.Case(ctx, c.ID))(t)
		same(t, now.Submission.OpenedAt, day(1)) // the first time counts
		same(t, now.Submission.Version, submitted.Submission.Version)
		is(t, db.StillClosed(ctx, c.ID), intake.ErrConflict)

		// Submitted anew, it is closed again.
		back := now
		back.Submission.State = intake.Returned
		now = must(db.SaveCase(ctx, now, back))(t)
		again := now
		again.Submission.State = intake.Submitted
		again = must(db.SaveCase(ctx, now, again))(t)
		same(t, again.Submission.OpenedAt, time.Time{})
		same(t, must(db.Case(ctx, c.ID))(t).Submission, again.Submission)
	})
}

func TestPhotosWaitInTheTrayUntilTheyAreFiled(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := bound(t, db, "A", 1)[0]
		for n := 1; n <= 3; n++ {
			p := photo(c.ID, "")
			p.State, p.Tray, p.MessageID, p.SHA256 = intake.InTray, 4-n, int64(n), fmt.Sprint(n)
			must(db.AddPhoto(ctx, p))(t)
		}
		waiting := must(db.Case(ctx, c.ID))(t)
		same(t, len(waiting.Photos), 0)
		same(t, []int{waiting.Tray[0].Tray, waiting.Tray[1].Tray, waiting.Tray[2].Tray}, []int{1, 2, 3})
		p := waiting.Tray[1]
		p.Material, p.Round = "diploma", 2
		ok(t, db.FilePhoto(ctx, p, t0))
		is(t, db.FilePhoto(ctx, p, t0), intake.ErrConflict)
		filed := must(db.Case(ctx, c.ID))(t)
		same(t, len(filed.Tray), 2)
		same(t, filed.Photos[0].ID, p.ID)
		same(t, filed.Photos[0].Seq, 1)
		same(t, filed.Photos[0].Round, 2)
	})
}
