package handlers_test

import (
	"testing"

	"cailiao/bot"
)

func TestOfficePagesFitAPhone(t *testing.T) {
	w := newWorld(t)
	w.Codes = bot.Coder{Account: w.openPlatform(), Secret: []byte("secret"), Now: w.House.Now}
	w.open()
	c := w.people(4)[0]
	w.submit(c)
	v := chromium(t, w)
	v.Size(1366, 768)
	v.signIn("管理员")
	for name, path := range map[string]string{"roster": "/staff/roster", "codes": "/staff/codes", "export": "/staff/export", "case": sheetPath(c) + "/case"} {
		v.Size(1366, 768)
		v.Go(v.base + path)
		v.Until("the page", `document.querySelector(".office .panel")`)
		v.Shot("office-" + name)
		v.Phone()
		v.Go(v.base + path)
		v.Until("not wider than the phone", `document.querySelector(".office .panel") && document.documentElement.scrollWidth <= 390`)
		v.Shot("office-" + name + "-phone")
	}
	v.Size(1366, 768)
	v.Go(v.base + "/staff/codes")
	v.Click(".panel .primary")
	v.Until("codes", `document.querySelectorAll(".codes svg path").length === 1`)
	v.Until("whose it is stands below", `document.querySelector(".codes figure p").getBoundingClientRect().top >= document.querySelector(".codes svg").getBoundingClientRect().bottom`)
	v.Shot("office-codes-made")
}
