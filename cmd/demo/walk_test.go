package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cailiao/app/browsertest"
)

// TestTheWholeRoadInARealBrowser walks the demo as its visitor does: a candidate on the phone
// page, two reviewers on the staff page. With CAILIAO_SCREENSHOTS it takes the documents' pictures.
func TestTheWholeRoadInARealBrowser(t *testing.T) {
	phone := browsertest.Open(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(root)
	d := startDemo(t, t.TempDir())

	p := candidate{t: t, Window: phone, person: d.phone.People[0], samples: filepath.Join(root, "cmd", "demo", "samples")}
	phone.Phone()
	phone.Go(d.url)
	p.open()
	phone.Click(p.at("[data-test=follow]"))
	p.answered("报名号")
	p.say(p.person.Number)
	p.answered("最后 6 位")
	p.say(p.person.IDTail)
	p.answered("绑定成功")
	p.tap("对")
	p.answered("要交 9 项，已齐 0 项")
	phone.Shot("chat-list")

	p.send("21 模糊.jpg")
	p.answered("这张没有收")
	for i, sample := range []string{"01 身份证人像面", "02 身份证国徽面", "03 报名成功通知单", "04 毕业证书", "05 学位证书"} {
		p.send(sample + ".jpg")
		p.answered("收到第 1 张")
		if i == 1 {
			phone.Shot("chat-photos")
		}
	}
	p.send("06 学历备案表 第1页.jpg")
	p.answered("最多还能发 1 张")
	p.send("07 学历备案表 第2页.jpg")
	p.answered("收到第 2 张")
	p.send("08 试用期考核证明.jpg")
	p.answered("收到第 1 张")
	p.send("09 带教老师资格证.jpg")
	p.answered("最多还能发 3 张")
	p.tap("下一项")
	p.answered("医疗机构执业许可证副本")
	p.send("11 医疗机构执业许可证副本.jpg")
	p.answered("最多还能发 2 张")
	p.say("提交")
	p.answered("确定提交吗")
	p.tap("确定提交")
	p.answered("上报完成，内容已锁定")
	phone.Shot("chat-submitted")
	p.send("10 带教老师执业证.jpg")
	p.answered("内容已锁定")

	site := newReviewer(t, d, 0)
	site.Shot("staff-queue")
	site.openFirst(p.person.Name)
	site.Keys("x1")
	site.Until("a reason is chosen", `document.querySelector(".item.on .reason input:checked")`)
	site.Shot("staff-return")
	site.Keys("j")
	for range 8 {
		site.Keys("a")
	}
	site.decide("return")

	phone.Until("the result as a template message", p.has(".card", "需补正"))
	phone.Shot("chat-returned")
	p.say("意见")
	p.answered("有 1 项需要改")
	p.send("12 身份证人像面 重拍.jpg")
	p.answered("换成新照片了")
	p.say("提交")
	p.answered("确定提交吗")
	p.tap("确定提交")
	p.answered("上报完成，内容已锁定")

	site.Go(d.url + "/staff/")
	site.openFirst(p.person.Name)
	site.Keys("a")
	site.decide("pass")
	phone.Until("the site's pass", p.has(".card", "考点通过"))

	area := newReviewer(t, d, 1)
	area.openFirst(p.person.Name)
	area.Shot("staff-sheet")
	for range 9 {
		area.Keys("a")
	}
	area.decide("pass")
	phone.Until("the area's pass", p.has(".card", "审核通过"))
	p.say("进度")
	p.answered("审核通过 ✓")
	phone.Shot("chat-passed")

	desk := browsertest.Open(t)
	desk.Size(1366, 768)
	desk.Go(d.url)
	desk.Until("several phones side by side", `document.querySelectorAll("[data-openid]:not([hidden])").length >= 2`)
	desk.Shot("demo-desk")
}

func TestTheClockBringsTheReminder(t *testing.T) {
	page := browsertest.Open(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(root)
	dir := t.TempDir()
	d := startDemo(t, dir)
	page.Size(1366, 768)
	page.Go(d.url)
	page.Until("the page is there", `document.querySelector("[data-test=clock-now]").textContent.includes(":") && !document.querySelector("[data-test=clock-now]").textContent.includes("--")`)
	before := d.kept.clock.Now()
	page.Click("[data-test=clock-12h]")
	page.Click("[data-test=clock-12h]")
	for deadline := time.Now().Add(10 * time.Second); d.kept.clock.Now().Sub(before) < 24*time.Hour; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the clock went %s forward, want 24 h", d.kept.clock.Now().Sub(before))
		}
	}
}

func TestASecondStartContinuesWhereTheFirstStopped(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(root)
	dir := t.TempDir()
	d := startDemo(t, dir)
	user := d.platform.User(d.phone.People[0].OpenID)
	user.Follow(t.Context())
	user.Say(t.Context(), d.phone.People[0].Number+" "+d.phone.People[0].IDTail)
	if len(d.phone.Staff) != 3 {
		t.Errorf("%d staff accounts at the first start, want 3", len(d.phone.Staff))
	}
	d.kept.clock.Advance(time.Hour)
	d.stop()

	again := startDemo(t, dir)
	if len(again.phone.Staff) != 0 {
		t.Error("passwords are shown again")
	}
	user = again.platform.User(again.phone.People[0].OpenID)
	if chat := user.Chat(); len(chat) < 4 {
		t.Errorf("the chat has %d entries after a restart", len(chat))
	}
	if reply := user.Say(t.Context(), "对").Reply; !strings.Contains(reply, "手机号记好了") {
		t.Errorf("the conversation did not continue: %q", reply)
	}
	if ahead := time.Until(again.kept.clock.Now()); ahead < 59*time.Minute {
		t.Errorf("the clock is only %s ahead after a restart", ahead)
	}
}

// running is a demo that is being served.
type running struct {
	*demo
	stop func()
}

func startDemo(t *testing.T, dir string) *running {
	t.Helper()
	d, err := open(t.Context(), "127.0.0.1:0", dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- d.serve(ctx) }()
	stopped := false
	r := &running{demo: d, stop: func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := d.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}}
	t.Cleanup(r.stop)
	return r
}

// candidate plays one person on the phone page.
type candidate struct {
	*browsertest.Window
	t       *testing.T
	person  Person
	samples string
	asked   int // answers there were before the last thing said
}

// at finds something on this person's phone.
func (p *candidate) at(selector string) string {
	return fmt.Sprintf("[data-openid=%q] %s", p.person.OpenID, selector)
}

// has is a condition: something on this person's phone with this text in it.
func (p *candidate) has(selector, text string) string {
	return fmt.Sprintf("[...document.querySelectorAll(%q)].some(e => e.textContent.includes(%q))", p.at(selector), text)
}

func (p *candidate) answers() string {
	return fmt.Sprintf("document.querySelectorAll(%q).length", p.at(".bubble.them"))
}

// open brings this person's phone to the front.
func (p *candidate) open() {
	p.Until("the phones are there", fmt.Sprintf("document.querySelector(%q)", p.at("[data-test=input]")))
	p.Until("this phone is in front", fmt.Sprintf("!document.querySelector('[data-openid=%q]').hidden", p.person.OpenID))
}

func (p *candidate) say(text string) {
	p.mark()
	p.Type(p.at("[data-test=input]"), text+"\r")
}

// tap taps the newest link with this word.
func (p *candidate) tap(word string) {
	p.mark()
	p.Until("the link "+word, fmt.Sprintf("(() => { const all = document.querySelectorAll(%q); const last = all[all.length-1]; if (!last) return false; last.click(); return true })()",
		p.at(fmt.Sprintf(".send-link[data-send=%q]", word))))
}

func (p *candidate) send(sample string) {
	p.mark()
	p.Files(p.at("[data-test=file]"), filepath.Join(p.samples, sample))
	p.Until("the preview", fmt.Sprintf("document.querySelector(%q)?.offsetParent", p.at("[data-test=preview-send]")))
	p.Click(p.at("[data-test=preview-send]"))
}

func (p *candidate) mark() {
	p.t.Helper()
	fmt.Sscan(p.Value("String("+p.answers()+")"), &p.asked)
}

// answered waits for the answer to the last thing said and for this text in it.
func (p *candidate) answered(text string) {
	p.t.Helper()
	p.Until("an answer with "+text, fmt.Sprintf("%s > %d && [...document.querySelectorAll(%q)].at(-1).textContent.includes(%q)",
		p.answers(), p.asked, p.at(".bubble.them"), text))
}

// reviewer plays a staff account.
type reviewer struct{ *browsertest.Window }

func newReviewer(t *testing.T, d *running, account int) *reviewer {
	t.Helper()
	w := browsertest.Open(t)
	w.Size(1366, 768)
	w.Go(d.url + "/staff/")
	w.Type("input[name=name]", d.phone.Staff[account].Name)
	w.Type("input[name=password]", d.phone.Staff[account].Password+"\r")
	w.Until("signed in", `document.querySelector(".tabs")`)
	return &reviewer{w}
}

// openFirst opens the first of the list, who must be this candidate.
func (r *reviewer) openFirst(name string) {
	r.Until("the list has "+name, fmt.Sprintf(`document.querySelector(".tabs") && document.body.innerText.includes(%q)`, name))
	r.Keys("s")
	r.Until("the sheet of "+name, fmt.Sprintf(`document.querySelector(".item.on") && document.querySelector(".case h1").innerText.includes(%q)`, name))
	r.Until("its picture", `document.querySelector(".item.on .page.on img").naturalWidth > 0`)
}

// decide sends the decision, which must come to this.
func (r *reviewer) decide(outcome string) {
	r.Until("all items judged", fmt.Sprintf(`document.querySelector("[data-then]").dataset.then === %q`, outcome))
	r.Keys("\r")
	r.Until("sent", `document.querySelector(".empty") || document.querySelector(".toast")`)
}
