package storage_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/seal"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

// dump is every value of every table, as somebody who stole the database would read it.
func dump(t *testing.T, db *storage.DB) string {
	t.Helper()
	var all strings.Builder
	for table := range must(db.TableCounts(t.Context()))(t) {
		rows, err := db.Pool().Queryx("SELECT * FROM " + table)
		ok(t, err)
		defer rows.Close()
		for rows.Next() {
			values, err := rows.SliceScan()
			ok(t, err)
			fmt.Fprintf(&all, "%s: ", table)
			for _, v := range values {
				if text, isBytes := v.([]byte); isBytes {
					v = string(text)
				}
				fmt.Fprintf(&all, "%v | ", v)
			}
			all.WriteString("\n")
		}
		ok(t, rows.Err())
	}
	return all.String()
}

// person is somebody whose traces are looked for.
func person(number string) intake.RosterRow {
	return intake.RosterRow{
		Line: 2, Number: number, Name: "欧阳知夏", IDType: "居民身份证", IDNumber: "99000019910417003X", Phone: "13900000001", Site: "A",
		Attrs: map[string]any{"level": "执业", "school": "北方医学院"},
	}
}

// fill puts a person's data into every column that may hold some.
func fill(t *testing.T, db *storage.DB, number string) intake.Candidate {
	t.Helper()
	ctx := t.Context()
	must(db.ImportRoster(ctx, []intake.RosterRow{person(number)}, nil))(t)
	c := must(db.CandidateByNumber(ctx, number))(t)
	ok(t, db.Bind(ctx, c.ID, "o-"+number, t0))
	c = must(db.Candidate(ctx, c.ID))(t)
	c.Phone, c.PhoneOK, c.Second, c.Answers = "13900000009", true, "13900000008", map[string]any{"school": "南方医学院"}
	must(db.SaveCandidate(ctx, c))(t)
	m, _, err := db.Record(ctx, storage.Message{Key: "k" + number, OpenID: "o-" + number, Kind: "text", Body: []byte(`{"text":"欧阳知夏 17003X"}`), ReceivedAt: t0})
	ok(t, err)
	ok(t, db.Finish(ctx, m.ID, "欧阳知夏，收到", t0))
	must(db.SaveTalk(ctx, intake.Talk{OpenID: "o-" + number, Memo: intake.Memo{Number: "欧阳知夏"}, Ahead: "欧阳知夏，老师回复了"}))(t)
	ok(t, db.AddQuestion(ctx, storage.Question{CandidateID: c.ID, Site: "A", Text: "我是欧阳知夏", AskedAt: t0}))
	open := must(db.OpenQuestions(ctx, "A", 50))(t)
	ok(t, db.AnswerQuestion(ctx, open[len(open)-1].ID, 1, "欧阳知夏你好", t0))
	before := must(db.Case(ctx, c.ID))(t)
	after := before
	after.Items = []intake.Item{{Material: "diploma", State: intake.ItemReturned, Comment: "姓名应为欧阳知夏", Note: "电话 13900000009"}}
	saved := must(db.SaveCase(ctx, before, after))(t)
	ok(t, db.AddDecision(ctx, storage.DecisionRow{
		SubmissionID: saved.Submission.ID, CandidateID: c.ID, Round: 1, Level: storage.LevelSite, StaffID: 1, At: t0,
		Judgements: []intake.Judgement{{Material: "diploma", Comment: "姓名应为欧阳知夏"}},
	}))
	must(db.AddBatch(ctx, storage.Batch{StaffID: 1, Order: batchOrder, CreatedAt: t0.Add(time.Duration(c.ID) * time.Second)}, []storage.BatchRow{{CandidateID: c.ID}}))(t)
	return must(db.Candidate(ctx, c.ID))(t)
}

// batchOrder is one order for many, as package review writes it.
var batchOrder = []byte(`{"material":"diploma","comment":"姓名应为欧阳知夏，电话 13900000009"}`)

// traces of fill's person.
var traces = []string{"欧阳", "99000019910417003X", "003X", "1390000000"}

func TestADumpWithoutKeysRevealsNobody(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		c := fill(t, db, "2611010001")
		all := dump(t, db)
		for _, trace := range traces {
			if strings.Contains(all, trace) {
				t.Errorf("the dump holds %q", trace)
			}
		}
		want := person("2611010001")
		same(t, []any{c.Name, c.IDNumber, c.Phone, c.Second, c.Attrs["school"], c.Answers["school"]},
			[]any{want.Name, want.IDNumber, "13900000009", "13900000008", "北方医学院", "南方医学院"})
		full := must(db.Case(t.Context(), c.ID))(t)
		same(t, []string{full.Items[0].Comment, full.Items[0].Note}, []string{"姓名应为欧阳知夏", "电话 13900000009"})
		same(t, must(db.Decisions(t.Context(), c.ID))(t)[0].Judgements[0].Comment, "姓名应为欧阳知夏")
		talk := must(db.Talk(t.Context(), c.OpenID))(t)
		same(t, []string{talk.Memo.Number, talk.Ahead}, []string{"欧阳知夏", "欧阳知夏，老师回复了"})
		q := must(db.Question(t.Context(), 1))(t)
		same(t, []string{q.Name, q.Text, q.Answer}, []string{"欧阳知夏", "我是欧阳知夏", "欧阳知夏你好"})
		m := must(db.Message(t.Context(), 1))(t)
		same(t, []string{string(m.Body), m.Reply}, []string{`{"text":"欧阳知夏 17003X"}`, "欧阳知夏，收到"})
		same(t, string(must(db.Batch(t.Context(), 1))(t).Order), string(batchOrder))
	})
}

func TestSealedTextsCannotChangePlaces(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		a, b := fill(t, db, "2611010001"), fill(t, db, "2611010002")
		for _, swap := range []string{
			"UPDATE candidates SET phone = (SELECT * FROM (SELECT phone FROM candidates WHERE id = ?) x) WHERE id = ?",
			"UPDATE candidates SET phone = (SELECT * FROM (SELECT second_phone FROM candidates WHERE id = ?) x) WHERE id = ?",
		} {
			_, err := db.Pool().Exec(swap, a.ID, b.ID)
			ok(t, err)
			_, err = db.Candidate(t.Context(), b.ID)
			is(t, err, seal.ErrSealed)
		}
		if _, err := db.Candidate(t.Context(), a.ID); err != nil {
			t.Error(err)
		}
		_, err := db.Pool().Exec("UPDATE batches SET order_json = (SELECT * FROM (SELECT order_json FROM batches WHERE id = 1) x) WHERE id = 2")
		ok(t, err)
		_, err = db.Batch(t.Context(), 2)
		is(t, err, seal.ErrSealed)
	})
}

func TestSealedNamesAndNumbersAreFound(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ctx := t.Context()
		row := func(number, name, id, site string) intake.RosterRow {
			r := person(number)
			r.Name, r.IDNumber, r.Site = name, id, site
			return r
		}
		must(db.ImportRoster(ctx, []intake.RosterRow{
			row("A0000001", "王伟", "990000199001011234", "A"), row("A0000002", "王伟明", "990000199001015678", "A"),
			row("A0000003", "王芳", "990000199001011235", "B"), row("A0000004", "阿卜杜热合曼·买买提", "99000019900101567X", "B"),
			row("A0000005", "阿卜杜拉", "", "B"), row("A0000006", "CHAN TAI MAN", "H1234567", "A"),
		}, nil))(t)
		for search, want := range map[string]string{
			"王": "A0000001 A0000002 A0000003", "王伟": "A0000001 A0000002", "王伟明": "A0000002", "王芳": "A0000003",
			"伟": "", "李": "", "阿卜杜": "A0000004 A0000005", "阿卜杜热合曼": "A0000004", "阿卜杜热合曼·买买提": "A0000004", "阿卜杜热人": "",
			"CHAN TAI MAN": "A0000006", "CHA": "A0000006", "1234": "A0000001", "567x": "A0000004", "990000199001011235": "A0000003",
			"A0000005": "A0000005", "9900": "",
		} {
			var found []string
			for _, r := range must(db.Queue(ctx, storage.QueueFilter{Search: search}))(t) {
				found = append(found, r.Number)
			}
			if got := strings.Join(found, " "); got != want {
				t.Errorf("%s: found %s, want %s", search, got, want)
			}
		}
		same(t, len(must(db.Queue(ctx, storage.QueueFilter{Search: "王", Site: "B"}))(t)), 1)
		renamed := row("A0000001", "汪伟", "990000199001019999", "A")
		must(db.ImportRoster(ctx, []intake.RosterRow{renamed}, nil))(t)
		same(t, len(must(db.Queue(ctx, storage.QueueFilter{Search: "汪伟"}))(t)), 1)
		same(t, len(must(db.Queue(ctx, storage.QueueFilter{Search: "王伟"}))(t)), 1)
		same(t, len(must(db.Queue(ctx, storage.QueueFilter{Search: "1234"}))(t)), 0)
	})
}

func TestRowsOlderThanSealingAreRead(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		c := fill(t, db, "2611010001")
		_, err := db.Pool().Exec("UPDATE candidates SET name = '林知夏', phone = '13900000001'")
		ok(t, err)
		old := must(db.Candidate(t.Context(), c.ID))(t)
		same(t, []any{old.Name, old.Phone}, []any{"林知夏", "13900000001"})
	})
}

// An order begun before orders were sealed is worked off, and sealed by the next change of keys.
func TestAnOldOrderIsReadAndThenSealed(t *testing.T) {
	storagetest.EachConfig(t, func(t *testing.T, config storage.Config) {
		ctx := t.Context()
		keys := seal.Fixed(must(seal.NewRing())(t))
		db := must(storage.Open(ctx, config, keys))(t)
		defer db.Close()
		ok(t, db.Migrate(ctx))
		fill(t, db, "2611010001")
		_, err := db.Pool().Exec("UPDATE batches SET order_json = ?", string(batchOrder))
		ok(t, err)
		same(t, must(db.LeaseBatch(ctx, storage.Lease{Owner: "a", Now: t0, Until: t0.Add(time.Minute)}))(t).Order, batchOrder)
		same(t, must(db.StaleRows(ctx))(t), storage.Stale{Rows: 1, Keys: map[uint32]int{0: 1}})
		keys.Use(must(must(keys.Ring().Added())(t).Promoted())(t))
		must(db.Reseal(ctx, func(string, int) {}))(t)
		keys.Use(must(keys.Ring().Retired())(t))
		if all := dump(t, db); strings.Contains(all, "diploma\",\"comment") || strings.Contains(all, traces[0]) {
			t.Error("the dump tells the order")
		}
		same(t, must(db.Batch(ctx, 1))(t).Order, batchOrder)
		same(t, must(db.StaleRows(ctx))(t).None(), true)
	})
}

func TestBlobsAreSealedBeforeTheyReachTheDisk(t *testing.T) {
	dir := t.TempDir()
	plain := must(storage.OpenBlobs(storage.BlobsConfig{Dir: dir}))(t)
	b := storage.SealBlobs(plain, storagetest.Keys(t))
	ctx := context.Background()
	picture := bytes.Repeat([]byte("picture of an identity card"), 500)
	ok(t, b.Put(ctx, "ab/one", picture))
	same(t, must(b.Get(ctx, "ab/one"))(t), picture)
	onDisk := must(os.ReadFile(filepath.Join(dir, "ab", "one")))(t)
	if bytes.Contains(onDisk, []byte("identity")) {
		t.Error("the picture stands on disk as it is")
	}
	ok(t, plain.Put(ctx, "ab/two", onDisk)) // one picture put in the place of another
	_, err := b.Get(ctx, "ab/two")
	is(t, err, seal.ErrSealed)
	ok(t, plain.Put(ctx, "ab/old", picture))
	same(t, must(b.Get(ctx, "ab/old"))(t), picture)
	_, err = b.Get(ctx, "ab/none")
	is(t, err, intake.ErrNotFound)
}
