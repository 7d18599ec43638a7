package templates

import (
	"cmp"
	_ "embed"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

//go:embed commands.txt
var commandText string

var commands, topics = parseCommands(commandText)

type topic struct {
	name, word string
	weak       bool // counts only where no other is found
}

func parseCommands(text string) (byWord map[string]string, inside []topic) {
	byWord = map[string]string{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		if name, ok := strings.CutPrefix(fields[0], "~"); ok {
			for _, word := range fields[1:] {
				sure, weak := strings.CutPrefix(name, "~")
				inside = append(inside, topic{sure, word, weak})
			}
			continue
		}
		for _, word := range fields[1:] {
			byWord[word] = fields[0]
		}
	}
	return byWord, inside
}

// Topics are the commands a text in somebody's own words asks for, in the order of the text.
func Topics(text string) []string {
	text = strings.ToLower(simplified(width.Fold.String(text)))
	if names := topicsIn(text, false); len(names) > 0 {
		return names
	}
	return topicsIn(text, true)
}

func topicsIn(text string, weak bool) []string {
	first := map[string]int{}
	for _, t := range topics {
		at := strings.Index(text, t.word)
		if before, known := first[t.name]; t.weak == weak && at >= 0 && (!known || at < before) {
			first[t.name] = at
		}
	}
	names := slices.Collect(maps.Keys(first))
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(first[a]-first[b], strings.Compare(a, b)) })
	return names
}

// ForHuman takes the call for a person off the head of a text; ok is false when it has none, or
// nothing behind it.
func ForHuman(text string) (rest string, ok bool) {
	for word, name := range commands {
		if name != "human" {
			continue
		}
		if rest, ok := strings.CutPrefix(text, word); ok {
			behind := strings.TrimLeft(rest, " 　,，:：、。\n")
			if behind != rest && behind != "" {
				return behind, true
			}
		}
	}
	return "", false
}

// OnlyNumber says that a text is a number and nothing else, but for 第, 项 and the like.
func OnlyNumber(text string) bool {
	word, n := splitNumber(Plain(text))
	return word == "" && n > 0
}

// Command reads what a candidate typed: the command's name ("" when it is none) and the number
// in it (0 when there is none), as in 「删除第2张」 or a bare 「3」.
func Command(text string) (name string, n int) {
	whole := text
	text = strings.ToLower(Plain(text))
	if name, ok := commands[text]; ok {
		return name, 0
	}
	if name := softly(text); name != "" {
		return name, 0
	}
	if name := kindWords(text); name != "" {
		return name, 0
	}
	if text == "" && unsigned(whole) != whole { // nothing but a nod
		return "noted", 0
	}
	word, n := splitNumber(text)
	if commands[word] == "retake" && !strings.Contains(text, "第") { // 「换1张」 is any one
		n = 0
	}
	return commands[word], n
}

// softly finds the command before a sound like that of 「提交吧」 or 「在吗?」. Who asks wants to see
// something; a question changes nothing.
func softly(text string) string {
	name := commands[strings.TrimRight(text, "?吧呢啊呀哦噢啦嘛哈")]
	if strings.HasSuffix(text, "?") && !slices.Contains([]string{"list", "progress", "feedback", "help", "human", "details", "example", "marked", "tray", "privacy"}, name) {
		return ""
	}
	return name
}

var (
	kind = regexp.MustCompile(`^(?:嗯|好|的|滴|哒|呢|ok|收到|知道|明白|了解|行|可以|谢|多|感|辛苦|麻烦|老师|[您你我啦了哈,!. ])+$`)
	nod  = regexp.MustCompile(`嗯|好|ok|收到|知道|明白|了解|行|可以`)
)

// kindWords are thanks, or nods put together as in 「好的好的收到」. They never stand for a yes.
func kindWords(text string) string {
	switch {
	case !kind.MatchString(text) || strings.HasPrefix(text, "你好") || strings.HasPrefix(text, "您好"):
		return ""
	case strings.ContainsAny(text, "谢") || strings.Contains(text, "辛苦") || strings.Contains(text, "感谢"):
		return "thanks"
	case nod.MatchString(text):
		return "noted"
	}
	return ""
}

// IsCommand says whether a name, as a menu button may carry it, is a command.
func IsCommand(name string) bool {
	for _, known := range commands {
		if known == name {
			return true
		}
	}
	return false
}

// Plain brings typed text to one form: half-width, no outer spaces, quotes or punctuation.
func Plain(text string) string {
	text = simplified(width.Fold.String(unsigned(text)))
	return strings.TrimFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r != '?' && unicode.IsPunct(r) || r == '~' || r == '～'
	})
}

var counted = regexp.MustCompile(`第([一二三四五六七八九十]{1,3})([张个号幅])`)

// Counted writes 「第二张」 as 「第2张」, wherever it stands.
func Counted(text string) string {
	return counted.ReplaceAllStringFunc(text, func(word string) string {
		m := counted.FindStringSubmatch(word)
		_, n := splitNumber(m[1])
		if tens, ones, ok := strings.Cut(m[1], "十"); ok && tens != "" { // 二十三
			_, high := splitNumber(tens)
			_, low := splitNumber(ones)
			n = high*10 + low
		} else if m[1] == "十" {
			n = 10
		}
		return "第" + strconv.Itoa(n) + "张"
	})
}

const hanDigits = "零一二三四五六七八九"

// splitNumber takes one number, with its 第 and 张 or 项, off the text.
func splitNumber(text string) (word string, n int) {
	var rest strings.Builder
	digits := 0
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9' && digits < 4:
			n, digits = n*10+int(r-'0'), digits+1
		case strings.ContainsRune(hanDigits, r):
			n, digits = n*10+strings.Index(hanDigits, string(r))/len("零"), digits+1
		case r == '十' && digits == 0:
			n, digits = 1, 1
		case strings.ContainsRune("第张项 ", r):
		default:
			rest.WriteRune(r)
		}
	}
	return rest.String(), n
}
