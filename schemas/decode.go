package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a body. RFC 8259 lets a reader set limits on depth and range; the
// first keeps recursion shallow, the others keep exact arithmetic cheap.
const (
	maxDepth    = 128
	maxDigits   = 400
	maxExponent = 400
)

// decode reads body as one JSON value of nil, bool, string, json.Number,
// []any and map[string]any. Beyond the grammar it refuses what readers
// disagree about: bytes that are not UTF-8, and a member given twice, for
// which JSON Schema has no meaning. The error is an *Error and matches
// ErrNotJSON.
func decode(body []byte) (any, error) {
	if !json.Valid(body) {
		return nil, &Error{Problems: []Problem{syntaxProblem(body)}, kind: ErrNotJSON}
	}
	if !utf8.Valid(body) {
		at := 0
		for r, size := utf8.DecodeRune(body); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRune(body[at:]) {
			at += size
		}
		p := Problem{Path: "$", Found: fmt.Sprintf("the byte 0x%02x at offset %d", body[at], at), Want: "JSON in UTF-8"}
		return nil, &Error{Problems: []Problem{p}, kind: ErrNotJSON}
	}
	p := parser{text: string(body)}
	doc := p.value()
	if p.problem != nil {
		return nil, &Error{Problems: []Problem{*p.problem}, kind: ErrNotJSON}
	}
	return doc, nil
}

// syntaxProblem says where body stops being JSON.
func syntaxProblem(body []byte) Problem {
	p := Problem{Path: "$", Found: "nothing", Want: "one JSON value"}
	if len(bytes.TrimSpace(body)) == 0 {
		return p
	}
	if bytes.HasPrefix(body, []byte("\ufeff")) {
		// RFC 8259, 8.1: it must not be sent, so a body with one is none of the service's.
		return Problem{Path: "$", Found: "a byte order mark (EF BB BF) before it", Want: "JSON without one; save it as UTF-8 without BOM"}
	}
	var value json.RawMessage
	var syntax *json.SyntaxError
	if err := json.Unmarshal(body, &value); !errors.As(err, &syntax) {
		p.Found = show(string(body)) // unreachable: Valid and Unmarshal agree
		return p
	}
	// Offset counts the bytes read, the one at fault included.
	at := int(syntax.Offset) - 1
	if syntax.Error() == "unexpected end of JSON input" {
		at = len(body)
	}
	start := max(at-maxShown/3, 0)
	near := body[start:min(start+utf8.UTFMax*maxShown, len(body))]
	p.Found = fmt.Sprintf("%s at offset %d, near %s", syntax.Error(), at, quote(string(near)))
	return p
}

// parser reads a text that is known to be valid JSON, so it looks for nothing
// but what the grammar allows.
type parser struct {
	text    string
	at      int
	path    []segment
	problem *Problem // the first; reading stops there
}

func (p *parser) fail(found, want string) any {
	if p.problem == nil {
		p.problem = &Problem{Path: pathOf(p.path), Found: found, Want: want}
	}
	return nil
}

// skip passes over white space and the given punctuation.
func (p *parser) skip(punctuation byte) {
	for p.at < len(p.text) {
		switch c := p.text[p.at]; c {
		case ' ', '\t', '\r', '\n', punctuation:
			p.at++
		default:
			return
		}
	}
}

func (p *parser) value() any {
	p.skip(' ')
	switch p.text[p.at] {
	case '{':
		return p.object()
	case '[':
		return p.array()
	case '"':
		return p.str()
	case 't':
		p.at += len("true")
		return true
	case 'f':
		p.at += len("false")
		return false
	case 'n':
		p.at += len("null")
		return nil
	default:
		return p.number()
	}
}

func (p *parser) object() any {
	if len(p.path) == maxDepth {
		return p.fail("deeper nesting", fmt.Sprintf("at most %d levels", maxDepth))
	}
	object := map[string]any{}
	p.at++
	for p.skip(','); p.text[p.at] != '}'; p.skip(',') {
		name := p.str()
		p.path = append(p.path, segment{name: name})
		if _, twice := object[name]; twice {
			return p.fail("a second member of this name", "each member once")
		}
		p.skip(':')
		object[name] = p.value()
		if p.problem != nil {
			return nil
		}
		p.path = p.path[:len(p.path)-1]
	}
	p.at++
	return object
}

func (p *parser) array() any {
	if len(p.path) == maxDepth {
		return p.fail("deeper nesting", fmt.Sprintf("at most %d levels", maxDepth))
	}
	array := []any{}
	p.at++
	for p.skip(','); p.text[p.at] != ']'; p.skip(',') {
		p.path = append(p.path, segment{index: len(array), inArray: true})
		array = append(array, p.value())
		if p.problem != nil {
			return nil
		}
		p.path = p.path[:len(p.path)-1]
	}
	p.at++
	return array
}

func (p *parser) str() string {
	start := p.at
	escaped := false
	for p.at++; p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			escaped = true
			p.at++
		}
	}
	p.at++
	if !escaped {
		return p.text[start+1 : p.at-1]
	}
	var s string
	if err := json.Unmarshal([]byte(p.text[start:p.at]), &s); err != nil {
		p.fail(show(p.text[start:p.at]), "a JSON string") // unreachable in valid JSON
	}
	return s
}

func (p *parser) number() any {
	rest := p.text[p.at:]
	if end := strings.IndexAny(rest, " \t\r\n,]}"); end >= 0 {
		rest = rest[:end]
	}
	p.at += len(rest)
	exponent := 0
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		var err error
		if exponent, err = strconv.Atoi(rest[i+1:]); err != nil {
			exponent = maxExponent + 1
		}
	}
	if len(rest) > maxDigits || exponent > maxExponent || exponent < -maxExponent {
		return p.fail(show(json.Number(rest)), fmt.Sprintf("a number of at most %d digits, and at most 1e±%d", maxDigits, maxExponent))
	}
	return json.Number(rest)
}
