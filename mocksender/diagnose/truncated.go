package diagnose

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
)

// unclosed returns what would close the texts, lists and objects that are still open
// at the end of a JSON text. It returns "" for a text that is whole, and for what is no
// JSON up to its end.
func unclosed(b []byte) string {
	b = bytes.TrimPrefix(b, []byte(bom))
	if !opens(b, '{') && !opens(b, '[') {
		return ""
	}
	var value json.RawMessage
	if err := json.Unmarshal(b, &value); err == nil || !endsEarly(b) {
		return ""
	}
	var open []byte
	inText := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			open = append(open, c+2) // what closes it
		case (c == '}' || c == ']') && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
	slices.Reverse(open)
	if inText {
		open = append([]byte{'"'}, open...)
	}
	return string(open)
}

// endsEarly reports whether all that is wrong with a JSON text is its end.
func endsEarly(b []byte) bool {
	var value json.RawMessage
	return errors.Is(json.NewDecoder(bytes.NewReader(b)).Decode(&value), io.ErrUnexpectedEOF)
}
