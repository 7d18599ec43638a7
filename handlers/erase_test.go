package handlers_test

import (
	"archive/zip"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
)

func TestAnAdminErasesSomebodyForGoodWithAReceipt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorldOn(t, db).open()
		people := w.people(2)
		w.submit(people[0])
		w.submit(people[1])
		b, path := w.signedIn("管理员"), "/staff/candidates/"+strconv.FormatInt(people[0].ID, 10)
		if got := b.get(path + "/case"); !strings.Contains(got.body, path+"/erase") {
			t.Error("no way to the page")
		}
		if got := b.get(path + "/erase"); got.status != http.StatusOK || !strings.Contains(got.body, "个图片文件") {
			t.Errorf("what would go: %d", got.status)
		}
		for _, form := range []url.Values{
			{"number": {people[1].Number}, "reason": {"本人申请"}}, {"number": {people[0].Number}, "reason": {" "}},
			{"number": {people[0].Number}, "reason": {strings.Repeat("长", 81)}},
		} {
			if got := b.post(path+"/erase", form); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, `role="alert"`) {
				t.Errorf("%v: %d", form, got.status)
			}
		}
		got := b.post(path+"/erase", url.Values{"number": {people[0].Number}, "reason": {"本人申请"}})
		if !strings.HasPrefix(got.location(), "/staff/erasures/") {
			t.Fatalf("%d to %q", got.status, got.location())
		}
		receipt := b.get(got.location())
		for what, words := range map[string]string{"reason": "本人申请", "count": "行记录"} {
			if !strings.Contains(receipt.body, words) {
				t.Errorf("the receipt has no %s", what)
			}
		}
		if strings.Contains(receipt.body, people[0].Name) || strings.Contains(receipt.body, people[0].Number) {
			t.Error("the receipt names somebody")
		}
		if got := b.get(path); got.status != http.StatusNotFound {
			t.Errorf("the sheet afterwards: %d", got.status)
		}
		if left := w.caseOf(people[1]); len(left.Photos) == 0 || left.Submission.State != intake.Submitted {
			t.Error("somebody else has lost something")
		}
	})
}

func TestAnAdminHandsOutEverythingHeldAboutOnePerson(t *testing.T) {
	w := newWorld(t).open()
	people := w.people(2)
	w.submit(people[0])
	w.submit(people[1])
	path := "/staff/candidates/" + strconv.FormatInt(people[0].ID, 10) + "/person"
	got := w.signedIn("管理员").post(path, nil)
	archive, err := zip.NewReader(strings.NewReader(got.body), int64(len(got.body)))
	if err != nil {
		t.Fatalf("%d: %v", got.status, err)
	}
	photos := 0
	for _, f := range archive.File {
		if strings.HasPrefix(f.Name, "photos/") {
			photos++
		}
	}
	if archive.File[0].Name != "data.json" || photos != 2*len(w.caseOf(people[0]).Photos) {
		t.Errorf("%d files, %d photos", len(archive.File), photos)
	}
	if got.header.Get("Cache-Control") != "private, no-store" {
		t.Error("a cache may keep it")
	}
}

// Everything that takes personal data out of the system, or away, asks once more who is there.
func TestEveryExportAndErasureWantsARecentProof(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(1)[0]
	w.submit(c)
	b, path := w.signedIn("管理员"), "/staff/candidates/"+strconv.FormatInt(c.ID, 10)
	job := rosterOf(w, c)
	w.clock = w.clock.Add(6 * time.Minute)
	for _, post := range []string{"/staff/export/states", "/staff/export/photos", path + "/export", path + "/person", path + "/erase", "/staff/codes"} {
		if got := b.post(post, nil); !strings.HasPrefix(got.location(), "/staff/again?next=") {
			t.Errorf("POST %s: %d to %q", post, got.status, got.location())
		}
	}
	for _, get := range []string{path + "/erase", "/staff/roster/" + strconv.FormatInt(job, 10) + "/problems/csv"} {
		if got := b.get(get); got.location() != "/staff/again?next="+url.QueryEscape(get) {
			t.Errorf("GET %s: %d to %q", get, got.status, got.location())
		}
	}
}
