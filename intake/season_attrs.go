package intake

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Attrs reads attribute values as a roster gives them, keyed by Chinese name or code, into typed
// values keyed by code: enum values (or their aliases) as string, 是/否 as bool, numbers as int.
// What is blank or absent takes its default. The problems are for staff, with Line 0 and the
// attribute's name as Column, and never repeat a value.
func (s *Season) Attrs(raw map[string]string) (map[string]any, []RowProblem) {
	given := make(map[string]string, len(raw)) // by code
	var problems []RowProblem
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		a, known := s.Attribute(key)
		_, again := given[a.Code]
		switch {
		case !known:
			problems = append(problems, RowProblem{Column: key, Problem: wordUnknownAttribute})
		case again:
			problems = append(problems, RowProblem{Column: a.Name, Problem: wordAttributeTwice})
		default:
			given[a.Code] = cleanCell(raw[key])
		}
	}
	attrs := make(map[string]any, len(s.Attributes))
	for _, a := range s.Attributes {
		value, problem := a.read(given[a.Code])
		if problem != "" {
			problems = append(problems, RowProblem{Column: a.Name, Problem: problem})
			continue
		}
		attrs[a.Code] = value
	}
	return attrs, problems
}

// read turns one cleaned roster cell into the attribute's value.
func (a Attribute) read(cell string) (value any, problem string) {
	if cell == "" {
		if a.Default == nil {
			return nil, wordMissing
		}
		return a.Default, ""
	}
	switch a.Type {
	case EnumAttribute:
		if whole, ok := a.Aliases[cell]; ok {
			cell = whole
		}
		if !slices.Contains(a.Values, cell) {
			return nil, fmt.Sprintf(wordNotAmong, strings.Join(a.Values, "、"))
		}
		return cell, ""
	case BoolAttribute:
		yes, ok := rosterYesNo[strings.ToLower(cell)]
		if !ok {
			return nil, wordYesNo
		}
		return yes, ""
	default:
		n, err := strconv.Atoi(strings.TrimSuffix(cell, ".0")) // Excel likes to write 2 as 2.0
		if err != nil || n < a.Min || n > a.Max {
			return nil, fmt.Sprintf(wordWholeNumber, a.Min, a.Max)
		}
		return n, ""
	}
}
