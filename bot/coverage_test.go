package bot_test

import (
	"slices"
	"sync"
	"testing"

	"cailiao/bot"
	"cailiao/intake"
)

// kindsOf maps the words of scripts to the kinds of message there are.
var kindsOf = map[string]string{
	"图": "photo", "压图": "photo", "偏小图": "photo", "模糊图": "photo", "暗图": "photo", "小图": "photo", "截屏": "photo", "坏图": "photo",
	"空图": "photo", "看图": "photo", "无码图": "photo", "相册认字": "album", "PDF": "photo", "相册": "album", "相册带糊": "album", "语音": "voice", "视频": "video", "小视频": "short video",
	"文件": "file", "位置": "location", "链接": "link", "表情": "sticker", "菜单": "click", "重发": "repeat",
	"扫码": "scan", "专属码": "scan", "过期码": "scan", "假码": "scan", "关注": "follow", "取消关注": "unfollow",
}

// everywhere are the kinds each stage must have in some script.
var everywhere = []string{
	"text", "photo", "album", "voice", "video", "short video", "file", "location", "link", "sticker", "click", "repeat", "scan",
}

// coverage notes which kind of message was heard at which stage.
type coverage struct {
	mu    sync.Mutex
	heard map[[2]string]bool
}

func (c *coverage) add(stage, kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.heard == nil {
		c.heard = map[[2]string]bool{}
	}
	c.heard[[2]string{stage, kind}] = true
}

// check fails for every stage and kind without a script.
func (c *coverage) check(t *testing.T) {
	stages := bot.Stages()
	slices.Sort(stages)
	for _, stage := range stages {
		for _, kind := range everywhere {
			if !c.heard[[2]string{stage, kind}] {
				t.Errorf("no script has a %s at stage %s", kind, stage)
			}
		}
	}
}

func (s *stage) cover(text string) {
	kind := "text"
	if m := bracket.FindStringSubmatch(text); m != nil {
		if kind = kindsOf[m[1]]; kind == "" {
			s.t.Fatalf("what kind of message is %q?", text)
		}
	}
	at, err := s.w.Bot.StageOf(s.t.Context(), s.user.OpenID)
	if err != nil {
		s.t.Fatal(err)
	}
	s.heard.add(at, kind)
}

// answer lets staff answer the oldest question.
func (s *stage) answer(who intake.Staff, text string) {
	open, err := s.w.Desk.Questions(s.t.Context(), who)
	if err != nil || len(open) == 0 {
		s.t.Fatalf("%d questions, %v", len(open), err)
	}
	if err := s.w.Desk.Answer(s.t.Context(), who, open[0].ID, text); err != nil {
		s.t.Fatal(err)
	}
}
