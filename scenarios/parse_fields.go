package scenarios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// fields reads the members of one JSON object. What is wrong goes to the
// parser's problems, with the place where it was found; the readers then
// return a zero value.
type fields struct {
	p     *parser
	step  string // the number of the step around, or ""
	where string // what of the step the object is: "fault 2: "
	raw   map[string]json.RawMessage
	// unknown says that there is an unknown member.
	unknown bool
}

// fields opens raw, which should be an object that has none but the known
// members.
func (p *parser) fields(raw json.RawMessage, step, where string, known []string) (fields, bool) {
	f := fields{p: p, step: step, where: where}
	if err := json.Unmarshal(raw, &f.raw); err != nil || f.raw == nil {
		p.add(Problem{Step: step, Field: strings.TrimSuffix(where, ": "), Found: show(raw), Want: "an object"})
		return f, false
	}
	names := make([]string, 0, len(f.raw))
	for name := range f.raw {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}
		f.unknown = true
		problem := Problem{Step: step, Field: where + name, Found: "an unknown member"}
		if hint := nearest(name, known); hint != "" {
			problem.Hint = quote(hint)
		} else {
			problem.Want = "one of " + strings.Join(known, ", ")
		}
		p.add(problem)
	}
	return f, true
}

func (f fields) has(name string) bool {
	_, ok := f.raw[name]
	return ok
}

// bad notes a problem with the member called name or, without a name, with the
// object.
func (f fields) bad(name, found, want string) {
	f.badWord(name, Problem{Found: found, Want: want})
}

func (f fields) badWord(name string, p Problem) {
	p.Step, p.Field = f.step, strings.TrimSuffix(f.where+name, ": ")
	f.p.add(p)
}

// read decodes the member called name into v. It reports whether that
// succeeded: the member is there and of v's type.
func (f fields) read(name string, v any, want string) bool {
	raw, ok := f.raw[name]
	if !ok {
		return false
	}
	// Unmarshal takes null for "leave it as it is".
	if bytes.Equal(raw, []byte("null")) || json.Unmarshal(raw, v) != nil {
		f.bad(name, show(raw), want)
		return false
	}
	return true
}

func (f fields) text(name, want string, longest int) string {
	var s string
	if !f.read(name, &s, want) {
		return ""
	}
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		f.bad(name, `""`, want)
		return ""
	case n > longest:
		f.bad(name, quote(s), want+" that is shorter")
		return ""
	}
	return s
}

func (f fields) boolean(name string) (value, given bool) {
	given = f.read(name, &value, "true or false")
	return value, given
}

// integer reads a whole number from low to high, and returns without if it is
// not there.
func (f fields) integer(name string, low, high, without int) int {
	want := fmt.Sprintf("a whole number from %d to %d", low, high)
	raw, ok := f.raw[name]
	if !ok {
		return without
	}
	i, err := strconv.Atoi(string(raw))
	if err != nil || i < low || i > high {
		f.bad(name, show(raw), want)
		return without
	}
	return i
}

// duration reads a duration of at least low.
func (f fields) duration(name string, low time.Duration) time.Duration {
	const want = "a duration such as 5m, 1h30m or 250ms"
	var s string
	if !f.read(name, &s, want) {
		return 0
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil || !plainDuration(s):
		f.bad(name, quote(s), want)
		return 0
	case d < low || d > longest:
		f.bad(name, quote(s), "a duration from "+low.String()+" to 8784h, which is a year")
		return 0
	}
	return d
}

// longest bounds durations. It is that of a session.
const longest = 366 * 24 * time.Hour

// plainDuration refuses what time.ParseDuration takes beyond what a script
// needs: signs, micro- and nanoseconds, numbers without digits on both sides.
func plainDuration(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for s != "" {
		digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
		if digits == 0 {
			return false
		}
		s = s[digits:]
		if fraction, ok := strings.CutPrefix(s, "."); ok {
			s = strings.TrimLeft(fraction, "0123456789")
			if s == fraction {
				return false
			}
		}
		unit := len(s) - len(strings.TrimLeft(s, "mshu"))
		switch s[:unit] {
		case "ms", "s", "m", "h":
		default:
			return false
		}
		s = s[unit:]
	}
	return true
}

// list reads an array.
func (f fields) list(name, want string, least int) []json.RawMessage {
	var all []json.RawMessage
	if !f.read(name, &all, want) {
		return nil
	}
	if len(all) < least {
		f.bad(name, "an empty array", want)
	}
	return all
}

// words reads an array of strings.
func (f fields) words(name, want string, least int) []string {
	var all []string
	for _, raw := range f.list(name, want, least) {
		var s string
		if raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
			f.bad(name, show(raw)+" in the array", want)
			continue
		}
		all = append(all, s)
	}
	return all
}

// members returns the members of an object in the order of the text.
func members(raw json.RawMessage) (names []string, values []json.RawMessage) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return nil, nil
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return names, values
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return names, values
		}
		s, _ := name.(string)
		names, values = append(names, s), append(values, value)
	}
	return names, values
}

// name reads a name of the script's own.
func (f fields) name(name string) string {
	const want = "a name such as mary, join-2 or guest-${n}"
	var s string
	if !f.read(name, &s, want) {
		return ""
	}
	if !isName(s) {
		f.bad(name, quote(s), want)
		return ""
	}
	return s
}

func isName(s string) bool {
	if utf8.RuneCountInString(s) > 100 {
		return false
	}
	s = strings.ReplaceAll(s, "${n}", "0")
	for i, r := range s {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || !('0' <= r && r <= '9') && r != '-' && r != '_') {
			return false
		}
	}
	return s != ""
}
