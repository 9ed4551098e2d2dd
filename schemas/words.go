package schemas

import (
	"cmp"
	"fmt"
)

// demand says what the schema around a keyword at fault asks for; it is empty
// where there are no good words.
func (b *book) demand(at location) string {
	owner := at.up(1)
	if words := b.describe(owner); words != "" && !b.boundOnly(owner, at.keyword()) {
		return words
	}
	limit := show(b.value(at))
	switch keyword := at.keyword(); keyword {
	case "type", "enum", "const":
		return b.describe(owner)
	case "format":
		return formatWords(b.text(owner, "format"))
	case "pattern":
		return "a string that matches " + limit
	case "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf":
		return "a number " + boundWords(keyword) + " " + limit
	case "minLength", "maxLength":
		return "a string " + boundWords(keyword) + " " + plural(limit, "character")
	case "minItems", "maxItems":
		return "an array " + boundWords(keyword) + " " + plural(limit, "item")
	case "minProperties", "maxProperties":
		return "an object " + boundWords(keyword) + " " + plural(limit, "member")
	case "minContains":
		return "an array that contains " + cmp.Or(b.describe(owner.at("contains")), "a certain item")
	case "oneOf":
		return "exactly one of the forms that the schema offers"
	}
	return ""
}

// boundOnly reports whether the schema's own words, its type, leave out what
// the keyword asks for.
func (b *book) boundOnly(owner location, keyword string) bool {
	switch keyword {
	case "type", "enum", "const":
		return false
	}
	return b.title(owner) == "" && b.value(owner.at("enum")) == nil
}

func boundWords(keyword string) string {
	switch keyword {
	case "minimum", "minLength", "minItems", "minProperties":
		return "of at least"
	case "maximum", "maxLength", "maxItems", "maxProperties":
		return "of at most"
	case "exclusiveMinimum":
		return "above"
	case "exclusiveMaximum":
		return "below"
	default:
		return "that is a multiple of"
	}
}

func plural(n, of string) string {
	if n == "1" {
		return n + " " + of
	}
	return n + " " + of + "s"
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

// describe says in a phrase what the schema at the location admits: its
// values, its title, its type, or what the schemas that it refers to say.
func (b *book) describe(at location) string { return b.describeWithin(at, maxHops) }

func (b *book) describeWithin(at location, hops int) string {
	object, ok := b.object(at)
	if !ok || hops == 0 {
		return ""
	}
	if value, ok := object["const"]; ok {
		return show(value)
	}
	if values, ok := object["enum"].([]any); ok {
		phrases := make([]string, len(values))
		for i, value := range values {
			phrases[i] = show(value)
		}
		return orList(phrases)
	}
	if title := b.title(at); title != "" {
		return title
	}
	if types := b.strings(at.at("type")); len(types) > 0 {
		phrases := make([]string, len(types))
		for i, t := range types {
			phrases[i] = typeWords(t)
		}
		return orList(phrases)
	}
	for _, target := range b.targets(at) {
		if words := b.describeWithin(target, hops-1); words != "" {
			return words
		}
	}
	return ""
}

// title returns the title of a schema of plain values, which by convention of
// this folder is a phrase that can follow "want". The title of an object is a
// heading.
func (b *book) title(at location) string {
	for _, t := range b.strings(at.at("type")) {
		if t == "object" || t == "array" {
			return ""
		}
	}
	return b.text(at, "title")
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
