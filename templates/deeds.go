package templates

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	deedHead   = regexp.MustCompile(`^(?:请|麻烦|老师|帮我|帮忙|我要|我想|想要|想|把)*`)
	deedTail   = regexp.MustCompile(`(?:了|吧|一下|呢)*$`)
	deedNumber = regexp.MustCompile(`第(\d{1,3})张`)
)

// Deed takes a text apart that tells an item and what to do with a photo of it, as in 「删除毕业证」, 「毕业证第2张删掉」 or
// 「把学位证换一张」: the command, what stands for the item, and the photo's number, 0 when none is named. The command is ""
// when the text is nothing of the kind; whether there is such an item is not looked at.
func Deed(text string) (command, item string, n int) {
	text = strings.ToLower(Counted(Plain(text)))
	text = deedTail.ReplaceAllString(deedHead.ReplaceAllString(text, ""), "")
	for _, d := range deeds {
		rest, found := strings.CutPrefix(text, d.word)
		if !found {
			rest, found = strings.CutSuffix(text, d.word)
		}
		if !found {
			continue
		}
		if m := deedNumber.FindStringSubmatchIndex(rest); m != nil {
			n, _ = strconv.Atoi(rest[m[2]:m[3]])
			rest = rest[:m[0]] + rest[m[1]:]
		}
		rest = strings.Trim(rest, " 的,了")
		if rest == "" {
			return "", "", 0
		}
		return d.name, rest, n
	}
	return "", "", 0
}

type deed struct{ name, word string }

// deeds are the words for what is done with one photo, longer ones first.
var deeds = func() (all []deed) {
	for word, name := range commands {
		if name == "delete" || name == "retake" {
			all = append(all, deed{name, word})
		}
	}
	slices.SortFunc(all, func(a, b deed) int { return cmp.Or(len(b.word)-len(a.word), strings.Compare(a.word, b.word)) })
	return all
}()
