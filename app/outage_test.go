package app_test

import (
	"strings"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/storage/storagetest"
	"cailiao/wechat/wechattest"
)

var start = time.Date(2026, 2, 1, 10, 0, 0, 0, time.FixedZone("CST", 8*3600))

// bound is a user whose candidate is bound and may send photos.
func bound(t *testing.T, w *apptest.World) *wechattest.User {
	t.Helper()
	w.Import(t)
	user := w.Platform.User("o-outage")
	user.Follow(t.Context())
	user.Say(t.Context(), apptest.People[0].Number+" "+apptest.People[0].IDTail())
	if d := user.Say(t.Context(), "对"); !strings.Contains(d.Reply, "要交 9 项") {
		t.Fatalf("not bound: %q %s", d.Reply, d.Broken)
	}
	return user
}

func TestWithoutTheDatabaseNothingIsAcknowledged(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		w := apptest.Start(t, engine, start)
		user := bound(t, w)
		w.DB.Close()
		if d := user.Say(t.Context(), "进度"); d.Attempts != 3 || d.Reply != "" || d.Broken == "" {
			t.Errorf("want three deliveries and no reply, got %+v", d)
		}
	})
}

func TestWithoutRedisTheConversationGoesOn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		w := apptest.Start(t, engine, start)
		user := bound(t, w)
		w.Redis.Close()
		if d := user.SendPhoto(t.Context(), imagetest.Photo(1)); !strings.Contains(d.Reply, "收到第 1 张") || d.Attempts != 1 {
			t.Errorf("reply %q after %d deliveries %s", d.Reply, d.Attempts, d.Broken)
		}
		if d := user.Say(t.Context(), "进度"); !strings.Contains(d.Reply, "1/9 项") {
			t.Errorf("reply %q %s", d.Reply, d.Broken)
		}
	})
}

func TestAPhotoThatCannotBeStoredNowIsStoredLater(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		w := apptest.Start(t, engine, start)
		user := bound(t, w)
		back := storagetest.BlobsAway(t, w.Config.Blobs)
		if d := user.SendPhoto(t.Context(), imagetest.Photo(1)); !strings.Contains(d.Reply, "不用重发") {
			t.Errorf("reply while the blobs are away: %q %s", d.Reply, d.Broken)
		}
		back()
		w.Clock.Advance(time.Minute)
		w.Bot.Sweep(t.Context())
		if err := w.Bot.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if last := user.Last(); !strings.Contains(last.Text, "收到第 1 张") {
			t.Errorf("the last thing said is %q", last.Text)
		}
		if d := user.Say(t.Context(), "进度"); !strings.Contains(d.Reply, "1/9 项") {
			t.Errorf("reply %q", d.Reply)
		}
	})
}

// hurried makes WeChat wait only this long, so that a slow photo is answered late.
func hurried(a *app.App) { a.Bot.Patience = 300 * time.Millisecond }

func TestAnAnswerThatMissesTheFiveSecondsComesByItself(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		w := apptest.Start(t, engine, start, hurried)
		user := bound(t, w)
		w.Platform.Fail(wechattest.Fault{API: "media/get", Delay: time.Second, Times: 1})
		if d := user.SendPhoto(t.Context(), imagetest.Photo(1)); d.Reply != "" || d.Attempts != 1 || d.Broken != "" {
			t.Errorf("want the message acknowledged at once, got %+v", d)
		}
		if err := w.Bot.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if last := user.Last(); last.From != wechattest.FromAccount || !strings.Contains(last.Text, "收到第 1 张") {
			t.Errorf("the last thing in the chat is %q", last.Text)
		}
		if sent := len(w.Platform.Calls("custom/send")); sent != 1 {
			t.Errorf("%d customer messages, want 1", sent)
		}
	})
}

func TestALateAnswerThatIsRefusedHeadsTheNextReply(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		w := apptest.Start(t, engine, start, hurried)
		user := bound(t, w)
		w.Platform.Fail(wechattest.Fault{API: "media/get", Delay: time.Second, Times: 1})
		w.Platform.Fail(wechattest.Fault{API: "custom/send", ErrCode: 45047})
		user.SendPhoto(t.Context(), imagetest.Photo(1))
		if err := w.Bot.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		d := user.Say(t.Context(), "谢谢")
		if !strings.Contains(d.Reply, "收到第 1 张") || !strings.HasSuffix(d.Reply, "祝考试顺利！") {
			t.Errorf("next reply %q", d.Reply)
		}
		if d := user.Say(t.Context(), "谢谢"); strings.Contains(d.Reply, "收到第 1 张") {
			t.Errorf("told twice: %q", d.Reply)
		}
	})
}

func TestNinePhotosAtOnceAreStoredOnceEach(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		w := apptest.Start(t, engine, start)
		user := bound(t, w)
		var album [][]byte
		for seed := range uint64(9) {
			album = append(album, imagetest.Photo(100+seed))
		}
		for i, d := range user.SendPhotos(t.Context(), album) {
			if d.Broken != "" {
				t.Errorf("photo %d: %s", i+1, d.Broken)
			}
		}
		if err := w.Bot.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		talk, err := w.DB.Talk(t.Context(), user.OpenID)
		if err != nil {
			t.Fatal(err)
		}
		c, err := w.DB.Case(t.Context(), talk.CandidateID)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		stored := append(c.Photos, c.Tray...) // one fits the first item, the others wait to be filed
		for _, p := range stored {
			seen[p.SHA256] = true
			if _, err := w.Blobs.Get(t.Context(), p.Original); err != nil {
				t.Errorf("photo %d: %v", p.ID, err)
			}
			if p.CopyBytes > 200_000 {
				t.Errorf("photo %d: the copy has %d bytes", p.ID, p.CopyBytes)
			}
		}
		if len(stored) != 9 || len(seen) != 9 {
			t.Errorf("%d photos stored, %d different; want 9", len(stored), len(seen))
		}
	})
}
