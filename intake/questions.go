package intake

import (
	"reflect"
	"slices"
)

// MaxQuestions is how many questions a candidate is asked at most.
const MaxQuestions = 8

// Choice is one answer a question offers.
type Choice struct {
	Word  string // as it is tapped or typed
	Value any    // of the attribute
}

// Choices are the answers to an attribute's question, in file order.
func (a Attribute) Choices() []Choice {
	switch a.Type {
	case BoolAttribute:
		return []Choice{{"是", true}, {"否", false}}
	case EnumAttribute:
		choices := make([]Choice, len(a.Values))
		for i, v := range a.Values {
			choices[i] = Choice{v, v}
		}
		return choices
	}
	var choices []Choice
	for n := a.Min; n <= a.Max && len(choices) < 10; n++ {
		choices = append(choices, Choice{countWord(n), n})
	}
	return choices
}

func countWord(n int) string { return string(rune('0'+n)) + "个" }

// Asking is how far a go of questions has come.
type Asking struct {
	Asked []string // answered or passed over in this go
	Again bool     // ask also what was answered in an earlier go
}

// Questions are the attributes a candidate should still be asked about: the roster left them to
// their default, and with what is known so far some answer would change the list or free the
// candidate from sending at all. At most MaxQuestions in one go.
func (s *Season) Questions(c Candidate, so Asking) []Attribute {
	var ask []Attribute
	for _, a := range s.Attributes {
		_, answered := c.Answers[a.Code]
		switch {
		case len(ask)+len(so.Asked) >= MaxQuestions:
			return ask
		case a.Question == "" || !slices.Contains(c.Assumed, a.Code) || slices.Contains(so.Asked, a.Code):
		case answered && !so.Again:
		case s.matters(a, c.Attrs):
			ask = append(ask, a)
		}
	}
	return ask
}

// matters says whether the attribute's value makes a difference for somebody with these
// attributes, by trying every value.
func (s *Season) matters(a Attribute, attrs map[string]any) bool {
	now, err := s.outcome(attrs)
	if err != nil {
		return false
	}
	for _, choice := range a.Choices() {
		other, err := s.outcome(with(attrs, a.Code, choice.Value))
		if err == nil && !reflect.DeepEqual(now, other) {
			return true
		}
	}
	return false
}

// outcome is what the rules make of attributes: how many of what, and whether it is needed at all.
func (s *Season) outcome(attrs map[string]any) (map[string][2]int, error) {
	list, err := s.List(attrs)
	if err != nil {
		return nil, err
	}
	out := make(map[string][2]int, len(list))
	if _, exempt := s.Exempt(attrs); exempt {
		return out, nil
	}
	for _, m := range list {
		out[m.Code] = [2]int{m.Min, m.Max}
	}
	return out, nil
}

func with(attrs map[string]any, code string, value any) map[string]any {
	changed := make(map[string]any, len(attrs)+1)
	for k, v := range attrs {
		changed[k] = v
	}
	changed[code] = value
	return changed
}

// Answer records what a candidate answered and settles their attributes.
func (c *Candidate) Answer(code string, value any) {
	c.Answers = with(c.Answers, code, value)
	c.Settle()
}

// Compare tells which materials one list has more than another, and which it has no longer.
func Compare(before, after []Material) (added, gone []Material) {
	has := func(list []Material, code string) bool {
		return slices.ContainsFunc(list, func(m Material) bool { return m.Code == code })
	}
	for _, m := range after {
		if !has(before, m.Code) {
			added = append(added, m)
		}
	}
	for _, m := range before {
		if !has(after, m.Code) {
			gone = append(gone, m)
		}
	}
	return added, gone
}
