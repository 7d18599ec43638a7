package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// guarded is a world with one more route, /staff/guarded, that wants a recent proof.
func guarded(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	router, err := w.RouterWithRecent("/staff/guarded", func(c *gin.Context) { c.String(http.StatusOK, "taken out") })
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(router)
	t.Cleanup(w.server.Close)
	return w
}

func TestAProofIsGoodForFiveMinutes(t *testing.T) {
	w := guarded(t)
	b := w.signedIn("王老师")
	if got := b.get("/staff/guarded"); got.body != "taken out" {
		t.Errorf("just signed in: %d", got.status)
	}
	w.clock = w.clock.Add(5 * time.Minute)
	again := "/staff/again?next=" + url.QueryEscape("/staff/guarded?site=S1")
	if got := b.get("/staff/guarded?site=S1"); got.status != http.StatusSeeOther || got.location() != again {
		t.Fatalf("five minutes later: %d to %q", got.status, got.location())
	}
	if got := b.post("/staff/guarded", nil, "Referer", w.server.URL+"/staff/?state=passed"); got.location() != "/staff/again?next="+url.QueryEscape("/staff/?state=passed") {
		t.Errorf("a posted form leads back to its page, not to %q", got.location())
	}
	if got := b.post("/staff/guarded", nil, "HX-Request", "true"); got.status != http.StatusNoContent || got.header.Get("HX-Redirect") == "" {
		t.Errorf("to htmx: %d, %q", got.status, got.header.Get("HX-Redirect"))
	}
	form := url.Values{"password": {"wrong"}, "next": {"/staff/guarded?site=S1"}}
	if got := b.post("/staff/again", form); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong password: %d", got.status)
	}
	if got := b.get("/staff/guarded"); got.status != http.StatusSeeOther {
		t.Errorf("after a wrong password: %d", got.status)
	}
	form.Set("password", password)
	if got := b.post("/staff/again", form); got.location() != "/staff/guarded?site=S1" {
		t.Errorf("%d to %q", got.status, got.location())
	}
	if got := b.get("/staff/guarded?site=S1"); got.body != "taken out" {
		t.Errorf("after the proof: %d", got.status)
	}
}

func TestProofsCountAsTriesToSignIn(t *testing.T) {
	w := guarded(t)
	b := w.signedIn("王老师")
	for range 10 {
		if got := b.post("/staff/again", url.Values{"password": {"wrong"}}); got.status != http.StatusUnprocessableEntity {
			t.Fatalf("%d", got.status)
		}
	}
	if got := b.post("/staff/again", url.Values{"password": {password}}); got.status != http.StatusTooManyRequests {
		t.Errorf("the eleventh try: %d", got.status)
	}
}
