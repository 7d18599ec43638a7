package bot_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cailiao/app"
	"cailiao/app/apptest"
	"cailiao/imaging/imagetest"
	"cailiao/imaging/reading"
	"cailiao/intake"
	"cailiao/wechat/wechattest"

	"github.com/google/go-cmp/cmp"
)

var minutes = regexp.MustCompile(`(\d{2}:)\d{2}`)

var update = flag.Bool("update", false, "rewrite the replies in testdata/*.chat")

// A script reads like a chat log. What the candidate and others do:
//
//	= 2026-02-01 10:00        the clock when it starts (first line); then erase or keep: what the season does on unfollowing
//	> text                    the candidate types, or taps a link with that text
//	> [关注] [取消关注] [扫码] [语音] [视频] [小视频] [文件] [位置] [链接] [表情]
//	> [图 3] [压图 3] [偏小图 3] [模糊图 3] [暗图 3] [无码图 3] [小图 3] [截屏 3] [坏图] [空图] [PDF]   the number makes different pictures
//	> [相册 4-7]              photos 4 to 7, sent together; [相册带糊 4-7]: the second one is blurred
//	> [专属码 1]              a personal QR code of the first candidate; [过期码 1] [假码 1]
//	> [看图 3毕业证书]        a picture that says what it is; also 3毕业证书躺 (lies on its side), 3难辨 (perhaps
//	                          on its head), 3二零二五 (valid until 2025); [相册认字 3,4毕业证书] an album of such
//	> [菜单 progress]         a menu click
//	> [重发]                  WeChat delivers the last message once more
//	+ 12h                     time passes
//	* 考点 退回 id_front IMG_BLUR 留言; id_back IMG_CUT     staff decide; 通过 passes the rest
//	* 考点 退回 id_front IMG_BLUR+框 留言                   with a frame on the item's first photo
//	* 考点 打开                staff open the candidate's sheet
//	* 考点 答复 你好           staff answer the oldest question
//	* 读图 忙 | 读图           reading takes too long from now on | has time: what was put off is read
//	* 清理                   what was kept long enough for whom stopped following goes
//	* 故障 media/get 500 2    the platform spoils two calls of an API
//	@ 家人                    another WeChat user goes on (the name just tells them apart)
//
// What comes back, rewritten by -update:
//
//	< text                    a reply; [[word]] is a tappable link
//	^ title｜label：value     a template message
//	! text                    what WeChat itself shows
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.chat")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	if len(files) < 40 {
		t.Errorf("%d scripts, at least 40 wanted", len(files))
	}
	heard := &coverage{}
	apptest.Each(t, func(t *testing.T, engine string) {
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".chat")
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				play(t, engine, file, heard)
			})
		}
	})
	if f := flag.Lookup("test.run"); f == nil || !strings.Contains(f.Value.String(), "/") {
		heard.check(t)
	}
}

// stage is one script being played.
type stage struct {
	t     *testing.T
	w     *apptest.World
	heard *coverage
	user  *wechattest.User
	seen  map[string]int // entries already written, by user
	last  wechattest.Delivery
	out   strings.Builder
	staff map[string]intake.Staff
	clerk *clerk
}

func play(t *testing.T, engine, file string, heard *coverage) {
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	s := &stage{t: t, heard: heard, seen: map[string]int{}}
	for line := range strings.Lines(string(source)) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "<") || strings.HasPrefix(line, "^") || strings.HasPrefix(line, "!") {
			continue
		}
		s.out.WriteString(line + "\n")
		if s.do(engine, line); t.Failed() {
			t.Fatalf("at: %s", line)
		}
	}
	got := s.out.String()
	if *update && engine == "sqlite" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := string(source)
	if time.Since(began) > 10*time.Second { // the script's clock runs with ours: a slow machine sees other minutes
		want, got = minutes.ReplaceAllString(want, "$1…"), minutes.ReplaceAllString(got, "$1…")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func (s *stage) do(engine, line string) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "=":
		s.open(engine, rest)
	case ">":
		s.cover(rest)
		s.say(rest)
		s.show()
	case "+":
		d, err := time.ParseDuration(rest)
		if err != nil {
			s.t.Fatal(err)
		}
		s.w.Clock.Advance(d)
		s.settle()
		s.show()
	case "*":
		s.order(strings.Fields(rest))
		s.settle()
		s.show()
	case "@":
		s.user = s.w.Platform.User(fmt.Sprintf("o-%x", rest))
	case "#", "":
	default:
		s.t.Fatalf("a line starts with = > + * @ or #, not %q", word)
	}
}

func (s *stage) open(engine, at string) {
	day, rest, _ := strings.Cut(at, " ")
	hour, onUnfollow, _ := strings.Cut(rest, " ")
	start, err := intake.ParseMoment(day+" "+hour, time.FixedZone("CST", 8*3600))
	if err != nil {
		s.t.Fatal(err)
	}
	s.clerk = &clerk{known: map[[32]byte]reading.Result{}}
	s.w = apptest.Start(s.t, engine, start, func(a *app.App) {
		a.Bot.Reading, a.Bot.ReadEvery = s.clerk, time.Hour
		if onUnfollow != "" {
			a.Season.Parting.OnUnfollow = intake.OnUnfollow(onUnfollow)
		}
	})
	s.w.Import(s.t)
	s.staff = map[string]intake.Staff{
		"考点":  s.w.AddStaff(s.t, "site-one", intake.RoleSite, "110101"),
		"考点乙": s.w.AddStaff(s.t, "site-two", intake.RoleSite, "110101"),
		"考区":  s.w.AddStaff(s.t, "area-one", intake.RoleArea, ""),
	}
	s.user = s.w.Platform.User("o-candidate")
}

var bracket = regexp.MustCompile(`^\[(\S+?)(?: (\S+))?\]$`)

func (s *stage) say(text string) {
	ctx := s.t.Context()
	m := bracket.FindStringSubmatch(text)
	if m == nil {
		s.last = s.user.Say(ctx, text)
		return
	}
	seed, _ := strconv.ParseUint(m[2], 10, 64)
	switch m[1] {
	case "关注":
		s.last = s.user.Follow(ctx)
	case "取消关注":
		s.last = s.user.Unfollow(ctx)
	case "扫码":
		s.last = s.user.Scan(ctx, m[2])
	case "语音":
		s.last = s.user.SendVoice(ctx, []byte("#!AMR"))
	case "视频":
		s.last = s.user.SendVideo(ctx, []byte("mp4"))
	case "小视频":
		s.last = s.user.SendShortVideo(ctx, []byte("mp4"))
	case "文件":
		s.last = s.user.SendFile(ctx, "材料.pdf", []byte("%PDF"))
	case "位置":
		s.last = s.user.SendLocation(ctx, 39.9, 116.4, "东城区")
	case "链接":
		s.last = s.user.SendLink(ctx, "标题", "https://example.com/")
	case "表情":
		s.last = s.user.SendSticker(ctx)
	case "菜单":
		s.last = s.user.Click(ctx, m[2])
	case "专属码", "过期码", "假码":
		s.last = s.user.FollowByScan(ctx, s.scene(m[1], m[2]))
	case "相册", "相册带糊":
		s.album(m[1], m[2])
	case "相册认字":
		s.user.SendPhotos(ctx, s.written(m[2]))
	case "重发":
		s.last = s.w.Platform.Redeliver(ctx, s.last)
		for line := range strings.Lines(anchor.ReplaceAllStringFunc(s.last.Reply, shownLink)) {
			fmt.Fprintf(&s.out, "< %s\n", strings.TrimRight(line, "\n"))
		}
	case "看图":
		s.last = s.user.SendPhoto(ctx, s.written(m[2])[0])
	default:
		s.last = s.user.SendPhoto(ctx, picture(s.t, m[1], seed))
	}
}

// album sends photos together: pushed at once, in any order.
func (s *stage) album(kind, numbers string) {
	from, to, _ := strings.Cut(numbers, "-")
	first, _ := strconv.ParseUint(from, 10, 64)
	last, _ := strconv.ParseUint(to, 10, 64)
	var photos [][]byte
	for n := first; n <= last; n++ {
		name := "图"
		if kind == "相册带糊" && n == first+1 {
			name = "模糊图"
		}
		photos = append(photos, picture(s.t, name, n))
	}
	s.user.SendPhotos(s.t.Context(), photos)
}

// pictures are drawn once and shared by all scripts.
var pictures sync.Map

func picture(t *testing.T, kind string, seed uint64) []byte {
	type key struct {
		kind string
		seed uint64
	}
	if data, ok := pictures.Load(key{kind, seed}); ok {
		return data.([]byte)
	}
	data := draw(t, kind, seed)
	pictures.Store(key{kind, seed}, data)
	return data
}

func draw(t *testing.T, kind string, seed uint64) []byte {
	page := imagetest.Page(seed, 610, 820)
	switch kind {
	case "图":
		return imagetest.JPEG(page, 80)
	case "偏小图":
		return imagetest.JPEG(imagetest.Page(seed, 480, 640), 60)
	case "无码图":
		return imagetest.JPEG(imagetest.Scene{W: 610, H: 820, Seed: seed}.Draw(), 80)
	case "压图": // the same picture, squeezed on its way
		return imagetest.JPEG(page, 55)
	case "截屏":
		return imagetest.PNG(imagetest.Page(seed, 720, 1280))
	case "模糊图":
		return imagetest.JPEG(imagetest.Blur(page, 7), 80)
	case "暗图":
		return imagetest.JPEG(imagetest.Dim(page, 0.1), 80)
	case "小图":
		return imagetest.JPEG(imagetest.Page(seed, 240, 320), 80)
	case "坏图":
		return imagetest.JPEG(page, 80)[:30000]
	case "空图":
		return []byte{}
	case "PDF":
		return []byte("%PDF-1.7\n")
	}
	t.Fatalf("no such picture: %q", kind)
	return nil
}

// theCase is that of the candidate the user of the script is, or was, bound to.
func (s *stage) theCase() intake.Case {
	ctx := s.t.Context()
	talk, err := s.w.DB.Talk(ctx, s.user.OpenID)
	if err != nil {
		s.t.Fatal(err)
	}
	id := talk.CandidateID
	if id == 0 { // who stopped following
		if id, err = s.w.DB.Parted(ctx, s.user.OpenID); err != nil {
			s.t.Fatal(err)
		}
	}
	c, err := s.w.DB.Case(ctx, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// settle waits until everything due has been sent, finished and reported.
func (s *stage) settle() {
	ctx := s.t.Context()
	s.w.Bot.Sweep(ctx)
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err := s.w.Bot.Drain(ctx); err != nil {
			s.t.Fatal(err)
		}
		if _, err := s.w.Notices.Send(ctx); err != nil {
			s.t.Fatal(err)
		}
		s.w.Platform.Wait()
		due, _, err := s.w.DB.NoticeBacklog(ctx, s.w.Clock.Now())
		if err != nil {
			s.t.Fatal(err)
		}
		if due == 0 {
			return
		}
	}
	s.t.Fatal("notices are still due after 20 s")
}

var anchor = regexp.MustCompile(`<a href="([^"]*)">([^<]*)</a>`)

// show writes what has come into the chat since.
func (s *stage) show() {
	chat := s.user.Chat()
	for _, e := range chat[s.seen[s.user.OpenID]:] {
		switch {
		case e.From == wechattest.FromMe:
		case e.Kind == wechattest.KindImage:
			fmt.Fprintf(&s.out, "< [图片]\n")
		case e.From == wechattest.FromSystem:
			fmt.Fprintf(&s.out, "! %s\n", e.Text)
		case e.Card != nil:
			rows := make([]string, len(e.Card.Rows))
			for i, row := range e.Card.Rows {
				rows[i] = "｜" + row.Label + "：" + row.Value
			}
			fmt.Fprintf(&s.out, "^ %s%s\n", e.Card.Title, strings.Join(rows, ""))
		default:
			for line := range strings.Lines(anchor.ReplaceAllStringFunc(e.Text, shownLink)) {
				fmt.Fprintf(&s.out, "< %s\n", strings.TrimRight(line, "\n"))
			}
		}
	}
	s.seen[s.user.OpenID] = len(chat)
}

func shownLink(a string) string {
	m := anchor.FindStringSubmatch(a)
	if strings.HasPrefix(m[1], "weixin:") {
		return "[[" + m[2] + "]]"
	}
	return "[[" + m[2] + "→" + m[1][strings.LastIndexByte(m[1], '/')+1:] + "]]"
}
