// Package templates holds every word a person reads: chat replies, notice texts, pages.
package templates

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"cailiao/intake"
)

//go:embed chat/*.txt
var chatFiles embed.FS

var chat = template.Must(template.New("chat").Funcs(chatFuncs).Option("missingkey=error").ParseFS(chatFiles, "chat/*.txt"))

// Say is what a chat text may speak of. A text uses the few fields it needs.
type Say struct {
	Season       *intake.Season
	Candidate    intake.Candidate
	Site         intake.Site
	State        intake.State
	Locked       bool
	Early, Over  bool          // outside the window: it has not opened, it has closed
	Lines        []intake.Line // the whole list
	Line         intake.Line   // the one spoken of
	Next         *intake.Line  // where the next photo goes; nil: nothing is missing
	After        *Say          // the same, speaking of Next as its Line; nil: nothing is missing
	Short        []intake.Line // what is still missing
	Sheets       []Sheet       // what was returned
	Reasons      []intake.Reason
	Registration bool // some reason is about registration data
	Verdict      intake.Verdict
	Verdicts     []intake.Verdict
	Done, Total  int  // required items complete, and in all
	N            int  // a number of the text's own
	Moved        int  // photos filed before room ran out
	Swapped      bool // the photo took another's place
	Text         string
	Example      string // URL of an example picture
	Tray         []intake.Photo
	Shots        []Shot            // what became of the photos of an album
	Attribute    intake.Attribute  // asked about
	Choices      []intake.Choice   // its answers
	Questions    int               // how many are still open
	New, Gone    []intake.Material // what an answer changed on the list
	Ahead        int               // submissions before this one in the queue
	Wait         time.Duration     // estimate; 0: not known
	Opened       bool              // a reviewer has opened the submission
	Page         string            // URL of the candidate's own page
	Privacy      string            // URL of the page that says what is held of candidates
	Erasable     bool              // nothing has been submitted yet
	Sites        []intake.Site     // to choose from, before the binding
	More         int               // sites that are not among them
	Until, Now   time.Time
}

// Shot is what became of one photo of an album, or of several in a row.
type Shot struct {
	From, To int // numbers
	Fate     string
	Name     string // of the material
	Found    bool   // it went there by what stands on it
	Verdict  intake.Verdict
}

// Same says that the next photo fared the same, so that one line tells both.
func (s Shot) Same(next Shot) bool {
	return s.Fate == next.Fate && s.Name == next.Name && s.Found == next.Found && s.Verdict.Code == next.Verdict.Code && s.To+1 == next.From
}

// Numbers are the photos' numbers: 2 or 2–4.
func (s Shot) Numbers() string {
	if s.From == s.To {
		return strconv.Itoa(s.From)
	}
	return fmt.Sprintf("%d–%d", s.From, s.To)
}

// Sheet is one returned item with its reasons.
type Sheet struct {
	Line    intake.Line
	Reasons []intake.Reason
}

// Chat renders a text of templates/chat by name. A text that cannot be rendered is a mistake
// in the templates, which the tests of this package find; the error names it.
func Chat(name string, say Say) (string, error) {
	var b strings.Builder
	if err := chat.ExecuteTemplate(&b, name, say); err != nil {
		return "", fmt.Errorf("chat text %q: %w", name, err)
	}
	return strings.TrimSpace(b.String()), nil
}

var chatFuncs = template.FuncMap{
	"link": Link, "href": href, "said": said, "number": number, "mark": mark, "count": count, "bar": bar,
	"short": short, "seen": seen, "moment": Moment, "left": left,
	"listed": listed, "groups": groups, "numbers": numbers, "names": names, "span": span, "place": place,
}

// Link is a tappable word that sends itself, as WeChat renders it in text replies.
func Link(word string) string {
	return `<a href="weixin://bizmsgmenu?msgmenucontent=` + word + `&msgmenuid=1">` + word + `</a>`
}

// Unlinked is a reply as it looks in WeChat, where links are words.
func Unlinked(reply string) string { return anchors.ReplaceAllString(reply, "$1") }

var anchors = regexp.MustCompile(`<a href="[^"]*">([^<]*)</a>`)

func href(url, word string) string { return ` <a href="` + url + `">` + word + `</a>` }

// said is what a person wrote, as text: WeChat would show a link in it, under any word, as if it were ours.
func said(words string) string { return strings.ReplaceAll(words, "<", "＜") }

// listed is a line's number on the list.
func listed(lines []intake.Line, line intake.Line) string {
	return strconv.Itoa(1 + slices.IndexFunc(lines, func(l intake.Line) bool { return l.Material.Code == line.Material.Code }))
}

func number(i int) string { return strconv.Itoa(i + 1) }

// mark is where a line stands, in the official words.
func mark(l intake.Line) string {
	switch l.Item.State {
	case intake.ItemPending:
		return "待审"
	case intake.ItemSitePassed, intake.ItemPassed:
		return "✓ 通过"
	case intake.ItemReturned:
		if l.Done() && l.Item.Resend {
			return "✓ 已重传"
		}
		return "✗ 需重传"
	}
	switch {
	case len(l.Photos) == 0 && l.Material.Min == 0:
		return "选交"
	case len(l.Photos) == 0:
		return "未上传"
	case !l.Done():
		return fmt.Sprintf("已传 %d 张，还差 %d 张", len(l.Photos), l.Missing)
	}
	return uploaded
}

// count is how many pictures a line takes and has.
func count(l intake.Line) string {
	want := fmt.Sprintf("%d 张", l.Material.Min)
	switch {
	case l.Item.State == intake.ItemReturned:
		return "需重传"
	case l.Material.Min == 0:
		want = fmt.Sprintf("选交，最多 %d 张", l.Material.Max)
	case l.Material.Max > l.Material.Min:
		want = fmt.Sprintf("%d 至 %d 张", l.Material.Min, l.Material.Max)
	}
	if len(l.Photos) > 0 {
		want += fmt.Sprintf("，已有 %d 张", len(l.Photos))
	}
	return want
}

// seen is how many photos of a returned item the reviewer already knows beside the new ones.
func seen(l intake.Line) int {
	if l.Item.State != intake.ItemReturned || l.Fresh == 0 {
		return 0
	}
	return len(l.Photos) - l.Fresh
}

func bar(done, total int) string {
	const width = 10
	full := 0
	if total > 0 {
		full = done * width / total
	}
	return strings.Repeat("■", full) + strings.Repeat("□", width-full)
}

// short names what is missing, at most three.
func short(lines []intake.Line) string {
	var names []string
	for _, l := range lines {
		if !l.Done() {
			names = append(names, l.Material.Name)
		}
	}
	if len(names) > 3 {
		return strings.Join(names[:3], "、") + fmt.Sprintf(" 等 %d 项", len(names))
	}
	return strings.Join(names, "、")
}

// Moment writes a time as people say it; midnight is the 24:00 of the day before, as the
// official notices have it.
func Moment(t time.Time) string {
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		return t.AddDate(0, 0, -1).Format("1月2日") + " 24:00"
	}
	return t.Format("1月2日 15:04")
}

func left(until, now time.Time) string {
	d := until.Sub(now)
	switch {
	case d <= 0:
		return "已过"
	case d < time.Hour:
		return fmt.Sprintf("还剩 %d 分钟", int(d.Minutes())+1)
	case d < 48*time.Hour:
		return fmt.Sprintf("还剩 %d 小时", int(d.Hours()))
	}
	return fmt.Sprintf("还剩 %d 天", int(d.Hours())/24)
}

// numbers are those of the tray, runs joined: 2–4、7.
func numbers(tray []intake.Photo) string {
	var runs []Shot
	for _, p := range tray {
		if last := len(runs) - 1; last >= 0 && runs[last].To+1 == p.Tray {
			runs[last].To = p.Tray
			continue
		}
		runs = append(runs, Shot{From: p.Tray, To: p.Tray})
	}
	words := make([]string, len(runs))
	for i, r := range runs {
		words[i] = r.Numbers()
	}
	return strings.Join(words, "、")
}

func names(materials []intake.Material) string {
	words := make([]string, len(materials))
	for i, m := range materials {
		words[i] = m.Name
	}
	return strings.Join(words, "、")
}

// place is the name of an exam site as people say it.
func place(site intake.Site) string { return strings.TrimSuffix(site.Name, "考点") }

// span says how long something takes, roughly.
func span(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d 分钟", (int(d.Minutes())/10+1)*10)
	case d < 24*time.Hour:
		return fmt.Sprintf("%d 小时", int(d.Hours()+0.5))
	}
	return fmt.Sprintf("%d 天", int(d.Hours()/24+0.5))
}

// Group is the lines of a list that stand alike.
type Group struct {
	Mark  string
	Names string // empty when there are many, or nothing is missing and nothing wrong with these
	N     int
}

const (
	namesMost = 6 // of a group, more are only counted
	uploaded  = "✓ 已上传"
)

// groups puts the lines together that stand alike, in the order they first come; next is what is missing.
func groups(lines []intake.Line, next *intake.Line) []Group {
	var all []Group
	for _, l := range lines {
		m := mark(l)
		i := slices.IndexFunc(all, func(g Group) bool { return g.Mark == m })
		if i < 0 {
			all = append(all, Group{Mark: m, Names: l.Material.Name, N: 1})
			continue
		}
		all[i].Names += "、" + l.Material.Name
		all[i].N++
	}
	for i := range all {
		if all[i].N > namesMost || next == nil && all[i].Mark == uploaded {
			all[i].Names = ""
		}
	}
	return all
}
