package intake

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var beijing = time.FixedZone("CST", 8*60*60)

// smallSeason has one of everything, with line numbers that tests count on.
const smallSeason = `name: 示例考区 2026
year: 2026
area: {code: "11", name: 示例考区}
window:
  opens: "2026-01-29 10:00"
  closes: "2026-02-11 24:00"
review: {deadline: 36h, quiet_from: "21:30", quiet_to: "07:15", results_in_quiet: true}
attributes:
  - {code: level, name: 级别, type: enum, values: [执业, 助理], aliases: {执业医师: 执业}}
  - {code: fresh, name: 应届, type: bool, default: false}
  - {code: unit_count, name: 单位数, type: int, min: 1, max: 4, default: 1}
no_upload:
  - {when: level == "助理" && fresh, tell: 请到考点办理}
materials:
  - {code: id_front, name: 人像面, requirement: 拍清楚, example: examples/a.jpg}
  - code: trial
    name: 试用期证明
    requirement: 每个单位一张
    when: level == "执业"
    min: unit_count
    max: unit_count * 2
  - {code: other, name: 其他, requirement: 随意, optional: true, max: 5}
reasons:
  - {code: IMG_BLUR, label: 图片模糊, fix: 重拍, kind: material}
  - {code: TR_SEAL, label: 缺公章, fix: 盖章, kind: material, materials: [trial]}
  - {code: INFO_FIX, label: 信息有误, fix: 联系考点, kind: registration}
sites:
  - {code: "0101", name: 第一考点, contact: {name: 考点办, phone: 010-0000-0001}}
  - {code: "0102", name: 第二考点, contact: {phone: 010-0000-0002}}
`

func parseSmall(t testing.TB) *Season {
	t.Helper()
	s, err := ParseSeason([]byte(smallSeason), beijing)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParseSeasonReadsEveryPart(t *testing.T) {
	s := parseSmall(t)
	want := &Season{
		Name: "示例考区 2026", Year: 2026, Area: Area{Code: "11", Name: "示例考区"}, Location: beijing,
		Window: Window{
			Opens:       time.Date(2026, 1, 29, 10, 0, 0, 0, beijing),
			Closes:      time.Date(2026, 2, 12, 0, 0, 0, 0, beijing),
			Corrections: time.Date(2026, 2, 12, 0, 0, 0, 0, beijing),
		},
		Review: Review{Deadline: 36 * time.Hour, QuietFrom: 21*60 + 30, QuietTo: 7*60 + 15, ResultsInQuiet: true, ClosingNotice: 48 * time.Hour},
		Attributes: []Attribute{
			{Code: "level", Name: "级别", Type: EnumAttribute, Values: []string{"执业", "助理"}, Aliases: map[string]string{"执业医师": "执业"}},
			{Code: "fresh", Name: "应届", Type: BoolAttribute, Default: false},
			{Code: "unit_count", Name: "单位数", Type: IntAttribute, Min: 1, Max: 4, Default: 1},
		},
		Materials: []Material{
			{Code: "id_front", Name: "人像面", Requirement: "拍清楚", Example: "examples/a.jpg", Min: 1, Max: 1},
			{Code: "trial", Name: "试用期证明", Requirement: "每个单位一张", When: `level == "执业"`, Min: 1, Max: 2},
			{Code: "other", Name: "其他", Requirement: "随意", Optional: true, Min: 0, Max: 5},
		},
		Reasons: []Reason{
			{Code: "IMG_BLUR", Label: "图片模糊", Fix: "重拍", Kind: ReasonMaterial},
			{Code: "TR_SEAL", Label: "缺公章", Fix: "盖章", Kind: ReasonMaterial, Materials: []string{"trial"}},
			{Code: "INFO_FIX", Label: "信息有误", Fix: "联系考点", Kind: ReasonRegistration},
		},
		Sites: []Site{
			{Code: "0101", Name: "第一考点", Contact: Contact{Name: "考点办", Phone: "010-0000-0001"}},
			{Code: "0102", Name: "第二考点", Contact: Contact{Phone: "010-0000-0002"}},
		},
		NoUpload: []Exemption{{When: `level == "助理" && fresh`, Tell: "请到考点办理"}},
		Naming:   Naming{Folder: defaultFolder, File: defaultFile},
		Parting:  Parting{OnUnfollow: OnUnfollowUnlink, Grace: 72 * time.Hour},
	}
	ignoreRules := cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "rules" }, cmp.Ignore())
	sameZone := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	if diff := cmp.Diff(want, s, ignoreRules, sameZone); diff != "" {
		t.Error(diff)
	}
}

func TestParseSeasonFillsInTheUsualReview(t *testing.T) {
	file := strings.Replace(smallSeason, `review: {deadline: 36h, quiet_from: "21:30", quiet_to: "07:15", results_in_quiet: true}`, "", 1)
	s, err := ParseSeason([]byte(file), nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Review{Deadline: 24 * time.Hour, QuietFrom: 22 * 60, QuietTo: 8 * 60, ClosingNotice: 48 * time.Hour}); s.Review != want {
		t.Errorf("got %+v, want %+v", s.Review, want)
	}
	if s.Location != time.UTC {
		t.Errorf("without a location the season is in %v", s.Location)
	}
}

func TestParseSeasonTellsWhatIsWrongAndWhere(t *testing.T) {
	long := strings.Repeat("长", 61)
	tests := []struct {
		name, old, new string
		want           string // one problem, or several separated by newlines
	}{
		{"unknown key", "year: 2026", "yaer: 2026", "line 2: yaer: unknown key; expected one of: name, year, area, window, review, attributes, materials, reasons, sites, no_upload, photos, privacy, export"},
		{"no name", "name: 示例考区 2026", "", "line 2: name: is missing"},
		{"year", "year: 2026", "year: 26", "line 2: year: expected a year such as 2026"},
		{"area code", `code: "11", name: 示例考区`, `code: "1 1", name: 示例考区`, "line 3: area.code: expected a code of the form ^[0-9A-Za-z-]{1,16}$"},

		{"moment that is none", "2026-01-29 10:00", "2026-02-30 10:00", `line 5: window.opens: expected a moment such as "2026-01-29 10:00" or "2026-02-11 24:00"`},
		{"no opening", "  opens: \"2026-01-29 10:00\"\n", "", `line 4: window.opens: expected a moment such as "2026-01-29 10:00" or "2026-02-11 24:00"`},
		{"closes before it opens", "2026-02-11 24:00", "2026-01-28 24:00", "line 6: window.closes: must be after window.opens"},
		{"corrections end early", "review:", "  corrections: \"2026-02-01 10:00\"\nreview:", "line 7: window.corrections: must not be before window.closes"},
		{"deadline", "36h", "36m", "line 7: review.deadline: expected a duration from 1h to 720h"},
		{"quiet hours", "21:30", "25:30", `line 7: review.quiet_from: expected a time of day such as "22:00"`},

		{"attribute code", "code: level,", "code: Level,", "line 9: attributes[0].code: expected a code of the form ^[a-z][a-z0-9_]{0,31}$"},
		{"attribute named by the language", "code: fresh,", "code: matches,", "line 10: attributes[1].code: \"matches\" is a word of the expression language; choose another"},
		{"attribute twice", "code: unit_count,", "code: fresh,", "line 11: attributes[2].code: the same as that of attributes[1]"},
		{"attribute name twice", "name: 单位数", "name: 应届", "line 11: attributes[2].name: the same as that of attributes[1]"},
		{"attribute with a roster column's name", "name: 单位数", "name: 手机号", "line 11: attributes[2].name: the roster already has a column of this name with its own meaning"},
		{"attribute type", "type: bool", "type: yesno", "line 10: attributes[1].type: expected enum, bool or int"},
		{"enum with one value", "values: [执业, 助理], aliases: {执业医师: 执业}", "values: [执业]", "line 9: attributes[0].values: has 1 entries; expected 2 to 60"},
		{"enum value twice", "values: [执业, 助理]", "values: [执业, 助理, 执业]", "line 9: attributes[0].values[2]: this value is given twice"},
		{"alias of nothing", "执业医师: 执业", "执业医师: 职业", "line 9: attributes[0].aliases: each alias is another spelling for one of the values: 执业, 助理"},
		{"values of a bool", "type: bool,", "type: bool, values: [a, b],", "line 10: attributes[1].values: values and aliases are only for type: enum"},
		{"range of a bool", "type: bool,", "type: bool, max: 3,", "line 10: attributes[1].min: min and max are only for type: int"},
		{"range upside down", "min: 1, max: 4", "min: 5, max: 4", "line 11: attributes[2].min: expected 0 ≤ min ≤ max\nline 11: attributes[2].default: expected a whole number from 5 to 4"},
		{"default of another type", "type: bool, default: false", "type: bool, default: 0", "line 10: attributes[1].default: expected true or false"},
		{"default out of range", "max: 4, default: 1", "max: 4, default: 9", "line 11: attributes[2].default: expected a whole number from 1 to 4"},

		{"no material code", "code: id_front, ", "", "line 15: materials[0].code: expected a code of the form ^[a-z][a-z0-9_]{0,31}$"},
		{"material twice", "code: other", "code: trial", "line 22: materials[2].code: the same as that of materials[1]"},
		{"requirement too long", "requirement: 拍清楚", "requirement: " + long, "line 15: materials[0].requirement: has 61 characters; at most 60 fit"},
		{"line break in words", "requirement: 每个单位一张", "requirement: \"每个单位\\n一张\"", "line 18: materials[1].requirement: expected one line without spaces around it"},
		{"example outside the folder", "examples/a.jpg", "../a.jpg", "line 15: materials[0].example: expected a .jpg or .png below the season file's folder, such as examples/diploma.jpg"},
		{"example of another kind", "examples/a.jpg", "examples/a.pdf", "line 15: materials[0].example: expected a .jpg or .png below the season file's folder, such as examples/diploma.jpg"},
		{"count that is none", "min: unit_count", "min: 1.5", "line 20: materials[1].min: expected a whole number, or an expression of attributes such as unit_count"},
		{"count too large", "optional: true, max: 5", "optional: true, max: 500", "line 22: materials[2].max: expected a number from 0 to 30"},
		{"max below min", "example: examples/a.jpg", "min: 3, max: 2", "line 15: materials[0].max: must not be below min, which is 3"},
		{"nothing to send", "example: examples/a.jpg", "min: 0", "line 15: materials[0].min: a material without any picture is no material; set optional: true if it may be left out"},
		{"optional with a least number", "optional: true, max: 5", "optional: true, min: 2, max: 5", "line 22: materials[2].min: an optional material may have none; leave min out, or optional"},
		{"counts that cross", "max: unit_count * 2", "max: 4 - unit_count", "line 16: materials[1]: a candidate with unit_count = 4 would get min 4 and max 0; expected 0 ≤ min ≤ max and 1 ≤ max ≤ 30"},
		{"counts that grow too large", "max: unit_count * 2", "max: unit_count * 9", "line 16: materials[1]: a candidate with unit_count = 4 would get min 4 and max 36; expected 0 ≤ min ≤ max and 1 ≤ max ≤ 30"},

		{"unknown attribute", `when: level == "执业"`, `when: lewel == "执业"`, `line 19: materials[1].when: unknown attribute "lewel"; expected one of: level, fresh, unit_count`},
		{"count of an unknown attribute", "min: unit_count", "min: units", `line 20: materials[1].min: unknown attribute "units"; expected one of: level, fresh, unit_count`},
		{"exemption without condition", `when: level == "助理" && fresh, `, "", "line 13: no_upload[0].when: is missing; without it nobody would need to upload"},
		{"exemption without words", "tell: 请到考点办理", "tell: \"\"", "line 13: no_upload[0].tell: is missing"},

		{"reason code", "code: IMG_BLUR", "code: img_blur", "line 24: reasons[0].code: expected a code of the form ^[A-Z][A-Z0-9_]{0,31}$"},
		{"label too long", "label: 图片模糊", "label: 一二三四五六七八九十一二三四五六七八九十一", "line 24: reasons[0].label: has 21 characters; at most 20 fit"},
		{"label twice", "label: 信息有误", "label: 缺公章", "line 26: reasons[2].label: the same as that of reasons[1]"},
		{"no fix", "fix: 重拍, ", "", "line 24: reasons[0].fix: is missing"},
		{"reason kind", "kind: registration", "kind: other", "line 26: reasons[2].kind: expected material, registration or final"},
		{"reason for no material", "materials: [trial]", "materials: [trail]", `line 25: reasons[1].materials[0]: there is no material "trail"`},
		{"reason for a material twice", "materials: [trial]", "materials: [trial, trial]", "line 25: reasons[1].materials[1]: this material is given twice"},

		{"site twice", `code: "0102"`, `code: "0101"`, "line 29: sites[1].code: the same as that of sites[0]"},
		{"site without phone", "phone: 010-0000-0002", "name: 考点办", "line 29: sites[1].contact.phone: is missing"},
		{"unfollowing", "sites:", "privacy: {on_unfollow: forget, grace: 0s}\nsites:", "line 27: privacy.on_unfollow: expected unlink, erase or keep\nline 27: privacy.grace: expected a duration from 1h to 720h"},
		{"no sites", smallSeason[strings.Index(smallSeason, "sites:"):], "", "line 1: sites: has 0 entries; expected 1 to 500"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if strings.Count(smallSeason, test.old) != 1 {
				t.Fatalf("%q does not stand exactly once in the season", test.old)
			}
			s, err := ParseSeason([]byte(strings.Replace(smallSeason, test.old, test.new, 1)), beijing)
			if s != nil {
				t.Error("there is a season all the same")
			}
			if diff := cmp.Diff(strings.Split(test.want, "\n"), fieldErrors(t, err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseSeasonTellsAllProblemsAtOnceInLineOrder(t *testing.T) {
	file := strings.NewReplacer("kind: registration", "kind: x", "year: 2026", "year: 1", `level == "执业"`, "level", "0102", "0101").Replace(smallSeason)
	_, err := ParseSeason([]byte(file), beijing)
	want := []string{
		"line 2: year: expected a year such as 2026",
		"line 19: materials[1].when: expected bool, but got string",
		"line 26: reasons[2].kind: expected material, registration or final",
		"line 29: sites[1].code: the same as that of sites[0]",
	}
	if diff := cmp.Diff(want, fieldErrors(t, err)); diff != "" {
		t.Error(diff)
	}
}

func TestWindow(t *testing.T) {
	w := Window{
		Opens:       time.Date(2026, 1, 29, 10, 0, 0, 0, beijing),
		Closes:      time.Date(2026, 2, 12, 0, 0, 0, 0, beijing),
		Corrections: time.Date(2026, 3, 13, 0, 0, 0, 0, beijing),
	}
	tests := []struct {
		name                           string
		now                            time.Time
		notYet, open, correcting, over bool
	}{
		{"a moment before", w.Opens.Add(-1), true, false, false, false},
		{"the first moment", w.Opens, false, true, true, false},
		{"the last moment, told in another zone", w.Closes.Add(-1).UTC(), false, true, true, false},
		{"24:00 is too late", w.Closes, false, false, true, false},
		{"the last moment to correct", w.Corrections.Add(-1), false, false, true, false},
		{"after all", w.Corrections, false, false, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := []bool{w.NotYet(test.now), w.Open(test.now), w.Correcting(test.now), w.Over(test.now)}
			want := []bool{test.notYet, test.open, test.correcting, test.over}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("not yet, open, correcting, over:\n%s", diff)
			}
		})
	}
}

func TestParseMoment(t *testing.T) {
	tests := []struct {
		text string
		want time.Time // zero: refused
	}{
		{"2026-01-29 10:00", time.Date(2026, 1, 29, 10, 0, 0, 0, beijing)},
		{"2026-02-11 24:00", time.Date(2026, 2, 12, 0, 0, 0, 0, beijing)},
		{"2026-02-28 24:00", time.Date(2026, 3, 1, 0, 0, 0, 0, beijing)},
		{"2028-02-28 24:00", time.Date(2028, 2, 29, 0, 0, 0, 0, beijing)},
		{"2025-12-31 24:00", time.Date(2026, 1, 1, 0, 0, 0, 0, beijing)},
		{"2026-02-11 00:00", time.Date(2026, 2, 11, 0, 0, 0, 0, beijing)},
		{text: "2026-02-11 24:01"},
		{text: "2026-02-30 24:00"},
		{text: "2026-02-30 10:00"},
		{text: "2026-02-11"},
		{text: "2026-02-11T10:00"},
		{text: "26-02-11 10:00"},
		{text: "2026年2月11日24:00"},
		{text: " 2026-02-11 10:00"},
		{text: ""},
	}
	for _, test := range tests {
		got, err := ParseMoment(test.text, beijing)
		if !got.Equal(test.want) || (err == nil) == test.want.IsZero() {
			t.Errorf("%q: got %v, %v; want %v", test.text, got, err, test.want)
		}
	}
}

func TestLookUps(t *testing.T) {
	s := parseSmall(t)
	if m, ok := s.Material("trial"); !ok || m.Name != "试用期证明" {
		t.Errorf("material: %v, %v", m, ok)
	}
	if site, ok := s.Site("0102"); !ok || site.Name != "第二考点" {
		t.Errorf("site: %v, %v", site, ok)
	}
	if r, ok := s.Reason("TR_SEAL"); !ok || r.Label != "缺公章" {
		t.Errorf("reason: %v, %v", r, ok)
	}
	for _, key := range []string{"fresh", "应届"} {
		if a, ok := s.Attribute(key); !ok || a.Code != "fresh" {
			t.Errorf("attribute %s: %v, %v", key, a, ok)
		}
	}
	_, material := s.Material("x")
	_, site := s.Site("")
	_, reason := s.Reason("x")
	_, attribute := s.Attribute("")
	if material || site || reason || attribute {
		t.Error("something unknown was found")
	}
}

func TestReasonsForPutsAMaterialsOwnFirst(t *testing.T) {
	s := parseSmall(t)
	tests := map[string][]string{
		"trial":    {"TR_SEAL", "IMG_BLUR", "INFO_FIX"},
		"id_front": {"IMG_BLUR", "INFO_FIX"},
		"unknown":  nil,
	}
	for material, want := range tests {
		var got []string
		for _, r := range s.ReasonsFor(material) {
			got = append(got, r.Code)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", material, diff)
		}
	}
}

func TestShiftLeavesTheSeasonItselfAlone(t *testing.T) {
	s := parseSmall(t)
	before := s.Window
	day := time.Date(2030, 1, 1, 0, 0, 0, 0, beijing)
	shifted := s.Shift(day, day.AddDate(0, 0, 14), day.AddDate(0, 0, 30))
	if !shifted.Window.Open(day) || shifted.Window.Open(day.AddDate(0, 0, 14)) || !shifted.Window.Correcting(day.AddDate(0, 0, 29)) {
		t.Errorf("shifted window is %v", shifted.Window)
	}
	if s.Window != before {
		t.Errorf("the season's own window became %v", s.Window)
	}
	if list, err := shifted.List(map[string]any{"level": "执业"}); err != nil || len(list) != 3 {
		t.Errorf("the shifted season lists %v, %v", list, err)
	}
}

func FuzzParseSeason(f *testing.F) {
	f.Add(smallSeason)
	f.Add(strings.Replace(smallSeason, `level == "执业"`, `level in ["执业"] && !fresh ? unit_count < 2 : true`, 1))
	f.Add(strings.Replace(smallSeason, "unit_count * 2", "((unit_count))+-1", 1))
	f.Fuzz(func(t *testing.T, file string) {
		s, err := ParseSeason([]byte(file), beijing)
		if (s == nil) == (err == nil) {
			t.Fatalf("season %v with error %v", s, err)
		}
		fieldErrors(t, err)
		if s == nil {
			return
		}
		attrs := make(map[string]any)
		for _, a := range s.Attributes {
			attrs[a.Code] = a.typical()
		}
		list, err := s.List(attrs)
		if err != nil {
			t.Fatalf("an accepted season cannot list: %v", err)
		}
		for _, m := range list {
			if m.Min < 0 || m.Max < max(1, m.Min) || m.Max > maxPhotos {
				t.Errorf("%s wants %d to %d pictures", m.Code, m.Min, m.Max)
			}
		}
		s.Exempt(attrs)
	})
}
