package app_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/clamd"
	"cailiao/clamd/clamdtest"
	"cailiao/imaging/imagetest"
	"cailiao/intake"
	"cailiao/watch/watchtest"
	"cailiao/wechat/wechattest"
)

// scanned is the program with a virus scanner beside it that knows EICAR's test file.
func scanned(t *testing.T, engine string) (*apptest.World, *clamdtest.Daemon) {
	t.Helper()
	daemon := clamdtest.Start(t, "unix", clamdtest.How{Known: clamd.TestFile()})
	w := apptest.StartWith(t, engine, start, func(cfg *app.Config) {
		cfg.Clamd = clamd.Config{Address: daemon.URL, Timeout: 10 * time.Second}
	})
	return w, daemon
}

func TestAPhotoWithAVirusIsRefusedAndNothingOfItIsKept(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		w, daemon := scanned(t, engine)
		user := bound(t, w)
		id, before := theFirst(t, w), files(t, w)
		bad := append(imagetest.Photo(1), clamd.TestFile()...)
		d := user.SendPhoto(t.Context(), bad)
		if !strings.Contains(d.Reply, "没有通过安全检查") || d.Attempts != 1 {
			t.Errorf("reply %q after %d deliveries %s", d.Reply, d.Attempts, d.Broken)
		}
		if got := daemon.Scanned(); len(got) != 2 || !bytes.Equal(got[1], bad) { // the first is the roster
			t.Errorf("the scanner was asked about %d files", len(got))
		}
		if photos, err := w.DB.PhotosEver(t.Context(), id); err != nil || len(photos) != 0 {
			t.Errorf("%d photos are kept: %v", len(photos), err)
		}
		if after := files(t, w); after != before {
			t.Errorf("%d stored files became %d", before, after)
		}
		events, err := w.DB.Events(t.Context(), id, 1)
		if err != nil || len(events) != 1 || events[0].Action != "photo.unsafe" || events[0].Actor != "candidate" || events[0].Detail != clamdtest.Name {
			t.Errorf("the log says %+v: %v", events, err)
		}
		if d := user.SendPhoto(t.Context(), imagetest.Photo(2)); !strings.Contains(d.Reply, "收到第 1 张") {
			t.Errorf("a good photo behind it: %q %s", d.Reply, d.Broken)
		}
	})
}

func TestOfAnAlbumOnlyTheHarmfulPhotoIsRefused(t *testing.T) {
	w, _ := scanned(t, "sqlite")
	user := bound(t, w)
	album := [][]byte{imagetest.Photo(1), append(imagetest.Photo(2), clamd.TestFile()...), imagetest.Photo(3)}
	replies := ""
	for _, d := range user.SendPhotos(t.Context(), album) {
		replies += d.Reply
	}
	if !strings.Contains(replies, "没有通过安全检查") || !strings.Contains(replies, "3 张") {
		t.Errorf("replies %q", replies)
	}
	if photos, err := w.DB.PhotosEver(t.Context(), theFirst(t, w)); err != nil || len(photos) != 2 {
		t.Errorf("%d photos are kept: %v", len(photos), err)
	}
}

// As long as nobody can scan, nothing passes: photos wait, are not downloaded again and again, and
// come in by themselves.
func TestPhotosWaitForTheScanner(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		w, daemon := scanned(t, engine)
		user := bound(t, w)
		daemon.Be(clamdtest.How{Deaf: true})
		if d := user.SendPhoto(t.Context(), imagetest.Photo(1)); !strings.Contains(d.Reply, "不用重发") {
			t.Errorf("reply without the scanner: %q %s", d.Reply, d.Broken)
		}
		later := func() {
			w.Clock.Advance(time.Hour)
			w.Bot.Sweep(t.Context())
			if err := w.Bot.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			later()
		}
		if photos, err := w.DB.PhotosEver(t.Context(), theFirst(t, w)); err != nil || len(photos) != 0 {
			t.Errorf("%d photos are taken unscanned: %v", len(photos), err)
		}
		if n := len(w.Platform.Calls("media/get")); n != 1 {
			t.Errorf("the photo was downloaded %d times", n)
		}
		daemon.Be(clamdtest.How{Known: clamd.TestFile()})
		later()
		if last := user.Last(); last.From != wechattest.FromAccount || !strings.Contains(last.Text, "收到第 1 张") {
			t.Errorf("the last thing said is %q", last.Text)
		}
	})
}

func TestRostersAreScannedBeforeTheyAreRead(t *testing.T) {
	w, daemon := scanned(t, "sqlite")
	b := &battlefield{World: w, t: t}
	b.AddStaff(t, "area-one", intake.RoleArea, "")
	client := b.signIn("area-one")
	roster := apptest.RosterCSV(apptest.People)
	for _, row := range []struct {
		name, file string
		how        clamdtest.How
		status     int
		says       string
	}{
		{"harmful", roster + string(clamd.TestFile()), clamdtest.How{Known: clamd.TestFile()}, http.StatusUnprocessableEntity, "没有通过安全检查"},
		{"harmful and no roster at all", string(clamd.TestFile()), clamdtest.How{Known: clamd.TestFile()}, http.StatusUnprocessableEntity, "没有通过安全检查"},
		{"without the scanner", roster, clamdtest.How{Deaf: true}, http.StatusUnprocessableEntity, "请过几分钟再上传"},
		{"clean", roster, clamdtest.How{Known: clamd.TestFile()}, http.StatusSeeOther, ""},
	} {
		daemon.Be(row.how)
		before := files(t, w)
		got := b.upload(client, "名单.csv", row.file)
		if got.status != row.status || !strings.Contains(got.body, row.says) {
			t.Errorf("%s: %d %.300q", row.name, got.status, got.body)
		}
		if after := files(t, w); row.says != "" && after != before {
			t.Errorf("%s: %d stored files became %d", row.name, before, after)
		}
	}
	page, err := w.DB.Events(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	finds := 0
	for _, e := range page {
		if e.Action == "roster.unsafe" && strings.HasPrefix(e.Actor, "staff:") && strings.Contains(e.Detail, clamdtest.Name) {
			finds++
		}
	}
	if finds != 2 {
		t.Errorf("of two finds %d stand in the log: %+v", finds, page)
	}
}

// upload sends a roster file as the page does.
func (b *battlefield) upload(client *http.Client, name, file string) answer {
	b.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write([]byte(file))
	}
	if err != nil || w.Close() != nil {
		b.t.Fatal(err)
	}
	return b.send(client, http.MethodPost, "/staff/roster", &form, "Content-Type: "+w.FormDataContentType())
}

func TestTheCheckSaysHowTheScannerIs(t *testing.T) {
	daemon := clamdtest.Start(t, "tcp", clamdtest.How{Known: clamd.TestFile()})
	platform := wechattest.New(wechattest.Options{Secret: watchtest.Secret})
	t.Cleanup(platform.Close)
	cfg := apptest.Config(t, "sqlite", platform, "http://127.0.0.1:1", "https://cailiao.example.cn")
	said := func() (app.Finding, bool) {
		all := app.Check(t.Context(), cfg)
		i := slices.IndexFunc(all, func(f app.Finding) bool { return f.Part == "clamd" })
		if i < 0 {
			return app.Finding{}, false
		}
		return all[i], true
	}
	if _, there := said(); there {
		t.Error("a scanner that is not configured is spoken of")
	}
	cfg.Clamd.Address = daemon.URL
	if f, _ := said(); f.Err != nil || !strings.HasPrefix(f.Says, "ClamAV ") {
		t.Errorf("all is well: %+v", f)
	}
	daemon.Be(clamdtest.How{})
	if f, _ := said(); f.Err == nil || !strings.Contains(f.Err.Error(), "freshclam") || f.Optional {
		t.Errorf("no signatures: %+v", f)
	}
	daemon.Be(clamdtest.How{Deaf: true})
	if f, _ := said(); f.Err == nil || f.Optional {
		t.Errorf("hangs up: %+v", f)
	}
}

// theFirst is the id of the candidate who is bound.
func theFirst(t *testing.T, w *apptest.World) int64 {
	t.Helper()
	c, err := w.DB.CandidateByNumber(t.Context(), apptest.People[0].Number)
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

// files counts what lies in the blob store.
func files(t *testing.T, w *apptest.World) int {
	t.Helper()
	n := 0
	err := w.Blobs.Each(t.Context(), func(string, time.Time) error { n++; return nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}
