package payload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// object is a JSON object. Its members are written in their order: that of the
// guide's samples, which differs from event to event and must not be tidied.
type object []member

type member struct {
	name string
	// value is a string, an object, or what fmt prints as JSON has it. There is no
	// such member if it is nil.
	value any
}

// literal is written as it is.
type literal string

// appendMembers appends members to b, which ends within an object.
func appendMembers(b []byte, members []member) []byte {
	for _, m := range members {
		if m.value == nil {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, m.name), ':')
		switch v := m.value.(type) {
		case object:
			b = append(appendMembers(append(b, '{'), v), '}')
		case string:
			b = appendQuoted(b, v)
		default:
			b = fmt.Append(b, v)
		}
	}
	return b
}

// Quote returns s as a JSON string. Like the bodies of events, it has no escapes
// that only HTML needs.
func Quote(s string) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// appendQuoted appends s as Quote returns it. Most strings need no escapes.
func appendQuoted(b []byte, s string) []byte {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return append(b, Quote(s)...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// Escaped returns s as a JSON string in which everything but ASCII is written as
// \u escapes, beyond the first plane as surrogate pairs. s must hold nothing
// that JSON itself wants escaped.
func Escaped(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range s {
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		} else if r >= utf8.RuneSelf {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
	return out.String()
}
