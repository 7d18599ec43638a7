package handlers_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/app/browsertest"
	"cailiao/intake"
	"cailiao/wechat/wechattest"
)

// returnFramed returns the user's first photo with a frame on it.
func returnFramed(ctx context.Context, t *testing.T, w *apptest.World, mine *wechattest.User) {
	t.Helper()
	talk, err := w.DB.Talk(ctx, mine.OpenID)
	if err != nil {
		t.Fatal(err)
	}
	before, err := w.DB.Case(ctx, talk.CandidateID)
	if err != nil {
		t.Fatal(err)
	}
	after, photo := before, before.Photos[0]
	after.Submission.State, after.Submission.ReturnedAt, after.Submission.Round = intake.Returned, w.Clock.Now(), 2
	after.Submission.DeadlineAt = w.Clock.Now().Add(24 * time.Hour)
	after.Items = []intake.Item{{
		Material: photo.Material, State: intake.ItemReturned, Reasons: []string{"IMG_GLARE"}, Comment: "右上角有灯", Resend: true, Round: 1,
		Boxes: []intake.Box{{Photo: photo.ID, X: .5, Y: .1, W: .4, H: .25}},
	}}
	if _, err := w.DB.SaveCase(ctx, before, after); err != nil {
		t.Fatal(err)
	}
}

func TestACandidateSeesTheReviewersFrameOnThePicture(t *testing.T) {
	ctx := context.Background()
	w := apptest.Start(t, "sqlite", time.Date(2026, 2, 1, 10, 0, 0, 0, cst))
	w.Import(t)
	mine := settled(t, w, 0)
	returnFramed(ctx, t, w, mine)
	status, page, _ := opens(t, mine.Browser(), w.URL+"/mine")
	if status != http.StatusOK {
		t.Fatalf("the page: %d", status)
	}
	for _, want := range []string{"老师圈出的地方", `viewBox="0 0 720 960"`, `x="360" y="96" width="288" height="240"`, "右上角有灯"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// The page on the smallest phone, by day and by night: nothing sticks out, the picture is there.
func TestTheMarkedPictureOnASmallPhone(t *testing.T) {
	win := browsertest.Open(t)
	ctx := context.Background()
	w := apptest.Start(t, "sqlite", time.Date(2026, 2, 1, 10, 0, 0, 0, cst))
	w.Import(t)
	mine := settled(t, w, 0)
	returnFramed(ctx, t, w, mine)
	client := mine.Browser()
	opens(t, client, w.URL+"/mine")
	home, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	win.Size(320, 700)
	win.Go(w.URL + "/healthz")
	for _, cookie := range client.Jar.Cookies(home) {
		win.Value("document.cookie = '" + cookie.Name + "=" + cookie.Value + "; path=/'")
	}
	win.Go(w.URL + "/mine")
	win.Until("the picture is loaded", `document.querySelector(".marked image") && document.querySelector(".marked svg").getBoundingClientRect().width > 200`)
	win.Until("nothing sticks out", `document.documentElement.scrollWidth <= 320`)
	win.Shot("mine-marked")
}
