package intake

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAttrs(t *testing.T) {
	s := parseSmall(t)
	filled := func(level string, fresh bool, units int) map[string]any {
		return map[string]any{"level": level, "fresh": fresh, "unit_count": units}
	}
	tests := []struct {
		name     string
		raw      map[string]string
		want     map[string]any
		problems []RowProblem
	}{
		{name: "names, defaults for the rest", raw: map[string]string{"级别": "执业"}, want: filled("执业", false, 1)},
		{name: "codes", raw: map[string]string{"level": "助理", "fresh": "是", "unit_count": "4"}, want: filled("助理", true, 4)},
		{name: "alias and padding", raw: map[string]string{"级别": " 执业医师\u00a0", "应届": "　否 ", "单位数": " ３ "}, want: filled("执业", false, 3)},
		{name: "a sheet's number", raw: map[string]string{"级别": "执业", "单位数": "2.0", "应届": "TRUE"}, want: filled("执业", true, 2)},
		{name: "blank is the default", raw: map[string]string{"级别": "执业", "应届": "", "单位数": " "}, want: filled("执业", false, 1)},
		{name: "missing without default", raw: nil, want: map[string]any{"fresh": false, "unit_count": 1},
			problems: []RowProblem{{Column: "级别", Problem: "没有填写"}}},
		{name: "every value wrong", raw: map[string]string{"级别": "职业", "应届": "也许", "单位数": "5"}, want: map[string]any{}, problems: []RowProblem{
			{Column: "级别", Problem: "应为以下之一：执业、助理"},
			{Column: "应届", Problem: "应填“是”或“否”"},
			{Column: "单位数", Problem: "应为 1 到 4 的整数"},
		}},
		{name: "number written out", raw: map[string]string{"级别": "执业", "单位数": "两个"}, want: map[string]any{"level": "执业", "fresh": false},
			problems: []RowProblem{{Column: "单位数", Problem: "应为 1 到 4 的整数"}}},
		{name: "unknown and doubled", raw: map[string]string{"级别": "执业", "level": "助理", "星座": "x"},
			want: filled("助理", false, 1), problems: []RowProblem{
				{Column: "星座", Problem: "本季没有这一项"}, {Column: "级别", Problem: "这一项给了两次"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, problems := s.Attrs(test.raw)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.problems, problems); diff != "" {
				t.Error(diff)
			}
		})
	}
}
