package bot

import (
	"testing"
	"time"

	"cailiao/imaging/codec"
	"cailiao/imaging/reading"
	"cailiao/intake"

	"github.com/google/go-cmp/cmp"
)

func TestWhatWasReadIsHeldAgainstItemAndRoster(t *testing.T) {
	b := &Bot{
		Season: &intake.Season{Location: time.UTC},
		Now:    func() time.Time { return time.Date(2026, 2, 1, 12, 0, 0, 0, time.UTC) },
	}
	who := intake.Candidate{Name: "林知夏", IDNumber: "99000019910417003X"}
	materials := []intake.Material{
		{Code: "card", Name: "身份证", Words: []string{"公民身份号码", "姓名", "住址"}, Own: true},
		{Code: "diploma", Name: "毕业证书", Words: []string{"毕业证书", "准予毕业"}},
		{Code: "other", Name: "其他"},
	}
	const mine, others = "公民身份号码99000019910417003X", "公民身份号码99000019990417002X"
	sure := reading.Posture{Margin: 1, Lines: 3}
	for _, tt := range []struct {
		name, material string
		posture        reading.Posture
		lines          []string
		want           []string
	}{
		{"all fits", "card", sure, []string{"姓名林知夏", mine, "住址"}, nil},
		{"another person's", "card", sure, []string{"姓名周慕白", others, "住址"}, []string{nameDiffers, idDiffers}},
		{"another person's, where that is right", "other", sure, []string{"姓名周慕白", others}, nil},
		{"a misread number", "card", sure, []string{"姓名林知夏", "公民身份号码99000019910417004X", "住址"}, nil},
		{"another item", "card", sure, []string{"毕业证书", "准予毕业"}, []string{otherKind}},
		{"an item without words", "other", sure, []string{"毕业证书", "准予毕业"}, nil},
		{"nothing known on it", "card", sure, []string{"风景"}, nil},
		{"expired yesterday", "diploma", sure, []string{"毕业证书", "有效期至2026.1.31"}, []string{expired}},
		{"valid until today", "diploma", sure, []string{"毕业证书", "有效期至2026.2.1"}, nil},
		{"unsure and perhaps lying", "card", reading.Posture{Turn: codec.Turn{CW: 90}, Margin: .05, Lines: 2}, nil, []string{askew}},
		{"unsure and perhaps upright", "card", reading.Posture{Margin: .05, Lines: 2}, nil, nil},
		{"stored before it could be turned", "card", reading.Posture{Turn: codec.Turn{CW: 90}, Margin: .5, Lines: 3}, []string{"姓名周慕白"}, []string{askew, nameDiffers}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			read := reading.Result{Posture: tt.posture}
			for _, text := range tt.lines {
				read.Lines = append(read.Lines, reading.Line{Text: text, Confidence: .99})
			}
			var got []string
			for _, v := range b.notes(who, materials, intake.Photo{Material: tt.material}, read) {
				if v.Level != intake.Note {
					t.Errorf("%s is shown to the candidate", v.Code)
				}
				got = append(got, v.Code)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
