package receivers

import (
	"bytes"
	"encoding/json"
	"regexp"

	"github.com/rtkmock/rtkmock/mocksender/payload"
)

var jsonString = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// reserialise writes JSON as JavaScript would: compact, the members in their
// order, and no escapes but the necessary ones.
func reserialise(body []byte) ([]byte, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, body); err != nil {
		return nil, err
	}
	return jsonString.ReplaceAllFunc(compact.Bytes(), func(quoted []byte) []byte {
		var text string
		_ = json.Unmarshal(quoted, &text) // it is part of valid JSON
		return payload.Quote(text)
	}), nil
}

// nesting returns how deep a JSON text is nested, as far as it is JSON.
func nesting(body []byte) int {
	depth, deepest := 0, 0
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // a number may be larger than a float64
	for {
		switch token, err := dec.Token(); {
		case err != nil:
			return deepest
		case token == json.Delim('}'), token == json.Delim(']'):
			depth--
		default:
			deepest = max(deepest, depth)
			if _, opens := token.(json.Delim); opens {
				depth++
			}
		}
	}
}

// repeatsMember reports whether an object in a JSON text has a member twice.
func repeatsMember(body []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // a number may be larger than a float64
	return json.Valid(body) && repeats(dec)
}

// repeats is repeatsMember for the next value of a valid JSON text.
func repeats(dec *json.Decoder) bool {
	open, _ := dec.Token()
	if open != json.Delim('{') && open != json.Delim('[') {
		return false
	}
	repeated := false
	for names := map[json.Token]bool{}; dec.More(); {
		if open == json.Delim('{') {
			name, _ := dec.Token()
			repeated = repeated || names[name]
			names[name] = true
		}
		repeated = repeats(dec) || repeated
	}
	_, _ = dec.Token() // the closing bracket
	return repeated
}
