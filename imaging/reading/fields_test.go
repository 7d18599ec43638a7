package reading

import (
	"slices"
	"testing"
	"time"
)

func read(lines ...Line) Result { return Result{Lines: lines} }

func TestIdentityNumbersAreTakenOnlyWhenTheyCheck(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"公民身份号码 99000019990417002X", []string{"99000019990417002X"}},
		{"9900 0019 9904 1700 2x", []string{"99000019990417002X"}},
		{"99000019990417003X", nil},         // one digit misread
		{"证书编号：990020030110119781100", nil}, // longer, and no number of a person
		{"13900000101", nil},
	} {
		if got := read(Line{Text: tt.text, Confidence: 1}).IDNumbers(); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %v", tt.text, got)
		}
	}
}

func TestTheNameStandsBehindItsLabel(t *testing.T) {
	for _, tt := range []struct {
		line    Line
		name    string
		trusted bool
	}{
		{Line{Text: "姓名林知夏", Confidence: .99}, "林知夏", true},
		{Line{Text: "姓 名： 林知夏", Confidence: .95}, "林知夏", true},
		{Line{Text: "姓名林知复", Confidence: .7}, "林知复", false},
		{Line{Text: "姓名", Confidence: .99}, "", false},
		{Line{Text: "林知夏", Confidence: .99}, "", false},
	} {
		if name, trusted := read(tt.line).Name(); name != tt.name || trusted != tt.trusted {
			t.Errorf("%q: %q, %v", tt.line.Text, name, trusted)
		}
	}
}

func TestValidityIsTheLaterDateBesideItsLabel(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []Line
		want  string
	}{
		{"identity card", []Line{{Text: "有效期限2019.05.06-2029.05.06", Confidence: .98}}, "2029-05-06"},
		{"licence", []Line{{Text: "有效期限自2022年5月1日至2037年4月30日", Confidence: .99}}, "2037-04-30"},
		{"registration form", []Line{{Text: "有效期至：2026年7月20日", Confidence: .99}}, "2026-07-20"},
		{"table", []Line{
			{Text: "2022年06月30日", Confidence: 1, X: .6, Y: .3, H: .02},
			{Text: "有效期至", Confidence: 1, X: .2, Y: .5, H: .02},
			{Text: "2026年7月20日", Confidence: 1, X: .6, Y: .505, H: .02},
		}, "2026-07-20"},
		{"for ever", []Line{{Text: "有效期限2019.05.06-长期", Confidence: .98}}, ""},
		{"not to be trusted", []Line{{Text: "有效期限2019.05.06-2029.05.06", Confidence: .6}}, ""},
		{"another date", []Line{{Text: "签发日期2019.05.06", Confidence: 1}}, ""},
		{"no date there is", []Line{{Text: "有效期至2026年13月40日", Confidence: 1}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			day, ok := Result{Lines: tt.lines}.ValidUntil(time.UTC)
			if got := day.Format(time.DateOnly); ok != (tt.want != "") || ok && got != tt.want {
				t.Errorf("%s, %v", got, ok)
			}
		})
	}
}

func TestAKindIsToldByTheWordsOnIt(t *testing.T) {
	kinds := []Kind{
		{"id_front", []string{"公民身份号码", "姓名", "住址"}},
		{"diploma", []string{"毕业证书", "准予毕业"}},
		{"other", nil},
	}
	card := read(Line{Text: "姓名 林知夏"}, Line{Text: "公民身份 号码99000019990417002X"})
	guesses := card.Guesses(kinds)
	if best, margin := Best(guesses); len(guesses) != 2 || best.Code != "id_front" || best.Share != .75 || margin != .75 {
		t.Errorf("%v", guesses)
	}
	if best, margin := Best(read(Line{Text: "风景"}).Guesses(kinds)); best != (Guess{}) || margin != 0 {
		t.Errorf("%v %v", best, margin)
	}
	if !card.Says("林知夏") || card.Says("周慕白") || card.Says("") {
		t.Error("Says")
	}
}
