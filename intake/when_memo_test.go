package intake

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// What is remembered is what the rules would say, whoever asked before and whatever they did with the answer.
func TestWhatTheRulesSaidIsRememberedForTheSameAttributesOnly(t *testing.T) {
	s := parseBeijing(t)
	rapid.Check(t, func(t *rapid.T) {
		attrs := map[string]any{}
		for _, a := range s.Attributes {
			var any []any
			for _, value := range a.Values {
				any = append(any, value)
			}
			switch a.Type {
			case BoolAttribute:
				any = append(any, true, false)
			case IntAttribute:
				any = append(any, a.Min, float64(a.Min), a.Max, float64(a.Max))
			}
			any = append(any, nil, "没有的值", 7)
			if value := rapid.SampledFrom(any).Draw(t, a.Code); value != nil {
				attrs[a.Code] = value
			}
		}
		anew, anewErr := s.ruleAnew(attrs)
		list, err := s.List(attrs)
		if (err != nil) != (anewErr != nil) || !cmp.Equal(list, anew.list) {
			t.Fatalf("remembered %v, %v; the rules say %v, %v", list, err, anew.list, anewErr)
		}
		tell, exempt := s.Exempt(attrs)
		if wantTell, want := s.rules.exempt(s, attrs); tell != wantTell || exempt != want {
			t.Fatalf("remembered %q, %v; the rules say %q, %v", tell, exempt, wantTell, want)
		}
		for i := range list { // the answer is the asker's own
			list[i] = Material{}
		}
	})
}

func TestTheMemoryOfTheRulesIsBounded(t *testing.T) {
	s := parseBeijing(t)
	var asking sync.WaitGroup
	for from := range 4 {
		asking.Go(func() {
			for i := range memoMost {
				if _, err := s.List(map[string]any{"level": "执业", "category": "临床", "edu": string(rune('一' + from*memoMost + i))}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	asking.Wait()
	if n := len(s.rules.memo.of); n == 0 || n > memoMost {
		t.Errorf("%d sets of attributes are remembered, at most %d wanted", n, memoMost)
	}
}

func BenchmarkListAnew(b *testing.B) {
	s := parseBeijing(b)
	for b.Loop() {
		if r, err := s.ruleAnew(map[string]any{"level": "执业", "category": "临床", "upgraded": true}); err != nil || len(r.list) == 0 {
			b.Fatal(r, err)
		}
	}
}
