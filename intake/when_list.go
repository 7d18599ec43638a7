package intake

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/expr-lang/expr/vm"
)

// maxPhotos is the most pictures one material may ask for; a sheet with more is no help to a
// reviewer. Counts that depend on attributes are held to it.
const maxPhotos = 30

// rules are a season's compiled expressions. Programs are only read when they run, and every run
// has its own machine, so rules may be used by many goroutines.
type rules struct {
	materials  []materialRule // one for each of Season.Materials
	exemptions []*vm.Program  // one for each of Season.NoUpload
	memo       *memo
}

type materialRule struct {
	when     *vm.Program // nil: everybody
	min, max photoCount
}

// photoCount is a number of pictures, fixed or worked out from attributes.
type photoCount struct {
	fixed int
	from  *vm.Program // nil: fixed
}

func (r rules) list(s *Season, attrs map[string]any) ([]Material, error) {
	known, err := s.environment(attrs)
	if err != nil {
		return nil, err
	}
	var machine vm.VM
	list := make([]Material, 0, len(s.Materials))
	for i, rule := range r.materials {
		wanted, err := holds(&machine, rule.when, known)
		if err != nil {
			return nil, fmt.Errorf("material %s: when: %w", s.Materials[i].Code, err)
		}
		if !wanted {
			continue
		}
		m := s.Materials[i]
		if m.Min, m.Max, err = rule.counts(&machine, known); err != nil {
			return nil, fmt.Errorf("material %s: %w", m.Code, err)
		}
		if m.Optional {
			m.Min = 0
		}
		list = append(list, m)
	}
	return list, nil
}

// counts gives 0 ≤ min ≤ max and 1 ≤ max ≤ maxPhotos whatever the expressions say: an odd value
// in one candidate's roster row must not leave them without a list.
func (r materialRule) counts(machine *vm.VM, known map[string]any) (least, most int, err error) {
	if least, err = r.min.value(machine, known); err != nil {
		return 0, 0, fmt.Errorf("min: %w", err)
	}
	if most, err = r.max.value(machine, known); err != nil {
		return 0, 0, fmt.Errorf("max: %w", err)
	}
	least = min(max(least, 0), maxPhotos)
	most = min(max(most, least, 1), maxPhotos)
	return least, most, nil
}

func (c photoCount) value(machine *vm.VM, known map[string]any) (int, error) {
	if c.from == nil {
		return c.fixed, nil
	}
	out, err := machine.Run(c.from, known)
	if err != nil {
		return 0, err
	}
	return out.(int), nil // compiled to give an int
}

func holds(machine *vm.VM, condition *vm.Program, known map[string]any) (bool, error) {
	if condition == nil {
		return true, nil
	}
	out, err := machine.Run(condition, known)
	if err != nil {
		return false, err
	}
	return out.(bool), nil // compiled to give a bool
}

func (r rules) exempt(s *Season, attrs map[string]any) (tell string, yes bool) {
	known, err := s.environment(attrs)
	if err != nil {
		return "", false
	}
	var machine vm.VM
	for i, condition := range r.exemptions {
		if yes, err := holds(&machine, condition, known); err == nil && yes {
			return s.NoUpload[i].Tell, true
		}
	}
	return "", false
}

// environment gives every attribute of the season a value of its type. Attributes come from a
// JSON column, where an int has become a float64.
func (s *Season) environment(attrs map[string]any) (map[string]any, error) {
	known := make(map[string]any, len(s.Attributes))
	for _, a := range s.Attributes {
		value, given := attrs[a.Code]
		if !given || value == nil {
			value = a.Default
		}
		if value == nil {
			return nil, fmt.Errorf("attribute %s is missing and has no default", a.Code)
		}
		fitting, ok := a.fit(value)
		if !ok {
			return nil, fmt.Errorf("attribute %s: expected %s, found %T", a.Code, a.Type, value)
		}
		known[a.Code] = fitting
	}
	return known, nil
}

// fit turns a stored value into the attribute's Go type.
func (a Attribute) fit(value any) (any, bool) {
	switch a.Type {
	case EnumAttribute:
		text, ok := value.(string)
		return text, ok
	case BoolAttribute:
		yes, ok := value.(bool)
		return yes, ok
	}
	switch n := value.(type) {
	case int:
		return n, true
	case int64:
		return int(n), true
	case float64:
		return int(n), n == math.Trunc(n) && math.Abs(n) < 1<<53
	case json.Number:
		whole, err := n.Int64()
		return int(whole), err == nil
	}
	return nil, false
}
