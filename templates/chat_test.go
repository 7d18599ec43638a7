package templates

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cailiao/imaging"
	"cailiao/intake"

	"github.com/jba/templatecheck"
)

func TestEveryChatTextFitsWhatItIsGiven(t *testing.T) {
	parts := map[string]any{"refusal": intake.Verdict{}, "doubt": intake.Verdict{}, "where": intake.Verdict{}}
	for _, text := range chat.Templates() {
		name := text.Name()
		if strings.HasSuffix(name, ".txt") || name == "chat" {
			continue
		}
		var data any = Say{}
		if part, ok := parts[name]; ok {
			data = part
		}
		if err := templatecheck.CheckText(text, data); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestEveryRefusalAndDoubtHasWords(t *testing.T) {
	general := map[string]string{}
	for _, part := range []string{"refusal", "doubt"} {
		text, err := chatPart(part, intake.Verdict{Code: "unheard-of"})
		if err != nil {
			t.Fatal(err)
		}
		general[part] = text
	}
	for _, code := range []string{
		imaging.Empty, imaging.NotPhoto, imaging.HEIC, imaging.WebP, imaging.PDF, imaging.GIF, imaging.OtherFormat,
		imaging.TooLarge, imaging.TooManyPixels, imaging.TooManyScans, imaging.Broken, "unsafe", imaging.Small, imaging.Dark,
		imaging.Bright, imaging.Glare, imaging.Blur, imaging.Shaken, imaging.Blank, imaging.NoDocument, imaging.Far, imaging.Cut,
	} {
		text, err := chatPart("refusal", intake.Verdict{Code: code, Where: "top-left"})
		if err != nil || text == "" || text == general["refusal"] {
			t.Errorf("refusal %q has no words of its own: %q, %v", code, text, err)
		}
	}
}

func TestALikenessNamesTheOtherItem(t *testing.T) {
	for _, code := range []string{"similar", "similar_returned"} {
		text, err := chatPart("doubt", intake.Verdict{Code: code, Where: "毕业证书"})
		if err != nil || !strings.Contains(text, "「毕业证书」") {
			t.Errorf("%q: %q, %v", code, text, err)
		}
	}
}

func chatPart(name string, v intake.Verdict) (string, error) {
	var b strings.Builder
	err := chat.ExecuteTemplate(&b, name, v)
	return strings.TrimSpace(b.String()), err
}

func TestCommandsAreUnderstoodAsPeopleTypeThem(t *testing.T) {
	for _, tt := range []struct {
		text, name string
		n          int
	}{
		{"清单", "list", 0},
		{" 清单。", "list", 0},
		{"「提交」", "submit", 0},
		{"ＨＥＬＰ", "help", 0},
		{"？", "help", 0},
		{"删除第2张", "delete", 2},
		{"删除第二张", "delete", 2},
		{"删除 ２", "delete", 2},
		{"第十一张删掉", "delete", 11},
		{"换1张", "retake", 0}, // any one
		{"换第2张", "retake", 2},
		{"3", "", 3},
		{"第3项", "", 3},
		{"谢谢！！", "thanks", 0},
		{"确定提交", "confirm", 0},
		{"这个怎么拍", "", 0},
		{"", "", 0},
	} {
		if name, n := Command(tt.text); name != tt.name || n != tt.n {
			t.Errorf("Command(%q) = %q, %d; want %q, %d", tt.text, name, n, tt.name, tt.n)
		}
	}
}

func TestCountingWordsAreNumbersWhereverTheyStand(t *testing.T) {
	for text, want := range map[string]string{
		"第一张身份证正面,第二张反面": "第1张身份证正面,第2张反面", "第十张": "第10张", "第十二张": "第12张", "第二十三张": "第23张", "第二十张": "第20张",
		"第一人民医院": "第一人民医院", "一张": "一张",
	} {
		if got := Counted(text); got != want {
			t.Errorf("Counted(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestWhatIsToBeDoneWithAnItemIsUnderstood(t *testing.T) {
	for text, want := range map[string]string{
		"删除毕业证":       "delete 毕业证 0",
		"毕业证删除":       "delete 毕业证 0",
		"请把毕业证删了吧。":   "delete 毕业证 0",
		"删掉 学位证书 第二张": "delete 学位证书 2",
		"畢業證的第3張刪掉":   "delete 毕业证 3",
		"我想换学位证":      "retake 学位证 0",
		"重拍身份证人像面":    "retake 身份证人像面 0",
		"把学位证换一张":     "retake 学位证 0",
		"删除第2张":       " 0",
		"换一张":         " 0",
		"毕业证可以删除吗?":   " 0",
		"不要删毕业证":      " 0",
		"怎么删除毕业证":     " 0",
		"毕业证":         " 0",
		"":            " 0",
	} {
		command, item, n := Deed(text)
		if got := strings.TrimPrefix(fmt.Sprintf("%s %s %d", command, item, n), " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestEveryLinkedWordIsAlsoACommand(t *testing.T) {
	for _, word := range linkedWords(t) {
		if name, _ := Command(word); name == "" {
			t.Errorf("「%s」 is tappable but not understood", word)
		}
	}
}

// linkedWords are the words of {{link "…"}} in all chat texts.
func linkedWords(t *testing.T) []string {
	t.Helper()
	entries, err := chatFiles.ReadDir("chat")
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, entry := range entries {
		text, err := chatFiles.ReadFile("chat/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(text), `{{link "`)[1:] {
			words = append(words, part[:strings.IndexByte(part, '"')])
		}
	}
	if len(words) == 0 {
		t.Fatal("no links found")
	}
	return words
}

func TestMidnightIsWrittenAsTheDayBefore(t *testing.T) {
	midnight := time.Date(2026, 2, 12, 0, 0, 0, 0, time.UTC)
	if got := Moment(midnight); got != "2月11日 24:00" {
		t.Errorf("got %q", got)
	}
	if got := noticeTime(midnight); got != "2026年2月11日 23:59" {
		t.Errorf("template messages know no 24:00; got %q", got)
	}
}

func TestEveryNoticeKindHasEveryValueWithinItsField(t *testing.T) {
	say := NoticeSay{
		First: "国外学历学位认证书", N: 12, Until: time.Now(), Now: time.Now(), Closes: time.Now(),
		Name: "林知夏", Number: "2611010001", Site: "东城区考点", Phone: "010-00000000",
	}
	for _, kind := range intake.NoticeKinds {
		for _, value := range NoticeValues {
			limit := 20
			if value == "result" {
				limit = 5
			}
			full, err := Notice(kind, value, 0, say)
			if err != nil || full == "" {
				t.Errorf("%s.%s: %q, %v", kind, value, full, err)
			}
			fitted, err := Notice(kind, value, limit, say)
			if err != nil || len([]rune(fitted)) > limit || fitted == "" {
				t.Errorf("%s.%s: %q does not fit %d characters (%v)", kind, value, fitted, limit, err)
			}
			if fitted != full && strings.HasPrefix(full, fitted) {
				t.Errorf("%s.%s is cut in the middle: %q", kind, value, fitted)
			}
		}
	}
}

// A link in what staff wrote would look like one of ours, and do what its writer wanted.
func TestWordsOfStaffAreNoLinksInTheChat(t *testing.T) {
	const words = `<a href="weixin://bizmsgmenu?msgmenucontent=解除绑定&msgmenuid=1">看原因</a> < 3 MB`
	line := intake.Line{Item: intake.Item{State: intake.ItemReturned, Comment: words}}
	for name, say := range map[string]Say{
		"item": {Line: line}, "next line": {Line: line}, "staff answer": {Text: words},
		"feedback": {State: intake.Returned, Sheets: []Sheet{{Line: line}}, Lines: []intake.Line{line}},
	} {
		text, err := Chat(name, say)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.Contains(text, "看原因") || strings.Contains(text, `<a href="weixin://bizmsgmenu?msgmenucontent=解除绑定`) || strings.Contains(text, "< 3") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestThanksAndNodsInManyWordsAreNoYes(t *testing.T) {
	for text, want := range map[string]string{
		"好的谢谢": "thanks", "嗯嗯好的谢谢老师": "thanks", "辛苦了老师": "thanks", "謝謝": "thanks", "谢谢[玫瑰]": "thanks", "好的好的收到": "noted", "👌": "noted",
		"[OK]": "noted", "嗯👍": "noted", "好的": "yes", "好的👌": "yes", "不行": "", "好了吗": "", "老师": "", "谢谢，怎么交": "", "": "", "。": "", "進度": "progress",
	} {
		if got, _ := Command(text); got != want {
			t.Errorf("Command(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestWordsThatSayLittleCountOnlyAlone(t *testing.T) {
	for text, want := range map[string]string{
		"考试什么时候": "exam", "什么时候": "progress", "缴费怎么交": "exam", "这个怎么交": "help", "過期了還能交嗎": "progress", "毕业证丢了怎么办": "lacking", "怎么办": "help",
	} {
		if got := Topics(text); len(got) != 1 || got[0] != want {
			t.Errorf("Topics(%q) = %v, want %s", text, got, want)
		}
	}
}
