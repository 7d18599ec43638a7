package intake

import (
	"slices"
	"testing"
)

// unknown is a candidate of whom the roster said only what it must.
func unknown(t *testing.T, season *Season, given map[string]string) Candidate {
	t.Helper()
	raw := map[string]string{"级别": "执业", "类别": "临床"}
	c := Candidate{}
	for k, v := range given {
		raw[k] = v
	}
	attrs, problems := season.Attrs(raw)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	c.Attrs = attrs
	for _, a := range season.Attributes {
		if raw[a.Name] == "" {
			c.Assumed = append(c.Assumed, a.Code)
		}
	}
	return c
}

func codesOf(attributes []Attribute) []string {
	var codes []string
	for _, a := range attributes {
		codes = append(codes, a.Code)
	}
	return codes
}

func TestOnlyWhatMattersIsAsked(t *testing.T) {
	season := parseBeijing(t)
	for name, tt := range map[string]struct {
		given        map[string]string
		answers      map[string]any
		asked, spare string // one that must be asked, one that must not
	}{
		"the roster's own values are not asked":            {map[string]string{"专升本": "否"}, nil, "edu", "upgraded"},
		"a change of registration matters to助理升执业 only":    {nil, nil, "path", "reg_changed"},
		"and then it is asked":                             {map[string]string{"报考途径": "助理升执业", "学历": "本科", "毕业院校所在地": "大陆", "有学位证书": "是", "专升本": "否"}, nil, "reg_changed", "fresh"},
		"what was answered is not asked":                   {nil, map[string]any{"edu": "专科"}, "path", "edu"},
		"no degree is expected of 专科, so it is not asked":  {nil, map[string]any{"edu": "专科"}, "upgraded", "has_degree"},
		"who need not send anything is asked nothing more": {map[string]string{"军人身份": "现役军人"}, nil, "", "edu"},
	} {
		t.Run(name, func(t *testing.T) {
			c := unknown(t, season, tt.given)
			c.Answers = tt.answers
			c.Settle()
			got := codesOf(season.Questions(c, Asking{}))
			if tt.asked != "" && !slices.Contains(got, tt.asked) || slices.Contains(got, tt.spare) {
				t.Errorf("asked %v; wanted %q and not %q", got, tt.asked, tt.spare)
			}
			if len(got) > MaxQuestions {
				t.Errorf("%d questions", len(got))
			}
		})
	}
}

func TestAnEndedGoAsksNoMoreThanEight(t *testing.T) {
	season := parseBeijing(t)
	c := unknown(t, season, nil)
	var asked []string
	for {
		open := season.Questions(c, Asking{Asked: asked})
		if len(open) == 0 {
			break
		}
		asked = append(asked, open[0].Code)
		c.Answer(open[0].Code, open[0].Choices()[0].Value)
	}
	if len(asked) == 0 || len(asked) > MaxQuestions {
		t.Errorf("asked %v", asked)
	}
}

func TestAnAnswerWinsOverADefaultAndNeverOverTheRoster(t *testing.T) {
	c := Candidate{Attrs: map[string]any{"edu": "本科", "path": "直接报考"}, Assumed: []string{"edu"}}
	c.Answer("edu", "专科")
	c.Answer("path", "助理升执业")
	if c.Attrs["edu"] != "专科" || c.Attrs["path"] != "直接报考" {
		t.Errorf("settled: %v", c.Attrs)
	}
}

func TestMaterialsAreFoundByTheirNames(t *testing.T) {
	var lines []Line
	for _, name := range []string{"毕业证书", "专科毕业证书", "学位证书", "试用期考核证明", "其他证明"} {
		lines = append(lines, Line{Material: Material{Name: name}})
	}
	for text, want := range map[string]int{
		"毕业证书": 1, "毕业证": 1, "专科": 1, "位证": 1, "证明": 2, "证书": 3, "护照": 0, "": 0, "学 位": 1, "书": 0,
	} {
		if got := Named(lines, text); len(got) != want {
			t.Errorf("%q: %d, want %d", text, len(got), want)
		}
	}
}
