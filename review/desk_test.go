package review_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/review"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

const password = "a long password"

// room is a desk with a clock that stands still, three accounts and a roster.
type room struct {
	*review.Desk
	t                   *testing.T
	site, other         intake.Staff // reviewers of S1 and S2
	area, admin, admin2 intake.Staff
	clock               time.Time
	woken               atomic.Int32
}

func newRoom(t *testing.T, db *storage.DB) *room {
	t.Helper()
	loc := time.FixedZone("CST", 8*3600)
	data, err := os.ReadFile("testdata/season.yaml")
	if err != nil {
		t.Fatal(err)
	}
	season, err := intake.ParseSeason(data, loc)
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := storage.OpenBlobs(storage.BlobsConfig{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	r := &room{t: t, clock: time.Date(2026, 2, 3, 12, 0, 0, 0, loc)}
	r.Desk = &review.Desk{
		DB: db, Blobs: blobs, Season: season,
		Now: func() time.Time { return r.clock }, Wake: func() { r.woken.Add(1) },
	}
	return r
}

// staffed adds the accounts; their hashes cost time, so only tests that need them ask.
func (r *room) staffed() *room {
	r.t.Helper()
	add := func(name string, role intake.Role, site string) intake.Staff {
		// Straight into the table: only the login tests need a hash that fits.
		staff, err := r.DB.AddStaff(r.t.Context(), intake.Staff{Name: name, Role: role, Site: site, PasswordHash: "none", CreatedAt: r.clock})
		if err != nil {
			r.t.Fatal(err)
		}
		return staff
	}
	r.site, r.other = add("王老师", intake.RoleSite, "S1"), add("赵老师", intake.RoleSite, "S2")
	r.area, r.admin, r.admin2 = add("李主任", intake.RoleArea, ""), add("管理员", intake.RoleAdmin, ""), add("管理员二", intake.RoleAdmin, "")
	return r
}

func rosterCSV(n int, site string) string {
	var b strings.Builder
	b.WriteString("报名号,姓名,证件类型,证件号码,手机号,考点代码,级别,类别\n")
	for i := range n {
		fmt.Fprintf(&b, "N%03d,考生%c,居民身份证,%s,1380000%04d,%s,执业,临床\n", i+1, '甲'+rune(i), testID(i), i+1, site)
	}
	return b.String()
}

// testID makes the i-th valid resident ID number (GB 11643).
func testID(i int) string {
	base := fmt.Sprintf("11010119900101%03d", i+1)
	weights := []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for k, w := range weights {
		sum += w * int(base[k]-'0')
	}
	return base + string("10X98765432"[sum%11])
}

func (r *room) imported(n int, site string) []intake.Candidate {
	r.t.Helper()
	report, err := r.ImportRoster(r.t.Context(), strings.NewReader(rosterCSV(n, site)), review.ImportOptions{})
	if err != nil || len(report.Problems) > 0 {
		r.t.Fatalf("import: %v, problems %v", err, report.Problems)
	}
	var all []intake.Candidate
	for i := range n {
		c, err := r.DB.CandidateByNumber(r.t.Context(), fmt.Sprintf("N%03d", i+1))
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// submitted imports one candidate of S1 who has sent one photo for each material and submitted.
func (r *room) submitted() intake.Candidate {
	r.t.Helper()
	c := r.imported(1, "S1")[0]
	if err := r.DB.Bind(r.t.Context(), c.ID, "openid", r.clock); err != nil {
		r.t.Fatal(err)
	}
	for _, material := range []string{"id_front", "diploma", "trial"} {
		r.photo(c, material, 1)
	}
	r.submit(c)
	return c
}

func (r *room) photo(c intake.Candidate, material string, round int) intake.Photo {
	r.t.Helper()
	sha := fmt.Sprintf("%064d", time.Now().UnixNano())
	p := intake.Photo{
		CandidateID: c.ID, Material: material, Round: round, State: intake.Kept, SHA256: sha, Format: "jpeg",
		Width: 1600, Height: 1200, ReceivedAt: r.clock,
		Original: storage.BlobKey(c.ID, sha, "original"), Copy: storage.BlobKey(c.ID, sha, "copy"),
		Screen: storage.BlobKey(c.ID, sha, "screen"), Thumb: storage.BlobKey(c.ID, sha, "thumb"),
	}
	for _, key := range []string{p.Original, p.Copy, p.Screen, p.Thumb} {
		data := []byte(key)
		if key == p.Screen { // is drawn upon
			data = screenCopy(r.t)
		}
		if err := r.Blobs.Put(r.t.Context(), key, data); err != nil {
			r.t.Fatal(err)
		}
	}
	p, err := r.DB.AddPhoto(r.t.Context(), p)
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

func (r *room) submit(c intake.Candidate) {
	r.t.Helper()
	materials, err := r.Season.List(c.Attrs)
	if err != nil {
		r.t.Fatal(err)
	}
	before := r.caseOf(c)
	after, short := intake.Submit(materials, before, r.clock)
	if len(short) > 0 {
		r.t.Fatalf("cannot be submitted: %v", short)
	}
	if _, err := r.DB.SaveCase(r.t.Context(), before, after); err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) caseOf(c intake.Candidate) intake.Case {
	r.t.Helper()
	loaded, err := r.DB.Case(r.t.Context(), c.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return loaded
}

// verdicts decides everything that waits: returned maps material to reasons, the rest passes.
func (r *room) verdicts(c intake.Candidate, returned map[string][]string) intake.Decision {
	r.t.Helper()
	now := r.caseOf(c)
	d := intake.Decision{Version: now.Submission.Version}
	for _, material := range intake.Waiting(now) {
		d.Judgements = append(d.Judgements, intake.Judgement{
			Material: material, Pass: returned[material] == nil, Reasons: returned[material],
		})
	}
	return d
}

func each(t *testing.T, f func(t *testing.T, r *room)) {
	t.Helper()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) { f(t, newRoom(t, db).staffed()) })
}

func notices(t *testing.T, r *room, c intake.Candidate) map[intake.NoticeKind]intake.NoticeState {
	t.Helper()
	list, err := r.DB.Notices(context.Background(), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	states := make(map[intake.NoticeKind]intake.NoticeState)
	for _, n := range list {
		states[n.Kind] = n.State
	}
	return states
}

func screenCopy(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 48)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
