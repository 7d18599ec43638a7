package templates

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"cailiao/intake"
)

//go:embed notices.txt
var noticeText string

var notices = template.Must(template.New("notices").Funcs(template.FuncMap{"time": noticeTime, "moment": Moment}).Parse(noticeText))

// NoticeValues are the value names a template's field may be mapped to in config.yaml.
var NoticeValues = []string{"item", "result", "time", "deadline", "hint", "name", "number", "count", "site", "phone"}

// NoticeSay is what a notice text may speak of.
type NoticeSay struct {
	First    string // name of the first item concerned
	N        int    // how many items
	Shut     bool   // the deadline has passed and nothing can be corrected any more
	DataOnly bool   // only registration data are wrong, no item has to be sent again
	Until    time.Time
	Now      time.Time
	Closes   time.Time // end of the window
	Name     string    // of the candidate
	Number   string    // 报名号
	Site     string    // name of the exam site
	Phone    string    // of the exam site
	Area     string    // name of the exam area
}

// Notice renders one value of a notice, at most limit characters long: a value with a shorter
// form takes that rather than being cut. limit 0 means none.
func Notice(kind intake.NoticeKind, value string, limit int, say NoticeSay) (string, error) {
	text, err := noticeValue(kind, value, say)
	if err != nil || limit == 0 || len([]rune(text)) <= limit {
		return text, err
	}
	if notices.Lookup(string(kind)+".short "+value) != nil {
		return noticeValue(kind, "short "+value, say)
	}
	return text, nil
}

// NoticeChat is the notice as a customer-service message.
func NoticeChat(kind intake.NoticeKind, say NoticeSay) (string, error) {
	return noticeValue(kind, "chat", say)
}

// noticeValue: what does not depend on the kind stands under "any".
func noticeValue(kind intake.NoticeKind, value string, say NoticeSay) (string, error) {
	name := string(kind) + "." + value
	if notices.Lookup(name) == nil {
		name = "any." + value
	}
	var b strings.Builder
	if err := notices.ExecuteTemplate(&b, name, say); err != nil {
		return "", fmt.Errorf("notice %s: value %s: %w", kind, value, err)
	}
	return b.String(), nil
}

// NoticeTimeLayout is how WeChat's time fields take a moment.
const NoticeTimeLayout = "2006年1月2日 15:04"

// noticeTime writes a time for a field; there, 24:00 is not a legal hour.
func noticeTime(t time.Time) string {
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		t = t.Add(-time.Minute)
	}
	return t.Format(NoticeTimeLayout)
}
