package intake

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// The expressions of a season file are a small, pure part of expr-lang: attributes by their
// code, text, whole numbers and true/false, compared and joined by the operators below. Nothing
// in it can call a function, read a clock, loop or fail while running.
//
//	level == "执业" && residency == "大陆"
//	path == "直接报考" && unit_grade in ["一级及以下", "二级"]
//	unit_count * 2
var (
	whenOperators = []string{"==", "!=", "<", "<=", ">", ">=", "in", "&&", "||", "and", "or", "!", "not", "+", "-", "*"}

	// whenReserved are the words of the language itself.
	whenReserved = []string{"in", "not", "and", "or", "true", "false", "nil", "if", "else", "let", "matches",
		"contains", "startsWith", "endsWith"}
)

// whenLanguage is what expressions may speak of: the attributes of one season.
type whenLanguage struct {
	attributes map[string]Attribute
	codes      []string // in file order
}

// condition compiles a yes/no expression; the error is what to tell the author of the file.
func (l whenLanguage) condition(source string) (*vm.Program, error) {
	return l.compile(source, expr.AsBool())
}

// number compiles an expression for a whole number.
func (l whenLanguage) number(source string) (*vm.Program, error) {
	return l.compile(source, expr.AsInt())
}

func (l whenLanguage) compile(source string, result expr.Option) (*vm.Program, error) {
	tree, err := parser.Parse(source)
	if err != nil {
		return nil, l.complaint(err)
	}
	check := whenCheck{language: l}
	ast.Walk(&tree.Node, &check)
	if check.problem != "" {
		return nil, errors.New(check.problem)
	}
	program, err := expr.Compile(source, expr.Env(l.sample()), expr.DisableAllBuiltins(), result, expr.WarnOnAny())
	if err != nil {
		return nil, l.complaint(err)
	}
	return program, nil
}

// sample is an environment with a value of the right type for each attribute.
func (l whenLanguage) sample() map[string]any {
	sample := make(map[string]any, len(l.attributes))
	for code, a := range l.attributes {
		switch a.Type {
		case BoolAttribute:
			sample[code] = false
		case IntAttribute:
			sample[code] = 0
		default:
			sample[code] = ""
		}
	}
	return sample
}

// complaint takes expr's message without its drawing of the source.
func (l whenLanguage) complaint(err error) error {
	if at, ok := errors.AsType[*file.Error](err); ok {
		return fmt.Errorf("%s (at character %d of the expression)", at.Message, at.Column+1)
	}
	return err
}

// whenCheck visits an expression before it is compiled: it keeps to the small language and looks
// for values an attribute can never have, which would silently make a rule apply to nobody.
type whenCheck struct {
	language whenLanguage
	problem  string
}

func (c *whenCheck) Visit(node *ast.Node) {
	if c.problem != "" {
		return
	}
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if _, known := c.language.attributes[n.Value]; !known {
			c.problem = fmt.Sprintf("unknown attribute %q; expected one of: %s", n.Value, strings.Join(c.language.codes, ", "))
		}
	case *ast.BinaryNode:
		c.operator(n.Operator)
		c.comparison(n)
	case *ast.UnaryNode:
		c.operator(n.Operator)
	case *ast.IntegerNode, *ast.BoolNode, *ast.StringNode, *ast.ArrayNode, *ast.ConditionalNode:
	default:
		c.problem = "only attributes, text, whole numbers, true, false, lists and these operators may be used: " +
			strings.Join(whenOperators, " ")
	}
}

func (c *whenCheck) operator(operator string) {
	if c.problem == "" && !slices.Contains(whenOperators, operator) {
		c.problem = fmt.Sprintf("the operator %s may not be used; expected one of: %s", operator, strings.Join(whenOperators, " "))
	}
}

// comparison holds the text an enum attribute is compared with against its values.
func (c *whenCheck) comparison(n *ast.BinaryNode) {
	name, other := n.Left, n.Right
	if _, text := name.(*ast.StringNode); text {
		name, other = other, name
	}
	identifier, ok := name.(*ast.IdentifierNode)
	if !ok {
		return
	}
	attribute := c.language.attributes[identifier.Value]
	if attribute.Type != EnumAttribute {
		return
	}
	words := []ast.Node{other}
	if list, ok := other.(*ast.ArrayNode); ok {
		words = list.Nodes
	}
	for _, word := range words {
		text, ok := word.(*ast.StringNode)
		if ok && c.problem == "" && !slices.Contains(attribute.Values, text.Value) {
			c.problem = fmt.Sprintf("%s is never %q; its values are: %s", attribute.Code, text.Value, strings.Join(attribute.Values, ", "))
		}
	}
}
