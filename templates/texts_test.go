package templates

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cailiao/imaging"
	"cailiao/intake"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite docs/chat-texts.md")

// chapters of the document, by file of templates/chat.
var chapters = []struct{ file, title string }{
	{"start.txt", "关注、绑定、联系方式"}, {"list.txt", "清单、情况问题、进度、示例"}, {"photo.txt", "收照片、相册、暂存"},
	{"submit.txt", "提交与撤回"}, {"review.txt", "审核意见与通知"}, {"privacy.txt", "个人信息"}, {"questions.txt", "常见问题"}, {"other.txt", "其他"},
}

// inside are pieces of other texts: they are read there.
var inside = []string{
	"next line", "item reasons", "state", "until", "do next", "contact", "where", "queue", "tray waits", "questions wait",
	"which site", "more sites",
}

// TestTheTextsForProofreading writes every text of the chat, with made-up people, into one table
// an official can read.
func TestTheTextsForProofreading(t *testing.T) {
	samples := samples(t)
	var b strings.Builder
	b.WriteString("# 聊天里的全部文字\n\n给考点、考区的老师校对用。由测试生成，不要直接改：改 templates/chat/ 里的文字，再运行 `go test ./templates -run Proofreading -update`。\n" +
		"人和号码都是编的。【词】是考生可以点的词，打字也一样。同一条在不同情况下的说法，用 ——— 隔开。\n")
	for _, chapter := range chapters {
		fmt.Fprintf(&b, "\n## %s\n\n| 名称 | 文字 |\n| --- | --- |\n", chapter.title)
		for _, name := range namesIn(t, chapter.file) {
			texts := variants(t, name, samples)
			if len(texts) == 0 && !slices.Contains(inside, name) {
				t.Errorf("%q says nothing in any sample", name)
			}
			if len(texts) > 0 && !slices.Contains(inside, name) {
				fmt.Fprintf(&b, "| %s | %s |\n", name, strings.Join(texts, "<br>———<br>"))
			}
		}
	}
	writeWords(&b)
	const file = "../docs/chat-texts.md"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), b.String()); diff != "" {
		t.Errorf("%s is not up to date: run with -update (-file +texts):\n%s", file, diff)
	}
}

// onlyIf are texts that are said in some situations only.
var onlyIf = map[string]func(Say) bool{
	"missing":           func(s Say) bool { return len(s.Short) > 0 && !s.Early && !s.Over },
	"already submitted": func(s Say) bool { return s.Locked },
	"submitted":         func(s Say) bool { return s.Locked },
	"not open yet":      func(s Say) bool { return s.Early },
	"closed":            func(s Say) bool { return s.Over },
	"confirm":           func(s Say) bool { return len(s.Short) == 0 },
	"withdrawn":         func(s Say) bool { return !s.Locked && !s.Early && !s.Over },
	"locked photo":      func(s Say) bool { return s.Locked },
	"recheck locked":    func(s Say) bool { return s.Locked },
	"heads returned":    func(s Say) bool { return s.State == intake.Returned },
	"heads reminder":    func(s Say) bool { return s.State == intake.Returned },
	"feedback":          func(s Say) bool { return !s.Early && !s.Over },
	"same as returned":  func(s Say) bool { return s.State == intake.Returned },
	"human unbound":     func(s Say) bool { return len(s.Sites) > 0 || s.More > 0 },
	"sites":             func(s Say) bool { return len(s.Sites) > 0 },
	"no such site":      func(s Say) bool { return s.More > 0 },
	"thrown out":        func(s Say) bool { return s.State == intake.Collecting },
}

var definition = regexp.MustCompile(`\{\{define "([^"]+)"\}\}`)

func namesIn(t *testing.T, file string) []string {
	t.Helper()
	source, err := chatFiles.ReadFile("chat/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range definition.FindAllStringSubmatch(string(source), -1) {
		names = append(names, m[1])
	}
	return names
}

var tappable = regexp.MustCompile(`<a href="[^"]*">([^<]*)</a>`)

// variants are the different texts a template gives over the samples.
func variants(t *testing.T, name string, samples []Say) []string {
	t.Helper()
	var texts []string
	add := func(text string, err error) {
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if len(text) > 2048 {
			t.Errorf("%q takes %d bytes", name, len(text))
		}
		text = tappable.ReplaceAllString(strings.TrimSpace(text), "【$1】")
		text = strings.NewReplacer("\n", "<br>", "|", "\\|").Replace(text)
		if text != "" && !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if name == "refusal" || name == "doubt" || name == "where" {
		for _, code := range []string{
			imaging.Empty, imaging.NotPhoto, imaging.HEIC, imaging.WebP, imaging.PDF, imaging.GIF, imaging.OtherFormat, imaging.TooLarge,
			imaging.TooManyPixels, imaging.TooManyScans, imaging.Broken, "unsafe", imaging.Small, imaging.Dark, imaging.Bright, imaging.Glare,
			imaging.Blur, imaging.Blank, imaging.NoDocument, imaging.Far, imaging.Cut, "other",
		} {
			add(chatPart(name, intake.Verdict{Code: code, Where: "bottom-left"}))
		}
		return texts
	}
	for _, say := range samples {
		if fits := onlyIf[name]; fits != nil && !fits(say) {
			continue
		}
		if name == "missing" {
			say.N = len(say.Short)
		}
		if name == "sorted" {
			say.Shots = nil
			for i, fate := range []string{"kept", "there", "else", "missing", "twice", "unnamed", "vague", "locked", "full", "deleted"} {
				say.Shots = append(say.Shots, Shot{From: i + 1, To: i + 1, Fate: fate, Name: "毕业证书"})
			}
		}
		add(Chat(name, say))
		if name == "ask phone" {
			say.Candidate.Phone = ""
			add(Chat(name, say))
		}
	}
	return texts
}

func writeWords(b *strings.Builder) {
	b.WriteString("\n## 考生可以打的词\n\n| 意思 | 词 |\n| --- | --- |\n")
	for line := range strings.Lines(commandText) {
		fields := strings.Fields(line)
		if len(fields) > 1 && fields[0] != "#" {
			name := strings.NewReplacer("~~", "（话里带着，没有更清楚的词时）", "~", "（话里带着）").Replace(fields[0])
			fmt.Fprintf(b, "| %s | %s |\n", name, strings.Join(fields[1:], "、"))
		}
	}
}

// samples are candidates at every point of the road.
func samples(t *testing.T) []Say {
	t.Helper()
	data, err := os.ReadFile("../seasons/beijing-2026.yaml")
	if err != nil {
		t.Fatal(err)
	}
	loc := time.FixedZone("CST", 8*3600)
	season, err := intake.ParseSeason(data, loc)
	if err != nil {
		t.Fatal(err)
	}
	materials, err := season.List(map[string]any{"level": "执业", "category": "临床"})
	if err != nil {
		t.Fatal(err)
	}
	c := intake.Case{Candidate: intake.Candidate{
		ID: 1, Number: "2611010001", Name: "林知夏", IDNumber: "99000019910417003X", Phone: "13900000001", Second: "13700000002",
	}}
	c.Submission = intake.Submission{State: intake.Collecting, Round: 1}
	doubt, refusal := intake.Verdict{Code: imaging.Glare, Level: intake.Doubt, Where: "bottom-left"}, intake.Verdict{Code: imaging.Blur, Level: intake.Refuse}
	say := func(c intake.Case, photos int, change func(*Say)) Say {
		for i := range photos {
			c.Photos = append(c.Photos, intake.Photo{ID: int64(i + 1), Material: materials[i].Code, Round: 1})
		}
		s := Say{
			Season: season, Candidate: c.Candidate, State: c.Submission.State, Locked: c.Submission.State.Locked(), N: 1, Text: "……",
			Lines: intake.Progress(materials, c), Now: time.Date(2026, 2, 1, 10, 0, 0, 0, loc), Page: "https://example.cn/mine", Privacy: "https://example.cn/privacy", Erasable: c.Submission.State == intake.Collecting,
			Verdict: doubt, Attribute: season.Attributes[6], Choices: season.Attributes[6].Choices(), Example: "https://example.cn/x",
		}
		s.Site, _ = season.Site("110101")
		for _, l := range s.Lines {
			if l.Material.Min > 0 {
				s.Total++
				if l.Done() {
					s.Done++
				}
			}
			if !l.Done() {
				s.Short = append(s.Short, l)
			}
			if l.Item.State == intake.ItemReturned {
				var reasons []intake.Reason
				for _, code := range l.Item.Reasons {
					r, _ := season.Reason(code)
					reasons = append(reasons, r)
				}
				s.Sheets, s.Reasons = append(s.Sheets, Sheet{Line: l, Reasons: reasons}), reasons
			}
		}
		s.Line = s.Lines[0]
		if next, ok := intake.Next(s.Lines); ok {
			after := s
			after.Line = next
			s.Next, s.After = &next, &after
		}
		change(&s)
		return s
	}
	returned, submitted := c, c
	submitted.Submission.State = intake.Submitted
	returned.Submission = intake.Submission{State: intake.Returned, Round: 2}
	for _, m := range materials[:9] {
		item := intake.Item{Material: m.Code, State: intake.ItemSitePassed}
		submitted.Items = append(submitted.Items, intake.Item{Material: m.Code, State: intake.ItemPending})
		if m.Code == "id_front" {
			item = intake.Item{Material: m.Code, State: intake.ItemReturned, Reasons: []string{"IMG_BLUR"}, Comment: "请到窗边拍", Resend: true,
				Boxes: []intake.Box{{Photo: 1, X: .5, Y: .1, W: .4, H: .3}}}
		}
		returned.Items = append(returned.Items, item)
	}
	passedBy := func(s intake.State) intake.Case { c := submitted; c.Submission.State = s; return c }
	until := time.Date(2026, 2, 12, 0, 0, 0, 0, loc)
	tray := []intake.Photo{{ID: 21, Tray: 2}, {ID: 22, Tray: 3}, {ID: 23, Tray: 4}}
	return []Say{
		say(c, 0, func(s *Say) { s.Until, s.Questions, s.Sites = until, 3, season.Sites[:2] }),
		say(c, 3, func(s *Say) {
			s.Until, s.Tray, s.N, s.Swapped, s.Moved = until, tray, 2, true, 1
			s.Shots = []Shot{
				{From: 1, To: 1, Fate: "kept", Name: "身份证人像面"}, {From: 2, To: 4, Fate: "tray"},
				{From: 5, To: 5, Fate: "refused", Verdict: refusal}, {From: 6, To: 6, Fate: "known", Name: "毕业证书"},
				{From: 7, To: 7, Fate: "later"}, {From: 8, To: 8, Fate: "gone"}, {From: 9, To: 9, Fate: "large"},
			}
			s.New, s.Gone = materials[3:4], materials[4:5]
			s.Line.Photos = append(s.Line.Photos, intake.Photo{ID: 9})
		}),
		say(c, 9, func(s *Say) { s.Until, s.More = until, 120 }),
		say(submitted, 9, func(s *Say) { s.Ahead, s.Wait = 37, 2*time.Hour }),
		say(returned, 9, func(s *Say) { s.Until, s.Registration = time.Date(2026, 2, 2, 10, 0, 0, 0, loc), true }),
		say(passedBy(intake.SitePassed), 9, func(s *Say) { s.Opened = true }),
		say(passedBy(intake.Passed), 9, func(s *Say) { s.Opened = true }),
		say(c, 2, func(s *Say) { s.Until, s.Over, s.Candidate.Second = until, true, "" }),
		say(c, 0, func(s *Say) { s.Until, s.Early, s.Line = time.Date(2026, 1, 29, 10, 0, 0, 0, loc), true, intake.Line{} }),
	}
}
