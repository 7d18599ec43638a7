package intake

import (
	"testing"

	"github.com/expr-lang/expr/vm"
)

var testLanguage = whenLanguage{
	codes: []string{"level", "edu", "fresh", "unit_count"},
	attributes: map[string]Attribute{
		"level":      {Code: "level", Type: EnumAttribute, Values: []string{"执业", "助理"}},
		"edu":        {Code: "edu", Type: EnumAttribute, Values: []string{"中专", "专科", "本科"}},
		"fresh":      {Code: "fresh", Type: BoolAttribute},
		"unit_count": {Code: "unit_count", Type: IntAttribute, Max: 9},
	},
}

func TestConditions(t *testing.T) {
	known := map[string]any{"level": "执业", "edu": "专科", "fresh": false, "unit_count": 2}
	tests := map[string]bool{
		`level == "执业"`: true, `"助理" == level`: false, `level != "助理"`: true,
		`edu in ["中专", "专科"]`: true, `edu not in ["中专", "专科"]`: false, `not (edu in ["本科"])`: true,
		`fresh`: false, `!fresh`: true, `not fresh`: true, `fresh == false`: true,
		`level == "执业" && edu == "专科"`: true, `level == "助理" || edu == "专科"`: true, `level == "助理" or fresh`: false,
		`level == "执业" and unit_count > 1`: true, `unit_count >= 2 && unit_count <= 2`: true, `1 < unit_count < 3`: true,
		`unit_count + 1 == 3`: true, `unit_count * 2 - 4 == 0`: true, `-unit_count < 0`: true,
		`unit_count in [1, 2]`: true, `fresh ? level == "助理" : true`: true, `if fresh { level == "助理" } else { true }`: true, `true`: true,
	}
	for source, want := range tests {
		program, err := testLanguage.condition(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := holds(&vm.VM{}, program, known); err != nil || got != want {
			t.Errorf("%s: got %v, %v; want %v", source, got, err, want)
		}
	}
}

func TestConditionsOutsideTheSmallLanguageAreRefused(t *testing.T) {
	const (
		only      = "only attributes, text, whole numbers, true, false, lists and these operators may be used: == != < <= > >= in && || and or ! not + - *"
		operators = "; expected one of: == != < <= > >= in && || and or ! not + - *"
		unknown   = "; expected one of: level, edu, fresh, unit_count"
	)
	tests := map[string]string{
		`lewel == "执业"`:              `unknown attribute "lewel"` + unknown,
		`level == '职业'`:              `level is never "职业"; its values are: 执业, 助理`,
		`"职业" != level`:              `level is never "职业"; its values are: 执业, 助理`,
		`edu in ["中专", "大专"]`:        `edu is never "大专"; its values are: 中专, 专科, 本科`,
		`!(edu not in ["大专"])`:       `edu is never "大专"; its values are: 中专, 专科, 本科`,
		`level`:                      `expected bool, but got string`,
		`unit_count`:                 `expected bool, but got int`,
		`fresh == "是"`:               `invalid operation: == (mismatched types bool and string) (at character 7 of the expression)`,
		`level == 1`:                 `invalid operation: == (mismatched types string and int) (at character 7 of the expression)`,
		`level && fresh`:             `invalid operation: && (mismatched types string and bool) (at character 7 of the expression)`,
		`unit_count > "1"`:           `invalid operation: > (mismatched types int and string) (at character 12 of the expression)`,
		`fresh ? level : unit_count`: `expected bool, but got unknown`,
		`level ==`:                   `unexpected token EOF (at character 8 of the expression)`,
		`level = "执业"`:               `unexpected token Operator("=") (at character 7 of the expression)`,
		`level == "执业`:               `literal not terminated (at character 13 of the expression)`,
		`   `:                        `unexpected token EOF (at character 3 of the expression)`,
		`now().Year() > 2000`:        only,
		`len(level) > 2`:             only,
		`all([1], # > 0)`:            only,
		`level matches "执.*"`:        `the operator matches may not be used` + operators,
		`level contains "执"`:         `the operator contains may not be used` + operators,
		`1 in 1..1000000000`:         `the operator .. may not be used` + operators,
		`unit_count % 2 == 0`:        `the operator % may not be used` + operators,
		`unit_count / 2 == 1`:        `the operator / may not be used` + operators,
		`$env.fresh`:                 `unknown attribute "$env"` + unknown,
		`$env["fresh"]`:              `unknown attribute "$env"` + unknown,
		`fresh.x`:                    only,
		`unit_count > 1.5`:           only,
		`let x = fresh; x`:           `unknown attribute "x"` + unknown,
		`{"a": fresh}["a"]`:          only,
		`nil == level`:               only,
		`(level ?? "执业") == "执业"`:    `the operator ?? may not be used` + operators,
		`fresh; fresh`:               only,
		`level | len() > 0`:          only,
	}
	for source, want := range tests {
		program, err := testLanguage.condition(source)
		if err == nil || err.Error() != want || program != nil {
			t.Errorf("%s\n got %v\nwant %s", source, err, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	known := map[string]any{"level": "执业", "edu": "专科", "fresh": true, "unit_count": 3}
	tests := map[string]int{`unit_count`: 3, `unit_count * 2 + 1`: 7, `fresh ? 2 : 1`: 2, `5`: 5, `-unit_count`: -3}
	for source, want := range tests {
		program, err := testLanguage.number(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := (photoCount{from: program}).value(&vm.VM{}, known); err != nil || got != want {
			t.Errorf("%s: got %v, %v; want %d", source, got, err, want)
		}
	}
	for _, source := range []string{`level`, `fresh`, `unit_count > 1`, `fresh ? 1 : level`, `"2"`, `1.5`, ``} {
		if _, err := testLanguage.number(source); err == nil {
			t.Errorf("%s is taken for a number", source)
		}
	}
}
