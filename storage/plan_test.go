package storage_test

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// seed fills every table a hot query reads with the work of n candidates, most of it done.
func seed(t *testing.T, db *storage.DB, n int) []intake.Candidate {
	t.Helper()
	all := bound(t, db, "A", n)
	roster(t, db, "B", 30) // who has not bound yet
	ctx := t.Context()
	ok(t, db.InTx(ctx, func(tx storage.Q) error {
		for i, c := range all {
			before, err := tx.Case(ctx, c.ID)
			if err != nil {
				return err
			}
			after := before
			s := &after.Submission
			s.State, s.Round, s.SubmittedAt = intake.States[i%len(intake.States)], 1+i%3/2, t0.Add(time.Duration(i)*time.Second)
			if s.State == intake.Returned {
				s.DeadlineAt, s.Round = day(i%5), 2
			}
			after.Items = []intake.Item{{Material: "diploma", State: intake.ItemPending}}
			if _, err := tx.SaveCase(ctx, before, after); err != nil {
				return err
			}
			p := photo(c.ID, "diploma")
			p.SHA256, p.MessageID = fmt.Sprint("sha", i), int64(i+1)
			if _, err := tx.AddPhoto(ctx, p); err != nil {
				return err
			}
			m, _, err := tx.Record(ctx, message(fmt.Sprint("key", i), c.OpenID))
			if err != nil {
				return err
			}
			if err := tx.AddNotices(ctx, []intake.Notice{{Key: fmt.Sprint(i), Kind: "k", CandidateID: c.ID, DueAt: t0.Add(time.Duration(i) * time.Second)}}); err != nil {
				return err
			}
			if _, err := tx.SaveTalk(ctx, intake.Talk{OpenID: c.OpenID, HeardAt: t0}); err != nil {
				return err
			}
			if err := tx.Log(ctx, storage.Event{At: t0, CandidateID: c.ID}); err != nil {
				return err
			}
			if err := tx.AddAttempt(ctx, "bind", fmt.Sprint(i%7), t0.Add(time.Duration(i)*time.Second)); err != nil {
				return err
			}
			if i%10 == 0 {
				staff, err := tx.AddStaff(ctx, intake.Staff{Name: fmt.Sprint("staff", i)})
				if err != nil {
					return err
				}
				if err := tx.PutHold(ctx, storage.Hold{CandidateID: c.ID, StaffID: staff.ID, Until: day(0)}); err != nil {
					return err
				}
			}
			if err := tx.AddQuestion(ctx, storage.Question{CandidateID: c.ID, Site: "A", Text: "几号？", AskedAt: t0}); err != nil {
				return err
			}
			if i%50 == 0 {
				continue // some work is open
			}
			if err := tx.AnswerQuestion(ctx, int64(i+1), 1, "11日", t0); err != nil {
				return err
			}
			if err := tx.Finish(ctx, m.ID, "收到", t0); err != nil {
				return err
			}
			if _, err := tx.Answered(ctx, m.ID, storage.AnsweredPassive); err != nil {
				return err
			}
		}
		return nil
	}))
	for _, table := range []string{"candidates", "submissions", "photos", "messages", "notices", "events", "attempts", "talks", "items", "claims", "staff", "questions"} {
		statement := "ANALYZE TABLE " + table
		if db.Pool().DriverName() == "sqlite" {
			statement = "ANALYZE " + table
		}
		_, err := db.Pool().Exec(statement)
		ok(t, err)
	}
	return all
}

// hot are the calls whose cost must not grow with the number of candidates.
func hot(t *testing.T, all []intake.Candidate) map[string]func(q storage.Q) error {
	ctx := t.Context()
	c := all[len(all)/2]
	middle := storage.Place{Round: 1, Due: math.MaxInt64, Submitted: t0.Add(time.Duration(len(all)/2) * time.Second).UnixMicro(), Candidate: c.ID}
	queue := func(f storage.QueueFilter) func(q storage.Q) error {
		f.Limit, f.Now = 20, day(1)
		return func(q storage.Q) error { _, err := q.Queue(ctx, f); return err }
	}
	next := func(f storage.QueueFilter) func(q storage.Q) error {
		return func(q storage.Q) error { _, err := q.NextInQueue(ctx, f, c.ID); return err }
	}
	return map[string]func(q storage.Q) error{
		"queue of a site and state": queue(storage.QueueFilter{Site: "A", State: intake.Submitted}),
		"queue of a state":          queue(storage.QueueFilter{State: intake.SitePassed}),
		"queue of a site":           queue(storage.QueueFilter{Site: "A"}),
		"queue of all":              queue(storage.QueueFilter{}),
		"overdue of a site":         queue(storage.QueueFilter{Site: "A", State: intake.Returned, Overdue: true}),
		"overdue of all":            queue(storage.QueueFilter{State: intake.Returned, Overdue: true}),
		"a page further on":         queue(storage.QueueFilter{Site: "A", State: intake.Submitted, Behind: &middle}),
		"a page back, of all":       queue(storage.QueueFilter{Before: &middle}),
		"queue of a material":       queue(storage.QueueFilter{Site: "A", State: intake.Submitted, Item: "diploma"}),
		"what I hold":               queue(storage.QueueFilter{State: intake.Submitted, Mine: 7}),
		"not bound, of a site":      queue(storage.QueueFilter{Site: "A", Unbound: true}),
		"not bound, of all":         queue(storage.QueueFilter{Unbound: true}),
		"not bound, further on":     queue(storage.QueueFilter{Site: "B", Unbound: true, Behind: &middle}),
		"not bound, a page back":    queue(storage.QueueFilter{Unbound: true, Before: &middle}),
		"next that is not bound":    next(storage.QueueFilter{Site: "B", Unbound: true}),
		"how many are not bound":    func(q storage.Q) error { _, err := q.UnboundCount(ctx, "", 100); return err },
		"not bound of a site":       func(q storage.Q) error { _, err := q.UnboundCount(ctx, "A", 100); return err },
		"next that nobody holds":    next(storage.QueueFilter{Site: "A", State: intake.Submitted, Free: 7, Now: day(1)}),
		"held":                      func(q storage.Q) error { _, err := q.HeldAmong(ctx, []int64{c.ID, c.ID + 1}, day(1)); return err },
		"waiting of a site":         func(q storage.Q) error { _, err := q.QuestionsOpen(ctx, "A", 100); return err },
		"waiting of all":            func(q storage.Q) error { _, err := q.QuestionsOpen(ctx, "", 100); return err },
		"reason uses":               func(q storage.Q) error { _, err := q.ReasonUses(ctx, []string{"diploma", "trial"}); return err },
		"search by number":          queue(storage.QueueFilter{Search: c.Number}),
		"search by name in a site":  queue(storage.QueueFilter{Search: c.Name, Site: "A"}),
		"search by ID tail":         queue(storage.QueueFilter{Search: c.IDNumber[len(c.IDNumber)-4:], State: intake.Submitted}),
		"next of a site and state":  next(storage.QueueFilter{Site: "A", State: intake.Submitted}),
		"next of a state":           next(storage.QueueFilter{State: intake.Submitted}),
		"next of all":               next(storage.QueueFilter{}),
		"decide":                    func(q storage.Q) error { return decide(q, ctx, c.ID) },
		"due notices": func(q storage.Q) error {
			_, err := q.DueCandidates(ctx, []intake.NoticeKind{"k"}, day(1), 20)
			return err
		},
		"claim notices": func(q storage.Q) error {
			_, err := q.ClaimNotices(ctx, c.ID, storage.Claim{Owner: "x", Kinds: []intake.NoticeKind{"k"}, Now: day(1), Until: day(1)})
			return err
		},
		"oldest due notice":   func(q storage.Q) error { _, err := q.OldestDue(ctx, []intake.NoticeKind{"k"}, day(1)); return err },
		"pauses":              func(q storage.Q) error { _, err := q.Pauses(ctx, t0); return err },
		"fail a notice":       func(q storage.Q) error { return q.NoticeFailed(ctx, 1, 1, "x", t0) },
		"notices":             func(q storage.Q) error { _, err := q.Notices(ctx, c.ID); return err },
		"failed notices":      func(q storage.Q) error { _, err := q.FailedUnheaded(ctx, c.ID); return err },
		"cancel notices":      func(q storage.Q) error { _, err := q.CancelNotices(ctx, c.ID, 9); return err },
		"stragglers":          func(q storage.Q) error { _, err := q.Stragglers(ctx, day(1), day(1), 2); return err },
		"unfinished":          func(q storage.Q) error { _, err := q.Unfinished(ctx, c.OpenID, t0); return err },
		"waiting":             func(q storage.Q) error { return q.Waiting(ctx, storage.Message{OpenID: c.OpenID, ReceivedAt: day(1)}) },
		"unanswered":          func(q storage.Q) error { _, err := q.Unanswered(ctx, day(1), 20); return err },
		"record a repeat":     func(q storage.Q) error { _, _, err := q.Record(ctx, message("key1", c.OpenID)); return err },
		"talk":                func(q storage.Q) error { _, err := q.Talk(ctx, c.OpenID); return err },
		"talk of":             func(q storage.Q) error { _, err := q.TalkOf(ctx, c.ID); return err },
		"case":                func(q storage.Q) error { _, err := q.Case(ctx, c.ID); return err },
		"candidate by number": func(q storage.Q) error { _, err := q.CandidateByNumber(ctx, c.Number); return err },
		"photos by hash":      func(q storage.Q) error { _, err := q.PhotosBySHA(ctx, "sha3"); return err },
		"photos to read":      func(q storage.Q) error { _, err := q.PhotosUnread(ctx, 0, 20); return err },
		"photo by message":    func(q storage.Q) error { _, err := q.PhotoByMessage(ctx, 3); return err },
		"events":              func(q storage.Q) error { _, err := q.Events(ctx, c.ID, 20); return err },
		"happened": func(q storage.Q) error {
			_, err := q.Happened(ctx, storage.EventSearch{CandidateID: c.ID, Actor: "staff:1", From: t0}, "sheet.open", "sheet.ahead")
			return err
		},
		"attempts":           func(q storage.Q) error { _, err := q.Attempts(ctx, "bind", "3", day(1)); return err },
		"take back attempts": func(q storage.Q) error { return q.TakeBackAttempts(ctx, "bind", "3", 2) },
		"drop old attempts":  func(q storage.Q) error { return q.DropOldAttempts(ctx, day(-1)) },
		"drop old messages":  func(q storage.Q) error { _, err := q.DropOldMessages(ctx, day(-1)); return err },
	}
}

// decide does what a decision does in the database.
func decide(q storage.Q, ctx context.Context, id int64) error {
	before, err := q.LockCase(ctx, id)
	if err != nil {
		return err
	}
	after := before
	after.Submission.State = intake.SitePassed
	after.Items = []intake.Item{{Material: "diploma", State: intake.ItemSitePassed}}
	if after, err = q.SaveCase(ctx, before, after); err != nil {
		return err
	}
	row := storage.DecisionRow{SubmissionID: after.Submission.ID, CandidateID: id, Round: 1, Level: storage.LevelSite, At: t0}
	if err := q.AddDecision(ctx, row); err != nil {
		return err
	}
	return q.Log(ctx, storage.Event{At: t0, CandidateID: id})
}

func TestNoHotQueryReadsAWholeTable(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		all := seed(t, db, 1000)
		for name, call := range hot(t, all) {
			t.Run(name, func(t *testing.T) {
				conn, err := db.Pool().Connx(t.Context())
				ok(t, err)
				defer conn.Close()
				var statements int
				q := db.Watched(conn, func(query string, args []any) {
					statements++
					if !regexp.MustCompile(`^\s*INSERT`).MatchString(query) {
						checkPlan(t, db.Pool(), query, args)
					}
				})
				ok(t, call(q))
				if statements == 0 {
					t.Error("no statement was seen")
				}
			})
		}
	})
}

func checkPlan(t *testing.T, pool *sqlx.DB, query string, args []any) {
	t.Helper()
	bad := sqliteScan
	explain := "EXPLAIN QUERY PLAN "
	if pool.DriverName() == "mysql" {
		bad, explain = mysqlScan, "EXPLAIN "
	}
	rows, err := pool.Queryx(explain+query, args...)
	ok(t, err)
	defer rows.Close()
	for rows.Next() {
		step := map[string]any{}
		ok(t, rows.MapScan(step))
		for k, v := range step {
			if text, isBytes := v.([]byte); isBytes {
				step[k] = string(text)
			}
		}
		// A page is picked by walking an index until the LIMIT; only the picked rows are sorted.
		sorts := strings.HasPrefix(fmt.Sprint(step["detail"]), "USE TEMP B-TREE FOR") && step["parent"] != int64(0)
		if bad(step) || sorts && strings.Contains(query, ") page") && !strings.Contains(query, "first_round + 0") {
			t.Errorf("reads a whole table:\n%s\n%v", query, step)
		}
	}
	ok(t, rows.Err())
}

// ordered may be walked, because LIMIT ends the walk.
const ordered = "submissions_order"

// Claims are not among them: there are no more than people reviewing.
var ourTable = regexp.MustCompile(`^(candidates|submissions|items|photos|decisions|talks|messages|notices|delivery_events|staff|events|attempts|undos|reason_counts|questions|[cmst])$`)

// sqliteScan looks for SCAN of a table; page, found, nearest and the like are results.
func sqliteScan(step map[string]any) bool {
	words := strings.Fields(fmt.Sprint(step["detail"]))
	return len(words) > 1 && words[0] == "SCAN" && ourTable.MatchString(words[1]) && words[len(words)-1] != ordered
}

func mysqlScan(step map[string]any) bool {
	kind := fmt.Sprint(step["type"])
	return (kind == "ALL" || kind == "index") && ourTable.MatchString(fmt.Sprint(step["table"])) && step["key"] != ordered
}

// The server's own count of rows touched says more than a plan: it may not depend on how many
// candidates there are.
func TestHotQueriesTouchNoMoreRowsWithMoreCandidates(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		if db.Pool().DriverName() == "sqlite" {
			return // SQLite does not count
		}
		const most = 500       // for a page of 20, found on an index, with its photos and notices
		const mostOfOne = 1600 // with a look at whether a material is rare
		all := seed(t, db, 3000)
		for name, call := range hot(t, all) {
			t.Run(name, func(t *testing.T) {
				conn, err := db.Pool().Connx(t.Context())
				ok(t, err)
				defer conn.Close()
				touched := func() (n int) {
					ok(t, conn.GetContext(t.Context(), &n, `SELECT SUM(variable_value) FROM information_schema.session_status
						WHERE variable_name LIKE 'Handler_read%'`))
					return n
				}
				statusCost := touched()
				statusCost = touched() - statusCost
				before := touched()
				ok(t, call(db.Watched(conn, func(string, []any) {})))
				if n := touched() - before - statusCost; n > most && (n > mostOfOne || name != "queue of a material") {
					t.Errorf("touched %d rows of %d candidates, at most %d allowed", n, len(all), most)
				} else {
					t.Logf("touched %d rows", n)
				}
			})
		}
	})
}
