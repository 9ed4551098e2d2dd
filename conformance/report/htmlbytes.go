package report

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Bounds of one body on the page.
const (
	maxPageBody  = 4 << 10  // bytes that are shown
	maxPageJSON  = 32 << 10 // bytes of its formatted form
	maxPageHex   = 512      // bytes that are dumped
	maxPageDepth = 24       // of a JSON value that is formatted; deeper ones are mostly indentation
)

// span is a part of a text with one look.
type span struct {
	Kind string // empty, "odd": stands for what is not visible, "key": a name within JSON
	Text string
}

// exactly shows every character of s and nothing else. What is not visible
// becomes an odd span, so that an escape of ours is told from one that was
// really there. A line break is shown as such, and then also breaks the line.
func exactly(s string) []span {
	var out []span
	for len(s) > 0 {
		if n := run(s, false); n > 0 {
			out = append(out, span{"", s[:n]})
			s = s[n:]
			continue
		}
		n := run(s, true)
		if i := strings.IndexByte(s[:n], '\n'); i >= 0 {
			out = append(out, span{"odd", clean(s[:i+1])}, span{"", "\n"})
			s = s[i+1:]
			continue
		}
		out = append(out, span{"odd", clean(s[:n])})
		s = s[n:]
	}
	return joined(out)
}

// run is the length of the beginning of s in which every character is odd, or
// none is.
func run(s string, odd bool) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if (!visible(r) || r == utf8.RuneError && size == 1) != odd {
			return i
		}
		i += size
	}
	return len(s)
}

// pretty is a JSON object or array with one member a line; false if b is none,
// or if that would say no more than b itself.
func pretty(b []byte) ([]span, bool) {
	trimmed := bytes.TrimSpace(b)
	if len(trimmed) < 3 || len(b) > maxPageBody || trimmed[0] != '{' && trimmed[0] != '[' || !json.Valid(b) || depth(b) > maxPageDepth {
		return nil, false
	}
	var text bytes.Buffer
	if json.Indent(&text, trimmed, "", "  ") != nil || text.Len() > maxPageJSON || bytes.Equal(text.Bytes(), b) {
		return nil, false
	}
	var out []span
	for line := range strings.Lines(text.String()) {
		rest := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(rest)]
		line, ended := strings.CutSuffix(rest, "\n")
		if name := member(line); name > 0 {
			out = append(out, span{"", indent}, span{"key", clean(line[:name])})
			indent, line = "", line[name:]
		}
		parts := exactly(line)
		out = append(out, span{"", indent})
		out = append(out, parts...)
		if ended {
			out = append(out, span{"", "\n"})
		}
	}
	return joined(out), true
}

// member returns the length of the name with which a line of formatted JSON
// begins, 0 if there is none.
func member(line string) int {
	if !strings.HasPrefix(line, `"`) {
		return 0
	}
	for i := 1; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '"':
			if strings.HasPrefix(line[i+1:], ": ") {
				return i + 1
			}
			return 0
		}
	}
	return 0
}

// depth is how deep a valid JSON text is nested.
func depth(b []byte) int {
	deepest, now, within := 0, 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case within && c == '\\':
			i++
		case c == '"':
			within = !within
		case within:
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}

// joined merges neighbours of one look.
func joined(in []span) []span {
	var out []span
	for _, s := range in {
		last := len(out) - 1
		switch {
		case s.Text == "":
		case last >= 0 && out[last].Kind == s.Kind:
			out[last].Text += s.Text
		default:
			out = append(out, s)
		}
	}
	return out
}

// pageBody is a body as the page shows it.
type pageBody struct {
	Size   string // "187 bytes"
	Note   string // what is odd about it, or not shown
	Pretty []span // formatted, if it is JSON
	Exact  []span // as it is
	Hex    string // where it holds what letters cannot show
}

// newPageBody shows b, the beginning of a body of size bytes. It is all of the
// body unless part says otherwise; truncated bodies went on beyond their size.
func newPageBody(b []byte, size int, part, truncated bool) pageBody {
	out := pageBody{Size: counted(size, "byte")}
	var notes []string
	if truncated {
		out.Size = "more than " + out.Size
	}
	if len(b) == 0 {
		return out
	}
	shown := b
	if part || len(b) > maxPageBody {
		shown = whole(b[:min(len(b), maxPageBody)])
		notes = append(notes, "the first "+counted(len(shown), "byte")+" are shown")
	}
	text := string(shown)
	if !utf8.Valid(shown) {
		notes = append(notes, "not UTF-8")
	}
	out.Exact = exactly(text)
	if !part {
		out.Pretty, _ = pretty(b)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r == utf8.RuneError || !visible(r) && r != '\n' && r != '\r' && r != '\t' }) {
		out.Hex = dump(b, size)
	}
	out.Note = strings.Join(notes, ", ")
	return out
}

// whole drops the beginning of a character that was cut at the end of b.
func whole(b []byte) []byte {
	for i := 1; i <= utf8.UTFMax && i <= len(b); i++ {
		if start := len(b) - i; utf8.RuneStart(b[start]) {
			if !utf8.FullRune(b[start:]) {
				return b[:start]
			}
			break
		}
	}
	return b
}

// dump is a hexadecimal dump of the beginning of b, a body of size bytes.
func dump(b []byte, size int) string {
	text := hex.Dump(b[:min(len(b), maxPageHex)])
	if size > maxPageHex {
		text += "and " + counted(size-maxPageHex, "more byte") + "\n"
	}
	return text
}

// maxPageScan is how much of a long body is searched for secrets, in bytes.
const maxPageScan = 64 << 10
