package html

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
)

// Bounds of one body on the page.
const (
	maxBody  = 4 << 10  // bytes that are shown
	maxJSON  = 32 << 10 // bytes of its formatted form
	maxHex   = 512      // bytes that are dumped
	maxDepth = 24       // of a JSON value that is formatted; deeper ones are mostly indentation
)

// body is a body as the page shows it.
type body struct {
	Size   string // "187 bytes"
	Note   string // what is odd about it, or not shown
	Pretty []span // formatted, if it is JSON
	Exact  []span // as it is
	Hex    string // where it holds what letters cannot show
}

// newBody shows b, the beginning of a body of size bytes. Truncated bodies went
// on beyond their size.
func newBody(b []byte, size int, truncated bool) body {
	out := body{Size: printable.Count(size, "byte")}
	if truncated {
		out.Size = "more than " + out.Size
	}
	if len(b) == 0 {
		return out
	}
	shown := b
	if len(b) > maxBody {
		end := maxBody
		for end > maxBody-utf8.UTFMax && !utf8.RuneStart(b[end]) {
			end-- // a character is not cut in two
		}
		shown = b[:end]
		out.note("the first " + printable.Count(len(shown), "byte") + " are shown")
	}
	if !utf8.Valid(shown) {
		out.note("not UTF-8")
	}
	out.Exact, out.Pretty = exactly(string(shown)), pretty(b)
	if bytes.ContainsFunc(shown, func(r rune) bool {
		return r == utf8.RuneError || !printable.Visible(r) && !strings.ContainsRune("\n\r\t", r)
	}) {
		out.Hex = dump(b, size)
	}
	return out
}

func (b *body) note(s string) {
	if b.Note != "" && s != "" {
		b.Note += ", "
	}
	b.Note += s
}

// dump is a hexadecimal dump of the beginning of b, a body of size bytes.
func dump(b []byte, size int) string {
	out := hex.Dump(b[:min(len(b), maxHex)])
	if size > maxHex {
		out += "and " + printable.Count(size-maxHex, "more byte") + "\n"
	}
	return out
}

// span is a part of a text with one look.
type span struct {
	Kind string // empty; "odd": stands for what is not visible; "key": a name within JSON
	Text string
}

// exactly shows every character of s and nothing else. What is not visible
// becomes an odd span, so that our escape sequences differ from those that were
// really there. A line break is shown as such, and then also breaks the line.
func exactly(s string) []span {
	var out []span
	for len(s) > 0 {
		n := run(s, false)
		out = add(out, "", s[:n])
		s = s[n:]
		n = run(s, true)
		odd, rest, broken := strings.Cut(s[:n], "\n")
		if broken {
			odd, n = odd+"\n", n-len(rest)
		}
		out = add(out, "odd", printable.Line(odd))
		if broken {
			out = add(out, "", "\n")
		}
		s = s[n:]
	}
	return out
}

// run is the length of the beginning of s that holds only odd characters, or
// none.
func run(s string, odd bool) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if (!printable.Visible(r) || r == utf8.RuneError && size == 1) != odd {
			return i
		}
		i += size
	}
	return len(s)
}

// add adds text to the last span if that has the same look.
func add(spans []span, kind, text string) []span {
	last := len(spans) - 1
	switch {
	case text == "":
	case last >= 0 && spans[last].Kind == kind:
		spans[last].Text += text
	default:
		spans = append(spans, span{kind, text})
	}
	return spans
}

// member is a line of formatted JSON that begins with a name.
var member = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)^( *)("(?:[^"\\]|\\.)*")(: .*)$`) })

// pretty is a JSON object or array with one member a line. It is nil if b is
// none, or if that would say no more than b itself.
func pretty(b []byte) []span {
	trimmed := bytes.TrimSpace(b)
	if len(trimmed) < 3 || len(b) > maxBody || trimmed[0] != '{' && trimmed[0] != '[' || !json.Valid(b) || depth(b) > maxDepth {
		return nil
	}
	var text bytes.Buffer
	if json.Indent(&text, trimmed, "", "  ") != nil || text.Len() > maxJSON || bytes.Equal(text.Bytes(), b) {
		return nil
	}
	var out []span
	for line := range strings.Lines(text.String()) {
		line, ended := strings.CutSuffix(line, "\n")
		if parts := member().FindStringSubmatch(line); parts != nil {
			out = add(add(out, "", parts[1]), "key", printable.Line(parts[2]))
			line = parts[3]
		}
		for _, s := range exactly(line) {
			out = add(out, s.Kind, s.Text)
		}
		if ended {
			out = add(out, "", "\n")
		}
	}
	return out
}

// depth is how deep a valid JSON text is nested.
func depth(b []byte) int {
	deepest, now := 0, 0
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // one that no float64 holds is valid, too
	for {
		token, err := d.Token()
		if err != nil {
			return deepest
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			now++
			deepest = max(deepest, now)
		case json.Delim('}'), json.Delim(']'):
			now--
		}
	}
}
