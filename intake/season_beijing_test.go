package intake

import (
	"bytes"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const beijingFile = "../seasons/beijing-2026.yaml"

func parseBeijing(t testing.TB) *Season {
	t.Helper()
	s, err := ParseSeason(readFile(t, beijingFile), beijing)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBeijingAsksEachCandidateForTheirOwnMaterials(t *testing.T) {
	s := parseBeijing(t)
	tests := []struct {
		name  string
		attrs map[string]any
		want  string // codes in the order they are sent, * for optional ones
	}{
		{"mainland bachelor applying directly", map[string]any{},
			"id_front id_back notice diploma degree edu_proof trial mentor unit_lic *other"},
		{"bachelor without a degree", map[string]any{"has_degree": false},
			"id_front id_back notice diploma edu_proof trial mentor unit_lic *other"},
		{"bachelor upgraded from a college", map[string]any{"upgraded": true},
			"id_front id_back notice diploma degree diploma_lower edu_proof trial mentor unit_lic *other"},
		{"assistant with a college diploma", map[string]any{"level": "助理", "edu": "专科"},
			"id_front id_back notice diploma edu_proof trial mentor unit_lic *other"},
		{"assistant from a secondary school in the country", map[string]any{"level": "助理", "edu": "中专", "category": "乡村全科", "unit_grade": "一级及以下"},
			"id_front id_back notice diploma edu_mid trial mentor unit_lic rural *other"},
		{"assistant who becomes a doctor", map[string]any{"path": "助理升执业", "edu": "专科"},
			"id_front id_back notice diploma edu_proof unit_lic asst_qual asst_lic practice *other"},
		{"the same with a changed registration", map[string]any{"path": "助理升执业", "edu": "专科", "reg_changed": true},
			"id_front id_back notice diploma edu_proof unit_lic asst_qual asst_lic practice first_reg *other"},
		{"Hong Kong resident with a mainland degree", map[string]any{"residency": "香港"},
			"id_pass notice diploma degree edu_proof trial mentor unit_lic intern_form *other"},
		{"foreigner with a foreign degree", map[string]any{"residency": "外籍", "edu_place": "境外", "edu": "研究生"},
			"id_pass notice diploma degree edu_abroad trial mentor unit_lic intern_form *other"},
		{"fresh graduate", map[string]any{"fresh": true},
			"id_front id_back notice diploma degree edu_proof trial mentor unit_lic pledge_fresh *other"},
		{"postgraduate of this year", map[string]any{"edu": "研究生", "grad_this_year": true},
			"id_front id_back notice diploma degree edu_proof trial mentor unit_lic pledge_grad *other"},
		{"apprentice of traditional medicine", map[string]any{"category": "中医", "edu": "师承"},
			"id_front id_back notice shicheng trial mentor unit_lic *other"},
		{"specialist of traditional medicine", map[string]any{"category": "中医", "edu": "确有专长"},
			"id_front id_back notice zhuanchang trial mentor unit_lic *other"},
		{"public health at a disease control centre", map[string]any{"category": "公卫", "unit_grade": "疾控"},
			"id_front id_back notice diploma degree edu_proof trial mentor *other"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			attrs := map[string]any{"level": "执业", "category": "临床"}
			for code, value := range test.attrs {
				if _, known := s.Attribute(code); !known {
					t.Fatalf("the season has no attribute %s", code)
				}
				attrs[code] = value
			}
			list, err := s.List(attrs)
			if err != nil {
				t.Fatal(err)
			}
			var codes []string
			for _, m := range list {
				if m.Optional {
					m.Code = "*" + m.Code
				}
				codes = append(codes, m.Code)
			}
			if diff := cmp.Diff(test.want, strings.Join(codes, " ")); diff != "" {
				t.Error(diff)
			}
			if tell, yes := s.Exempt(attrs); yes {
				t.Errorf("need not upload: %s", tell)
			}
		})
	}
}

func TestBeijingCountsFollowTheOfficialNumbers(t *testing.T) {
	s := parseBeijing(t)
	list, err := s.List(map[string]any{"level": "执业", "category": "临床", "unit_count": 3})
	if err != nil {
		t.Fatal(err)
	}
	counts := make(map[string][2]int)
	for _, m := range list {
		counts[m.Code] = [2]int{m.Min, m.Max}
	}
	for code, want := range map[string][2]int{"id_front": {1, 1}, "id_back": {1, 1}, "trial": {3, 3}, "other": {0, 5}} {
		if counts[code] != want {
			t.Errorf("%s: %v pictures, want %v", code, counts[code], want)
		}
	}
}

func TestBeijingNeedsNoUploadFromTheMilitary(t *testing.T) {
	s := parseBeijing(t)
	for military, want := range map[string]bool{"现役军人": true, "部队文职": true, "否": false} {
		tell, yes := s.Exempt(map[string]any{"level": "执业", "category": "临床", "military": military})
		if yes != want || yes == (tell == "") {
			t.Errorf("%s: got %q, %v", military, tell, yes)
		}
	}
}

func TestBeijingWindowIsTheOfficialOne(t *testing.T) {
	w := parseBeijing(t).Window
	if w.Open(time.Date(2026, 1, 29, 9, 59, 59, 0, beijing)) || !w.Open(time.Date(2026, 1, 29, 10, 0, 0, 0, beijing)) {
		t.Error("does not open on 29 January at 10:00")
	}
	if !w.Open(time.Date(2026, 2, 11, 23, 59, 59, 0, beijing)) || w.Open(time.Date(2026, 2, 12, 0, 0, 0, 0, beijing)) {
		t.Error("does not close on 11 February at 24:00")
	}
}

func TestBeijingWordsFitAndSayWhereTheyComeFrom(t *testing.T) {
	s := parseBeijing(t)
	for _, a := range s.Attributes {
		if a.Source == "" || a.Question == "" {
			t.Errorf("attribute %s lacks its source or its question", a.Code)
		}
	}
	for _, m := range s.Materials {
		if m.Source == "" || m.Why == "" || m.Example == "" {
			t.Errorf("material %s lacks its source, why or example", m.Code)
		}
		counted := m.Code == "id_front" || m.Code == "id_back" || m.Code == "trial"
		if guessed := strings.Contains(m.Source, "推定"); guessed == counted {
			t.Errorf("material %s: only counts that are official may go without 推定: %s", m.Code, m.Source)
		}
	}
	for _, r := range s.Reasons {
		if r.Source == "" {
			t.Errorf("reason %s lacks its source", r.Code)
		}
		if n := utf8.RuneCountInString(r.Fix); n > 30 {
			t.Errorf("reason %s: the fix has %d characters, at most 30 are read", r.Code, n)
		}
	}
	for _, e := range s.NoUpload {
		if e.Source == "" {
			t.Errorf("exemption %s lacks its source", e.When)
		}
	}
	for _, site := range s.Sites {
		if !strings.HasPrefix(site.Contact.Phone, "010-0000-") {
			t.Errorf("site %s has the phone number of somebody", site.Code)
		}
	}
}

func TestBeijingExamplesAreSmallPictures(t *testing.T) {
	s := parseBeijing(t)
	folder := filepath.Dir(beijingFile)
	used := make(map[string]bool)
	for _, m := range s.Materials {
		name := filepath.Join(folder, filepath.FromSlash(m.Example))
		used[name] = true
		data := readFile(t, name)
		picture, err := jpeg.DecodeConfig(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", m.Example, err)
			continue
		}
		if len(data) > 60_000 || max(picture.Width, picture.Height) > 1000 {
			t.Errorf("%s: %d bytes, %dx%d", m.Example, len(data), picture.Width, picture.Height)
		}
	}
	all, err := filepath.Glob(filepath.Join(folder, "examples", "*.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all {
		if !used[name] {
			t.Errorf("%s belongs to no material", name)
		}
	}
}

func TestBeijingEveryMaterialHasAReasonOfEachKindItNeeds(t *testing.T) {
	s := parseBeijing(t)
	for _, m := range s.Materials {
		kinds := make(map[ReasonKind]int)
		for _, r := range s.ReasonsFor(m.Code) {
			kinds[r.Kind]++
		}
		if kinds[ReasonMaterial] < 15 || kinds[ReasonRegistration] < 1 {
			t.Errorf("%s can be returned for %v", m.Code, kinds)
		}
	}
}

func BenchmarkList(b *testing.B) {
	s := parseBeijing(b)
	attrs, problems := s.Attrs(map[string]string{"级别": "执业", "类别": "临床", "学历": "本科", "专升本": "是"})
	if problems != nil {
		b.Fatal(problems)
	}
	b.ReportAllocs()
	for b.Loop() {
		if list, err := s.List(attrs); err != nil || len(list) == 0 {
			b.Fatal(list, err)
		}
	}
}

func BenchmarkParseSeason(b *testing.B) {
	data, err := os.ReadFile(beijingFile)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := ParseSeason(data, beijing); err != nil {
			b.Fatal(err)
		}
	}
}
