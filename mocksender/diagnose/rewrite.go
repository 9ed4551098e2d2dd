package diagnose

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// layout is the white space of a JSON text.
type layout struct {
	comma, colon string // as in json.dumps
	indent       string // not empty: each item on a line of its own
	eol          string
	asFound      bool // the colons and white space of the text
}

// compact is the layout of JSON.stringify.
func compact() layout { return layout{comma: ",", colon: ":"} }

// layouts returns the usual ones, the likeliest first.
func layouts() []layout {
	out := []layout{
		compact(),
		{comma: ",", asFound: true},
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
	html    bool // \u003c, \u003e and \u0026, and \u2028, as Go writes them
}

// isHTML reports whether Go escapes r for the sake of HTML and JavaScript.
func isHTML(r rune) bool {
	return r == '<' || r == '>' || r == '&' || r == 0x2028 || r == 0x2029
}

// spellings returns those that make a difference in root.
func spellings(root *node) []spelling {
	var wide, slashes, html bool
	root.strings(func(s string) {
		for _, r := range s {
			wide = wide || r >= utf8.RuneSelf
			slashes = slashes || r == '/'
			html = html || isHTML(r)
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

// writer writes a JSON value in another way.
type writer struct {
	b       []byte
	order   order
	layout  layout
	text    spelling
	shorten bool // numbers are written as JavaScript does
}

func (w *writer) value(n *node, path string, depth int) {
	switch n.kind {
	case '{', '[':
		w.members(n, path, depth)
	case '"':
		w.str(n.raw, n.text)
	default:
		raw := n.raw
		if short := shortest(n); w.shorten && short != "" {
			raw = []byte(short)
		}
		w.b = append(w.b, raw...)
	}
}

func (w *writer) members(n *node, path string, depth int) {
	w.b = append(w.b, n.kind)
	members := n.members
	if n.kind == '{' {
		members = w.order(path, members)
	}
	for i, m := range members {
		if i > 0 {
			w.b = append(w.b, w.layout.comma...)
		}
		w.gap(m.gap, depth+1)
		if n.kind == '{' {
			w.str(m.name, m.key)
			w.b = append(w.b, w.layout.colon...)
			if w.layout.asFound {
				w.b = append(w.b, m.colon...)
			}
		}
		w.value(m, join(path, m.key), depth+1)
	}
	if len(members) > 0 || w.layout.asFound {
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
	b := append(w.b, '"')
	for _, r := range text {
		b = w.text.appendLetter(b, r)
	}
	w.b = append(b, '"')
}

func (s spelling) appendLetter(b []byte, r rune) []byte {
	const short, letters = "\n\r\t\b\f", "nrtbf"
	switch {
	case r == '"' || r == '\\' || r == '/' && s.slash:
		return append(b, '\\', byte(r))
	case r < ' ' && strings.IndexByte(short, byte(r)) >= 0:
		return append(b, '\\', letters[strings.IndexByte(short, byte(r))])
	case r < ' ', s.ascii && r >= utf8.RuneSelf, s.html && isHTML(r):
		return s.appendEscape(b, r)
	default:
		return utf8.AppendRune(b, r)
	}
}

func (s spelling) appendEscape(b []byte, r rune) []byte {
	digits := "0123456789abcdef"
	if s.upper {
		digits = "0123456789ABCDEF"
	}
	var units [2]uint16
	for _, u := range utf16.AppendRune(units[:0], r) {
		b = append(b, '\\', 'u', digits[u>>12], digits[u>>8&15], digits[u>>4&15], digits[u&15])
	}
	return b
}

// order returns the members of the object at path in the order in which they
// are written.
type order func(path string, members []*node) []*node

func sameOrder(_ string, members []*node) []*node { return members }

// orders returns those in which root may have been signed: as it stands; in the
// guide's sample of its event type, "key order differs from event to event"; the
// same with the other orders that the samples have for a meeting; by name.
func orders(root *node) []order {
	out := []order{sameOrder}
	samples := sampleNames()
	if own := samples[root.event()]; own != nil {
		out = append(out, own.order)
		var seen [][]string
		for _, t := range rtk.EventTypes() {
			meeting := samples[t]["meeting"]
			if meeting == nil || slices.ContainsFunc(seen, func(names []string) bool { return slices.Equal(names, meeting) }) {
				continue
			}
			seen = append(seen, meeting)
			other := maps.Clone(own)
			other["meeting"] = meeting
			out = append(out, other.order)
		}
	}
	return append(out, func(_ string, members []*node) []*node {
		return slices.SortedStableFunc(slices.Values(members), func(a, b *node) int { return cmp.Compare(a.key, b.key) })
	})
}

// memberNames are the names of the members of each object, in order, by path.
type memberNames map[string][]string

// order puts members that it does not know last.
func (m memberNames) order(path string, members []*node) []*node {
	names := m[path]
	place := func(n *node) int {
		if i := slices.Index(names, n.key); i >= 0 {
			return i
		}
		return len(names)
	}
	return slices.SortedStableFunc(slices.Values(members), func(a, b *node) int { return place(a) - place(b) })
}

// sampleNames returns the names in the sample of each event type, with the
// members that practice adds.
func sampleNames() map[rtk.EventType]memberNames {
	out := map[rtk.EventType]memberNames{}
	events, err := payload.Lifecycle(payload.Options{Forms: []payload.Form{
		payload.FormClientSpecificID, payload.FormRoomName, payload.FormEndedAtNull, payload.FormStopReason,
	}})
	if err != nil {
		return out // not reached: the options are constants
	}
	for _, e := range events {
		// Of the recording's events the last has the most members.
		if out[e.Type] == nil || e.Type == rtk.RecordingStatusUpdate {
			out[e.Type] = memberNames{}
			out[e.Type].add("", parse(e.Body))
		}
	}
	return out
}

func (m memberNames) add(path string, n *node) {
	for _, member := range n.members {
		if n.kind == '{' {
			m[path] = append(m[path], member.key)
		}
		m.add(join(path, member.key), member)
	}
}
