package intake_test

import (
	"slices"
	"testing"

	"cailiao/intake"
)

func TestMaterialsAreFoundByTheNamesPeopleWrite(t *testing.T) {
	var lines []intake.Line
	for _, m := range []intake.Material{
		{Name: "身份证人像面", Also: []string{"正面"}}, {Name: "身份证国徽面", Also: []string{"反面", "身份证反面"}},
		{Name: "毕业证书"}, {Name: "专科毕业证书"}, {Name: "登记照片"},
	} {
		lines = append(lines, intake.Line{Material: m})
	}
	for text, want := range map[string][]string{
		"反面": {"身份证国徽面"}, "身份证 反面": {"身份证国徽面"}, "正面的照片": {"身份证人像面"}, "毕业证": {"毕业证书"}, "毕业证原件": {"毕业证书"},
		"身份证": {"身份证人像面", "身份证国徽面"}, "照片": {"登记照片"}, "登记照片": {"登记照片"}, "面": nil, "护照": nil,
	} {
		var got []string
		for _, line := range intake.Named(lines, text) {
			got = append(got, line.Material.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
