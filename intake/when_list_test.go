package intake

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestListAsksOnlyForWhatTheRulesSay(t *testing.T) {
	s := parseSmall(t)
	tests := []struct {
		name  string
		attrs map[string]any
		want  []string
	}{
		{"one unit", map[string]any{"level": "执业"}, []string{"id_front 1-1", "trial 1-2", "other 0-5"}},
		{"three units", map[string]any{"level": "执业", "unit_count": 3}, []string{"id_front 1-1", "trial 3-6", "other 0-5"}},
		{"other level", map[string]any{"level": "助理", "unit_count": 3}, []string{"id_front 1-1", "other 0-5"}},
		{"attribute the season does not know", map[string]any{"level": "助理", "gone": 1}, []string{"id_front 1-1", "other 0-5"}},
		{"attribute set to nothing", map[string]any{"level": "助理", "fresh": nil}, []string{"id_front 1-1", "other 0-5"}},
		{"value out of range", map[string]any{"level": "执业", "unit_count": 4000}, []string{"id_front 1-1", "trial 30-30", "other 0-5"}},
		{"value below range", map[string]any{"level": "执业", "unit_count": -2}, []string{"id_front 1-1", "trial 0-1", "other 0-5"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			stored, err := json.Marshal(test.attrs) // as the database keeps them
			if err != nil {
				t.Fatal(err)
			}
			var loaded map[string]any
			if err := json.Unmarshal(stored, &loaded); err != nil {
				t.Fatal(err)
			}
			for _, attrs := range []map[string]any{test.attrs, loaded} {
				list, err := s.List(attrs)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, m := range list {
					got = append(got, fmt.Sprintf("%s %d-%d", m.Code, m.Min, m.Max))
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestListTellsWhichAttributeDoesNotFit(t *testing.T) {
	s := parseSmall(t)
	tests := []struct {
		name  string
		attrs map[string]any
		want  string
	}{
		{"missing without default", nil, "attribute level is missing and has no default"},
		{"number for text", map[string]any{"level": 1}, "attribute level: expected enum, found int"},
		{"text for yes or no", map[string]any{"level": "执业", "fresh": "否"}, "attribute fresh: expected bool, found string"},
		{"fraction", map[string]any{"level": "执业", "unit_count": 1.5}, "attribute unit_count: expected int, found float64"},
		{"text for a number", map[string]any{"level": "执业", "unit_count": "1"}, "attribute unit_count: expected int, found string"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			list, err := s.List(test.attrs)
			if err == nil || err.Error() != test.want || list != nil {
				t.Errorf("got %v, %v; want %s", list, err, test.want)
			}
		})
	}
}

func TestExempt(t *testing.T) {
	s := parseSmall(t)
	if tell, yes := s.Exempt(map[string]any{"level": "助理", "fresh": true}); !yes || tell != "请到考点办理" {
		t.Errorf("got %q, %v", tell, yes)
	}
	for _, attrs := range []map[string]any{{"level": "助理"}, {"level": "执业", "fresh": true}, {}} {
		if tell, yes := s.Exempt(attrs); yes || tell != "" {
			t.Errorf("%v: got %q, %v", attrs, tell, yes)
		}
	}
}

func TestListAndExemptServeManyAtOnce(t *testing.T) {
	s := parseSmall(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 200 {
				attrs := map[string]any{"level": "执业", "unit_count": i%4 + 1}
				list, err := s.List(attrs)
				if err != nil || len(list) != 3 || list[1].Min != i%4+1 {
					t.Errorf("got %v, %v", list, err)
					return
				}
				s.Exempt(attrs)
			}
		})
	}
	all.Wait()
}
