package handlers_test

import (
	"testing"
)

// One's own account, the accounts and the log in a real browser: nothing sticks out on a phone.
func TestAccountsOnScreenAndPhone(t *testing.T) {
	w := newWorld(t).open()
	c := w.people(2)[0]
	w.submit(c)
	w.signedIn("王老师").get(sheetPath(c))
	v := chromium(t, w)
	v.Size(1366, 768)
	v.signIn("管理员")
	v.Go(v.base + "/staff/people")
	v.Type("input[name=name]", "孙老师")
	v.Value(`document.querySelector(".add select[name=site]").value = "S1"`)
	v.Click(".add button")
	v.Until("the initial password is shown", `document.querySelector(".secret").textContent.length === 19`)
	v.Shot("people")
	v.Click("tbody tr:nth-child(2) summary")
	v.Until("the forms of one account", `document.querySelector("details[open] form").getBoundingClientRect().width > 200`)
	v.Shot("people-change")
	w.signedInWith("管理员", macFirefox, "")
	for _, path := range []string{"/staff/people", "/staff/me/totp", "/staff/me/sessions", "/staff/log"} {
		name := map[string]string{"/staff/people": "people", "/staff/me/totp": "me", "/staff/me/sessions": "sessions", "/staff/log": "log"}[path]
		v.Go(v.base + path)
		v.Until("the page", `document.querySelector("h1")`)
		v.Shot(name + "-wide")
	}
	v.Dark()
	for _, path := range []string{"/staff/me/totp", "/staff/me/sessions", "/staff/people", "/staff/log"} {
		name := map[string]string{"/staff/people": "people", "/staff/me/totp": "me", "/staff/me/sessions": "sessions", "/staff/log": "log"}[path]
		v.Go(v.base + path)
		v.Shot(name + "-dark")
	}
	v.Phone()
	for _, path := range []string{"/staff/me/totp", "/staff/me/sessions", "/staff/people", "/staff/log", "/staff/again"} {
		v.Go(v.base + path)
		v.Until("nothing sticks out of "+path, `document.documentElement.scrollWidth <= innerWidth`)
		v.Shot(map[string]string{"/staff/people": "people", "/staff/me/totp": "me", "/staff/me/sessions": "sessions", "/staff/log": "log", "/staff/again": "again"}[path] + "-phone")
	}
}
