package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
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

// A code alone proves who asks, but what signing in rests on is changed by the password and a code.
func TestHowOneSignsInIsChangedByAllThatSigningInTakes(t *testing.T) {
	w := newWorld(t).open()
	b := w.signedIn("王老师")
	secret, _ := b.enrol()
	refused := func(after string) {
		t.Helper()
		for _, path := range []string{"/staff/me/totp-off", "/staff/me/codes"} {
			if got := b.post(path, nil); !strings.HasPrefix(got.location(), "/staff/again?") || !strings.HasSuffix(got.location(), "&full=1") {
				t.Errorf("%s, %s: %d to %q", path, after, got.status, got.location())
			}
		}
	}
	w.clock = w.clock.Add(10 * time.Minute)
	refused("long after signing in")
	if got := b.post("/staff/again", url.Values{"code": {w.code(secret)}}); got.status != http.StatusSeeOther {
		t.Fatalf("a code: %d", got.status)
	}
	refused("after a code")
	for name, form := range map[string]url.Values{
		"no password": {"full": {"1"}, "code": {w.code(secret)}},
		"no code":     {"full": {"1"}, "password": {password}},
		"a used code": {"full": {"1"}, "password": {password}, "code": {w.code(secret)}},
	} {
		if got := b.post("/staff/again", form); got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	refused("after half a proof")
	w.clock = w.clock.Add(30 * time.Second)
	form := url.Values{"full": {"1"}, "password": {password}, "code": {w.code(secret)}}
	if got := b.post("/staff/again", form); got.status != http.StatusSeeOther {
		t.Fatalf("password and code: %d", got.status)
	}
	if got := b.post("/staff/me/totp-off", nil); got.location() != "/staff/me" {
		t.Errorf("after both: %d to %q", got.status, got.location())
	}
}
