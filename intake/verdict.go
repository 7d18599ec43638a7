package intake

// Level says what a machine check means for the candidate.
type Level string

const (
	OK     Level = "ok"     // nothing to say
	Note   Level = "note"   // kept; staff see it, the candidate does not
	Doubt  Level = "doubt"  // kept; the candidate may retake it, staff see the doubt
	Refuse Level = "refuse" // not kept; the candidate is told the one thing to do
)

// Verdict is one finding of a machine check on one photo, stored with the photo so that
// thresholds can be judged later against what reviewers decided.
type Verdict struct {
	Code      string  `json:"code"`            // e.g. "blur"; the words for it are in templates
	Level     Level   `json:"level"`           //
	Value     float64 `json:"value"`           // what was measured
	Threshold float64 `json:"threshold"`       // what it was held against
	Where     string  `json:"where,omitempty"` // "left", "top-right", "bottom", …; empty: the whole picture; of comparisons, the name of the item compared with
}

// Worst is the gravest level among the verdicts, OK when there are none.
func Worst(verdicts []Verdict) Level {
	worst := OK
	for _, v := range verdicts {
		if v.Level == Refuse {
			return Refuse
		}
		if v.Level == Doubt || v.Level == Note && worst == OK {
			worst = v.Level
		}
	}
	return worst
}
