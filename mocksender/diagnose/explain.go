package diagnose

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// explain names what turned signed into got. It looks at the bytes only, since
// there may be more than one way to the candidate that fits.
func explain(got, signed []byte) []Finding {
	var out []Finding
	add := func(id ID, detail string) { out = append(out, finding(id, detail)) }
	if had, has := bytes.HasPrefix(signed, []byte(bom)), bytes.HasPrefix(got, []byte(bom)); had != has {
		add(BodyBOM, map[bool]string{true: "it was added", false: "it was taken away"}[has])
	}
	got, signed = bytes.TrimPrefix(got, []byte(bom)), bytes.TrimPrefix(signed, []byte(bom))
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
	a, b := form{texts: map[string]string{}}, form{texts: map[string]string{}}
	a.add(got, "")
	b.add(signed, "")
	slices.Sort(a.gaps) // another order of members is not another layout
	slices.Sort(b.gaps)
	if !slices.Equal(a.gaps, b.gaps) {
		out = append(out, finding(BodyWhitespace, layoutOf(a.gaps)+" now, "+layoutOf(b.gaps)+" when it was signed"))
	}
	if !slices.Equal(a.names, b.names) {
		out = append(out, finding(BodyKeyOrder, firstMoved(a.names, b.names)))
	}
	for _, kind := range []struct {
		id     ID
		wanted func(rune) bool // the letters that are written in another way
	}{
		{BodySlash, func(r rune) bool { return r == '/' }},
		{BodyHTML, func(r rune) bool { return r == '<' || r == '>' || r == '&' }},
		{BodyUnicode, func(r rune) bool { return r >= utf8.RuneSelf }},
	} {
		for path, raw := range a.texts {
			if keep(raw, kind.wanted) != keep(b.texts[path], kind.wanted) {
				out = append(out, finding(kind.id, ""))
				break
			}
		}
	}
	return out
}

// form is how a value is written.
type form struct {
	gaps  []string          // white space
	names []string          // paths in their order
	texts map[string]string // strings as they are written, by path
}

func (f *form) add(n *node, path string) {
	if n.kind == '"' {
		f.texts[path] = string(n.raw)
	}
	if n.kind == '{' || n.kind == '[' {
		f.gaps = append(f.gaps, "]"+string(n.end))
	}
	for i, m := range n.members {
		at := fmt.Sprintf("%s.%d", path, i)
		if n.kind == '{' {
			at = join(path, m.key)
			f.names = append(f.names, at)
			f.texts[at+" name"] = string(m.name)
			f.gaps = append(f.gaps, string(m.colon))
		}
		f.gaps = append(f.gaps, ","+string(m.gap))
		f.add(m, at)
	}
}

// layoutOf names the layout that has these gaps.
func layoutOf(gaps []string) string {
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

// keep returns the letters of a JSON string that are wanted, each as it is
// written.
func keep(raw string, wanted func(rune) bool) string {
	var b strings.Builder
	for i := 0; i < len(raw); {
		letter, size := utf8.DecodeRuneInString(raw[i:])
		written := string(letter)
		if letter == '\\' {
			letter, size = rune(raw[i+1]), 2
			if letter == 'u' {
				code, _ := strconv.ParseUint(raw[i+2:i+6], 16, 16) // valid JSON has four digits here
				letter, size = rune(code), 6
			}
			written = raw[i : i+size]
		}
		if wanted(letter) {
			b.WriteString(written)
		}
		i += size
	}
	return b.String()
}
