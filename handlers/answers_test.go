package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cailiao/clamd"
	"cailiao/clamd/clamdtest"
	"cailiao/handlers"
	"cailiao/storage"
)

func TestPhotosAreKeptByThisBrowserOnlyAndOriginalsNotAtAll(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	b := w.signedIn("王老师")
	_, rest, _ := strings.Cut(b.get(sheetPath(c)).body, `<img src="`)
	thumb, _, _ := strings.Cut(rest, `"`)
	if path, content, _ := strings.Cut(thumb, "?v="); !strings.HasSuffix(path, "/thumb") || len(content) != 16 {
		t.Fatalf("first picture of the sheet: %q", thumb)
	}
	got := b.get(thumb)
	tag := got.header.Get("ETag")
	if got.header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(got.header.Get("Cache-Control"), "private, max-age") ||
		got.header.Get("Vary") != "Cookie" || tag == "" || len(got.body) == 0 {
		t.Errorf("thumbnail: %v, %d bytes", got.header, len(got.body))
	}
	for header, want := range map[string]int{tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, `"x"`: 200, "": 200} {
		if again := b.get(thumb, "If-None-Match", header); again.status != want {
			t.Errorf("If-None-Match %s: %d", header, again.status)
		}
	}
	if foreign := w.signedIn("赵老师").get(thumb, "If-None-Match", tag); foreign.status != http.StatusNotFound {
		t.Errorf("another site that knows the tag: %d", foreign.status)
	}
	original := b.get(strings.Replace(thumb, "/thumb", "/original", 1))
	if !strings.HasPrefix(original.header.Get("Content-Disposition"), "attachment") || !strings.Contains(original.header.Get("Cache-Control"), "no-store") ||
		!strings.Contains(original.header.Get("Content-Security-Policy"), "sandbox") || strings.Contains(original.header.Get("Content-Disposition"), c.Name) {
		t.Errorf("original: %v", original.header)
	}
	photo := w.caseOf(c).PhotosOf("id_front")[0]
	if err := w.Blobs.Delete(t.Context(), photo.Thumb); err != nil {
		t.Fatal(err)
	}
	if gone := b.get(thumb); gone.status != http.StatusNotFound || gone.header.Get("ETag") != "" || !strings.Contains(gone.header.Get("Cache-Control"), "no-store") {
		t.Errorf("bytes that are gone: %d, %v", gone.status, gone.header)
	}
}

func TestReadinessTellsWhatIsWrong(t *testing.T) {
	ready := func(w *world) (int, handlers.Readiness) {
		got := w.browser().get("/readyz")
		var r handlers.Readiness
		if err := json.Unmarshal([]byte(got.body), &r); err != nil {
			t.Fatal(err)
		}
		return got.status, r
	}
	w := newWorld(t).open()
	if status, r := ready(w); status != 200 || r.Status != "ready" || len(r.Checks) != 4 {
		t.Errorf("all is well: %d %+v", status, r)
	}
	old, _, err := w.DB.Record(t.Context(), storage.Message{Key: "k", OpenID: "o", Kind: "text", ReceivedAt: time.Now().Add(-10 * 365 * 24 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if status, r := ready(w); status != 200 || r.Status != "degraded" || !strings.HasPrefix(r.Checks["inbox"], "1 messages wait, the oldest for ") {
		t.Errorf("a message waits: %d %+v", status, r)
	}
	if err := w.DB.Finish(t.Context(), old.ID, "", time.Now()); err != nil {
		t.Fatal(err)
	}
	w.Redis.Close()
	if status, r := ready(w); status != 200 || r.Status != "degraded" || r.Checks["redis"] == "ok" || r.Checks["database"] != "ok" {
		t.Errorf("without Redis: %d %+v", status, r)
	}
	w.DB.Close()
	if status, r := ready(w); status != 503 || r.Status != "down" || r.Checks["database"] == "ok" || r.Checks["blobs"] != "ok" {
		t.Errorf("without database: %d %+v", status, r)
	}
	if got := w.browser().get("/healthz"); got.status != 200 || got.body != "ok\n" {
		t.Errorf("the process runs: %d %q", got.status, got.body)
	}
	if got := w.browser().do(http.MethodHead, "/healthz", nil); got.status != 200 || got.body != "" {
		t.Errorf("HEAD: %d %q", got.status, got.body)
	}
}

func TestReadinessNamesTheScannerOnlyWhereThereIsOne(t *testing.T) {
	daemon := clamdtest.Start(t, "tcp", clamdtest.How{})
	w := newWorld(t)
	var err error
	if w.Clamd, err = clamd.Open(clamd.Config{Address: daemon.URL}); err != nil {
		t.Fatal(err)
	}
	w.open()
	if got := w.browser().get("/readyz"); got.status != 200 || !strings.Contains(got.body, `"clamd":"ok"`) || !strings.Contains(got.body, `"ready"`) {
		t.Errorf("all is well: %d %s", got.status, got.body)
	}
	daemon.Be(clamdtest.How{Deaf: true})
	if got := w.browser().get("/readyz"); got.status != 200 || !strings.Contains(got.body, `"clamd":"does not answer; see the log"`) || !strings.Contains(got.body, `"degraded"`) {
		t.Errorf("the scanner hangs up: %d %s", got.status, got.body)
	}
}

func TestLogsHoldNothingPersonal(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	site := w.signedIn("王老师")
	for _, words := range []string{c.Name, c.IDNumber[14:], c.Number} {
		if at, got := site.search(words, "state=all"); got.status != http.StatusOK {
			t.Fatalf("%s: %d", at, got.status)
		}
		site.get("/staff/?state=all&q=" + url.QueryEscape(words)) // an old bookmark
	}
	site.get(sheetPath(c) + "?q=" + c.Number)
	site.post(sheetPath(c)+"/phone", nil)
	form := w.form(c, map[string]string{"id_front": "IMG_BLUR", "diploma": "", "trial": ""})
	form.Set("comment.id_front", "私密的话")
	site.post(decisionPath(c), form)
	site.post(decisionPath(c), form) // conflict
	site.post("/staff/login", url.Values{"name": {"王老师"}, "password": {"secret-guess"}})
	site.get("/" + url.PathEscape(c.Name))
	w.DB.Close()
	site.get(sheetPath(c) + "?q=" + c.Number)
	log := w.log.String()
	if strings.Count(log, "msg=request") < 10 || !strings.Contains(log, "route=/staff/candidates/:id") || !strings.Contains(log, `msg="request failed"`) {
		t.Fatalf("the log is not kept:\n%s", log)
	}
	for _, secret := range []string{c.Name, url.QueryEscape(c.Name), c.Number, c.IDNumber, c.IDNumber[14:], c.Phone, "私密的话", "secret-guess", password, "王老师", site.token()} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}
