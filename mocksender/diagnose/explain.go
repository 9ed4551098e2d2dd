package diagnose

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// explain names what turned signed into got, from the bytes themselves: a
// candidate that fits may have been made in more than one way.
func explain(got, signed []byte) []Finding {
	var out []Finding
	add := func(id ID, detail string) { out = append(out, finding(id, detail)) }
	if had, has := bytes.HasPrefix(signed, []byte(bom)), bytes.HasPrefix(got, []byte(bom)); had != has {
		add(BodyBOM, map[bool]string{true: "it was added", false: "it was taken away"}[has])
	}
	got, signed = bytes.TrimPrefix(got, []byte(bom)), bytes.TrimPrefix(signed, []byte(bom))
	const space = " \t\r\n"
	gotCore, signedCore := bytes.Trim(got, space), bytes.Trim(signed, space)
	gotEnds, signedEnds := ends(got, gotCore), ends(signed, signedCore)
	lf := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }
	switch {
	case bytes.Equal(gotEnds, signedEnds):
	case bytes.Equal(lf(gotEnds), lf(signedEnds)) && bytes.Equal(lf(gotCore), lf(signedCore)):
	case len(gotEnds) > len(signedEnds):
		add(BodyNewlineAdded, fmt.Sprintf("%q in place of %q", gotEnds, signedEnds))
	default:
		add(BodyNewlineLost, fmt.Sprintf("%q in place of %q", gotEnds, signedEnds))
	}
	switch {
	case bytes.Equal(got, signed) || bytes.Equal(gotCore, signedCore) && len(out) > 0:
	case bytes.Equal(lf(gotCore), lf(signedCore)):
		detail := "LF became CRLF"
		if bytes.Count(got, []byte("\r\n")) < bytes.Count(signed, []byte("\r\n")) {
			detail = "CRLF became LF"
		}
		add(BodyLineEnds, detail)
	default:
		out = append(out, explainJSON(parse(got), parse(signed))...)
	}
	return out
}

// ends returns what stands around core.
func ends(b, core []byte) []byte {
	at := bytes.Index(b, core)
	return slices.Concat(b[:at], b[at+len(core):])
}

// explainJSON compares two ways to write one value.
func explainJSON(got, signed *node) []Finding {
	if got == nil || signed == nil {
		return nil
	}
	var out []Finding
	var a, b survey
	a.of(got, "")
	b.of(signed, "")
	slices.Sort(a.gaps) // another order of members is another matter
	slices.Sort(b.gaps)
	if !slices.Equal(a.gaps, b.gaps) {
		out = append(out, finding(BodyWhitespace, looks(a.gaps)+" now, "+looks(b.gaps)+" when it was signed"))
	}
	if !slices.Equal(a.names, b.names) {
		out = append(out, finding(BodyKeyOrder, firstMoved(a.names, b.names)))
	}
	for _, form := range []struct {
		id       ID
		spelling func(string) string
	}{
		{BodySlash, keepSlashes},
		{BodyHTML, keepHTML},
		{BodyUnicode, keepUnicode},
	} {
		for path, raw := range a.texts {
			if other := b.texts[path]; form.spelling(raw) != form.spelling(other) {
				out = append(out, finding(form.id, ""))
				break
			}
		}
	}
	return out
}

// survey is what can be said of how a value is written.
type survey struct {
	gaps  []string          // white space
	names []string          // paths in the order in which they stand
	texts map[string]string // by path: strings as they are written
}

func (s *survey) of(n *node, path string) {
	if s.texts == nil {
		s.texts = map[string]string{}
	}
	if n.kind == '"' {
		s.texts[path] = string(n.raw)
	}
	if n.kind == '{' || n.kind == '[' {
		s.gaps = append(s.gaps, "]"+string(n.end))
	}
	for i, m := range n.members {
		at := fmt.Sprintf("%s.%d", path, i)
		if n.kind == '{' {
			at = strings.TrimPrefix(path+"."+m.key, ".")
			s.names = append(s.names, at)
			s.texts[at+" name"] = string(m.name)
			s.gaps = append(s.gaps, string(m.colon))
		}
		s.gaps = append(s.gaps, ","+string(m.gap))
		s.of(m, at)
	}
}

// looks says in a word what white space there is.
func looks(gaps []string) string {
	all := strings.Join(gaps, "")
	switch {
	case strings.Contains(all, "\n"):
		return "indented"
	case strings.ContainsAny(all, " \t"):
		return "spaced (Python's way)"
	default:
		return "compact"
	}
}

// firstMoved names the first member that stands elsewhere.
func firstMoved(got, signed []string) string {
	for i := range min(len(got), len(signed)) {
		if got[i] != signed[i] {
			return fmt.Sprintf("%s stands where %s was signed", got[i], signed[i])
		}
	}
	return ""
}

// The next three reduce a written string to what one kind of escape makes of
// it, so that two strings differ in that kind alone.

func keepSlashes(raw string) string {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] == '\\' && raw[i+1] == '/':
			b.WriteString(`\/`)
			i++
		case raw[i] == '\\':
			i++
		case raw[i] == '/':
			b.WriteByte('/')
		}
	}
	return b.String()
}

// escapesIn returns, in order, the letters for which keep is true, each with
// whether and how it is escaped.
func escapesIn(raw string, keep func(rune) bool) string {
	var b strings.Builder
	for i := 0; i < len(raw); {
		switch {
		case raw[i] == '\\' && raw[i+1] == 'u':
			letter := []rune(said([]byte(`"` + raw[i:i+6] + `"`)))
			if len(letter) == 1 && keep(letter[0]) {
				b.WriteString(raw[i : i+6])
			}
			i += 6
		case raw[i] == '\\':
			i += 2
		default:
			r, size := utf8.DecodeRuneInString(raw[i:])
			if keep(r) {
				b.WriteRune(r)
			}
			i += size
		}
	}
	return b.String()
}

func keepHTML(raw string) string {
	return escapesIn(raw, func(r rune) bool { return r == '<' || r == '>' || r == '&' })
}

func keepUnicode(raw string) string {
	return escapesIn(raw, func(r rune) bool { return r >= 0x80 })
}
