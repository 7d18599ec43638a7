package intake

import (
	"math"
	"strconv"
	"sync"
)

// memoMost bounds how many sets of attributes are remembered: most candidates share a few dozen.
const memoMost = 1000

// memo remembers what the rules make of a set of attributes. Every message, photo and page asks.
type memo struct {
	mu sync.RWMutex
	of map[string]ruling
}

// ruling is what the rules make of one set of attributes.
type ruling struct {
	list   []Material
	tell   string
	exempt bool
}

// rule asks the rules, or the memory of what they said.
func (s *Season) rule(attrs map[string]any) (ruling, error) {
	key, ok := s.memoKey(attrs)
	if !ok || s.rules.memo == nil {
		return s.ruleAnew(attrs)
	}
	m := s.rules.memo
	m.mu.RLock()
	r, found := m.of[key]
	m.mu.RUnlock()
	if found {
		return r, nil
	}
	r, err := s.ruleAnew(attrs)
	if err != nil {
		return r, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil || len(m.of) >= memoMost {
		m.of = map[string]ruling{}
	}
	m.of[key] = r
	return r, nil
}

func (s *Season) ruleAnew(attrs map[string]any) (r ruling, err error) {
	if r.list, err = s.rules.list(s, attrs); err == nil {
		r.tell, r.exempt = s.rules.exempt(s, attrs)
	}
	return r, err
}

// memoKey writes down the values that the rules may ask for; false when one is of a kind that no store returns.
func (s *Season) memoKey(attrs map[string]any) (string, bool) {
	key := make([]byte, 0, 128)
	for _, a := range s.Attributes {
		switch v := attrs[a.Code].(type) {
		case nil:
			key = append(key, '-')
		case string:
			key = append(strconv.AppendInt(append(key, '"'), int64(len(v)), 10), ':')
			key = append(key, v...)
		case bool:
			key = strconv.AppendBool(key, v)
		case int:
			key = strconv.AppendInt(append(key, 'i'), int64(v), 10)
		case float64:
			key = strconv.AppendUint(append(key, 'f'), math.Float64bits(v), 16)
		default:
			return "", false
		}
		key = append(key, ';')
	}
	return string(key), true
}
