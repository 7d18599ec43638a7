package bot

import (
	"slices"
	"testing"
	"time"

	"cailiao/imaging"
	"cailiao/imaging/reading"
	"cailiao/intake"

	"github.com/google/go-cmp/cmp"
)

func TestWhatWasReadIsHeldAgainstItemAndRoster(t *testing.T) {
	b := &Bot{
		Season: &intake.Season{Location: time.UTC}, Imaging: imaging.New(imaging.Config{}),
		Now: func() time.Time { return time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC) },
	}
	who := intake.Candidate{Name: "林知夏", IDNumber: "99000019910417003X"}
	materials := []intake.Material{
		{Code: "card", Name: "身份证", Words: []string{"公民身份号码", "姓名", "住址"}, Own: true},
		{Code: "diploma", Name: "毕业证书", Words: []string{"毕业证书", "准予毕业"}},
		{Code: "other", Name: "其他"},
	}
	const mine, others = "公民身份号码99000019910417003X", "公民身份号码99000019990417002X"
	for _, tt := range []struct {
		name, material string
		lines          []string
		want           []string
	}{
		{"all fits", "card", []string{"姓名林知夏", mine, "住址"}, nil},
		{"another person's", "card", []string{"姓名周慕白", others, "住址"}, []string{nameDiffers, idDiffers}},
		{"another person's, where that is right", "other", []string{"姓名周慕白", others}, nil},
		{"a misread number", "card", []string{"姓名林知夏", "公民身份号码99000019910417004X", "住址"}, nil},
		{"another item", "card", []string{"毕业证书", "准予毕业"}, []string{otherKind}},
		{"an item without words", "other", []string{"毕业证书", "准予毕业"}, nil},
		{"nothing known on it", "card", []string{"风景"}, nil},
		{"expired yesterday", "diploma", []string{"毕业证书", "有效期至2026.1.31"}, []string{expired}},
		{"valid until today", "diploma", []string{"毕业证书", "有效期至2026.2.1"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var lines []reading.Line
			for _, text := range tt.lines {
				lines = append(lines, reading.Line{Text: text, Confidence: .99})
			}
			own := materials[slices.IndexFunc(materials, func(m intake.Material) bool { return m.Code == tt.material })]
			var got []string
			for _, v := range b.notes(who, own, b.guess(materials, own.Code, lines), lines) {
				if want := map[bool]intake.Level{true: intake.Doubt, false: intake.Note}[v.Code == expired]; v.Level != want {
					t.Errorf("%s is a %s", v.Code, v.Level)
				}
				got = append(got, v.Code)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
