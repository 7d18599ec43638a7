package intake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"
)

// seasonFile is the season file as it is written; Season is what it means.
type seasonFile struct {
	Name       string         `yaml:"name"`
	Year       int            `yaml:"year"`
	Area       Area           `yaml:"area"`
	Window     windowFile     `yaml:"window"`
	Review     reviewFile     `yaml:"review"`
	Attributes []Attribute    `yaml:"attributes"`
	Materials  []materialFile `yaml:"materials"`
	Reasons    []Reason       `yaml:"reasons"`
	Sites      []Site         `yaml:"sites"`
	NoUpload   []Exemption    `yaml:"no_upload"`
	Photos     photosFile     `yaml:"photos"`
	Privacy    privacyFile    `yaml:"privacy"`
	Export     Naming         `yaml:"export"`
}

type photosFile struct {
	Thresholds map[string]float64 `yaml:"thresholds"`
}

type privacyFile struct {
	OnUnfollow OnUnfollow    `yaml:"on_unfollow"`
	Grace      time.Duration `yaml:"grace"`
}

type windowFile struct {
	Opens       string `yaml:"opens"`
	Closes      string `yaml:"closes"`
	Corrections string `yaml:"corrections"` // default: closes
}

type reviewFile struct {
	Deadline       time.Duration `yaml:"deadline"`
	QuietFrom      string        `yaml:"quiet_from"`
	QuietTo        string        `yaml:"quiet_to"`
	ResultsInQuiet bool          `yaml:"results_in_quiet"`
	LeastLeft      time.Duration `yaml:"least_left"`
	ShutOut        bool          `yaml:"shut_out"`
	ClosingNotice  time.Duration `yaml:"closing_notice"`
}

// materialFile is a Material whose counts may be numbers or expressions.
type materialFile struct {
	Material `yaml:",inline"`
	Min      any `yaml:"min"` // default 1, 0 when optional
	Max      any `yaml:"max"` // default: min, at least 1
}

// ParseSeason reads a season file; its times are on the clock of loc (nil: UTC). Whatever does
// not make sense — an unknown key, a broken expression, a reason for a material that is not
// there — is told at once as joined *FieldError in line order, and there is no season.
func ParseSeason(data []byte, loc *time.Location) (*Season, error) {
	if loc == nil {
		loc = time.UTC
	}
	file := seasonFile{
		Review:  reviewFile{Deadline: 24 * time.Hour, QuietFrom: "22:00", QuietTo: "08:00", ClosingNotice: 48 * time.Hour},
		Privacy: privacyFile{OnUnfollow: OnUnfollowUnlink, Grace: 72 * time.Hour},
	}
	if err := DecodeStrict(data, &file); err != nil {
		return nil, err
	}
	root, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	b := &seasonBuild{root: root, file: file, season: &Season{
		Name: file.Name, Year: file.Year, Area: file.Area, Location: loc,
		Attributes: file.Attributes, Reasons: file.Reasons, Sites: file.Sites, NoUpload: file.NoUpload,
		PhotoThresholds: file.Photos.Thresholds, Naming: file.Export, Parting: Parting(file.Privacy),
		rules: rules{memo: &memo{}},
	}}
	b.top()
	b.window()
	b.review()
	b.parting()
	b.attributes()
	b.materials()
	b.reasons()
	b.sites()
	b.noUpload()
	b.naming()
	if err := joinFieldErrors(b.problems); err != nil {
		return nil, err
	}
	return b.season, nil
}

func (b *seasonBuild) window() {
	w := &b.season.Window
	opens := b.moment("window.opens", b.file.Window.Opens, &w.Opens)
	closes := b.moment("window.closes", b.file.Window.Closes, &w.Closes)
	if opens && closes && !w.Opens.Before(w.Closes) {
		b.add("window.closes", "must be after window.opens")
	}
	if b.file.Window.Corrections == "" {
		w.Corrections = w.Closes
		return
	}
	corrections := b.moment("window.corrections", b.file.Window.Corrections, &w.Corrections)
	if closes && corrections && w.Corrections.Before(w.Closes) {
		b.add("window.corrections", "must not be before window.closes")
	}
}

func (b *seasonBuild) moment(key, text string, into *time.Time) (ok bool) {
	t, err := ParseMoment(text, b.season.Location)
	if err != nil {
		b.add(key, "%v", err)
		return false
	}
	*into = t
	return true
}

func (b *seasonBuild) review() {
	r, file := &b.season.Review, b.file.Review
	r.Deadline, r.ResultsInQuiet = file.Deadline, file.ResultsInQuiet
	r.LeastLeft, r.ShutOut, r.ClosingNotice = file.LeastLeft, file.ShutOut, file.ClosingNotice
	if r.LeastLeft < 0 || r.LeastLeft > r.Deadline {
		b.add("review.least_left", "expected a duration from 0s to review.deadline")
	}
	if r.ClosingNotice < 0 || r.ClosingNotice > 14*24*time.Hour {
		b.add("review.closing_notice", "expected a duration from 0s (never) to 336h")
	}
	if r.Deadline < time.Hour || r.Deadline > 30*24*time.Hour {
		b.add("review.deadline", "expected a duration from 1h to 720h")
	}
	var err error
	if r.QuietFrom, err = parseMinute(file.QuietFrom); err != nil {
		b.add("review.quiet_from", "%v", err)
	}
	if r.QuietTo, err = parseMinute(file.QuietTo); err != nil {
		b.add("review.quiet_to", "%v", err)
	}
}

// longestGrace: whoever is away longer is not away by accident.
const longestGrace = 30 * 24 * time.Hour

func (b *seasonBuild) parting() {
	switch b.file.Privacy.OnUnfollow {
	case OnUnfollowUnlink, OnUnfollowErase, OnUnfollowKeep:
	default:
		b.add("privacy.on_unfollow", "expected unlink, erase or keep")
	}
	if g := b.file.Privacy.Grace; g < time.Hour || g > longestGrace {
		b.add("privacy.grace", "expected a duration from 1h to 720h")
	}
}

// personFields are the registration data beside the attributes that may stand on a document.
var personFields = []string{"name", "sex", "born", "id_number", "id_type"}

func (b *seasonBuild) materials() {
	s := b.season
	b.count("materials", len(b.file.Materials), 1, 60)
	codes, names := b.unique("code"), b.unique("name")
	for i, m := range b.file.Materials {
		key := indexKey("materials", i)
		b.code(key+".code", m.Code, lowerCode)
		codes.add(key, m.Code)
		names.add(key, m.Name)
		b.text(key+".name", m.Name, 1, 20)
		b.text(key+".requirement", m.Requirement, 1, 60)
		b.text(key+".why", m.Why, 0, 60)
		b.text(key+".source", m.Source, 0, 200)
		b.example(key+".example", m.Example)
		b.count(key+".also", len(m.Also), 0, 12)
		for j, name := range m.Also {
			b.text(indexKey(key+".also", j), name, 2, 20)
		}
		b.count(key+".words", len(m.Words), 0, 12)
		for j, word := range m.Words {
			b.text(indexKey(key+".words", j), word, 2, 20)
		}
		b.count(key+".fields", len(m.Fields), 0, 12)
		for j, field := range m.Fields {
			if _, known := s.Attribute(field); !known && !slices.Contains(personFields, field) {
				b.add(indexKey(key+".fields", j), "expected one of %s, or the code of an attribute", strings.Join(personFields, ", "))
			}
		}

		rule := materialRule{when: b.condition(key+".when", m.When)}
		least, most := 1, 1
		if m.Optional {
			least = 0
		}
		rule.min = b.photoCount(key+".min", m.Min, photoCount{fixed: least})
		if rule.min.from == nil {
			most = max(most, rule.min.fixed)
		}
		defaultMax := photoCount{fixed: most, from: rule.min.from}
		rule.max = b.photoCount(key+".max", m.Max, defaultMax)
		b.countOrder(key, m, rule)
		s.rules.materials = append(s.rules.materials, rule)
		s.Materials = append(s.Materials, m.Material)
	}
	b.tryCounts()
}

// photoCount reads a number of pictures: absent, a number, or an expression.
func (b *seasonBuild) photoCount(key string, value any, absent photoCount) photoCount {
	switch v := value.(type) {
	case nil:
		return absent
	case int:
		if v < 0 || v > maxPhotos {
			b.add(key, "expected a number from 0 to %d", maxPhotos)
		}
		return photoCount{fixed: v}
	case string:
		if b.deaf {
			return absent
		}
		program, err := b.language.number(v)
		if err != nil {
			b.add(key, "%v", err)
			return absent
		}
		return photoCount{from: program}
	default:
		b.add(key, "expected a whole number, or an expression of attributes such as unit_count")
		return absent
	}
}

func (b *seasonBuild) countOrder(key string, m materialFile, rule materialRule) {
	if rule.max.from == nil && rule.max.fixed < 1 {
		b.add(key+".max", "must be at least 1")
	}
	if rule.min.from != nil || rule.max.from != nil {
		return // see tryCounts
	}
	switch {
	case rule.min.fixed > rule.max.fixed:
		b.add(key+".max", "must not be below min, which is %d", rule.min.fixed)
	case m.Optional && rule.min.fixed > 0:
		b.add(key+".min", "an optional material may have none; leave min out, or optional")
	case !m.Optional && rule.min.fixed == 0:
		b.add(key+".min", "a material without any picture is no material; set optional: true if it may be left out")
	}
}

// tryCounts works out all counts for trial candidates: everybody's defaults, then each attribute
// in turn at each of its values. What a real candidate would get is thereby known to make sense.
func (b *seasonBuild) tryCounts() {
	if len(b.problems) > 0 {
		return // expressions that did not compile cannot be tried
	}
	s := b.season
	var machine vm.VM
	for n, candidate := range b.language.trials() {
		for i, rule := range s.rules.materials {
			m, key := &s.Materials[i], indexKey("materials", i)
			least, err := rule.min.value(&machine, candidate.attrs)
			most, err2 := rule.max.value(&machine, candidate.attrs)
			switch {
			case err != nil || err2 != nil:
				b.add(key, "the counts cannot be worked out for a candidate with %s", candidate.what)
			case least < 0 || least > most || most < 1 || most > maxPhotos:
				b.add(key, "a candidate with %s would get min %d and max %d; expected 0 ≤ min ≤ max and 1 ≤ max ≤ %d",
					candidate.what, least, most, maxPhotos)
			}
			if n == 0 {
				m.Min, m.Max = least, most
			}
		}
		if len(b.problems) > 0 {
			return
		}
	}
}

// trial is a made-up candidate, and what is special about it.
type trial struct {
	attrs map[string]any
	what  string
}

func (l whenLanguage) trials() []trial {
	base := make(map[string]any, len(l.codes))
	for _, code := range l.codes {
		base[code] = l.attributes[code].typical()
	}
	all := []trial{{attrs: base, what: "the defaults"}}
	for _, code := range l.codes {
		for _, value := range l.attributes[code].extremes() {
			attrs := make(map[string]any, len(base))
			for k, v := range base {
				attrs[k] = v
			}
			attrs[code] = value
			all = append(all, trial{attrs: attrs, what: fmt.Sprintf("%s = %v", code, value)})
		}
	}
	return all
}
