package handlers_test

import (
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/app/browsertest"
	"cailiao/wechat/wechattest"
)

// On the smallest phone nothing hangs over, and the whole way through WeChat works in a real browser.
func TestTheCandidatesPageFits320Pixels(t *testing.T) {
	v := browsertest.Open(t)
	w := apptest.Start(t, "sqlite", time.Date(2026, 2, 1, 10, 0, 0, 0, cst))
	w.Import(t)
	mine := settled(t, w, 0)
	v.Size(320, 640)
	v.Go(w.URL + "/healthz")
	v.Value("document.cookie = '" + wechattest.BrowserCookie + "=" + mine.OpenID + "; path=/'") // whose WeChat it is
	v.Go(w.URL + "/mine")
	v.Until("the page with its pictures", "location.pathname === '/mine' && document.querySelectorAll('.photos img').length === 2")
	v.Until("pictures shown", "[...document.images].every(i => i.complete && i.naturalWidth > 0)")
	v.Until("nothing wider than the phone", "document.documentElement.scrollWidth <= 320")
	v.Until("links large enough for a thumb", "[...document.querySelectorAll('.photos a')].every(a => a.getBoundingClientRect().height >= 44)")
	v.Until("dark colours", "[...document.styleSheets].some(s => [...s.cssRules].some(r => r.media && r.media.mediaText.includes('prefers-color-scheme: dark')))")
	v.Until("a way out, large enough for a thumb", "document.querySelector('header button').getBoundingClientRect().height >= 44")
	v.Shot("mine-320")
	v.Click(".photos a")
	v.Until("the large picture", "document.contentType === 'image/jpeg'")
}

// Whoever lends the phone can leave: what was seen is not to be had by going back, and the page says how to come again.
func TestACandidateLeavesThePage(t *testing.T) {
	v := browsertest.Open(t)
	w := apptest.Start(t, "sqlite", time.Date(2026, 2, 1, 10, 0, 0, 0, cst))
	w.Import(t)
	mine := settled(t, w, 0)
	v.Phone()
	v.Go(w.URL + "/healthz")
	v.Value("document.cookie = '" + wechattest.BrowserCookie + "=" + mine.OpenID + "; path=/'")
	v.Go(w.URL + "/mine")
	v.Until("the page with its pictures", "location.pathname === '/mine' && document.querySelectorAll('.photos img').length === 2")
	v.Shot("mine-phone")
	photo := v.Value("document.querySelector('.photos a').href")
	w.Clock.Advance(30*time.Minute - 15*time.Second) // the page, and a picture opened by itself, go when the session is over
	v.Go(photo)
	v.Until("the large picture", "document.contentType === 'image/jpeg'")
	v.Until("gone by itself", "location.pathname === '/mine/logout'")
	w.Clock.Advance(20 * time.Second)
	v.Go(w.URL + "/mine")
	v.Until("opened again", "location.pathname === '/mine'")
	w.Clock.Advance(30*time.Minute - 15*time.Second)
	v.Go(w.URL + "/mine")
	v.Until("the page", "location.pathname === '/mine'")
	v.Until("gone by itself", "location.pathname === '/mine/logout'")
	w.Clock.Advance(20 * time.Second)
	v.Go(w.URL + "/mine")
	v.Until("opened again", "location.pathname === '/mine' && document.querySelector('.photos a')")
	v.Click("header button")
	v.Until("signed out", "location.pathname === '/mine/logout' && document.body.innerText.includes('可以关掉')")
	v.Until("not wider than the phone", "document.documentElement.scrollWidth <= 390")
	v.Shot("mine-left")
	v.Go(photo)
	v.Until("no picture from the cache", "document.contentType === 'text/html'")
}
