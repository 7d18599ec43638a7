package imaging

import (
	"errors"
	"slices"
	"strings"

	"cailiao/intake"
)

// The codes a Verdict may carry. The words for them are in templates. All of the first group
// mean Refuse and no copy: there is no picture to look at.
const (
	Empty         = "empty"           // no bytes arrived
	NotPhoto      = "not_photo"       // not a picture at all (video, document, text, …)
	HEIC          = "heic"            // iPhone's own format: set the camera to "most compatible", or send a screenshot
	WebP          = "webp"            // saved from a web page: send the original, or a screenshot
	PDF           = "pdf"             // a document: photograph or screenshot the page
	GIF           = "gif"             // an animation: send a still photo
	OtherFormat   = "other_format"    // a picture, but neither JPEG nor PNG (BMP, TIFF, SVG, AVIF, …), or a JPEG of a kind no phone makes
	TooLarge      = "too_large"       // Value bytes, over Threshold bytes
	TooManyPixels = "too_many_pixels" // Value megapixels (or a side of Value pixels), over Threshold
	TooManyScans  = "too_many_scans"  // a JPEG made of Value scans, over Threshold: built to keep a machine busy
	Broken        = "broken"          // cut short in transfer, or damaged: send it again

	// These judge what is to be seen.
	Small      = "small"       // Value px on the long side: the original is needed, not a thumbnail
	Dark       = "dark"        // Value is the luma that 95 % of the picture stay below
	Bright     = "bright"      // over-exposed all over: Value is the burnt-out share of the picture
	Glare      = "glare"       // a burnt-out spot, Where says where: lamp or window reflected
	Blur       = "blur"        // out of focus: Value is Facts.Sharp
	Shaken     = "shaken"      // blurred in one direction: Value is Facts.Sharp
	Blank      = "blank"       // nothing on it: Value is the contrast (standard deviation of luma)
	NoDocument = "no_document" // nothing like writing on it: Value is Facts.Page.Writing
	Far        = "far"         // the page is small in the picture: Value is Facts.Page.Extent
	Cut        = "cut"         // something on the page runs out of the picture at the edge Where
)

// Thresholds are the numbers verdicts are held against. Zero means the default. The defaults were
// chosen on 577 labelled pictures: renderings of six kinds of documents photographed by program,
// and 31 real photos of documents blurred by program. Real photos have more contrast, so the lines
// err towards keeping a picture. Every verdict is stored with what it was held against.
type Thresholds struct {
	// Long side in pixels. At 320 nothing can be read, at 1080 all.
	SmallRefuse float64 `yaml:"small_refuse"` // default 500
	SmallDoubt  float64 `yaml:"small_doubt"`  // default 800
	// Luma. Seen: 157 and more in light, 52 and less in the dark.
	DarkRefuse float64 `yaml:"dark_refuse"` // default 60
	DarkDoubt  float64 `yaml:"dark_doubt"`  // default 90
	// Share of the picture with luma ≥ 252. Seen: at most .06 without glare, at least .12 with.
	BurntDoubt float64 `yaml:"burnt_doubt"` // default .10
	// Standard deviation of luma. Seen: a blank sheet below 3, a page far away 11, near 23 and more.
	BlankRefuse float64 `yaml:"blank_refuse"` // default 8
	// Facts.Sharp. Seen: crisp 125 and more; defocused by 2 px or shaken by 6 px 39 to 123;
	// by 3.5 px or 16 px 34 and less.
	BlurRefuse float64 `yaml:"blur_refuse"` // default 36
	BlurDoubt  float64 `yaml:"blur_doubt"`  // default 120
	// Facts.Even, below which a blur is called shaken. Seen: defocused .37 and more, shaken .30
	// and less.
	Shaken float64 `yaml:"shaken"` // default .33
	// Facts.Page.Writing. Seen: table tops 0 to .001, a page far away .006, near .03 and more.
	Writing float64 `yaml:"writing"` // default .003
	// Facts.Page.Extent. Seen: pages far away at most .21, screenshots .32, photos .43 and more.
	Far float64 `yaml:"far"` // default .28
	// Facts.Page.Ink on an edge of which Facts.Page.Touch is paper. Seen: pages cut off .039 and
	// more on .41 and more of the edge; others at most .017.
	CutInk   float64 `yaml:"cut_ink"`   // default .028
	CutTouch float64 `yaml:"cut_touch"` // default .25

	// These are for what is found by reading (package bot draws the conclusions).
	// By how much, of 1, three lines must read better one way than any other. Seen: legible
	// pictures .18 and more; pictures nobody can read .25 and less, and right all the same.
	WayMargin float64 `yaml:"way_margin"` // default .15
	// Score of a face that tells which way is up. Seen: people 99, small portraits on documents up
	// to 40, half of them below 8; something else taken for a face 3.2 and less.
	FaceScore float64 `yaml:"face_score"` // default 6
	// Share of a material's words found for it to be recognised, and by how much it must surpass
	// all others. Seen on legible pictures of six kinds: their own .5 and more, any other .25 and less.
	KindShare float64 `yaml:"kind_share"` // default .6
	KindMore  float64 `yaml:"kind_more"`  // default .35
	// The same for staff to be told that it may be another item, against its own item's share.
	OtherShare float64 `yaml:"other_share"` // default .5
	OtherMore  float64 `yaml:"other_more"`  // default .25
}

// bound is one threshold: its name in files, where it stands, its default and what it cannot exceed.
type bound struct {
	key      string
	value    *float64
	standard float64
	top      float64
	why      string // what top is
}

// bounds of t, in the order of its fields. A top that is another threshold is taken as it stands.
func (t *Thresholds) bounds() []bound {
	return []bound{
		{"small_refuse", &t.SmallRefuse, 500, or(t.SmallDoubt, 800), "small_doubt"},
		{"small_doubt", &t.SmallDoubt, 800, maxSide, "the largest side"},
		{"dark_refuse", &t.DarkRefuse, 60, or(t.DarkDoubt, 90), "dark_doubt"},
		{"dark_doubt", &t.DarkDoubt, 90, 255, "white"},
		{"burnt_doubt", &t.BurntDoubt, .10, 1, "the whole picture"},
		{"blank_refuse", &t.BlankRefuse, 8, 128, "the largest contrast there is"},
		{"blur_refuse", &t.BlurRefuse, 36, or(t.BlurDoubt, 120), "blur_doubt"},
		{"blur_doubt", &t.BlurDoubt, 120, 100_000, "anything a picture reaches"},
		{"shaken", &t.Shaken, .33, 1, "even"},
		{"writing", &t.Writing, .003, 1, "the whole picture"},
		{"far", &t.Far, .28, 1, "the whole picture"},
		{"cut_ink", &t.CutInk, .028, 1, "the whole edge"},
		{"cut_touch", &t.CutTouch, .25, 1, "the whole edge"},
		{"way_margin", &t.WayMargin, .15, 1, "all there is"},
		{"face_score", &t.FaceScore, 6, 10_000, "anything a face reaches"},
		{"kind_share", &t.KindShare, .6, 1, "all words"},
		{"kind_more", &t.KindMore, .35, 1, "all words"},
		{"other_share", &t.OtherShare, .5, 1, "all words"},
		{"other_more", &t.OtherMore, .25, 1, "all words"},
	}
}

func (t Thresholds) withDefaults() Thresholds {
	for _, b := range t.bounds() {
		*b.value = or(*b.value, b.standard)
	}
	return t
}

// Validate says which threshold is out of its range, or refuses what the next only doubts.
func (t Thresholds) Validate() error {
	t = t.withDefaults()
	for _, b := range t.bounds() {
		if *b.value < 0 || *b.value > b.top {
			return amiss("thresholds."+b.key, "%v: must be from 0 to %v (%s)", *b.value, b.top, b.why)
		}
	}
	return nil
}

// With is t with some thresholds, by their names in files, put in place of its own: how a season
// overrides what the configuration says. A name that is no threshold's, or a value that makes no
// sense beside the others, is an *intake.FieldError with the key "thresholds.NAME"; all are told.
func (t Thresholds) With(overrides map[string]float64) (Thresholds, error) {
	var known []string
	var errs []error
	for _, b := range t.bounds() {
		known = append(known, b.key)
		if value, ok := overrides[b.key]; ok {
			*b.value = value
			if value == 0 {
				errs = append(errs, amiss("thresholds."+b.key, "0 would mean the default; leave it out for that"))
			}
		}
	}
	for key := range overrides {
		if !slices.Contains(known, key) {
			errs = append(errs, amiss("thresholds."+key, "there is no such threshold; there are %s", strings.Join(known, ", ")))
		}
	}
	return t, errors.Join(append(errs, t.Validate())...)
}

// judge holds the facts against the thresholds; the gravest verdicts come first. Only what leaves
// nothing to read is refused, and of several causes only the one whose cure helps.
func (j *job) judge() []intake.Verdict {
	f, t := &j.taken.Facts, &j.cfg.Thresholds
	var out verdicts
	if out.below(Small, float64(max(j.taken.Width, j.taken.Height)), t.SmallRefuse, t.SmallDoubt) == intake.Refuse ||
		out.below(Dark, f.P95, t.DarkRefuse, t.DarkDoubt) == intake.Refuse ||
		out.below(Blank, f.Spread, t.BlankRefuse, t.BlankRefuse) == intake.Refuse {
		return out.sorted()
	}
	crisp := f.Sharp >= t.BlurDoubt
	switch {
	case f.Page.Writing < t.Writing:
		out.add(NoDocument, doubtIf(crisp), f.Page.Writing, t.Writing, "")
	case f.Page.Extent < t.Far:
		out.add(Far, doubtIf(crisp), f.Page.Extent, t.Far, "")
	case f.Even < t.Shaken:
		out.below(Shaken, f.Sharp, t.BlurRefuse, t.BlurDoubt)
	default:
		out.below(Blur, f.Sharp, t.BlurRefuse, t.BlurDoubt)
	}
	const scanned, everywhere = .12, .5 // below: no photo, white by nature; above: not a spot
	if f.Burnt > t.BurntDoubt && f.Page.Rough > scanned {
		if f.Page.Glare > everywhere {
			out.add(Bright, intake.Doubt, f.Burnt, t.BurntDoubt, "")
		} else {
			out.add(Glare, intake.Doubt, f.Burnt, t.BurntDoubt, f.Page.Where)
		}
	}
	for i, edge := range edges {
		if f.Page.Touch[i] >= t.CutTouch && f.Page.Ink[i] >= t.CutInk {
			out.add(Cut, intake.Doubt, f.Page.Ink[i], t.CutInk, edge)
		}
	}
	return out.sorted()
}

func doubtIf(crisp bool) intake.Level {
	if crisp {
		return intake.Doubt
	}
	return intake.Refuse
}

type verdicts []intake.Verdict

func (v *verdicts) add(code string, level intake.Level, value, threshold float64, where string) {
	*v = append(*v, intake.Verdict{Code: code, Level: level, Value: value, Threshold: threshold, Where: where})
}

// below adds a verdict when value is under one of two lines.
func (v *verdicts) below(code string, value, refuse, doubt float64) intake.Level {
	switch {
	case value < refuse:
		v.add(code, intake.Refuse, value, refuse, "")
		return intake.Refuse
	case value < doubt:
		v.add(code, intake.Doubt, value, doubt, "")
		return intake.Doubt
	}
	return intake.OK
}

// sorted puts what refuses before what doubts.
func (v verdicts) sorted() []intake.Verdict {
	slices.SortStableFunc(v, func(a, b intake.Verdict) int {
		return slices.Index(gravity, a.Level) - slices.Index(gravity, b.Level)
	})
	return v
}

var gravity = []intake.Level{intake.Refuse, intake.Doubt}
