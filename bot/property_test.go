package bot_test

import (
	"flag"
	"slices"
	"testing"
	"time"

	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/intake"
	"cailiao/wechat/wechattest"

	"pgregory.net/rapid"
)

// Words people send, and what the links send.
var words = []string{
	"清单", "进度", "意见", "帮助", "人工", "谢谢", "提交", "确定提交", "确定提交", "再看看", "撤回", "下一项", "换一张", "删除", "删除第1张",
	"删除第9张", "仍要使用", "暂存", "依次放", "示例", "修改信息", "备用电话", "不留", "改手机号", "对", "不对", "我的情况变了", "回答问题",
	"看圈出的地方", "看圈出的地方2", "跳过", "是", "否", "专科", "本科", "1", "2", "9", "99", "2 毕业证", "1 3", "2-4 学历备案表", "1 删除", "3 护照", "毕业证", "证书",
	"13912345678", "12345", "2611010002 151022", "现在怎么样了？还差什么，几号截止", "人工 我可以晚点交吗", "", "　", "？？？", "<a href=\"x\">", "👍",
}

// life is one candidate's random life, and what must hold of it at every moment.
type life struct {
	*rapid.T
	w       *apptest.World
	u       *wechattest.User
	id      int64
	staff   [2]intake.Staff // site, area
	photos  [][]byte
	last    wechattest.Delivery
	decided bool // the present step is staff's
	ever    int  // photos stored so far
	chat    int  // entries seen
}

func TestWhateverHappensTheInvariantsHold(t *testing.T) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := flag.Set("rapid.checks", "12"); err != nil { // each check starts the whole program
			t.Fatal(err)
		}
	}
	var photos [][]byte
	for n := range uint64(6) {
		photos = append(photos, imagetest.JPEG(imagetest.Page(900+n, 610, 820), 60))
	}
	photos = append(photos, imagetest.JPEG(imagetest.Page(950, 480, 640), 60), // a doubt
		imagetest.JPEG(imagetest.Page(951, 240, 320), 60), []byte("%PDF-1.7\n")) // refused
	rapid.Check(t, func(rt *rapid.T) {
		w := apptest.Start(t, "sqlite", time.Date(2026, 2, 8, 9, 0, 0, 0, time.FixedZone("CST", 8*3600)))
		w.Import(t)
		l := &life{T: rt, w: w, u: w.Platform.User("o-life"), photos: photos}
		l.staff[0] = w.AddStaff(t, "site", intake.RoleSite, "110101")
		l.staff[1] = w.AddStaff(t, "area", intake.RoleArea, "")
		person := apptest.People[rapid.IntRange(0, 1).Draw(rt, "person")]
		l.u.Follow(t.Context())
		early := rapid.IntRange(0, 3).Draw(rt, "photos before binding")
		for _, photo := range photos[:early] {
			l.answered(l.u.SendPhoto(t.Context(), photo))
		}
		l.u.Say(t.Context(), person.Number+" "+person.IDTail())
		l.u.Say(t.Context(), "对")
		talk, err := w.DB.Talk(t.Context(), l.u.OpenID)
		l.must(err)
		l.id, l.chat = talk.CandidateID, len(l.u.Chat())
		l.wait()
		if c := l.theCase(); len(c.Tray) != early {
			rt.Fatalf("%d photos came before the binding, %d are in the tray", early, len(c.Tray))
		}
		if rapid.Bool().Draw(rt, "has sent everything") {
			l.sendAll()
		}
		steps := []func(){l.say, l.say, l.say, l.photo, l.album, l.odd, l.repeat, l.decide, l.decide, l.open, l.wait}
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			before := l.theCase()
			l.decided = false
			rapid.SampledFrom(steps).Draw(rt, "step")()
			l.check(before)
		}
	})
}

func (l *life) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *life) theCase() intake.Case {
	c, err := l.w.DB.Case(l.Context(), l.id)
	l.must(err)
	return c
}

// sendAll brings the candidate close to submitting.
func (l *life) sendAll() {
	for n := range uint64(9) {
		l.u.SendPhoto(l.Context(), imagetest.JPEG(imagetest.Page(1000+n, 610, 820), 60))
		l.u.Say(l.Context(), "下一项")
	}
	l.chat = len(l.u.Chat())
}

func (l *life) say() {
	l.last = l.u.Say(l.Context(), rapid.SampledFrom(words).Draw(l.T, "text"))
	l.answered(l.last)
}

func (l *life) photo() {
	l.last = l.u.SendPhoto(l.Context(), rapid.SampledFrom(l.photos).Draw(l.T, "photo"))
	l.answered(l.last)
}

func (l *life) album() {
	photos := rapid.SliceOfN(rapid.SampledFrom(l.photos), 2, 5).Draw(l.T, "album")
	answers := 0
	for _, d := range l.u.SendPhotos(l.Context(), photos) {
		if d.Broken != "" || len(d.Reply) > 2048 {
			l.Fatalf("album: %v", d)
		}
		if d.Reply != "" {
			answers++
		}
		l.last = d
	}
	if answers != 1 {
		l.Fatalf("an album of %d photos got %d answers", len(photos), answers)
	}
}

func (l *life) odd() {
	kinds := []func() wechattest.Delivery{
		func() wechattest.Delivery { return l.u.SendVoice(l.Context(), []byte("#!AMR")) },
		func() wechattest.Delivery { return l.u.SendSticker(l.Context()) },
		func() wechattest.Delivery { return l.u.SendLocation(l.Context(), 1, 2, "x") },
		func() wechattest.Delivery { return l.u.Click(l.Context(), "progress") },
		func() wechattest.Delivery { return l.u.Click(l.Context(), "submit") },
		func() wechattest.Delivery { return l.u.Scan(l.Context(), "elsewhere") },
	}
	l.last = rapid.SampledFrom(kinds).Draw(l.T, "kind")()
	l.answered(l.last)
}

// answered checks that a reply came and fits.
func (l *life) answered(d wechattest.Delivery) {
	l.Helper()
	if d.Broken != "" || d.Reply == "" && d.ReplyImage == "" || len(d.Reply) > 2048 {
		l.Fatalf("answer of %d bytes: %v", len(d.Reply), d)
	}
}

// repeat delivers the last message once more: nothing happens twice.
func (l *life) repeat() {
	if l.last.Attempts == 0 {
		return
	}
	before := l.theCase()
	again := l.w.Platform.Redeliver(l.Context(), l.last)
	after := l.theCase()
	if again.Broken != "" || again.Reply != l.last.Reply || after.Submission != before.Submission || len(after.Photos) != len(before.Photos) {
		l.Fatalf("a repeat was answered %v, at first %v", again, l.last)
	}
}

func (l *life) decide() {
	c := l.theCase()
	waiting := intake.Waiting(c)
	if len(waiting) == 0 {
		return
	}
	l.decided = true
	who := l.staff[0]
	if c.Submission.State == intake.SitePassed {
		who = l.staff[1]
	}
	decision := intake.Decision{Version: c.Submission.Version}
	for _, code := range waiting {
		j := intake.Judgement{Material: code, Pass: rapid.IntRange(0, 3).Draw(l.T, "pass") > 0}
		if !j.Pass {
			j.Reasons = []string{"IMG_BLUR"}
			if photos := c.PhotosOf(code); len(photos) > 0 && rapid.Bool().Draw(l.T, "frame") {
				j.Boxes = []intake.Box{{Photo: photos[0].ID, X: .1, Y: .2, W: .3, H: .4}}
			}
		}
		decision.Judgements = append(decision.Judgements, j)
	}
	_, err := l.w.Desk.Decide(l.Context(), who, l.id, decision)
	l.must(err)
}

func (l *life) open() {
	_, err := l.w.Desk.Sheet(l.Context(), l.staff[0], l.id)
	l.must(err)
}

// wait lets time pass, and lets the loops do what is due.
func (l *life) wait() {
	l.w.Clock.Advance(time.Duration(rapid.IntRange(1, 30*60).Draw(l.T, "minutes")) * time.Minute)
	l.w.Bot.Sweep(l.Context())
	l.must(l.w.Bot.Drain(l.Context()))
	_, err := l.w.Notices.Send(l.Context())
	l.must(err)
}

// check holds the candidate's records to what must always be true.
func (l *life) check(before intake.Case) {
	l.Helper()
	c := l.theCase()
	materials, err := l.w.Season.List(c.Candidate.Attrs)
	l.must(err)
	for _, line := range intake.Progress(materials, c) {
		if len(line.Photos) > line.Material.Max {
			l.Fatalf("%s has %d photos, at most %d fit", line.Material.Code, len(line.Photos), line.Material.Max)
		}
	}
	if before.Submission.ID != c.Submission.ID {
		l.Fatalf("submission %d became %d", before.Submission.ID, c.Submission.ID)
	}
	if !l.decided && before.Submission.State.Locked() && c.Submission.State.Locked() && !slices.EqualFunc(before.Photos, c.Photos, samePhoto) {
		l.Fatalf("the photos of a locked submission changed")
	}
	if before.Submission.State == intake.Returned && c.Submission.State == intake.Returned {
		l.checkLockedItems(before, c)
	}
	ever, err := l.w.DB.PhotosEver(l.Context(), l.id)
	l.must(err)
	if len(ever) < l.ever {
		l.Fatalf("%d photos are stored, there were %d", len(ever), l.ever)
	}
	l.ever = len(ever)
	for _, p := range ever {
		if data, err := l.w.Blobs.Get(l.Context(), p.Original); err != nil || len(data) != p.Bytes {
			l.Fatalf("photo %d is not to be had: %v", p.ID, err)
		}
		has := func(q intake.Photo) bool { return q.ID == p.ID }
		if p.State == intake.Kept && !slices.ContainsFunc(c.Photos, has) || p.State == intake.InTray && !slices.ContainsFunc(c.Tray, has) {
			l.Fatalf("photo %d is %s, but nowhere", p.ID, p.State)
		}
	}
}

// checkLockedItems: of a returned submission only what was returned, or never judged, changes.
func (l *life) checkLockedItems(before, after intake.Case) {
	l.Helper()
	for _, item := range before.Items {
		if item.State != intake.ItemSitePassed && item.State != intake.ItemPassed {
			continue
		}
		if !slices.EqualFunc(before.PhotosOf(item.Material), after.PhotosOf(item.Material), samePhoto) {
			l.Fatalf("%s had passed, and changed", item.Material)
		}
	}
}

func samePhoto(a, b intake.Photo) bool {
	return a.ID == b.ID && a.State == b.State && a.Material == b.Material
}
