package diagnose

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds the nesting of what is written anew; the events have three
// levels.
const maxDepth = 100

// node is a JSON value as it was written.
type node struct {
	kind    byte   // '{', '[', '"', or 0 for a number, true, false and null
	raw     []byte // of strings, quotes included, and of what has no kind
	name    []byte // the member's name as written, quotes included
	text    string // of strings: what raw says
	key     string // of members: what name says
	gap     []byte // white space before the value or, in an object, the name
	colon   []byte // white space around the colon, joined by it
	end     []byte // white space before the closing bracket
	members []*node
}

// parse reads a JSON text; nil means that it is none, or too deep. White space
// around it is passed over.
func parse(b []byte) *node {
	b = bytes.TrimPrefix(b, []byte(bom))
	if !json.Valid(b) {
		return nil
	}
	p := parser{b: b}
	root := new(node)
	p.space()
	p.value(root, 0)
	if p.deep {
		return nil
	}
	return root
}

// parser reads JSON that json.Valid has accepted, so it looks out for nothing.
type parser struct {
	b    []byte
	i    int
	deep bool
}

func (p *parser) space() []byte {
	from := p.i
	for p.i < len(p.b) && bytes.IndexByte([]byte(" \t\r\n"), p.b[p.i]) >= 0 {
		p.i++
	}
	return p.b[from:p.i]
}

func (p *parser) value(n *node, depth int) {
	switch c := p.b[p.i]; c {
	case '{', '[':
		n.kind = c
		p.items(n, depth+1)
	case '"':
		n.kind, n.raw = c, p.str()
		n.text = said(n.raw)
	default:
		from := p.i
		for p.i < len(p.b) && bytes.IndexByte([]byte(" \t\r\n,:]}"), p.b[p.i]) < 0 {
			p.i++
		}
		n.raw = p.b[from:p.i]
	}
}

func (p *parser) items(n *node, depth int) {
	if depth > maxDepth {
		p.deep = true
	}
	p.i++
	for !p.deep {
		gap := p.space()
		if c := p.b[p.i]; c == '}' || c == ']' {
			n.end = gap
			p.i++
			return
		}
		item := &node{gap: gap}
		if n.kind == '{' {
			item.name = p.str()
			item.key = said(item.name)
			before := p.space()
			p.i++
			item.colon = append(append(append([]byte{}, before...), ':'), p.space()...)
		}
		p.value(item, depth)
		n.members = append(n.members, item)
		after := p.space()
		if p.b[p.i] == ',' {
			p.i++
			continue
		}
		n.end = after
		p.i++
		return
	}
}

// str returns a string with its quotes.
func (p *parser) str() []byte {
	from := p.i
	for p.i++; p.b[p.i] != '"'; p.i++ {
		if p.b[p.i] == '\\' {
			p.i++
		}
	}
	p.i++
	return p.b[from:p.i]
}

func said(raw []byte) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return string(raw) // not reached: it is valid
	}
	return s
}

// layout is the white space of a JSON text.
type layout struct {
	comma, colon string // as in json.dumps
	indent       string // not empty: each item on a line of its own
	eol          string
	asFound      bool // that of the text
}

// layouts returns the usual ones, the likeliest first.
func layouts() []layout {
	out := []layout{
		{comma: ",", colon: ":"},
		{asFound: true},
		{comma: ", ", colon: ": "},
	}
	for _, eol := range []string{"\n", "\r\n"} {
		for _, indent := range []string{"  ", "    ", "\t"} {
			out = append(out, layout{comma: ",", colon: ": ", indent: indent, eol: eol})
		}
	}
	return out
}

// spelling is how strings are written.
type spelling struct {
	asFound bool
	ascii   bool // \u… for all letters beyond ASCII
	upper   bool // \u00E9 in place of \u00e9
	slash   bool // \/
	html    bool // \u003c, \u003e and \u0026, and \u2028, as Go has it
}

// spellings returns those that make a difference in root.
func spellings(root *node) []spelling {
	var wide, slashes, html bool
	root.strings(func(s string) {
		for _, r := range s {
			wide = wide || r >= utf8.RuneSelf
			slashes = slashes || r == '/'
			html = html || r == '<' || r == '>' || r == '&' || r == 0x2028 || r == 0x2029
		}
	})
	out := []spelling{{asFound: true}, {}}
	if html {
		out = append(out, spelling{html: true})
	}
	if wide {
		out = append(out, spelling{ascii: true}, spelling{ascii: true, upper: true})
	}
	if slashes {
		out = append(out, spelling{slash: true})
		if wide {
			out = append(out, spelling{ascii: true, slash: true})
		}
	}
	return out
}

func (n *node) strings(f func(string)) {
	f(n.key)
	f(n.text)
	for _, m := range n.members {
		m.strings(f)
	}
}

// writer writes a tree anew.
type writer struct {
	b      []byte
	order  order
	layout layout
	text   spelling
}

func (w *writer) value(n *node, path string, depth int) {
	switch n.kind {
	case '{', '[':
		w.items(n, path, depth)
	case '"':
		w.str(n.raw, n.text)
	default:
		w.b = append(w.b, n.raw...)
	}
}

func (w *writer) items(n *node, path string, depth int) {
	w.b = append(w.b, n.kind)
	for i, m := range w.order.of(path, n) {
		if i > 0 && (w.layout.indent != "" || w.layout.asFound) {
			w.b = append(w.b, ',')
		} else if i > 0 {
			w.b = append(w.b, w.layout.comma...)
		}
		w.gap(m.gap, depth+1)
		if n.kind == '{' {
			w.str(m.name, m.key)
			if w.layout.asFound {
				w.b = append(w.b, m.colon...)
			} else {
				w.b = append(w.b, w.layout.colon...)
			}
		}
		w.value(m, path+"/"+m.key, depth+1)
	}
	if len(n.members) > 0 || w.layout.asFound {
		w.gap(n.end, depth)
	}
	w.b = append(w.b, n.kind+2) // the closing bracket
}

// gap writes the white space before an item or a closing bracket.
func (w *writer) gap(found []byte, depth int) {
	if w.layout.asFound {
		w.b = append(w.b, found...)
	} else if w.layout.indent != "" {
		w.b = append(w.b, w.layout.eol...)
		for range depth {
			w.b = append(w.b, w.layout.indent...)
		}
	}
}

func (w *writer) str(raw []byte, text string) {
	if w.text.asFound {
		w.b = append(w.b, raw...)
		return
	}
	w.b = append(w.b, '"')
	for _, r := range text {
		w.letter(r)
	}
	w.b = append(w.b, '"')
}

func (w *writer) letter(r rune) {
	switch {
	case r == '"' || r == '\\' || r == '/' && w.text.slash:
		w.b = append(w.b, '\\', byte(r))
	case r == '\n':
		w.b = append(w.b, `\n`...)
	case r == '\r':
		w.b = append(w.b, `\r`...)
	case r == '\t':
		w.b = append(w.b, `\t`...)
	case r == '\b':
		w.b = append(w.b, `\b`...)
	case r == '\f':
		w.b = append(w.b, `\f`...)
	case r < ' ', w.text.ascii && r >= utf8.RuneSelf,
		w.text.html && (r == '<' || r == '>' || r == '&' || r == 0x2028 || r == 0x2029):
		w.escape(r)
	default:
		w.b = utf8.AppendRune(w.b, r)
	}
}

func (w *writer) escape(r rune) {
	units := []rune{r}
	if hi, lo := utf16.EncodeRune(r); hi != utf8.RuneError {
		units = []rune{hi, lo}
	}
	for _, u := range units {
		w.b = append(w.b, '\\', 'u')
		digits := strconv.AppendInt(nil, int64(u)|0x10000, 16)[1:]
		if w.text.upper {
			digits = bytes.ToUpper(digits)
		}
		w.b = append(w.b, digits...)
	}
}
