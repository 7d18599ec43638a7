package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The emptied page sends people to sign in with its own address as the next one: left.js.
func TestSigningInAgainFromAPreviewLeadsToTheList(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	b := w.signedIn("王老师")
	if got := b.post("/staff/batch", url.Values{"c": {"1"}}); got.status != http.StatusOK {
		t.Fatalf("the preview: %d", got.status)
	}
	w.clock = w.clock.Add(31 * time.Minute)
	if got := b.get("/staff/batch"); got.location() != "/staff/login?next=%2Fstaff%2Fbatch" {
		t.Errorf("signed out: %d to %q", got.status, got.location())
	}
	got := b.post("/staff/login", url.Values{"name": {"王老师"}, "password": {password}, "next": {"/staff/batch"}})
	if got.location() != "/staff/batch" {
		t.Fatalf("signed in: %d to %q", got.status, got.location())
	}
	if got = b.get(got.location()); got.status != http.StatusSeeOther || got.location() != "/staff/" {
		t.Fatalf("%d to %q", got.status, got.location())
	}
	const words = "预览没有保留"
	if !strings.Contains(b.get("/staff/").body, words) {
		t.Error("the list does not say what became of the preview")
	}
	if strings.Contains(b.get("/staff/").body, words) {
		t.Error("it is said twice")
	}
}

func TestWhatOnlyFormsPostToLeadsToThePageAbove(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	b := w.signedIn("管理员")
	const told = "不能直接打开"
	for path, want := range map[string]string{
		decisionPath(c):                sheetPath(c),
		sheetPath(c) + "/phone":        sheetPath(c),
		"/staff/questions/3":           "/staff/questions",
		"/staff/me/password":           "/staff/me",
		"/staff/me/codes":              "/staff/me",
		"/staff/people/3/role":         "/staff/people",
		"/staff/notices/pause":         "/staff/notices",
		"/staff/notices/phone/3":       "/staff/notices",
		"/staff/me/sessions/end":       "/staff/me/sessions",
		"/staff/export/states":         "/staff/export",
		"/staff/roster/3/import":       "/staff/roster/3",
		"/staff/logout":                "/staff/",
		"/staff/me/password?new=words": "/staff/me", // what stands behind it stays behind
	} {
		got := b.get(path)
		if got.status != http.StatusSeeOther || got.location() != want {
			t.Errorf("%s: %d to %q, want %q", path, got.status, got.location(), want)
			continue
		}
		page := b.get(want)
		if mute := strings.HasPrefix(want, "/staff/export") || strings.HasPrefix(want, "/staff/roster/"); strings.Contains(page.body, told) == mute {
			t.Errorf("%s: %s says why: %v", path, want, !mute)
		}
	}
	if page := b.get("/staff/"); strings.Contains(page.body, told) {
		t.Error("a message is left over")
	}
}
