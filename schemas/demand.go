package schemas

import (
	"cmp"
	"fmt"
	"math/big"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// demand says what schema s asks for where its keyword does not hold. It is
// empty where there are no good words.
func (d *definitions) demand(s *jsonschema.Schema, keyword string) string {
	if s == nil {
		return ""
	}
	words := d.describe(s)
	switch keyword {
	case "type", "enum", "const":
		return words
	}
	if title(s) != "" || len(s.Enum) > 0 {
		return words
	}
	switch keyword {
	case "format":
		return formatWords(s.Format)
	case "pattern":
		return "a string that matches " + Quote(s.Pattern.String())
	case "minimum":
		return "a number of at least " + number(s.Minimum)
	case "exclusiveMinimum":
		return "a number above " + number(s.ExclusiveMinimum)
	case "maximum":
		return "a number of at most " + number(s.Maximum)
	case "exclusiveMaximum":
		return "a number below " + number(s.ExclusiveMaximum)
	case "multipleOf":
		return "a number that is a multiple of " + number(s.MultipleOf)
	case "minLength":
		return "a string of at least " + count(s.MinLength, "character")
	case "maxLength":
		return "a string of at most " + count(s.MaxLength, "character")
	case "minItems":
		return "an array of at least " + count(s.MinItems, "item")
	case "maxItems":
		return "an array of at most " + count(s.MaxItems, "item")
	case "uniqueItems":
		return "an array that holds each item once"
	case "minContains":
		return "an array that contains " + cmp.Or(d.describe(s.Contains), "a certain item")
	case "minProperties":
		return "an object of at least " + count(s.MinProperties, "member")
	case "maxProperties":
		return "an object of at most " + count(s.MaxProperties, "member")
	case "oneOf":
		return "exactly one of the forms that the schema offers"
	}
	return ""
}

// number writes a bound as JSON would.
func number(n *big.Rat) string {
	f, _ := n.Float64()
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func formatWords(format string) string {
	switch format {
	case "date-time":
		return "a date-time such as 2026-06-03T10:00:00.000Z"
	case "uuid":
		return "a UUID such as bbb8940e-1b97-402a-97d6-2708b7feca41"
	case "uri":
		return "a URL such as https://example.com/file"
	default:
		return fmt.Sprintf("a string in the format %q", format)
	}
}

// describe says in a phrase what the schema admits: its values, its title, its
// type, or what the schemas that it refers to say.
func (d *definitions) describe(s *jsonschema.Schema) string {
	for _, r := range d.related(s, false) {
		switch {
		case len(r.Constant) > 0:
			return show(r.Constant[0])
		case len(r.Enum) > 0:
			return orList(r.Enum, show)
		case title(r) != "":
			return title(r)
		case len(r.Types) > 0:
			return orList(r.Types, typeWords)
		}
	}
	return ""
}

// title returns the title of a schema, which in this folder is a phrase that
// can follow "want". The title of a whole document is a heading.
func title(s *jsonschema.Schema) string {
	if location(s.Location).isRoot() {
		return ""
	}
	return s.Title
}

func typeWords(t string) string {
	switch t {
	case "array", "object":
		return "an " + t
	case "integer":
		return "a whole number"
	case "boolean":
		return "true or false"
	case "null":
		return "null"
	default:
		return "a " + t
	}
}
