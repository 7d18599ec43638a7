package bot_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/intake"
	"cailiao/wechat/wechattest"
)

const albumPhotos = 9

// Nine photos from each of fifty candidates (six with the race detector) at once, each callback at whichever of two instances,
// delayed and so reordered: every photo is stored exactly once, each album gets one summary, and
// its numbers are the order in which the photos were sent.
func TestAlbumsThroughTwoInstances(t *testing.T) {
	apptest.Each(t, func(t *testing.T, engine string) {
		start := time.Date(2026, 2, 1, 10, 0, 0, 0, time.FixedZone("CST", 8*3600))
		w := apptest.Start(t, engine, start, func(a *app.App) { a.Bot.Quiet = 3 * time.Second })
		_, secondURL := w.Second(t)
		front := spread(t, w.URL, secondURL)
		users := bindMany(t, w, albumPeople)
		w.Platform.SetCallback(front + "/wechat")
		var album [][]byte // everybody's: to the program, each candidate's pictures are their own
		for k := range uint64(albumPhotos) {
			album = append(album, imagetest.JPEG(imagetest.Page(100+k, 610, 820), 60))
		}
		began := time.Now()
		var all sync.WaitGroup
		for _, u := range users {
			all.Go(func() { u.SendPhotos(t.Context(), album) })
		}
		all.Wait()
		for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline) && !allAnswered(users); {
			time.Sleep(50 * time.Millisecond)
		}
		t.Logf("%d photos in %v", albumPeople*albumPhotos, time.Since(began))
		for _, u := range users {
			talk, err := w.DB.Talk(t.Context(), u.OpenID)
			if err != nil {
				t.Fatal(err)
			}
			checkAlbum(t, w, talk.CandidateID, album, u)
		}
	})
}

func allAnswered(users []*wechattest.User) bool {
	for _, u := range users {
		if !strings.Contains(u.Text(), "收到 9 张") {
			return false
		}
	}
	return true
}

func checkAlbum(t *testing.T, w *apptest.World, candidate int64, sent [][]byte, u *wechattest.User) {
	t.Helper()
	c, err := w.DB.Case(t.Context(), candidate)
	if err != nil {
		t.Fatal(err)
	}
	photos := append(slices.Clone(c.Photos), c.Tray...)
	if len(photos) != len(sent) || len(c.Photos) != 1 {
		t.Errorf("candidate %d: %d photos kept, %d in the tray, %d sent", candidate, len(c.Photos), len(c.Tray), len(sent))
		return
	}
	// The first went to the current item; the others wait under the number of their place.
	slices.SortFunc(photos, func(a, b intake.Photo) int { return cmp.Compare(a.Tray, b.Tray) })
	for k, p := range photos {
		if k > 0 && p.Tray != k+1 {
			t.Errorf("candidate %d: photo %d has number %d", candidate, k+1, p.Tray)
		}
		data, err := w.Blobs.Get(t.Context(), p.Original)
		if err != nil || !slices.Equal(data, sent[k]) {
			t.Errorf("candidate %d: photo %d is not the one sent at its place (%v)", candidate, k+1, err)
		}
	}
	if n := strings.Count(u.Text(), "收到 "); n != 1 {
		t.Errorf("candidate %d: %d summaries\n%s", candidate, n, u.Text())
	}
	if want := "1 身份证人像面 ✓\n2–9 先暂存"; !strings.Contains(u.Text(), want) {
		t.Errorf("candidate %d: summary without %q:\n%s", candidate, want, u.Text())
	}
}

// spread is a balancer without memory before the instances; it holds each call up a little, so
// that they overtake each other.
func spread(t *testing.T, urls ...string) string {
	t.Helper()
	var proxies []http.Handler
	for _, u := range urls {
		target, err := url.Parse(u)
		if err != nil {
			t.Fatal(err)
		}
		proxies = append(proxies, httputil.NewSingleHostReverseProxy(target))
	}
	var turn atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(rand.N(300 * time.Millisecond))
		proxies[turn.Add(1)%int64(len(proxies))].ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// bindMany brings n people in whom nothing has to be asked, binds them and confirms their phones.
func bindMany(t *testing.T, w *apptest.World, n int) []*wechattest.User {
	t.Helper()
	people := make([]apptest.Person, n)
	for i := range people {
		people[i] = apptest.Someone(i)
	}
	w.Import(t, people...)
	users := make([]*wechattest.User, n)
	for i, p := range people {
		u := w.Platform.User(fmt.Sprintf("o-album-%d", i))
		u.Follow(t.Context())
		u.Say(t.Context(), p.Number+" "+p.IDTail())
		if d := u.Say(t.Context(), "对"); !strings.Contains(d.Reply, "你的材料") {
			t.Fatalf("person %d: %v", i, d)
		}
		users[i] = u
	}
	return users
}
