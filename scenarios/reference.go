package scenarios

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/schemas"
)

// resolver gives the JSON value that a reference stands for: n, or
// NAME.member.of.the.body, or NAME.rtk-uuid.
type resolver func(reference string) ([]byte, error)

// opening begins a reference. With another $ before it, it is plain text.
const opening = "${"

// stringLiteral matches the strings in valid JSON.
var stringLiteral = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// expandJSON replaces the references in the strings of a JSON value. A string
// that is one reference and nothing else becomes the value itself: a number
// stays a number. All other bytes stay.
func expandJSON(value []byte, resolve resolver) ([]byte, error) {
	var failed error
	expanded := stringLiteral.ReplaceAllFunc(value, func(literal []byte) []byte {
		out, err := expandLiteral(literal, resolve)
		if err != nil && failed == nil {
			failed = err
		}
		return out
	})
	return expanded, failed
}

func expandLiteral(literal []byte, resolve resolver) ([]byte, error) {
	var s string
	if err := json.Unmarshal(literal, &s); err != nil || !strings.Contains(s, opening) {
		return literal, err
	}
	if inner, ok := strings.CutPrefix(s, opening); ok {
		reference, rest, err := expandUntil(inner, true, resolve)
		if err != nil {
			return nil, err
		}
		if rest == "" {
			return resolve(reference)
		}
	}
	text, err := expandText(s, resolve)
	return payload.Quote(text), err
}

// expandText replaces the references in a string. One reference may stand
// inside another: ${join-${n}.participant.peerId}.
func expandText(s string, resolve resolver) (string, error) {
	out, _, err := expandUntil(s, false, resolve)
	return out, err
}

// expandUntil expands s up to its end or, inside a reference, up to the brace
// that closes it. rest is what follows the brace.
func expandUntil(s string, inside bool, resolve resolver) (out, rest string, err error) {
	var b strings.Builder
	for s != "" {
		switch {
		case strings.HasPrefix(s, "$"+opening):
			b.WriteString(opening)
			s = s[len("$"+opening):]
		case strings.HasPrefix(s, opening):
			reference, after, err := expandUntil(s[len(opening):], true, resolve)
			if err != nil {
				return "", "", err
			}
			value, err := resolve(reference)
			if err != nil {
				return "", "", err
			}
			b.WriteString(plainText(value))
			s = after
		case inside && s[0] == '}':
			return b.String(), s[1:], nil
		default:
			b.WriteByte(s[0])
			s = s[1:]
		}
	}
	if inside {
		return "", "", &Problem{Found: schemas.Quote(opening + b.String()), Want: "a } that closes it, or $${ for the two characters"}
	}
	return b.String(), "", nil
}

// plainText returns a string's text, and other values as they are written.
func plainText(value []byte) string {
	var s string
	if json.Unmarshal(value, &s) == nil && len(value) > 0 && value[0] == '"' {
		return s
	}
	return string(value)
}
