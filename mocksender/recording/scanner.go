package recording

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads one line of a recording. encoding/json would read it too, but it
// accepts what must not be accepted where bytes count: a member that is there
// twice, a name in other letters, half a surrogate pair. The caller says what
// comes next, so the depth is bounded.
//
// Speed keeps it, too. Of the 19 µs of the processor's time that a replay needs for a
// request, reading its line takes 2.7; encoding/json would take 12, which is a fifth of
// the rate. github.com/go-json-experiment/json is as strict and would take 4.4; it says
// less about what is wrong, and is an experiment.
type scanner struct {
	b     []byte
	i     int
	known *interned
}

// interned holds strings that occur again and again, such as names, so that most
// are made once.
type interned [64]string

// intern returns b as a string.
func (n *interned) intern(b []byte) string {
	if len(b) == 0 || len(b) > 64 {
		return string(b)
	}
	at := &n[(uint(len(b))*31+uint(b[0])*7+uint(b[len(b)-1]))%uint(len(n))]
	if *at != string(b) {
		*at = string(b)
	}
	return *at
}

// fault returns an error about what comes next.
func (s *scanner) fault(format string, args ...any) error {
	return &Error{Msg: fmt.Sprintf(format, args...)}
}

// want returns an error about the next byte: what was found, and what is wanted.
func (s *scanner) want(what string) error {
	switch c := s.peek(); {
	case s.i >= len(s.b):
		return s.fault("the line ends early, want %s", what)
	case c == '"':
		return s.fault("found a string, want %s", what)
	case c == '{' || c == '[':
		return s.fault("found %s, want %s", map[byte]string{'{': "an object", '[': "an array"}[c], what)
	default:
		end := s.i + 1
		for end < len(s.b) && end < s.i+20 && bytes.IndexByte([]byte(",:]}\" \t\r"), s.b[end]) < 0 {
			end++
		}
		return s.fault("found %q, want %s", s.b[s.i:end], what)
	}
}

// peek skips white space and returns the byte after it, 0 at the end.
func (s *scanner) peek() byte {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\r', '\n':
			s.i++
		default:
			return s.b[s.i]
		}
	}
	return 0
}

// take skips c and reports whether it was next.
func (s *scanner) take(c byte) bool {
	if s.peek() != c || s.i >= len(s.b) {
		return false
	}
	s.i++
	return true
}

// within adds to err that it is about the field called name.
func within(name string, err error) error {
	if e, ok := err.(*Error); ok {
		switch {
		case e.Field == "":
			e.Field = name
		case e.Field[0] == '[':
			e.Field = name + e.Field
		default:
			e.Field = name + "." + e.Field
		}
	}
	return err
}

// object reads an object. member is called for each member, and reads its
// value.
func (s *scanner) object(member func(name string) error) error {
	if !s.take('{') {
		return s.want("an object")
	}
	if s.take('}') {
		return nil
	}
	var seen names
	for {
		raw, err := s.text()
		if err != nil {
			return err
		}
		name := s.known.intern(raw)
		if !seen.add(name) {
			return within(name, s.fault("the member is there twice"))
		}
		if !s.take(':') {
			return within(name, s.want("a colon"))
		}
		if err := member(name); err != nil {
			return within(name, err)
		}
		if s.take('}') {
			return nil
		}
		if !s.take(',') {
			return within(name, s.want("a comma or a brace after it"))
		}
	}
}

// names is a set that costs little while it is small.
type names struct {
	few  [12]string
	n    int // of few
	many map[string]bool
}

// add reports whether name is new.
func (n *names) add(name string) bool {
	if n.many[name] || slices.Contains(n.few[:n.n], name) {
		return false
	}
	if n.n == len(n.few) {
		if n.many == nil {
			n.many = make(map[string]bool)
		}
		for _, name := range n.few {
			n.many[name] = true
		}
		n.n = 0
	}
	n.few[n.n] = name
	n.n++
	return true
}

// array reads an array. item reads each item.
func (s *scanner) array(item func() error) error {
	if !s.take('[') {
		return s.want("an array")
	}
	if s.take(']') {
		return nil
	}
	for n := 0; ; n++ {
		if err := item(); err != nil {
			return within("["+strconv.Itoa(n)+"]", err)
		}
		if s.take(']') {
			return nil
		}
		if !s.take(',') {
			return s.want("a comma or a bracket")
		}
	}
}

// text reads a string. The result may be a part of the line.
func (s *scanner) text() ([]byte, error) {
	text, _, err := s.ownText(nil)
	return text, err
}

// ownText is text, and reports whether the result is no part of the line: it is in
// the memory of space then, if there is enough.
func (s *scanner) ownText(space []byte) (text []byte, own bool, err error) {
	if !s.take('"') {
		return nil, false, s.want("a string")
	}
	out := space[:0]
	start := s.i
	for s.i += plainBytes(s.b[s.i:]); s.i < len(s.b); s.i += plainBytes(s.b[s.i:]) {
		switch c := s.b[s.i]; {
		case c == '"':
			plain := s.b[start:s.i]
			s.i++
			if !own {
				return plain, false, nil
			}
			return append(out, plain...), true, nil
		case c < ' ':
			return nil, false, s.fault("the control character %q has to be escaped", c)
		case c == '\\':
			if own = true; cap(out) == 0 {
				// Most strings with one escape are bodies, with many.
				out = make([]byte, 0, max(64, bytes.IndexByte(s.b[s.i:], '}')+s.i-start))
			}
			out = append(out, s.b[start:s.i]...)
			if out, err = s.escape(out); err != nil {
				return nil, false, err
			}
			start = s.i
		}
	}
	return nil, false, s.fault("the line ends within a string")
}

// plainBytes returns how many bytes at the start of b stand for themselves in a
// string.
func plainBytes(b []byte) int {
	// Eight at a time: the high bit of each that is not plain, and perhaps of some
	// behind the first of them.
	const ones, high = 0x0101010101010101, 0x8080808080808080
	n := 0
	for ; len(b)-n >= 8; n += 8 {
		w := binary.LittleEndian.Uint64(b[n:])
		quote, slash := w^ones*'"', w^ones*'\\'
		if found := ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*' ')&^w) & high; found != 0 {
			return n + bits.TrailingZeros64(found)/8
		}
	}
	for ; n < len(b) && b[n] != '"' && b[n] != '\\' && b[n] >= ' '; n++ {
	}
	return n
}

// escape reads an escape and appends what it stands for.
func (s *scanner) escape(out []byte) ([]byte, error) {
	rest := s.b[s.i+1:]
	if len(rest) == 0 {
		return nil, s.fault("the line ends within a string")
	}
	s.i += 2
	if rest[0] == '"' {
		return append(out, '"'), nil // nearly all of them
	}
	if at := bytes.IndexByte([]byte(`"\/bfnrt`), rest[0]); at >= 0 {
		return append(out, "\"\\/\b\f\n\r\t"[at]), nil
	}
	if rest[0] != 'u' {
		return nil, s.fault("%q is not an escape", s.b[s.i-2:s.i])
	}
	r, ok := s.hex()
	if !ok {
		return nil, s.fault(`\u wants four hexadecimal digits`)
	}
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(out, r), nil
	}
	if bytes.HasPrefix(s.b[s.i:], []byte(`\u`)) {
		s.i += 2
		if second, ok := s.hex(); ok {
			if r := utf16.DecodeRune(r, second); r != utf8.RuneError {
				return utf8.AppendRune(out, r), nil
			}
		}
	}
	return nil, s.fault("half a surrogate pair is no character")
}

// hex reads four hexadecimal digits.
func (s *scanner) hex() (r rune, ok bool) {
	if len(s.b)-s.i < 4 {
		return 0, false
	}
	for _, c := range s.b[s.i : s.i+4] {
		digit := bytes.IndexByte([]byte(hexDigits), c|0x20)
		if digit < 0 || c < '0' {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	s.i += 4
	return r, true
}

// word reads what is neither a string, an object nor an array.
func (s *scanner) word() string {
	s.peek()
	start := s.i
	for s.i < len(s.b) && bytes.IndexByte([]byte(",:]}[{\" \t\r\n"), s.b[s.i]) < 0 {
		s.i++
	}
	return string(s.b[start:s.i])
}

// boolean reads true or false.
func (s *scanner) boolean() (bool, error) {
	start := s.i
	switch s.word() {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	s.i = start
	return false, s.want("true or false")
}
