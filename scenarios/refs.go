package scenarios

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// resolver gives the JSON value that a reference stands for: n, or
// NAME.member.of.the.body, or NAME.rtk-uuid.
type resolver func(reference string) ([]byte, error)

// opening begins a reference; with another $ before it, it is text.
const opening = "${"

// expandText replaces the references in a string. One reference may stand
// inside another: ${join-${n}.participant.peerId}.
func expandText(s string, resolve resolver) (string, error) {
	if !strings.Contains(s, opening) {
		return s, nil
	}
	out, rest, err := expandUntil(s, false, resolve)
	if err == nil && rest != "" {
		out += rest // a closing brace that closes nothing
	}
	return out, err
}

// expandUntil expands s up to its end or, inside a reference, up to the brace
// that closes it, and returns what follows that.
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
		return "", "", &Problem{Found: quote(opening + b.String()), Want: "a } that closes it, or $${ for the two characters"}
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

// expandJSON replaces the references in the strings of a JSON value. A string
// that is one reference and nothing else becomes the value itself, a number
// for a number. All other bytes stay.
func expandJSON(value []byte, resolve resolver) ([]byte, error) {
	if !bytes.Contains(value, []byte(opening)) {
		return value, nil
	}
	var out []byte
	for len(value) > 0 {
		if value[0] != '"' {
			out = append(out, value[0])
			value = value[1:]
			continue
		}
		end := 1
		for value[end] != '"' {
			if value[end] == '\\' {
				end++
			}
			end++
		}
		literal := value[:end+1]
		value = value[end+1:]
		expanded, err := expandLiteral(literal, resolve)
		if err != nil {
			return nil, err
		}
		out = append(out, expanded...)
	}
	return out, nil
}

func expandLiteral(literal []byte, resolve resolver) ([]byte, error) {
	var s string
	if err := json.Unmarshal(literal, &s); err != nil || !strings.Contains(s, opening) {
		return literal, err
	}
	var only []byte // the value of the latest reference
	last := func(reference string) ([]byte, error) {
		value, err := resolve(reference)
		only = value
		return value, err
	}
	text, err := expandText(s, last)
	if err != nil {
		return nil, err
	}
	if isOneReference(s) {
		return only, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(text); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// isOneReference reports whether s is a reference from its first to its last
// character.
func isOneReference(s string) bool {
	if !strings.HasPrefix(s, opening) {
		return false
	}
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "$"+opening):
			i += len(opening)
		case strings.HasPrefix(s[i:], opening):
			depth++
			i++
		case s[i] == '}' && depth > 0:
			if depth--; depth == 0 {
				return i == len(s)-1
			}
		}
	}
	return false
}

// lookUp resolves a reference among the names of a lane.
func (l *lane) lookUp(reference string) ([]byte, error) {
	if reference == "n" {
		if len(l.rounds) == 0 {
			return nil, &Problem{Found: "${n} outside times and parallel", Want: "it inside"}
		}
		return strconv.AppendInt(nil, int64(l.rounds[len(l.rounds)-1]), 10), nil
	}
	name, member, ok := strings.Cut(reference, ".")
	if !ok || member == "" {
		return nil, &Problem{Found: quote(opening + reference + "}"), Want: "${n}, ${NAME.rtk-uuid} or ${NAME.member}, such as ${join.participant.peerId}"}
	}
	d, err := l.named(name)
	if err != nil {
		return nil, err
	}
	if member == rtk.HeaderUUID {
		return []byte(strconv.Quote(d.uuid)), nil
	}
	value, err := payload.Get(d.event.Body, member)
	if err != nil {
		p := &Problem{Found: quote(opening+reference+"}") + ", which " + quote(name) + " does not have", Want: "a member of " + string(d.event.Type)}
		if hint := nearest(member, paths(d.event.Body)); hint != "" {
			p.Hint = quote(opening + name + "." + hint + "}")
		}
		return nil, p
	}
	return value, nil
}

// paths returns the paths of all members of a body.
func paths(body []byte) []string {
	var all []string
	var walk func(prefix string, raw json.RawMessage)
	walk = func(prefix string, raw json.RawMessage) {
		if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '{' {
			return
		}
		names, values := members(raw)
		for i, name := range names {
			all = append(all, prefix+name)
			walk(prefix+name+".", values[i])
		}
	}
	walk("", body)
	return all
}
