package notify

import (
	"strings"
	"testing"

	"cailiao/intake"
	"cailiao/templates"
)

func TestValuesAreFittedToTheirFieldWithTheirMeaningKept(t *testing.T) {
	for _, tt := range []struct {
		name, key, value string
		change           func(*templates.NoticeSay)
		want             string
	}{
		{"one item", "thing1", "item", nil, "试用期证明需重传"},
		{"several items", "thing1", "item", func(s *templates.NoticeSay) { s.N = 2 }, "试用期证明等2项需重传"},
		{"a name too long gives way to the number", "thing1", "item", func(s *templates.NoticeSay) {
			s.N, s.First = 12, "医疗机构执业许可证副本及诊疗科目"
		}, "12项材料需要重传"},
		{"line breaks and control characters", "thing1", "item", func(s *templates.NoticeSay) { s.First = "试用\n期\u0000证\t明" }, "试用 期 证 明需重传"},
		{"a long site is cut visibly", "thing1", "site", func(s *templates.NoticeSay) { s.Site = strings.Repeat("东城", 12) }, "东城东城东城东城东城东城东城东城东城东…"},
		{"phrase", "phrase2", "result", nil, "需补正"},
		{"time", "time3", "deadline", nil, "2026年12月31日 23:59"},
		{"date", "date3", "deadline", nil, "2026年12月31日 23:59"},
		{"a Chinese name", "name1", "name", func(s *templates.NoticeSay) { s.Name = "买买提·艾力(小)" }, "买买提·艾力小"},
		{"a foreign name takes twenty letters", "name1", "name", func(s *templates.NoticeSay) { s.Name = "Abdurrahman Alexander X" }, "Abdurrahman Alexande"},
		{"number", "number1", "count", nil, "1"},
		{"phone number", "phone_number1", "phone", func(s *templates.NoticeSay) { s.Phone = "010-6501 2345 转 8" }, "010-6501 2345 8"},
		{"only ASCII", "character_string1", "number", func(s *templates.NoticeSay) { s.Number = "京2611010001" }, "2611010001"},
		{"a fixed text", "const1", "=审核不通过", nil, "审核不通过"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			say := trials[0]
			say.First, say.N = "试用期证明", 1
			if tt.change != nil {
				tt.change(&say)
			}
			got, err := field(intake.NoticeReturned, tt.key, tt.value, say)
			if err != nil || got != tt.want {
				t.Errorf("got %q (%v), want %q", got, err, tt.want)
			}
		})
	}
}

func TestWhoIsShutOutIsNotAskedToHurry(t *testing.T) {
	say := trials[0]
	for shut, want := range map[bool]string{false: "请尽快补正，或联系考点", true: "不能再补正，有疑问请联系考点"} {
		say.Shut = shut
		if got, err := field(intake.NoticeOverdue, "thing3", "hint", say); err != nil || got != want {
			t.Errorf("shut out %v: got %q (%v)", shut, got, err)
		}
	}
}

func TestWhatWouldBeRefusedIsAnErrorBeforeItIsSent(t *testing.T) {
	say := trials[0]
	say.Name, say.Phone = "？？", ""
	for key, value := range map[string]string{"name1": "name", "phone_number1": "phone", "phrase1": "=123", "number1": "=many", "thing1": "= "} {
		if got, err := field(intake.NoticeReturned, key, value, say); err == nil {
			t.Errorf("%s: %q would be sent", key, got)
		}
	}
}

func FuzzFittedValuesFit(f *testing.F) {
	for kind := range fieldTypes {
		f.Add(kind, "一\u2028二😀\x00three 4")
	}
	f.Fuzz(func(t *testing.T, kind, text string) {
		if fieldTypes[kind].limit == 0 || kind == "time" || kind == "date" {
			return
		}
		if got := fit(kind, text); got != "" && fits(kind, got) != nil {
			t.Errorf("%s: %q becomes %q: %v", kind, text, got, fits(kind, got))
		}
	})
}
