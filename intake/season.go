package intake

import (
	"slices"
	"time"
)

// Season is one year's rules of one exam area, read from a season file by ParseSeason.
// It does not change after loading and may be used by many goroutines at once.
type Season struct {
	Name       string         // "北京考区 2026 年医师资格考试"
	Year       int            //
	Area       Area           //
	Location   *time.Location // the clock on the area's wall; all times below are in it
	Window     Window         //
	Review     Review         //
	Attributes []Attribute    // what can be said about a candidate, in file order
	Materials  []Material     // every material anybody may need, in file order; see List
	Reasons    []Reason       // why an item may be returned, in file order
	Sites      []Site         //
	NoUpload   []Exemption    // who need not send pictures at all
	Naming     Naming         // of exported photos
	Parting    Parting        // what becomes of who stops following

	// PhotoThresholds replace those of the configuration, by name. What names and values make
	// sense is known where pictures are judged.
	PhotoThresholds map[string]float64

	rules rules
}

// Area is the exam area (考区) above the sites.
type Area struct {
	Code string `yaml:"code"`
	Name string `yaml:"name"`
}

// Window is when candidates may send. A closing moment is the first moment that is too late:
// the official 「2月11日24:00」 is held as 12 February 00:00.
type Window struct {
	Opens       time.Time
	Closes      time.Time
	Corrections time.Time // until when returned items may be corrected; never before Closes
}

// Open reports whether a first submission may be sent at now.
func (w Window) Open(now time.Time) bool {
	return !now.Before(w.Opens) && now.Before(w.Closes)
}

// Correcting reports whether a returned item may be corrected at now.
func (w Window) Correcting(now time.Time) bool {
	return !now.Before(w.Opens) && now.Before(w.Corrections)
}

// NotYet reports whether now lies before the window.
func (w Window) NotYet(now time.Time) bool { return now.Before(w.Opens) }

// Over reports whether neither submissions nor corrections are taken any more.
func (w Window) Over(now time.Time) bool { return !now.Before(w.Corrections) }

// Review is how returned candidates are given time and left in peace.
type Review struct {
	Deadline       time.Duration // how long a returned candidate has; the official message says 24 hours
	QuietFrom      int           // minutes after local midnight; equal to QuietTo means no quiet hours
	QuietTo        int           // minutes after local midnight; the first minute that is loud again
	ResultsInQuiet bool          // whether results, unlike reminders, may be sent in quiet hours
	LeastLeft      time.Duration // a return that would leave less time before the end of corrections is refused; 0: none is
	ShutOut        bool          // whether a passed deadline ends corrections by itself
	ClosingNotice  time.Duration // how long before the window closes those without a submission are told; 0: never
}

// AttributeType is how an attribute's values are written.
type AttributeType string

const (
	EnumAttribute AttributeType = "enum" // one of Values, held as string
	BoolAttribute AttributeType = "bool" // 是 or 否, held as bool
	IntAttribute  AttributeType = "int"  // a whole number from Min to Max, held as int
)

// Attribute is one thing the rules may ask about a candidate. The roster has it as a column
// under its Chinese name; expressions use its code.
type Attribute struct {
	Code     string            `yaml:"code"`     // "unit_grade"
	Name     string            `yaml:"name"`     // "单位等级"
	Type     AttributeType     `yaml:"type"`     //
	Values   []string          `yaml:"values"`   // enum only
	Aliases  map[string]string `yaml:"aliases"`  // enum only: other spellings seen in rosters → value
	Min      int               `yaml:"min"`      // int only
	Max      int               `yaml:"max"`      // int only; 99 when the file does not say
	Default  any               `yaml:"default"`  // string, bool or int; nil: the roster must say it
	Question string            `yaml:"question"` // how a candidate would be asked
	Source   string            `yaml:"source"`   // where the rule comes from, in words
}

// Material is one thing to photograph. In Season.Materials, Min and Max are those of a candidate
// about whom only the defaults are known; List gives those of one candidate.
type Material struct {
	Code        string   `yaml:"code"`        // "id_front"
	Name        string   `yaml:"name"`        // "身份证人像面"
	Also        []string `yaml:"also"`        // other names people write
	Requirement string   `yaml:"requirement"` // what the picture must show
	Why         string   `yaml:"why"`         // why it is on this candidate's list
	Example     string   `yaml:"example"`     // an example picture, relative to the season file
	When        string   `yaml:"when"`        // for whom, as written in the file; empty: everybody
	Optional    bool     `yaml:"optional"`    // may be left out; Min is then 0
	Words       []string `yaml:"words"`       // what stands on it, its title first; empty: it is not told from others by reading
	Fields      []string `yaml:"fields"`      // registration data that stand on it, in its order: name, sex, born, id_number, id_type or attributes
	Own         bool     `yaml:"own"`         // shows the candidate's own name and, if any, number
	Face        bool     `yaml:"face"`        // shows a face, which tells which way is up even where nothing is read
	QR          bool     `yaml:"qr"`          // has a QR code on its first page
	Source      string   `yaml:"source"`      //
	Min         int      `yaml:"-"`           // how many pictures at least
	Max         int      `yaml:"-"`           // and at most
}

// ReasonKind says what a candidate can do about a reason.
type ReasonKind string

const (
	ReasonMaterial     ReasonKind = "material"     // send the item again
	ReasonRegistration ReasonKind = "registration" // cannot be mended by a photo: call the site
	ReasonFinal        ReasonKind = "final"        // cannot be mended at all
)

// Reason is one preset reason of the review page.
type Reason struct {
	Code      string     `yaml:"code"`      // "IMG_BLUR"
	Label     string     `yaml:"label"`     // at most 20 characters, so it fits one template field
	Fix       string     `yaml:"fix"`       // what the candidate should do
	Note      string     `yaml:"note"`      // for staff only, never shown to candidates
	Kind      ReasonKind `yaml:"kind"`      //
	Materials []string   `yaml:"materials"` // material codes it applies to; empty: all
	Source    string     `yaml:"source"`    //
}

// Site is one exam site (考点), which reviews first.
type Site struct {
	Code    string  `yaml:"code"`
	Name    string  `yaml:"name"`
	Contact Contact `yaml:"contact"`
}

// Contact is whom a candidate of a site may call.
type Contact struct {
	Name    string `yaml:"name"`
	Phone   string `yaml:"phone"`
	Hours   string `yaml:"hours"`
	Address string `yaml:"address"`
}

// Exemption frees some candidates from sending pictures and says what they do instead.
type Exemption struct {
	When   string `yaml:"when"`
	Tell   string `yaml:"tell"`
	Source string `yaml:"source"`
}

// List gives the materials of a candidate with these attributes (by code), in file order, with
// Min and Max worked out. Attributes that are missing take their defaults; attributes that the
// season does not know are ignored, so that a season file may drop one.
// The error names the attribute that is missing without a default, or has a wrong type.
func (s *Season) List(attrs map[string]any) ([]Material, error) {
	r, err := s.rule(attrs)
	return slices.Clone(r.list), err
}

// Exempt reports whether a candidate with these attributes need not send pictures, and what to
// tell them instead.
func (s *Season) Exempt(attrs map[string]any) (tell string, yes bool) {
	if r, err := s.rule(attrs); err == nil {
		return r.tell, r.exempt
	}
	return s.rules.exempt(s, attrs)
}

// Material finds a material by its code.
func (s *Season) Material(code string) (Material, bool) {
	i := slices.IndexFunc(s.Materials, func(m Material) bool { return m.Code == code })
	if i < 0 {
		return Material{}, false
	}
	return s.Materials[i], true
}

// Site finds a site by its code.
func (s *Season) Site(code string) (Site, bool) {
	i := slices.IndexFunc(s.Sites, func(site Site) bool { return site.Code == code })
	if i < 0 {
		return Site{}, false
	}
	return s.Sites[i], true
}

// Reason finds a return reason by its code.
func (s *Season) Reason(code string) (Reason, bool) {
	i := slices.IndexFunc(s.Reasons, func(r Reason) bool { return r.Code == code })
	if i < 0 {
		return Reason{}, false
	}
	return s.Reasons[i], true
}

// ReasonsFor gives the reasons, of every kind, that apply to one material, in file order; those
// meant for just some materials come before those meant for all. None for an unknown material.
func (s *Season) ReasonsFor(material string) []Reason {
	if _, known := s.Material(material); !known {
		return nil
	}
	var own, general []Reason
	for _, r := range s.Reasons {
		switch {
		case len(r.Materials) == 0:
			general = append(general, r)
		case slices.Contains(r.Materials, material):
			own = append(own, r)
		}
	}
	return append(own, general...)
}

// Attribute finds an attribute by its code or its Chinese name.
func (s *Season) Attribute(codeOrName string) (Attribute, bool) {
	i := slices.IndexFunc(s.Attributes, func(a Attribute) bool {
		return a.Code == codeOrName || a.Name == codeOrName
	})
	if i < 0 {
		return Attribute{}, false
	}
	return s.Attributes[i], true
}

// Shift gives the same season with another window, for demonstrations and rehearsals.
func (s *Season) Shift(opens, closes, corrections time.Time) *Season {
	shifted := *s
	shifted.Window = Window{Opens: opens, Closes: closes, Corrections: corrections}
	return &shifted
}
