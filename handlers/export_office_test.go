package handlers_test

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cailiao/bot"
	"cailiao/intake"
	"cailiao/storage"
	"cailiao/storage/storagetest"
	"cailiao/wechat"
)

// dying gives some blobs, then fails as a disk does.
type dying struct {
	storage.Blobs
	left int
}

func (d *dying) Get(ctx context.Context, key string) ([]byte, error) {
	if d.left--; d.left < 0 {
		return nil, errors.New("a disk that died")
	}
	return d.Blobs.Get(ctx, key)
}

func watchOf(page string) string {
	_, rest, _ := strings.Cut(page, `name="watch" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	return token
}

func TestPhotosAreSavedFromThePageWithProgress(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		w := newWorldOn(t, db).open()
		people := w.people(4)
		w.submit(people[0])
		w.submit(people[3])
		b := w.signedIn("王老师")
		page := b.get("/staff/export").body
		watch := watchOf(page)
		if watch == "" || strings.Contains(page, "西城考点") {
			t.Fatal("the page offers another site, or nothing to wait by")
		}
		got := b.post("/staff/export/photos", url.Values{"watch": {watch}})
		if got.status != http.StatusOK || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") || got.header.Get("Cache-Control") != "private, no-store" {
			t.Fatalf("%d, %v", got.status, got.header)
		}
		archive, err := zip.NewReader(strings.NewReader(got.body), int64(len(got.body)))
		if err != nil || len(archive.File) != 5 {
			t.Fatalf("%d files, %v", len(archive.File), err)
		}
		for _, f := range archive.File {
			if strings.Contains(f.Name, people[3].Number) {
				t.Errorf("another site's %s", f.Name)
			}
		}
		if page := b.get("/staff/export?watch=" + watch).body; !strings.Contains(page, "导出好了") || !strings.Contains(page, "3 张照片") {
			t.Error("its end is not told")
		}
		if page := w.signedIn("赵老师").get("/staff/export?watch=" + watch).body; strings.Contains(page, "导出好了") {
			t.Error("somebody else sees it")
		}
		if got := b.post("/staff/export/photos", url.Values{"site": {"S2"}}); got.status != http.StatusNotFound {
			t.Errorf("another site: %d", got.status)
		}
		if got := b.post("/staff/export/states", url.Values{"watch": {watch}}); got.status != http.StatusOK || !strings.HasPrefix(got.body, "PK") {
			t.Errorf("states: %d", got.status)
		}
		w.clock = w.clock.Add(10 * time.Minute)
		if got := b.post("/staff/export/photos", nil); !strings.HasPrefix(got.location(), "/staff/again") {
			t.Errorf("without a recent proof: %d to %q", got.status, got.location())
		}
	})
}

func TestAnExportThatIsCutOffIsNoWholeFileAndCanGoOn(t *testing.T) {
	w := newWorld(t)
	people := w.people(4)
	w.submit(people[0])
	w.submit(people[1])
	w.Desk.Blobs = &dying{w.Blobs, 4}
	w.open()
	b := w.signedIn("王老师")
	watch := watchOf(b.get("/staff/export").body)
	resp, err := b.client.PostForm(w.server.URL+"/staff/export/photos", url.Values{"watch": {watch}})
	if err == nil {
		_, err = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	if err == nil {
		t.Fatal("the browser takes half an export for a whole one")
	}
	page := b.get("/staff/export?watch=" + watch).body
	if !strings.Contains(page, "连接断了") || !strings.Contains(page, "导出剩下的") {
		t.Fatal("the cut is not told")
	}
	w.Desk.Blobs = w.Blobs
	_, rest, _ := strings.Cut(page, `name="after" value="`)
	after, _, _ := strings.Cut(rest, `"`)
	got := b.post("/staff/export/photos", url.Values{"after": {after}})
	archive, err := zip.NewReader(strings.NewReader(got.body), int64(len(got.body)))
	if err != nil || len(archive.File) != 5 || !strings.Contains(archive.File[0].Name, people[1].Number) {
		t.Errorf("the rest: %v, %v", archive, err)
	}
}

func TestACaseIsUnboundAndReopenedFromItsPage(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	b, lead := w.signedIn("王老师"), w.signedIn("考区组长")
	at := sheetPath(c)
	if page := b.get(at).body; !strings.Contains(page, at+"/case") {
		t.Error("the sheet does not lead there")
	}
	if page := b.get(at + "/case").body; !strings.Contains(page, "解绑") || strings.Contains(page, at+"/reopen") {
		t.Error("who does not lead is offered to reopen")
	}
	if got := b.post(at+"/unbind", nil); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "请写明原因") {
		t.Errorf("without a reason: %d", got.status)
	}
	if got := b.post(at+"/unbind", url.Values{"reason": {"换手机"}}); got.location() != at {
		t.Errorf("unbind: %d", got.status)
	}
	page := lead.get(at + "/case").body
	if !strings.Contains(page, "现在没有绑定微信") {
		t.Error("still bound")
	}
	form := rosterForm(page, url.Values{"reason": {"请重拍"}})
	if got := lead.post(at+"/reopen", form); got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "至少选一项") || !strings.Contains(got.body, "请重拍") {
		t.Errorf("without items: %d", got.status)
	}
	form.Set("item", "diploma")
	if got := b.post(at+"/reopen", form); got.status != http.StatusForbidden {
		t.Errorf("by who does not lead: %d", got.status)
	}
	if got := lead.post(at+"/reopen", form); got.location() != at {
		t.Errorf("reopen: %d", got.status)
	}
	if now := w.caseOf(c); now.Submission.State != intake.Returned || now.Item("diploma").State != intake.ItemReturned || now.Item("trial").State != intake.ItemPending {
		t.Errorf("%+v", now)
	}
}

func TestCodesToPrintAreMadeForTheUnboundOfMySite(t *testing.T) {
	w := newWorld(t)
	w.Codes = bot.Coder{Account: w.openPlatform(), Secret: []byte("secret"), Now: w.House.Now}
	w.open()
	people := w.people(6)
	w.submit(people[0])
	if _, err := w.DB.Withdraw(t.Context(), []int64{people[1].ID}, w.clock); err != nil {
		t.Fatal(err)
	}
	b := w.signedIn("王老师")
	got := b.post("/staff/codes", url.Values{"site": {"S1"}, "days": {"3"}})
	if got.status != http.StatusOK || strings.Count(got.body, "<figure>") != 1 || !strings.Contains(got.body, people[2].Number) || strings.Contains(got.body, people[2].Name) {
		t.Errorf("%d: %s", got.status, got.body)
	}
	if n := len(w.platform.Calls("qrcode/create")); n != 1 {
		t.Errorf("%d codes asked for", n)
	}
	if got := b.post("/staff/codes", url.Values{"site": {"S2"}, "days": {"3"}}); got.status != http.StatusNotFound {
		t.Errorf("another site: %d", got.status)
	}
	if got := b.post("/staff/codes", url.Values{"site": {"S1"}, "days": {"31"}}); got.status != http.StatusUnprocessableEntity {
		t.Errorf("too long: %d", got.status)
	}
}

// openPlatform is an account whose calls go to the fake platform.
func (w *world) openPlatform() *wechat.Account {
	w.t.Helper()
	api := httptest.NewServer(w.platform)
	w.t.Cleanup(api.Close)
	o := w.platform.Options()
	account, err := wechat.Open(wechat.Config{
		AppID: o.AppID, AppSecret: o.AppSecret, Token: o.Token, EncodingAESKey: o.EncodingAESKey, APIBase: api.URL,
	}, nil, wechat.Options{Now: w.House.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(account.Close)
	return account
}
