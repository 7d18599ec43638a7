package privacy_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/privacy"
	"cailiao/storage"
	"cailiao/storage/storagetest"
	"cailiao/watch/watchtest"
)

var t0 = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// office is a database and a folder of photos with the keeper over them.
type office struct {
	t   *testing.T
	db  *storage.DB
	dir string
	now time.Time
	*privacy.Keeper
}

func each(t *testing.T, config privacy.Config, f func(t *testing.T, o *office)) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		o := &office{t: t, db: db, dir: t.TempDir(), now: t0}
		blobs, err := storage.OpenBlobs(storage.BlobsConfig{Dir: o.dir})
		o.ok(err)
		o.Keeper = &privacy.Keeper{
			DB: db, Blobs: storage.SealBlobs(blobs, storagetest.Keys(t)), Config: config,
			Now: func() time.Time { return o.now }, Log: watchtest.Logger(t),
		}
		f(t, o)
	})
}

func (o *office) ok(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// person imports somebody, bound, who has sent a photo, said something and asked a question.
func (o *office) person(number string) intake.Candidate {
	o.t.Helper()
	ctx := o.t.Context()
	_, err := o.db.ImportRoster(ctx, []intake.RosterRow{{
		Line: 2, Number: number, Name: "林知夏", IDType: "居民身份证", IDNumber: "99000019910417003X", Phone: "13900000001", Site: "A", Attrs: map[string]any{},
	}}, nil)
	o.ok(err)
	watchtest.Secret("name", "林知夏")
	watchtest.Secret("ID number", "99000019910417003X")
	watchtest.Secret("phone", "13900000001")
	c, err := o.db.CandidateByNumber(ctx, number)
	o.ok(err)
	o.ok(o.db.Bind(ctx, c.ID, "o-"+number, o.now))
	_, err = o.db.SaveTalk(ctx, intake.Talk{OpenID: "o-" + number, HeardAt: o.now})
	o.ok(err)
	m, _, err := o.db.Record(ctx, storage.Message{Key: "k" + number, OpenID: "o-" + number, Kind: "text", Body: []byte(`{"text":"你好"}`), ReceivedAt: o.now})
	o.ok(err)
	o.ok(o.db.Finish(ctx, m.ID, "收到", o.now))
	o.ok(o.db.AddQuestion(ctx, storage.Question{CandidateID: c.ID, Site: "A", Text: "几点开门", AskedAt: o.now}))
	o.ok(o.db.AddNotices(ctx, []intake.Notice{{Key: number, Kind: intake.NoticeReturned, CandidateID: c.ID, Round: 1, DueAt: o.now}}))
	o.ok(o.db.Agree(ctx, c.ID, storage.Agreement{Version: "1", At: o.now}))
	o.photo(c.ID, strings.Repeat("a", 64))
	before, err := o.db.Case(ctx, c.ID)
	o.ok(err)
	after := before
	after.Items = []intake.Item{{Material: "diploma", State: intake.ItemReturned, Comment: "看不清"}}
	_, err = o.db.SaveCase(ctx, before, after)
	o.ok(err)
	o.ok(o.db.AddDecision(ctx, storage.DecisionRow{SubmissionID: before.Submission.ID, CandidateID: c.ID, Round: 1, Level: storage.LevelSite, StaffID: 1, At: o.now}))
	c, err = o.db.Candidate(ctx, c.ID)
	o.ok(err)
	return c
}

func (o *office) photo(candidate int64, sha string) intake.Photo {
	o.t.Helper()
	p := intake.Photo{CandidateID: candidate, Material: "diploma", Round: 1, SHA256: sha, Format: "jpeg", ReceivedAt: o.now}
	for kind, key := range map[string]*string{"original": &p.Original, "copy": &p.Copy, "screen": &p.Screen, "thumb": &p.Thumb} {
		*key = storage.BlobKey(candidate, sha, kind)
		o.ok(o.Blobs.Put(o.t.Context(), *key, []byte("\xff\xd8 "+kind)))
	}
	p, err := o.db.AddPhoto(o.t.Context(), p)
	o.ok(err)
	return p
}

// files are the blobs on disk.
func (o *office) files() int {
	n := 0
	o.ok(o.Blobs.Each(o.t.Context(), func(string, time.Time) error { n++; return nil }))
	return n
}

func (o *office) counts() map[string]int {
	counts, err := o.db.TableCounts(o.t.Context())
	o.ok(err)
	return counts
}

func TestErasingAPersonLeavesNothingButAProof(t *testing.T) {
	each(t, privacy.Config{}, func(t *testing.T, o *office) {
		ctx := t.Context()
		c, other := o.person("2611010001"), o.person("2611010002")
		if _, err := o.Erase(ctx, c.ID, "command", " "); err == nil {
			t.Error("erased without a reason")
		}
		_, would, err := o.Preview(ctx, c.Number)
		o.ok(err)
		done, err := o.Erase(ctx, c.ID, "command", "本人要求")
		o.ok(err)
		if done.Rows() != would.Rows() || done.Blobs != 4 || done.ID == 0 {
			t.Errorf("receipt %+v, announced %+v", done, would)
		}
		for table, n := range done.Tables {
			if n != would.Tables[table] {
				t.Errorf("%s: %d rows erased, %d announced", table, n, would.Tables[table])
			}
		}
		left := o.counts()
		for _, table := range []string{"candidates", "submissions", "items", "photos", "decisions", "talks", "messages", "notices", "questions", "privacy_consents"} {
			if left[table] != 1 {
				t.Errorf("%s: %d rows are left, the other person has 1", table, left[table])
			}
		}
		if left["erasures"] != 1 || left["doomed_blobs"] != 0 || o.files() != 4 {
			t.Errorf("%d proofs, %d doomed blobs, %d files", left["erasures"], left["doomed_blobs"], o.files())
		}
		if gone, err := o.db.Erased(ctx, c.Number); err != nil || !gone {
			t.Errorf("known as erased: %v, %v", gone, err)
		}
		if gone, err := o.db.Erased(ctx, other.Number); err != nil || gone {
			t.Errorf("the other person is known as erased: %v", err)
		}
		events, err := o.db.Events(ctx, c.ID, 10)
		if o.ok(err); len(events) != 1 || events[0].Action != privacy.ActionErase || strings.Contains(events[0].Detail, c.Number) {
			t.Errorf("the audit log: %+v", events)
		}
		if _, err := o.db.Case(ctx, other.ID); err != nil {
			t.Errorf("the other person: %v", err)
		}
	})
}

// failing blobs refuse to delete.
type failing struct{ storage.Blobs }

func (failing) Delete(context.Context, string) error { return io.ErrUnexpectedEOF }

func TestBlobsThatCouldNotBeDeletedGoLater(t *testing.T) {
	each(t, privacy.Config{}, func(t *testing.T, o *office) {
		c := o.person("2611010001")
		whole := o.Blobs
		o.Blobs = failing{whole}
		if done, err := o.Erase(t.Context(), c.ID, "command", "本人要求"); err == nil || done.ID == 0 {
			t.Errorf("erased %+v, %v", done, err)
		}
		o.Blobs = whole
		if o.files() != 4 || o.counts()["doomed_blobs"] != 4 {
			t.Fatalf("%d files, %d doomed", o.files(), o.counts()["doomed_blobs"])
		}
		o.ok(o.Forget(t.Context()))
		if o.files() != 0 || o.counts()["doomed_blobs"] != 0 {
			t.Errorf("%d files, %d doomed are left", o.files(), o.counts()["doomed_blobs"])
		}
	})
}

func TestASeasonsEndErasesEverybody(t *testing.T) {
	each(t, privacy.Config{}, func(t *testing.T, o *office) {
		for _, number := range []string{"1", "2", "3"} {
			o.person("261101000" + number)
		}
		people, _, blobs, err := o.EraseAll(t.Context(), "command", "考季结束", func(int) {})
		if o.ok(err); people != 3 || blobs != 12 || o.files() != 0 {
			t.Errorf("%d people, %d blobs, %d files left", people, blobs, o.files())
		}
		for table, n := range o.counts() {
			if n > 0 && table != "events" && table != "erasures" && !strings.HasPrefix(table, "figure") {
				t.Errorf("%s: %d rows are left", table, n)
			}
		}
	})
}

func TestAPersonGetsEverythingHeldAboutThem(t *testing.T) {
	each(t, privacy.Config{}, func(t *testing.T, o *office) {
		c := o.person("2611010001")
		o.person("2611010002")
		var out bytes.Buffer
		o.ok(o.Export(t.Context(), c.ID, "command", &out))
		z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
		o.ok(err)
		var names []string
		for _, f := range z.File {
			names = append(names, f.Name)
			r, err := f.Open()
			o.ok(err)
			data, err := io.ReadAll(r)
			o.ok(err)
			if f.Name != "data.json" {
				if !bytes.HasPrefix(data, []byte("\xff\xd8 ")) {
					t.Errorf("%s is not the photo", f.Name)
				}
				continue
			}
			for _, held := range []string{"林知夏", "99000019910417003X", "13900000001", "你好", "收到", "几点开门", "看不清", `"Version": "1"`, "returned"} {
				if !bytes.Contains(data, []byte(held)) {
					t.Errorf("data.json does not hold %s", held)
				}
			}
			if bytes.Contains(data, []byte("2611010002")) {
				t.Error("data.json holds somebody else")
			}
		}
		if len(names) != 3 {
			t.Errorf("files: %v", names)
		}
	})
}

func TestWhatHadItsTimeIsForgotten(t *testing.T) {
	config := privacy.Config{Keep: privacy.Keep{Messages: 5, Attempts: 7, Originals: 10}}
	each(t, config, func(t *testing.T, o *office) {
		ctx := t.Context()
		c := o.person("2611010001")
		o.db.Now = func() time.Time { return o.now }
		o.ok(o.db.AddAttempt(ctx, "bind", "x", o.now))
		_, err := o.db.NoticeEvent(ctx, 7, true, "", o.now)
		o.ok(err)
		before, err := o.db.Case(ctx, c.ID)
		o.ok(err)
		after := before
		after.Submission.State = intake.Passed
		_, err = o.db.SaveCase(ctx, before, after)
		o.ok(err)
		for _, step := range []struct {
			day                     int
			messages, tries, events int
			files                   int
		}{{4, 1, 1, 1, 4}, {6, 0, 1, 0, 4}, {8, 0, 0, 0, 4}, {11, 0, 0, 0, 3}} {
			o.now = t0.AddDate(0, 0, step.day)
			o.ok(o.Forget(ctx))
			n := o.counts()
			if n["messages"] != step.messages || n["attempts"] != step.tries || n["delivery_events"] != step.events || o.files() != step.files {
				t.Errorf("day %d: %d messages, %d attempts, %d events, %d files", step.day, n["messages"], n["attempts"], n["delivery_events"], o.files())
			}
		}
		photos, err := o.db.PhotosEver(ctx, c.ID)
		o.ok(err)
		if data, err := o.Blobs.Get(ctx, photos[0].Original); err != nil || string(data) != "\xff\xd8 copy" {
			t.Errorf("the copy stands for the original: %q, %v", data, err)
		}
	})
}

func TestOrphanedBlobsAreSweptAndNothingElse(t *testing.T) {
	each(t, privacy.Config{Keep: privacy.Keep{Orphans: 2}}, func(t *testing.T, o *office) {
		ctx := t.Context()
		c := o.person("2611010001")
		for kind := range 3 { // a transaction that was lost
			o.ok(o.Blobs.Put(ctx, storage.BlobKey(c.ID, strings.Repeat("b", 64), []string{"original", "copy", "screen"}[kind]), []byte("x")))
		}
		o.ok(o.Blobs.Put(ctx, "ro/roster-file", []byte("not a photo")))
		o.now = time.Now()
		o.ok(o.Sweep(ctx))
		o.ok(o.Forget(ctx))
		if o.files() != 8 {
			t.Errorf("%d files: fresh ones may still get their row", o.files())
		}
		old := time.Now().AddDate(0, 0, -4)
		o.ok(filepath.WalkDir(o.dir, func(path string, _ os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Chtimes(path, old, old)
		}))
		o.ok(o.Sweep(ctx))
		back := o.photo(c.ID, strings.Repeat("b", 64)) // sent once more, after it was found
		o.ok(o.Forget(ctx))
		if _, err := o.Blobs.Get(ctx, back.Original); err != nil {
			t.Errorf("a photo that came back: %v", err)
		}
		o.ok(o.Blobs.Put(ctx, storage.BlobKey(c.ID, strings.Repeat("c", 64), "original"), []byte("x")))
		o.ok(filepath.WalkDir(o.dir, func(path string, _ os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Chtimes(path, old, old)
		}))
		o.ok(o.Sweep(ctx))
		o.ok(o.Forget(ctx))
		if o.files() != 9 {
			t.Errorf("%d files are left, 9 belong to rows or are no photos", o.files())
		}
	})
}
