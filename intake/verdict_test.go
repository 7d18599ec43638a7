package intake

import "testing"

func TestTheGravestVerdictCounts(t *testing.T) {
	for _, tt := range []struct {
		levels []Level
		want   Level
	}{
		{nil, OK},
		{[]Level{OK}, OK},
		{[]Level{OK, Note}, Note},
		{[]Level{Note, Doubt, Note}, Doubt},
		{[]Level{Doubt, Refuse, Note}, Refuse},
	} {
		var verdicts []Verdict
		for _, level := range tt.levels {
			verdicts = append(verdicts, Verdict{Level: level})
		}
		if got := Worst(verdicts); got != tt.want {
			t.Errorf("%v: %s, not %s", tt.levels, got, tt.want)
		}
	}
}
