package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestTalkIsGuardedByItsVersion(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		fresh := must(db.Talk(ctx, "o-1"))(t)
		same(t, fresh, intake.Talk{OpenID: "o-1"})
		fresh.Following, fresh.Stage, fresh.HeardAt = true, "number", t0
		fresh.Memo = intake.Memo{Number: "123", Shown: []string{"id_front", "diploma"}}
		saved := must(db.SaveTalk(ctx, fresh))(t)
		same(t, must(db.Talk(ctx, "o-1"))(t), saved)
		_, err := db.SaveTalk(ctx, fresh)
		is(t, err, intake.ErrConflict)

		saved.Stage = "collect"
		newer := must(db.SaveTalk(ctx, saved))(t)
		same(t, newer.Version, saved.Version+1)
		_, err = db.SaveTalk(ctx, saved)
		is(t, err, intake.ErrConflict)
		same(t, must(db.Talk(ctx, "o-1"))(t), newer)

		ok(t, db.SetAhead(ctx, "o-1", "未送达"))
		_, err = db.SaveTalk(ctx, newer)
		is(t, err, intake.ErrConflict)
		same(t, must(db.Talk(ctx, "o-1"))(t).Ahead, "未送达")
		ok(t, db.SetAhead(ctx, "o-2", "你好"))
		same(t, must(db.Talk(ctx, "o-2"))(t).Ahead, "你好")
	})
}

func TestBindingIsOneToOne(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		all := roster(t, db, "A", 2)
		same(t, all[0].OpenID, "")
		_, err := db.TalkOf(ctx, all[0].ID)
		is(t, err, intake.ErrNotFound)
		talk := must(db.SaveTalk(ctx, intake.Talk{OpenID: "o-1", Stage: "phone"}))(t)

		ok(t, db.Bind(ctx, all[0].ID, "o-1", t0))
		is(t, db.Bind(ctx, all[0].ID, "o-2", t0), intake.ErrConflict)
		is(t, db.Bind(ctx, all[1].ID, "o-1", t0), intake.ErrConflict)
		is(t, db.Bind(ctx, 999, "o-3", t0), intake.ErrNotFound)
		c := must(db.Candidate(ctx, all[0].ID))(t)
		same(t, c.OpenID, "o-1")
		same(t, c.BoundAt, t0)
		same(t, c.Version, all[0].Version)
		same(t, must(db.Case(ctx, c.ID))(t).Submission.ID > 0, true)
		talk.CandidateID = c.ID
		same(t, must(db.Talk(ctx, "o-1"))(t), talk)
		same(t, must(db.TalkOf(ctx, c.ID))(t), talk)

		// Freed, the other user may bind; the old one's running turn conflicts.
		c.Phone, c.PhoneOK = "13900000000", true
		c = must(db.SaveCandidate(ctx, c))(t)
		ok(t, db.Unbind(ctx, c.ID))
		_, err = db.SaveTalk(ctx, talk)
		is(t, err, intake.ErrConflict)
		same(t, must(db.Talk(ctx, "o-1"))(t).CandidateID, int64(0))
		free := must(db.Candidate(ctx, c.ID))(t)
		same(t, free.PhoneOK, false)
		same(t, free.BoundAt, time.Time{})
		ok(t, db.Bind(ctx, c.ID, "o-2", day(1)))
		same(t, must(db.Talk(ctx, "o-2"))(t).CandidateID, c.ID)
		is(t, db.Unbind(ctx, 999), intake.ErrNotFound)
	})
}

func TestManyWhoBindTheSameCandidateAtOnceGetOneBinding(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		c := roster(t, db, "A", 1)[0]
		var bound atomic.Int32
		errs := make([]error, 10)
		atOnce(len(errs), func(i int) {
			switch err := db.Bind(t.Context(), c.ID, fmt.Sprint("o-", i), t0); {
			case err == nil:
				bound.Add(1)
			case !errors.Is(err, intake.ErrConflict):
				errs[i] = err
			}
		})
		ok(t, errors.Join(errs...))
		same(t, bound.Load(), int32(1))
	})
}

func TestErrorsDoNotRepeatPersonalData(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		all := roster(t, db, "A", 2)
		ok(t, db.Bind(ctx, all[0].ID, "o-secret", t0))
		long := all[1]
		long.Phone = strings.Repeat("o-secret", 1000)
		_, saveErr := db.SaveCandidate(ctx, long)
		_, talkErr := db.SaveTalk(ctx, intake.Talk{OpenID: "o-secret\xff\xfe", Version: 0})
		_, numberErr := db.CandidateByNumber(ctx, "o-secret")
		for _, err := range []error{db.Bind(ctx, all[1].ID, "o-secret", t0), saveErr, talkErr, numberErr} {
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error repeats data: %v", err)
			}
		}
		is(t, numberErr, intake.ErrNotFound)
	})
}

func TestCandidateIsSavedByVersionAndAttributesKeepTheirTypes(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		c := roster(t, db, "A", 1)[0]
		same(t, c.Attrs, map[string]any{"level": "执业", "years": 3})
		c.Phone, c.PhoneOK = "13912345678", true
		c.Answers = map[string]any{"n": 7, "f": 1.5, "b": true, "list": []any{1, "x"}, "o": map[string]any{"n": 2}, "nil": nil}
		c.Name = "not saved"
		saved := must(db.SaveCandidate(ctx, c))(t)
		_, err := db.SaveCandidate(ctx, c)
		is(t, err, intake.ErrConflict)
		saved.Name = "考生00001"
		same(t, must(db.Candidate(ctx, c.ID))(t), saved)
		same(t, must(db.CandidateByNumber(ctx, c.Number))(t), saved)
		_, err = db.Candidate(ctx, 999)
		is(t, err, intake.ErrNotFound)
		_, err = db.CandidateByNumber(ctx, strings.ToLower(c.Number))
		is(t, err, intake.ErrNotFound)
	})
}

func TestRosterIsImportedAgainWithoutLosingWhatCandidatesDid(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		rows := make([]intake.RosterRow, 1201)
		for i := range rows {
			rows[i] = intake.RosterRow{Line: i + 2, Number: fmt.Sprint(1000 + i), Name: "张三", IDType: "居民身份证",
				IDNumber: fmt.Sprintf("1101011990010%04dx", i), Phone: "13800000000", Site: "A", Attrs: map[string]any{"n": i, "m": "default"}, Assumed: []string{"m", "o"}}
		}
		var heard []int
		result := must(db.ImportRoster(ctx, rows, func(done int) { heard = append(heard, done) }))(t)
		same(t, result, storage.ImportResult{New: 1201})
		same(t, heard, []int{500, 1000, 1201})
		same(t, must(db.ImportRoster(ctx, rows, nil))(t), storage.ImportResult{Same: 1201})

		c := must(db.CandidateByNumber(ctx, "1000"))(t)
		ok(t, db.Bind(ctx, c.ID, "o-1", t0))
		c = must(db.Candidate(ctx, c.ID))(t)
		c.Phone, c.PhoneOK, c.Answers = "13900000000", true, map[string]any{"n": 5, "m": "said", "o": true}
		c = must(db.SaveCandidate(ctx, c))(t)

		same(t, c.Attrs, map[string]any{"n": 0, "m": "said", "o": true}) // not n: the roster itself says that
		same(t, must(db.ImportRoster(ctx, rows, nil))(t), storage.ImportResult{Same: 1201})

		changed := slices.Clone(rows)
		for i := range 3 {
			changed[i].Name, changed[i].Phone, changed[i].Site = "李四", "13700000000", "B"
			changed[i].Attrs = map[string]any{"n": -1, "m": "default"}
		}
		changed = append(changed, intake.RosterRow{Line: 1203, Number: "9999", Site: "A"})
		same(t, must(db.ImportRoster(ctx, changed, nil))(t), storage.ImportResult{New: 1, Changed: 3, Same: 1198})
		c.Name, c.Site, c.Attrs, c.Version = "李四", "B", map[string]any{"n": -1, "m": "said", "o": true}, c.Version+1
		same(t, must(db.Candidate(ctx, c.ID))(t), c)
		same(t, must(db.CandidateByNumber(ctx, "1001"))(t).Phone, "13700000000")
		same(t, len(must(db.Queue(ctx, storage.QueueFilter{Site: "B"}))(t)), 1) // the submission moved along

		twice := append(slices.Clone(rows[:3]), rows[0])
		twice[0].Name = "王五"
		_, err := db.ImportRoster(ctx, twice, nil)
		is(t, err, intake.ErrConflict)
		same(t, must(db.Candidate(ctx, c.ID))(t), c)
	})
}

func TestFailedImportLeavesNothingBehind(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		rows := make([]intake.RosterRow, 700)
		for i := range rows {
			rows[i] = intake.RosterRow{Line: i + 2, Number: fmt.Sprint(i), Site: "A"}
		}
		rows[650].Attrs = map[string]any{"broken": func() {}}
		if _, err := db.ImportRoster(ctx, rows, nil); err == nil || !strings.Contains(err.Error(), "line 652") {
			t.Errorf("error is %v, want the line", err)
		}
		same(t, must(db.TableCounts(ctx))(t)["candidates"], 0)
	})
}

func TestImportMeetsACandidateWhoChangesTheirPhone(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		all := roster(t, db, "A", 50)
		rows := make([]intake.RosterRow, len(all))
		for i, c := range all {
			rows[i] = intake.RosterRow{Line: i + 2, Number: c.Number, Name: "新名", Phone: "13700000000", Site: "A"}
		}
		errs := make([]error, len(all)+1)
		atOnce(len(errs), func(i int) {
			if i == len(all) {
				_, errs[i] = db.ImportRoster(ctx, rows, nil)
				return
			}
			for range 20 {
				var c intake.Candidate
				if c, errs[i] = db.Candidate(ctx, all[i].ID); errs[i] != nil {
					return
				}
				c.Phone, c.PhoneOK = "13911111111", true
				if _, errs[i] = db.SaveCandidate(ctx, c); !errors.Is(errs[i], intake.ErrConflict) {
					return
				}
			}
		})
		ok(t, errors.Join(errs...))
		for _, c := range all {
			now := must(db.Candidate(ctx, c.ID))(t)
			same(t, []any{now.Name, now.Phone, now.PhoneOK}, []any{"新名", "13911111111", true})
		}
	})
}

// areaRoster has n candidates of 20 exam sites.
func areaRoster(n int) []intake.RosterRow {
	rows := make([]intake.RosterRow, n)
	for i := range rows {
		rows[i] = intake.RosterRow{Line: i + 2, Number: fmt.Sprint(100000 + i), Name: "张三", IDType: "居民身份证",
			IDNumber: fmt.Sprintf("1101011990%08d", i), Phone: "13800000000", Site: fmt.Sprint(i % 20),
			Attrs: map[string]any{"level": "执业", "category": "临床", "years": i % 7}}
	}
	return rows
}

func TestImportOfManySteps(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		rows := areaRoster(2100) // the last step is not full
		var steps []int
		progress := func(done int) { steps = append(steps, done) }
		same(t, must(db.ImportRoster(t.Context(), rows, progress))(t), storage.ImportResult{New: len(rows)})
		same(t, steps, []int{500, 1000, 1500, 2000, 2100})
		same(t, must(db.ImportRoster(t.Context(), rows, nil))(t), storage.ImportResult{Same: len(rows)})
		for i := range rows {
			rows[i].Name = "李四"
		}
		same(t, must(db.ImportRoster(t.Context(), rows, nil))(t), storage.ImportResult{Changed: len(rows)})
		same(t, must(db.CandidateByNumber(t.Context(), rows[2099].Number))(t).Name, "李四")
	})
}

// One round is the roster of an area of 20,000 candidates, on SQLite: new, unchanged, and changed
// in every row. The last two are told as parts of the first.
func BenchmarkImportRoster(b *testing.B) {
	var took [3]time.Duration
	rows := areaRoster(20_000)
	for range b.N {
		b.StopTimer()
		db := storagetest.Open(b)
		b.StartTimer()
		for i, name := range []string{"张三", "张三", "李四"} {
			for j := range rows {
				rows[j].Name = name
			}
			began := time.Now()
			if _, err := db.ImportRoster(b.Context(), rows, nil); err != nil {
				b.Fatal(err)
			}
			took[i] += time.Since(began)
		}
	}
	b.ReportMetric(float64(b.N*len(rows))/took[0].Seconds(), "new-rows/s")
	b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "same/new")
	b.ReportMetric(took[2].Seconds()/took[0].Seconds(), "changed/new")
}
