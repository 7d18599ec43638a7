package intake_test

import (
	"slices"
	"testing"

	"cailiao/intake"
)

func TestSitesAreFoundByWhatPeopleWrite(t *testing.T) {
	season := &intake.Season{Sites: []intake.Site{
		{Code: "1", Name: "东城区考点"}, {Code: "2", Name: "朝阳区考点"}, {Code: "3", Name: "朝阳县考点"},
		{Code: "4", Name: "第一医院考点"}, {Code: "5", Name: "南城第一医院考点"}, {Code: "6", Name: "南城第二医院考点"},
		{Code: "7", Name: "考点"}, {Code: "8", Name: "通州区考点", Contact: intake.Contact{Address: "梨园镇云景东路"}},
	}}
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"东城", []string{"1"}},
		{"人工 东城区考点的电话是多少", []string{"1"}},
		{"我在东城报的名，打不开", []string{"1"}},
		{"朝阳区", []string{"2"}},
		{"朝阳", []string{"2", "3"}},
		{"朝 阳 县", []string{"3"}},
		{"南城第一医院", []string{"5"}},
		{"第一医院", []string{"4"}},
		{"南城的电话", []string{"5", "6"}},
		{"梨园镇在哪", []string{"8"}},
		{"考点电话", nil},
		{"人工", nil},
		{"城", nil},
		{"上海", nil},
		{"", nil},
	} {
		var got []string
		for _, site := range season.SitesNamed(tt.text) {
			got = append(got, site.Code)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: %v, want %v", tt.text, got, tt.want)
		}
	}
}
