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

// Limits of a body. RFC 8259 lets a reader set limits on depth and range. The
// first keeps the recursion shallow, the others keep exact arithmetic cheap.
const (
	maxDepth    = 128
	maxDigits   = 400
	maxExponent = 400
)

// decode reads body as one JSON value of nil, bool, string, json.Number,
// []any and map[string]any. Beyond the grammar it refuses what readers read
// differently: bytes that are not UTF-8, and a member given twice, for which
// JSON Schema has no meaning. The error is an *Error about the schema called
// name, and matches ErrNotJSON.
func decode(name string, body []byte) (any, error) {
	problem := unreadable(body)
	var doc any
	if problem == nil {
		p := parser{text: string(body)}
		doc, problem = p.value(), p.problem
	}
	if problem != nil {
		return nil, &Error{Schema: name, Problems: []Problem{*problem}, kind: ErrNotJSON}
	}
	return doc, nil
}

// unreadable says where body stops being JSON in UTF-8, or returns nil.
func unreadable(body []byte) *Problem {
	if json.Valid(body) && utf8.Valid(body) {
		return nil
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return &Problem{Path: "$", Found: "nothing", Want: "one JSON value"}
	}
	if bytes.HasPrefix(body, []byte("\ufeff")) {
		// RFC 8259, 8.1: it must not be sent, so the service sends no body with one.
		return &Problem{Path: "$", Found: "a byte order mark (EF BB BF) before it", Want: "JSON without one; save it as UTF-8 without BOM"}
	}
	var value json.RawMessage
	var syntax *json.SyntaxError
	if !errors.As(json.Unmarshal(body, &value), &syntax) {
		at := 0
		for r, size := utf8.DecodeRune(body); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRune(body[at:]) {
			at += size
		}
		return &Problem{Path: "$", Found: fmt.Sprintf("the byte 0x%02x in %s", body[at], position(body, at)), Want: "JSON in UTF-8"}
	}
	// Offset counts the bytes read, the wrong one included.
	at := int(syntax.Offset) - 1
	if syntax.Error() == "unexpected end of JSON input" {
		at = len(body)
	}
	start := max(at-maxShown/3, 0)
	near := body[start:min(start+utf8.UTFMax*maxShown, len(body))]
	return &Problem{Path: "$", Found: fmt.Sprintf("%s in %s, near %s", syntax, position(body, at), Quote(string(near))), Want: "one JSON value"}
}

// position returns the line and the column of the byte at an offset.
func position(body []byte, at int) string {
	before := body[:at]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return fmt.Sprintf("line %d, column %d", bytes.Count(before, []byte("\n"))+1, utf8.RuneCount(line)+1)
}

// parser reads a text that is known to be valid JSON, so it checks nothing
// that the grammar guarantees. It is faster than encoding/json, and knows where
// it stands.
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
	switch c := p.text[p.at]; c {
	case '{', '[':
		if len(p.path) == maxDepth {
			return p.fail("deeper nesting", fmt.Sprintf("at most %d levels", maxDepth))
		}
		if c == '{' {
			return p.object()
		}
		return p.array()
	case '"':
		return p.str()
	}
	word := p.text[p.at:]
	if end := strings.IndexAny(word, " \t\r\n,]}"); end >= 0 {
		word = word[:end]
	}
	p.at += len(word)
	switch word {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	default:
		return p.number(word)
	}
}

func (p *parser) object() any {
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

func (p *parser) number(text string) any {
	exponent := 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		var err error
		if exponent, err = strconv.Atoi(text[i+1:]); err != nil {
			exponent = maxExponent + 1
		}
	}
	if len(text) > maxDigits || exponent > maxExponent || exponent < -maxExponent {
		return p.fail(show(json.Number(text)), fmt.Sprintf("a number of at most %d digits, and at most 1e±%d", maxDigits, maxExponent))
	}
	return json.Number(text)
}
